"""Arrows in the plane: where a model moves each place, over the data it learned from."""

from __future__ import annotations

import numpy as np

from aecore.figures.palette import class_colour
from aecore.ui.browser.drawing import Drawing, live


def arrows_drawing(
    run: str,
    dots: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    right: np.ndarray | None = None,
    *,
    bar: float = 0.0,
    first_frame: int,
) -> Drawing:
    """Arrows from ``starts`` [Q, 2] to ``ends`` [F, Q, 2] in the unit square, over ``dots`` [D, 2].

    ``right`` [Q, 2], where they should end, is drawn wide and pale below them; where it is nan, which is where nobody
    knows, the arrows are pale. ``bar`` is the length of a bar to compare them with, 0 for none.
    """
    if ends.shape[1:] != starts.shape or (right is not None and right.shape != starts.shape):
        raise ValueError(f"every start needs its end: {list(starts.shape)} starts, {list(ends.shape)} ends")
    header = {
        "run": run,
        "first": int(first_frame),
        "frames": len(ends),
        "colour": class_colour(0),
        "wanted": class_colour(1),
        "bar": float(bar),
    }
    arrays = {"dots": dots, "from": starts, "to": ends} | ({} if right is None else {"right": right})
    return Drawing("arrows", header, {name: np.asarray(values, np.float32) for name, values in arrays.items()})


live_arrows = live(arrows_drawing)
