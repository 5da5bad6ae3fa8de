"""Points on a sheet in space, flat or rolled up: images of three pixels, so that a model can be seen whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from pydantic import Field

from aecore.dataset import Dataset, Report, Source, first_of_each, split

SEED = 2000
SECTIONS, LEARNED, HELD_OUT = 10, 10_000, 1_000
POINTS = LEARNED + HELD_OUT
MOST_NOISE = 0.1
# The longest side, where the cube has 1: three standard deviations of the most noise fit on either side. The same
# for less noise, so that a squared error means the same.
SIDE = 1 / (1 + 6 * MOST_NOISE)


class Sheets(Source):
    title = "Sheets in space"
    summary = "Points of a flat, rolled or bent sheet in space: up to 10,000 to train on and 1,000 held out. Made here."

    class Settings(Source.Settings):
        sheet: Literal["plane", "swiss-roll", "s-curve", "sphere-cap"] = Field(
            "swiss-roll", description="The shape of the sheet.", json_schema_extra={"common": True}
        )
        noise: float = Field(
            0.0,
            ge=0,
            le=MOST_NOISE,
            description="Standard deviation of the noise on each coordinate, as a share of the longest side.",
        )
        images: int = Field(2_000, ge=100, le=LEARNED, description="Points to train on; 1,000 more are held out.")

    def load(self, report: Report) -> Dataset:
        rng = np.random.default_rng(SEED)
        way, points = SHEETS[self.settings.sheet](*rng.random((2, POINTS)))
        noise = SIDE * self.settings.noise * rng.standard_normal(points.shape)
        images = np.clip(_centred(points) + noise, 0, 1).reshape(POINTS, 1, 3)
        # Sections of equal count, by rank along the sheet's main way.
        labels = np.argsort(np.argsort(way)) * SECTIONS // POINTS
        # Dealt in turn, the last 1,000 points are the last 100 of each section.
        order = first_of_each(labels, POINTS)
        train, test = order[:-HELD_OUT][: self.settings.images], order[-HELD_OUT:]
        report(POINTS, POINTS)
        return Dataset(
            name="sheets",
            train=split(images[train], labels[train]),
            test=split(images[test], labels[test]),
            class_names=tuple(f"section {number}" for number in range(1, SECTIONS + 1)),
        )


def _centred(points: np.ndarray) -> np.ndarray:
    """``points`` [N, 3] in the middle of the unit cube, their longest side SIDE, their shape as it was."""
    low, high = points.min(0), points.max(0)
    return 0.5 + SIDE * (points - (low + high) / 2) / (high - low).max()


# Each sheet takes u and v [N], evenly spread over [0, 1], and gives the main way along it [N] and its points [N, 3].


def _plane(u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A rectangle twice as long as wide, tilted: a code of two pixels would otherwise do."""
    long, wide = np.array([2, 1, 2]) / 3, np.array([-2, 2, 1]) / 3
    return u, np.outer(2 * u, long) + np.outer(v, wide)


def _swiss_roll(u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One and a half turns of a spiral, drawn out (Tenenbaum, de Silva and Langford 2000; measures of scikit-learn)."""
    angle = 1.5 * np.pi * (1 + 2 * u)
    return angle, np.stack([angle * np.cos(angle), 21 * v, angle * np.sin(angle)], axis=1)


def _s_curve(u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two three-quarter circles, drawn out; the formula of scikit-learn's make_s_curve."""
    arc = 3 * np.pi * (u - 0.5)
    return arc, np.stack([np.sin(arc), 2 * v, np.sign(arc) * (np.cos(arc) - 1)], axis=1)


def _sphere_cap(u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All of a sphere within 120 degrees of its pole, evenly by area (Archimedes: height is evenly spread).

    No map of it is without distortion, and seen from above, its rim lies below it.
    """
    height, around = 1 - 1.5 * u, 2 * np.pi * v
    radius = np.sqrt(1 - height**2)
    return u, np.stack([radius * np.cos(around), radius * np.sin(around), height], axis=1)


SHEETS: dict[str, Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]] = {
    "plane": _plane,
    "swiss-roll": _swiss_roll,
    "s-curve": _s_curve,
    "sphere-cap": _sphere_cap,
}
