"""An easel: a digit drawn and damaged by hand, and what a model restores of it as the hand moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from aecore.ui.browser.decoder import decoder_part
from aecore.ui.browser.views import _mount

if TYPE_CHECKING:
    from aecore.portable import Portable

TOOLS = ("draw", "erase", "scribble", "noise", "hole")
# Of the picture's sides, those of a hole that nobody gave a size.
HOLE = 0.4
SCRIPTS = ("decoder.js", "easel_paint.js")


def live_easel(
    name: str,
    restorer: Portable,
    image: np.ndarray | None,
    *,
    tool: str,
    hole: tuple[int, int, int, int] | None = None,
    key: str,
) -> None:
    """A picture to draw on and to damage, and beside it what ``restorer`` makes of it.

    It starts as ``image`` [H, W], or empty, and with ``tool`` in hand; ``hole`` is where the hole begins from the top
    and from the left, its height and its width, in pixels; by default it is in the middle. What a visitor made of it
    stays as long as ``name`` does, whatever restores it; the server never hears of it.
    """
    height, width = restorer.shape
    if image is not None and image.shape != (height, width):
        raise ValueError(f"image must be {[height, width]} as the restorer's, got {list(image.shape)}")
    if restorer.inputs not in (height * width, 2 * height * width):
        raise ValueError(f"restorer must take {height * width} pixels or twice as many, got {restorer.inputs}")
    if tool not in TOOLS:
        raise ValueError(f"tool must be one of {', '.join(TOOLS)}, got {tool}")
    top, left, high, wide = in_the_middle(height, width) if hole is None else hole
    if not (0 <= top < top + high <= height and 0 <= left < left + wide <= width):
        raise ValueError(f"hole must lie within {[height, width]} pixels, got {hole}")
    box = {"top": top, "left": left, "height": high, "width": wide}
    part, weights = decoder_part(restorer)
    header = {"run": name, "tool": tool, "empty": image is None, "hole": box, "restorer": part}
    picture = np.zeros((height, width), np.float32) if image is None else np.asarray(image, np.float32)
    _mount("easel", key, header, {"image": picture, **weights}, SCRIPTS)


def in_the_middle(
    height: int, width: int, high: int | None = None, wide: int | None = None
) -> tuple[int, int, int, int]:
    """A hole of such a size in the middle of ``height`` x ``width`` pixels."""
    high, wide = high or round(HOLE * height), wide or round(HOLE * width)
    return (height - high) // 2, (width - wide) // 2, high, wide
