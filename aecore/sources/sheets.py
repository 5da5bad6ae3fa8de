"""Points on a sheet in space, flat or rolled up: images of three pixels, so that a model can be seen whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from pydantic import Field

from aecore.points import POINTS, SECTIONS, PointsSource


class Sheets(PointsSource):
    title = "Sheets in space"
    summary = "Points of a flat, rolled or bent sheet in space: up to 10,000 to train on and 1,000 held out. Made here."
    name, seed = "sheets", 2000

    class Settings(PointsSource.Settings):
        sheet: Literal["plane", "swiss-roll", "s-curve", "sphere-cap"] = Field(
            "swiss-roll", description="The shape of the sheet.", json_schema_extra={"common": True}
        )

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        way, points = SHEETS[self.settings.sheet](*rng.random((2, POINTS)))
        # Sections of equal count, by rank along the sheet's main way.
        return np.argsort(np.argsort(way)) * SECTIONS // POINTS, points


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
