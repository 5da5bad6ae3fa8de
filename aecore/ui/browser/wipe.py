"""A picture before and after, with a divider between the two that a finger drags."""

from __future__ import annotations

import numpy as np

from aecore.ui.browser.views import _mount


def live_wipe(run: str, before: np.ndarray, after: np.ndarray, titles: tuple[str, str], *, key: str) -> None:
    """``before`` left of the divider and ``after`` right of it: uint8 [F, H, W] each, in the F frames of ``run``."""
    if before.shape != after.shape or before.ndim != 3:
        raise ValueError(f"before and after must be [F, H, W] both, got {list(before.shape)} and {list(after.shape)}")
    header = {"run": run, "frames": len(before), "titles": list(titles)}
    _mount("wipe", key, header, {"before": before.astype(np.uint8), "after": after.astype(np.uint8)})
