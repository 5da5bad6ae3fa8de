"""Points in a plane or in space as images of two or three pixels: what a model does to each can be seen whole."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np
from pydantic import Field

from aecore.dataset import Dataset, Report, Source, first_of_each, split

SECTIONS, LEARNED, HELD_OUT = 10, 10_000, 1_000
POINTS = LEARNED + HELD_OUT
MOST_NOISE = 0.1
# The longest side of a shape, where the square or cube has 1: three standard deviations of the most noise fit on
# either side. The same for less noise, so that a squared error means the same.
SIDE = 1 / (1 + 6 * MOST_NOISE)


class PointsSource(Source):
    """Points of a shape, in sections of equal count along it; a subclass says which shapes there are and draws them."""

    pictures = False
    # Its name in the registry, and where its chance starts.
    name: ClassVar[str]
    seed: ClassVar[int]

    class Settings(Source.Settings):
        noise: float = Field(
            0.0,
            ge=0,
            le=MOST_NOISE,
            description="Standard deviation of the noise on each coordinate, as a share of the longest side.",
        )
        images: int = Field(2_000, ge=100, le=LEARNED, description="Training points; 1,000 more are held out.")

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """The section [POINTS] of each point, from 0 and of equal count, and the points [POINTS, D] in any scale."""

    def load(self, report: Report) -> Dataset:
        rng = np.random.default_rng(self.seed)
        labels, points = self.draw(rng)
        noise = SIDE * self.settings.noise * rng.standard_normal(points.shape)
        images = np.clip(_centred(points) + noise, 0, 1)[:, None]
        # Dealt in turn, the last 1,000 points are the last 100 of each section.
        order = first_of_each(labels, POINTS)
        train, test = order[:-HELD_OUT][: self.settings.images], order[-HELD_OUT:]
        report(POINTS, POINTS)
        return Dataset(
            name=self.name,
            train=split(images[train], labels[train]),
            test=split(images[test], labels[test]),
            class_names=tuple(f"section {number}" for number in range(1, SECTIONS + 1)),
        )


def _centred(points: np.ndarray) -> np.ndarray:
    """``points`` [N, D] in the middle of the unit cube, their longest side SIDE, their shape as it was."""
    low, high = points.min(0), points.max(0)
    return 0.5 + SIDE * (points - (low + high) / 2) / (high - low).max()
