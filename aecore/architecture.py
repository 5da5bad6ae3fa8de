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
    # Whether encoder and decoder are one matrix each.
    one_matrix: ClassVar[bool] = False

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
    def encoder(self, outputs: int, rng: torch.Generator, channels: int = 1) -> nn.Module:
        """A module from [B, channels, H, W] to [B, outputs]; the image is the first channel."""

    @abstractmethod
    def decoder(self, latent: int, rng: torch.Generator, encoder: nn.Module) -> nn.Module:
        """A module from [B, latent] to [B, 1, H, W], which may use the weights of ``encoder``, made here before.

        Its last layer has no bias: the autoencoder adds one a pixel, which starts at the data's mean.
        """


class Spatial(ABC):
    """Capability: networks whose code is a grid of cells, each of its own part of the image."""

    @property
    @abstractmethod
    def grid(self) -> tuple[int, int]:
        """Rows and columns of the grid."""

    @abstractmethod
    def grid_encoder(self, numbers: int, rng: torch.Generator) -> nn.Module:
        """A module from [B, 1, H, W] to [B, numbers, rows, columns]."""

    @abstractmethod
    def grid_decoder(self, numbers: int, rng: torch.Generator) -> nn.Module:
        """A module from [B, numbers, rows, columns] to [B, 1, H, W]; its last layer has no bias."""


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
