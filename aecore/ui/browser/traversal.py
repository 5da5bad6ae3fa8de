"""Traversals of a code: what each number of it does to the picture, decoded in the browser."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from aecore.ui.browser.decoder import decoder_part
from aecore.ui.browser.views import _mount, _vector

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


def live_traversals(
    name: str,
    decoder: Portable,
    base: np.ndarray,
    strips: Sequence[Strip],
    *,
    steps: int = 9,
    marks: Sequence[float] = (),
    label: int | None = None,
    unit: str = "prior sigmas",
    key: str,
) -> None:
    """The code that starts as ``base`` [L], decoded large, and under sliders ``steps`` pictures along each strip.

    ``marks`` are values with a tick under each strip. A decoder with labels decodes as class ``label``, by default the
    first. The code that a visitor made stays as long as ``name`` does; the server never hears of it.
    """
    base = _vector(base)
    _check(decoder, base, strips, steps)
    part, weights = decoder_part(decoder)
    header = {
        "run": name,
        "steps": int(steps),
        "marks": [float(mark) for mark in marks],
        "label": label,
        "unit": unit,
        "strips": [asdict(strip) for strip in strips],
        "decoder": part,
    }
    _mount("traversal", key, header, {"base": base, **weights}, ("decoder.js",))


def _check(decoder: Portable, base: np.ndarray, strips: Sequence[Strip], steps: int) -> None:
    if len(base) != decoder.latent:
        raise ValueError(f"base must have {decoder.latent} numbers as the decoder's codes, got {len(base)}")
    if not 2 <= steps <= MOST_STEPS:
        raise ValueError(f"steps must be from 2 to {MOST_STEPS}, got {steps}")
    for strip in strips:
        if not 0 <= strip.number < decoder.latent:
            raise ValueError(f"{strip.title} must move a number from 0 to {decoder.latent - 1}, got {strip.number}")
        if not -math.inf < strip.low < strip.high < math.inf:
            raise ValueError(f"{strip.title} must run from a number to a greater one, got {strip.low} to {strip.high}")
