"""What the tabs of damaged images share: a denoiser to begin with, and what it is tested with."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from aecore.corruptions import corruptions
from aecore.settings import Settings
from aecore.ui import subjects

DENOISING = subjects.WholeSpec(variant="denoising")
Damage = Literal[tuple(corruptions)]


class Tested(Settings):
    """The damage of held-out images, which need not be that of training."""

    damage: Damage = Field("gaussian", description="Corruption of held-out images; training has its own.")


def level_labels(levels: np.ndarray, before: np.ndarray, after: np.ndarray) -> list[str]:
    """What a slider over ``levels`` [K] says at each: the level, and the PSNR ``before`` and ``after`` [K] in dB."""
    return [
        f"level {level:.2f}: damaged {_decibels(damaged)}, restored {_decibels(restored)}"
        for level, damaged, restored in zip(levels, before, after, strict=True)
    ]


def _decibels(value: float) -> str:
    return f"{value:.1f} dB" if np.isfinite(value) else "perfect"
