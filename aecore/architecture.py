"""What encoder and decoder are made of. Letters: B images of H x W pixels, L numbers of a code."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import nn
from torch.nn.utils import skip_init

from aecore.settings import Settings, SettingsError


class Architecture(ABC):
    """Makes one encoder and one decoder for images of a shape. A member of ``aecore.architectures``."""

    title: ClassVar[str]
    summary: ClassVar[str]
    # The smallest height and width of an image it can take.
    smallest: ClassVar[int] = 1

    class Settings(Settings):
        pass

    def __init__(self, settings: Architecture.Settings, shape: tuple[int, int]):
        if min(shape) < self.smallest:
            raise SettingsError(
                f"{self.title} needs images of at least {self.smallest}x{self.smallest} pixels, "
                f"got {shape[0]}x{shape[1]}; choose the dense architecture"
            )
        self.settings, self.shape = settings, shape

    @abstractmethod
    def encoder(self, outputs: int, rng: torch.Generator) -> nn.Module:
        """A module from [B, 1, H, W] to [B, outputs]."""

    @abstractmethod
    def decoder(self, latent: int, rng: torch.Generator) -> nn.Module:
        """A module from [B, latent] to [B, 1, H, W].

        Its last layer has no bias: the autoencoder adds one a pixel, which starts at the data's mean.
        """


def layer(kind: type[nn.Module], *sizes: int, rng: torch.Generator, **options) -> nn.Module:
    """``kind(*sizes, **options)`` with weights uniform in +-1/sqrt(inputs of a unit) and zero biases.

    PyTorch's own constructors draw from the global generator, which every visitor of a server shares.
    """
    made = skip_init(kind, *sizes, **options)
    transposed = isinstance(made, nn.modules.conv._ConvTransposeNd)
    with torch.no_grad():
        for weight in made.parameters():
            if weight.ndim < 2:
                weight.zero_()
                continue
            inputs = weight[:, 0].numel() if transposed else weight[0].numel()
            # A stride of s hands each output only 1/s^2 of the taps.
            taps = math.prod(made.stride) if transposed else 1
            bound = math.sqrt(taps / inputs)
            weight.uniform_(-bound, bound, generator=rng)
    return made
