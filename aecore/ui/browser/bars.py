"""What each number of a code is worth, as a bar: frame by frame, on one axis."""

from __future__ import annotations

import numpy as np

from aecore.figures.palette import class_colour
from aecore.ui.browser.drawing import Drawing, live
from aecore.ui.browser.payload import positive

# Above the highest bar.
HEADROOM = 1.05


def bars_drawing(run: str, values: np.ndarray, used: np.ndarray, *, what: str, unit: str) -> Drawing:
    """Bars of the L code dimensions, ``values`` [F, L], the highest first in every frame.

    Those that are not ``used``, bool [F, L], are grey. ``what`` says what is measured, in ``unit``.
    """
    values, used = np.asarray(values, np.float32), np.asarray(used)
    if values.ndim != 2 or used.shape != values.shape:
        raise ValueError(f"values and used must both be [F, L], got {list(values.shape)} and {list(used.shape)}")
    header = {
        "run": run,
        "what": what,
        "unit": unit,
        "top": positive(HEADROOM * values.max(initial=0)),
        "colour": class_colour(0),
    }
    return Drawing("bars", header, {"values": values, "used": used.astype(np.uint8)})


live_bars = live(bars_drawing)
