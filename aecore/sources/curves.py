"""Points on a curve in the plane: images of two pixels, so that arrows from all over the plane can be drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from pydantic import Field

from aecore.points import POINTS, SECTIONS, PointsSource


class Curves(PointsSource):
    title = "Curves in the plane"
    summary = (
        "Points of a circle, a spiral or two half circles: up to 10,000 to train on and 1,000 held out. Made here."
    )
    name, seed = "curves", 2014

    class Settings(PointsSource.Settings):
        curve: Literal["circle", "spiral", "moons"] = Field(
            "circle", description="The shape of the curve.", json_schema_extra={"common": True}
        )

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        # A point of each section in turn: every section, and so each of two moons, has exactly its share.
        sections = np.arange(POINTS) % SECTIONS
        return sections, CURVES[self.settings.curve]((sections + rng.random(POINTS)) / SECTIONS)


# Each curve takes u [N], evenly spread over [0, 1], and gives points [N, 2] evenly spread over its length: arrows to
# where points are dense then lead to the curve and not along it.


def _circle(u: np.ndarray) -> np.ndarray:
    return _turned(2 * np.pi * u)


def _spiral(u: np.ndarray) -> np.ndarray:
    """The end of a tight thread as it is unwound from a circle, one and a half turns: its length is angle^2 / 2."""
    angle = np.pi * np.sqrt(0.25 + 12 * u)
    return _turned(angle) - angle[:, None] * _turned(angle + np.pi / 2)


def _moons(u: np.ndarray) -> np.ndarray:
    """Two half circles, either end of each inside the other; the formula of scikit-learn's make_moons."""
    angle = 2 * np.pi * u
    # The second begins where the first would go on below, and is moved to the right and up.
    return _turned(angle) + np.outer(u >= 0.5, [1, 0.5])


def _turned(angle: np.ndarray) -> np.ndarray:
    """[N, 2] the point of the unit circle at each angle [N]."""
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


CURVES: dict[str, Callable[[np.ndarray], np.ndarray]] = {"circle": _circle, "spiral": _spiral, "moons": _moons}
