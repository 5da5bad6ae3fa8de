"""What a trained run is found to do, beyond its losses: what takes too long to ask at every look."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from aecore.measures.activity import Activity, activity
from aecore.measures.filters import first_filters
from aecore.measures.histogram import Histogram, histogram
from aecore.measures.jacobian import singular_values
from aecore.measures.pca import pca_of
from aecore.measures.quality import mean_image_scores, squared_floors
from aecore.measures.resistance import Resistance, disturb, resistance
from aecore.measures.strangers import Kind, meet
from aecore.runs.trained import Trained

# Held-out images whose Jacobian is taken, and those that are disturbed or changed.
FEW, SOME = 10, 200
# How much a pixel changes, as root mean square: too little to see, and as much as denoisers are trained against.
SLIGHT, STRONG = 0.04, 0.5


@dataclass(frozen=True)
class Findings:
    """``spectrum`` [N, K] are singular values of the encoder's Jacobian at N images, ``filters`` [U, h, w] or None.

    ``slight`` and ``strong`` are resistances to disturbances of SLIGHT and STRONG a pixel, on the images whose
    ``disturbed`` and ``rebuilt`` [N, H, W] show the strong one. ``strangers`` are kinds of images that it never saw.
    ``mean_image`` and ``pca`` are squared errors of the mean image and of PCA with as many components, on all held-out
    images, pixels cut off at 0 and 1; ``pca`` is None where a code has at least as many numbers as there are pixels.
    ``mean_image_train`` is the first on training images. ``activations`` is how all numbers of all codes are spread,
    ``trained_numbers`` how all that weight decay pulls at.
    """

    activity: Activity
    spectrum: np.ndarray
    slight: Resistance
    strong: Resistance
    disturbed: np.ndarray
    rebuilt: np.ndarray
    strangers: dict[str, Kind]
    mean_image: float
    mean_image_train: float
    pca: float | None
    filters: np.ndarray | None
    weights: int
    activations: Histogram
    trained_numbers: Histogram


def find(trained: Trained) -> Findings:
    """The findings on a prepared run as it now is, on held-out images; takes some seconds."""
    model, data = trained.model, trained.data
    images, seed = trained.exhibit.looked_at.images, trained.spec.training.seed
    some = images[:SOME]
    slight, strong = (change * math.sqrt(images[0].size) for change in (SLIGHT, STRONG))
    disturbed = disturb(some, strong, seed)
    floors = [floor.value for floor in squared_floors(pca_of(data), data.test.images, model.stored_numbers)]
    codes, numbers = model.embed(images), [weights.detach().flatten() for weights in model.parameters()]
    return Findings(
        activity(codes),
        singular_values(model, images[:FEW]),
        resistance(model, some, slight, seed),
        resistance(model, some, strong, seed),
        disturbed,
        model.reconstruct(disturbed),
        meet(model, some, seed),
        floors[0],
        mean_image_scores(model, data)["train"][1],
        floors[1] if len(floors) > 1 else None,
        first_filters(model),
        sum(map(len, numbers)),
        histogram(codes),
        histogram(torch.cat(numbers).cpu().numpy()),
    )
