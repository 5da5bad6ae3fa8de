"""What a trained run is found to do, beyond its losses: what takes too long to ask at every look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aecore.measures.activity import Activity, activity
from aecore.measures.filters import first_filters
from aecore.measures.jacobian import singular_values
from aecore.measures.resistance import Resistance, resistance
from aecore.runs.run import Run

# Held-out images whose Jacobian is taken, and those that are disturbed, by how much in Euclidean length: a digit
# differs from a mean digit by about 7.
FEW, SOME, SIZE = 10, 200, 1.0


@dataclass(frozen=True)
class Findings:
    """``spectrum`` [N, K] are singular values of the encoder's Jacobian at N images, ``filters`` [U, h, w] or None."""

    activity: Activity
    spectrum: np.ndarray
    resistance: Resistance
    filters: np.ndarray | None
    weights: int


def find(run: Run) -> Findings:
    """The findings on a prepared run as it now is, on held-out images; takes a second or two."""
    images = run.exhibits.looked_at.images
    return Findings(
        activity(run.model.embed(images)),
        singular_values(run.model, images[:FEW]),
        resistance(run.model, images[:SOME], SIZE, run.spec.training.seed),
        first_filters(run.model),
        sum(weights.numel() for weights in run.model.parameters()),
    )
