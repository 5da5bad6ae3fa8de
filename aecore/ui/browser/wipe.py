"""A picture before and after, with a divider between the two that a finger drags."""

from __future__ import annotations

import numpy as np

from aecore.ui.browser.drawing import Drawing, live


def wipe_drawing(run: str, before: np.ndarray, after: np.ndarray, titles: tuple[str, str]) -> Drawing:
    """``before`` left of the divider and ``after`` right of it: uint8 [F, H, W] each, in the F frames of ``run``."""
    if before.shape != after.shape or before.ndim != 3:
        raise ValueError(f"before and after must be [F, H, W] both, got {list(before.shape)} and {list(after.shape)}")
    header = {"run": run, "frames": len(before), "titles": list(titles)}
    arrays = {"before": before.astype(np.uint8), "after": after.astype(np.uint8)}
    return Drawing("wipe", header, arrays)


live_wipe = live(wipe_drawing)
