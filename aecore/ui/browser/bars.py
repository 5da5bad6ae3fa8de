"""What each number of a code is worth, as a bar: frame by frame, on one axis."""

from __future__ import annotations

import numpy as np

from aecore.figures.palette import class_colour
from aecore.ui.browser.views import _mount, _positive

# Above the highest bar.
HEADROOM = 1.05


def live_bars(run: str, values: np.ndarray, used: np.ndarray, *, what: str, unit: str, key: str) -> None:
    """Bars of the L code numbers, ``values`` [F, L], the highest first in every frame.

    Those that are not ``used``, bool [F, L], are grey. ``what`` says what is measured, in ``unit``.
    """
    values, used = np.asarray(values, np.float32), np.asarray(used)
    if values.ndim != 2 or used.shape != values.shape:
        raise ValueError(f"values and used must both be [F, L], got {list(values.shape)} and {list(used.shape)}")
    header = {
        "run": run,
        "what": what,
        "unit": unit,
        "top": _positive(HEADROOM * values.max(initial=0)),
        "colour": class_colour(0),
    }
    _mount("bars", key, header, {"values": values, "used": used.astype(np.uint8)}, ("axes.js",))
