"""Points that frames make one after the other, such as models between rate and distortion."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aecore.figures.palette import class_colour
from aecore.ui.browser.drawing import Drawing, live
from aecore.ui.browser.payload import vector

# Around the points, as a share of what they span.
MARGIN = 0.08


def path_drawing(
    run: str,
    x: np.ndarray,
    y: np.ndarray,
    labels: Sequence[str],
    *,
    name: str,
    axes: tuple[str, str],
    unit: str,
) -> Drawing:
    """A point for each frame at ``x`` and ``y`` [F], joined in their order; that of the frame shown is large.

    At each stands its label, a value of ``name``. ``axes`` are the titles of x and y, both in ``unit``.
    """
    x, y = vector(x), vector(y)
    if not len(x) == len(y) == len(labels):
        raise ValueError(f"every frame needs x, y and a label, got {len(x)}, {len(y)} and {len(labels)}")
    if not np.isfinite([x, y]).all():
        raise ValueError(f"{axes[0]} and {axes[1]} must be finite")
    header = {
        "run": run,
        "name": name,
        "labels": list(labels),
        "across": {**_ends(x), "title": axes[0]},
        "up": {**_ends(y), "title": axes[1]},
        "unit": unit,
        "colour": class_colour(0),
    }
    return Drawing("path", header, {"x": x, "y": y})


live_path = live(path_drawing)


def _ends(values: np.ndarray) -> dict[str, float]:
    """Ends of an axis for values [F]: around them, but not below 0 for what never is."""
    low, high = float(values.min()), float(values.max())
    margin = MARGIN * (high - low) or 1.0
    return {"from": max(low - margin, 0.0) if low >= 0 else low - margin, "to": high + margin}
