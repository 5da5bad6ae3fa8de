"""Rows of images: R side by side, H x W pixels, in F frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aecore.ui.browser.drawing import Drawing, live


def images_drawing(run: str, rows: Sequence[tuple[str, np.ndarray]], *, first_frame: int) -> Drawing:
    """Rows of images, uint8 [1 or F, R, H, W], columns aligned; a row with one frame stands still.

    In colour a row is [1 or F, R, H, W, 3]: red, green and blue.
    """
    lengths = {len(pixels) for _, pixels in rows}
    if len(lengths - {0, 1}) > 1:
        raise ValueError(f"rows must have 1 or F frames, got {', '.join(map(str, sorted(lengths)))}")
    for title, pixels in rows:
        if pixels.dtype != np.uint8 or (pixels.ndim != 4 and pixels.shape[4:] != (3,)):
            raise TypeError(f"{title} must be uint8 [F, R, H, W] or [..., 3], got {pixels.dtype} {list(pixels.shape)}")
    header = {
        "run": run,
        "first": int(first_frame),
        "frames": max(lengths, default=0),
        "titles": [title for title, _ in rows],
    }
    return Drawing("images", header, {f"row{i}": pixels for i, (_, pixels) in enumerate(rows)})


live_images = live(images_drawing)
