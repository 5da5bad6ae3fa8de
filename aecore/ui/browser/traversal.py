"""Traversals of a code: what each number of it does to the picture, decoded in the browser."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from aecore.ui.browser.decoder import decoder_part
from aecore.ui.browser.drawing import Drawing, live
from aecore.ui.browser.payload import vector

if TYPE_CHECKING:
    from aecore.portable import Portable

MOST_STEPS = 13  # More pictures side by side would be too narrow for a finger on a phone.


@dataclass(frozen=True)
class Strip:
    """One number of the code, moved from ``low`` to ``high`` while the others stay."""

    number: int  # from 0
    title: str
    note: str
    low: float
    high: float
    unused: bool = False  # paler: the model does not use this number


@dataclass(frozen=True, eq=False)
class Scene:
    """What one frame shows: the code that starts as ``base`` [L], and the strips of pictures from ``decoder``.

    A decoder with labels decodes as class ``label``, by default the first.
    """

    decoder: Portable
    base: np.ndarray
    strips: Sequence[Strip]
    label: int | None = None


def traversals_drawing(
    name: str,
    scenes: Sequence[Scene],
    *,
    steps: int = 9,
    marks: Sequence[float] = (),
    unit: str = "prior sigmas",
) -> Drawing:
    """A code decoded large, and under sliders ``steps`` pictures along each strip: a scene for each frame of ``name``.

    ``marks`` are values with a tick under each strip. The code that a visitor made of a scene's stays as long as
    ``name`` does; the server never hears of it.
    """
    if not 2 <= steps <= MOST_STEPS:
        raise ValueError(f"steps must be from 2 to {MOST_STEPS}, got {steps}")
    if not scenes:
        raise ValueError("there must be a scene to show")
    told, arrays = [], {}
    for i, scene in enumerate(scenes):
        _check(scene)
        part, weights = decoder_part(scene.decoder, f"decoder{i}")
        told.append({"label": scene.label, "strips": [asdict(strip) for strip in scene.strips], "decoder": part})
        arrays |= {f"base{i}": vector(scene.base), **weights}
    header = {
        "run": name,
        "steps": int(steps),
        "marks": [float(mark) for mark in marks],
        "unit": unit,
        "scenes": told,
    }
    return Drawing("traversal", header, arrays)


live_traversals = live(traversals_drawing)


def _check(scene: Scene) -> None:
    latent = scene.decoder.inputs
    if len(scene.base) != latent:
        raise ValueError(f"base must have {latent} numbers as the decoder's codes, got {len(scene.base)}")
    for strip in scene.strips:
        if not 0 <= strip.number < latent:
            raise ValueError(f"{strip.title} must move a number from 0 to {latent - 1}, got {strip.number}")
        if not -math.inf < strip.low < strip.high < math.inf:
            raise ValueError(f"{strip.title} must run from a number to a greater one, got {strip.low} to {strip.high}")
