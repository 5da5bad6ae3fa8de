"""How an image is damaged before it is encoded."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor

from aecore.settings import Settings


class Corruption(ABC):
    """One way to damage an image, with a ``level`` of which 0 changes nothing. A member of ``aecore.corruptions``."""

    title: ClassVar[str]
    summary: ClassVar[str]
    # Whether damaged pixels stay in [0, 1].
    bounded: ClassVar[bool] = True
    # Whether chance has a part in it: without, the damage is the same every time.
    chance: ClassVar[bool] = True

    class Settings(Settings):
        """Declares ``level``, with its unit in the description."""

    def __init__(self, settings: Corruption.Settings):
        self.settings = settings

    @abstractmethod
    def damage(self, images: Tensor, rng: torch.Generator) -> Tensor:
        """Damaged copies of ``images``, [B, 1, H, W] in [0, 1]; the same ``rng`` state, the same damage."""


def uniform(images: Tensor, rng: torch.Generator) -> Tensor:
    """One uniform number in [0, 1) for each pixel of ``images``, on its device."""
    return torch.rand(images.shape, generator=rng, device=images.device)
