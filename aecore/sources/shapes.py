"""Shapes drawn from five factors, each combination once: what a code should find is known for every image."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from pydantic import Field

from aecore.dataset import Dataset, Report, Source, Split, first_of_each, split

SEED = 2017
LEARNED, HELD_OUT = 28_000, 3_104
SIDE, FINER = 28, 16
# From the middle to the farthest point of the largest shape, in pixels; a square of PATCH pixels holds it, whichever
# way it is turned.
RADIUS, PATCH = 8, 17
SCALES = np.linspace(0.5, 1, 6)
# A quarter turn without its end: a square repeats after it, an ellipse after two, a heart after four.
ANGLES = np.arange(12) * np.pi / 24
# One pixel apart, as many as keep the whole shape inside the image.
PLACES = SIDE - PATCH + 1
# Every shape has it at scale 1, in units of RADIUS: how much is white tells the scale and nothing else.
AREA = np.pi / 2


class Shapes(Source):
    title = "Shapes with known factors"
    summary = (
        "A square, an ellipse or a heart in 6 scales, 12 orientations and 12 x 12 places, each combination once: up to "
        "28,000 to train on and 3,104 held out. Made here."
    )

    class Settings(Source.Settings):
        images: int = Field(10_000, ge=100, le=LEARNED, description="Training images; 3,104 more are held out.")

    def load(self, report: Report) -> Dataset:
        counts = (len(SHAPES), len(SCALES), len(ANGLES), PLACES, PLACES)
        factors = np.random.default_rng(SEED).permutation(np.indices(counts).reshape(len(counts), -1).T)
        factors = factors[first_of_each(factors[:, 0], len(factors))]
        sprites = _sprites()
        train, test = factors[:LEARNED][: self.settings.images], factors[LEARNED:]
        data = Dataset(
            name="shapes",
            train=_drawn(train, sprites),
            test=_drawn(test, sprites),
            class_names=tuple(SHAPES),
            factor_names=("shape", "scale", "orientation", "x", "y"),
        )
        report(len(factors), len(factors))
        return data


def _drawn(factors: np.ndarray, sprites: np.ndarray) -> Split:
    """The images of ``factors`` [N, 5]: x counts places from the left, y from the top."""
    shape, scale, angle, x, y = factors.T
    images = np.zeros((len(factors), SIDE, SIDE), np.float32)
    steps = np.arange(PATCH)
    # Indices [N, 1, 1], [N, PATCH, 1] and [N, 1, PATCH]: where each pixel of each sprite goes.
    rows, columns = (y[:, None] + steps)[:, :, None], (x[:, None] + steps)[:, None]
    images[np.arange(len(factors))[:, None, None], rows, columns] = sprites[shape, scale, angle]
    return split(images, shape, factors)


def _sprites() -> np.ndarray:
    """[3, 6, 12, PATCH, PATCH] float32 every shape in every scale and orientation, its centre of area in the middle.

    A pixel is the share of FINER x FINER points in it that lie inside the shape.
    """
    ticks = ((np.arange(PATCH * FINER) + 0.5) / FINER - PATCH / 2) / RADIUS
    # x to the right, y upwards; the shape is turned counter-clockwise, so its points are turned back.
    x, y = ticks, -ticks[:, None]
    turned = [(np.cos(a) * x + np.sin(a) * y, np.cos(a) * y - np.sin(a) * x) for a in ANGLES]
    inside = [shape(u / s, v / s) for shape in SHAPES.values() for s in SCALES for u, v in turned]
    fine = np.stack(inside).reshape(len(SHAPES), len(SCALES), len(ANGLES), PATCH, FINER, PATCH, FINER)
    return fine.mean((4, 6), dtype=np.float32)


# Each shape takes coordinates x and y of points, from the centre of its area, and says which lie inside it. None
# reaches farther than 1.


def _square(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.maximum(abs(x), abs(y)) <= np.sqrt(AREA) / 2


def _ellipse(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Twice as wide as high."""
    return x**2 + (2 * y) ** 2 <= 1


def _heart(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A square on its corner, and on each of its upper sides half a disc."""
    half = np.sqrt(AREA / (1 + np.pi / 4)) / 2
    # The half discs' own centres of area are 4 / (3 pi) of their radius beyond the side.
    y = y + np.sqrt(2) * half * (np.pi / 4 + 1 / 3) / (2 + np.pi / 2)
    u, v = (y + x) / np.sqrt(2), (y - x) / np.sqrt(2)
    discs = ((u - half) ** 2 + v**2 <= half**2) | (u**2 + (v - half) ** 2 <= half**2)
    return discs | (np.maximum(abs(u), abs(v)) <= half)


SHAPES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "square": _square,
    "ellipse": _ellipse,
    "heart": _heart,
}
