"""What encoder and decoder are made of. Letters: B images of H x W pixels, L code dimensions."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from itertools import pairwise
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

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


class Layered:
    """Capability: encoder and decoder are stacks of layers, each of which undoes one of the other's.

    Both are an nn.Sequential in which nn.SiLU ends every layer but the last.
    """

    def stages(self, encoder: nn.Sequential, decoder: nn.Sequential) -> list[tuple[nn.Module, nn.Module]]:
        """Each layer of ``encoder``, the outermost first, with the one of ``decoder`` that undoes it."""
        return list(zip(_layers_of(encoder), reversed(_layers_of(decoder)), strict=True))


def _layers_of(stack: nn.Sequential) -> list[nn.Sequential]:
    """``stack``, whose modules stay its own, cut after each activation."""
    ends = [i + 1 for i, part in enumerate(stack) if isinstance(part, nn.SiLU)]
    return [stack[a:b] for a, b in pairwise([0, *ends, len(stack)])]


class Transposed(nn.Module):
    """x -> W^T x + c, W the matrix of a layer which stays that layer's: only c, where there is one, is its own.

    Of a larger W the first ``inputs`` rows and the first ``outputs`` columns are used.
    """

    def __init__(self, tied_to: nn.Linear, inputs: int, outputs: int, bias: bool):
        super().__init__()
        # In a tuple nn.Module does not see it: the matrix would be saved and trained twice.
        self._tied_to = (tied_to,)
        self.inputs, self.outputs = inputs, outputs
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None

    @property
    def weight(self) -> Tensor:
        """[outputs, inputs] as an nn.Linear has it; a view of the other layer's."""
        return self._tied_to[0].weight[: self.inputs, : self.outputs].T

    def forward(self, values: Tensor) -> Tensor:
        return F.linear(values, self.weight, self.bias)


class Residual(nn.Module):
    """x -> x + f(x), f two convolutions that keep the size (He et al. 2016, identity mappings, equation 1)."""

    drawn_as = "residual block"

    def __init__(self, channels: int, kernel: int, rng: torch.Generator):
        super().__init__()
        first, second = (layer(nn.Conv2d, channels, channels, kernel, padding=kernel // 2, rng=rng) for _ in range(2))
        self.change = nn.Sequential(nn.SiLU(), first, nn.SiLU(), second)

    def forward(self, values: Tensor) -> Tensor:
        return values + self.change(values)


def transposes(encoder: nn.Module, *sizes: int) -> list[Transposed]:
    """The linear layers of ``encoder`` transposed, the last one first; the last of them has no bias.

    They take ``sizes[0]`` numbers to ``sizes[1]``, and so on. Where the encoder puts out several numbers for each
    of the code's, as for a distribution, the first count; of several channels the first, which is the image.
    """
    layers = [part for part in encoder.modules() if isinstance(part, nn.Linear)][::-1]
    if not layers or layers[0].out_features % sizes[0]:
        raise SettingsError(
            f"tied must be false here: the decoder takes {sizes[0]} numbers and no matrix of the encoder puts out as "
            "many, so there is none to transpose"
        )
    return [
        Transposed(tied_to, a, b, bias=tied_to is not layers[-1])
        for tied_to, (a, b) in zip(layers, pairwise(sizes), strict=True)
    ]


def layer(kind: type[nn.Module], *sizes: int, rng: torch.Generator, **options) -> nn.Module:
    """``kind(*sizes, **options)`` with weights uniform in +-1/sqrt(inputs of a unit) and zero biases.

    PyTorch's own constructors draw from the global generator, which every visitor of a server shares.
    """
    made = kind(*sizes, **options, device="meta").to_empty(device="cpu")
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
