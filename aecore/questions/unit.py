"""What one unit of a network is about: what excites it, and what is rebuilt without it.

Letters: N held-out images, R those of the row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aecore.figures.grey import grey
from aecore.measures.units import excited, weights_of, without
from aecore.runs.trained import Trained

# Images that excite a unit most.
EXCITING = 10


@dataclass(frozen=True)
class Unit:
    """``values`` [N] what a unit puts out for held-out images; of a map its mean over the places.

    ``exciting`` [K, H, W] uint8 are the images with the highest ones, the highest first; ``rebuilt`` and ``without``
    [R, H, W] uint8 the row's reconstructions as they are and with the unit at 0, and ``loss`` and ``loss_without`` the
    squared error of these per image, summed over pixels. ``weights`` [h, w] uint8 are its weights on the side of the
    image, where they are a picture.
    """

    values: np.ndarray
    exciting: np.ndarray
    rebuilt: np.ndarray
    without: np.ndarray
    loss: float
    loss_without: float
    weights: np.ndarray | None = None


@dataclass(frozen=True)
class AskUnit:
    """Asks for the Unit numbered ``unit`` of what the layer numbered ``stage`` puts out; of the code where it is -1."""

    stage: int
    unit: int

    def __call__(self, trained: Trained) -> Unit:
        model, shown = trained.model, trained.exhibit
        images = shown.looked_at.images
        values = excited(model, images, self.stage, self.unit)
        most = np.argsort(-values, kind="stable")[:EXCITING]
        row = shown.row[:, 0].cpu().numpy()
        rebuilt, other = model.reconstruct(row), without(model, row, self.stage, self.unit)
        errors = [float(np.square(made - row).sum((1, 2)).mean()) for made in (rebuilt, other)]
        weights = weights_of(model, self.stage, self.unit) if self.stage >= 0 else None
        return Unit(values, grey(images[most]), grey(rebuilt), grey(other), *errors, weights)
