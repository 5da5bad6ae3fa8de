"""An easel: a digit drawn and damaged by hand, and what a model makes of it as the hand moves."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aecore.ui.browser.decoder import decoder_part
from aecore.ui.browser.drawing import Drawing, live, mount

if TYPE_CHECKING:
    from aecore.portable import Portable

TOOLS = ("draw", "erase", "scribble", "noise", "hole")
# Of the picture's sides, those of a hole that nobody gave a size.
HOLE = 0.4


def easel_drawing(
    name: str,
    restorer: Portable,
    image: np.ndarray | None,
    *,
    tool: str,
    hole: tuple[int, int, int, int] | None = None,
) -> Drawing:
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
    header = {"run": name, "tool": tool, "hole": box, "restorer": part, "pen": None}
    return _drawn(image, restorer.shape, header, weights)


live_easel = live(easel_drawing)


@dataclass(frozen=True)
class Halves:
    """A model for a pen: the encoder's output is told under ``name``, ``latent`` numbers and any log-variances.

    Both halves are None where a browser cannot compute one of them.
    """

    name: str
    latent: int
    encoder: Portable | None
    decoder: Portable | None


@dataclass(frozen=True)
class Answer:
    """What the server made of the picture that was ``asked`` about.

    ``numbers`` [1 or 2, L] are the code and any log-variances, ``rebuilt`` [H, W] in [0, 1] is what it decodes to.
    """

    asked: str
    numbers: np.ndarray
    rebuilt: np.ndarray


def pen_drawing(
    name: str,
    halves: Halves,
    image: np.ndarray | None,
    shape: tuple[int, int],
    errors: np.ndarray,
    *,
    answer: Answer | None = None,
) -> Drawing:
    """A picture of ``shape`` to draw on, from ``image`` [H, W] or nothing on, and beside it what is rebuilt of it.

    ``errors`` [N] are the squared errors of other images, which its own is held against. What is drawn stays as long as
    ``name`` does. Where the browser has not the halves, it asks about each stroke, and ``answer`` answers.
    """
    parts, weights = {}, {}
    for half in ("encoder", "decoder"):
        portable = getattr(halves, half)
        if portable is not None and halves.encoder is not None and halves.decoder is not None:
            parts[half], arrays = decoder_part(portable, half)
            weights |= arrays
    pen = {"name": halves.name, "latent": halves.latent, "encoder": None, "decoder": None, **parts}
    weights["errors"] = np.sort(np.asarray(errors, np.float32))
    if answer is not None:
        pen["asked"] = answer.asked
        weights["answer"] = np.asarray(answer.numbers, np.float32)
        weights["rebuilt"] = np.asarray(answer.rebuilt, np.float32)
    header = {"run": name, "tool": "draw", "hole": None, "restorer": None, "pen": pen}
    return _drawn(image, shape, header, weights)


def live_pen(
    name: str,
    halves: Halves,
    image: np.ndarray | None,
    shape: tuple[int, int],
    errors: np.ndarray,
    *,
    answer: Answer | None = None,
    key: str,
) -> str:
    """Mounts a ``pen_drawing``; returns what it asks about after a stroke, for ``picture_of`` to read.

    That is nothing of an empty picture, and nothing where the browser has both halves.
    """
    said = mount(pen_drawing(name, halves, image, shape, errors, answer=answer), key).get("picture") or {}
    return said.get("levels", "") if said.get("name") == halves.name else ""


def picture_of(text: str, shape: tuple[int, int]) -> np.ndarray | None:
    """[H, W] float32 in [0, 1] the picture that an easel asks about; None for what is none of that ``shape``."""
    try:
        levels = np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
    except (binascii.Error, ValueError):
        return None
    return levels.reshape(shape) / np.float32(255) if levels.size == shape[0] * shape[1] else None


def _drawn(
    image: np.ndarray | None, shape: tuple[int, int], header: dict[str, Any], arrays: dict[str, np.ndarray]
) -> Drawing:
    if image is not None and image.shape != tuple(shape):
        raise ValueError(f"image must be {list(shape)}, got {list(image.shape)}")
    picture = np.zeros(shape, np.float32) if image is None else np.asarray(image, np.float32)
    return Drawing("easel", {**header, "empty": image is None}, {"image": picture, **arrays})


def in_the_middle(
    height: int, width: int, high: int | None = None, wide: int | None = None
) -> tuple[int, int, int, int]:
    """A hole of such a size in the middle of ``height`` x ``width`` pixels."""
    high, wide = high or round(HOLE * height), wide or round(HOLE * width)
    return (height - high) // 2, (width - wide) // 2, high, wide
