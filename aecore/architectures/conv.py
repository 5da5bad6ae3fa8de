from collections.abc import Iterator
from itertools import pairwise

import torch
from pydantic import Field
from torch import nn

from aecore.architecture import Architecture, Layered, Residual, Spatial, layer

# 3x3 kernels at stride 2 with padding 1 halve an image, rounding up.
KERNEL, STRIDE, PADDING = 3, 2, 1


class Conv(Architecture, Spatial, Layered):
    """Strided convolutions down, transposed convolutions up, one linear layer on each side of the code."""

    title = "Convolutional"
    summary = "Convolutions halve the image, transposed convolutions double it back; far fewer weights."
    smallest = 8

    class Settings(Architecture.Settings):
        width: int = Field(
            16, ge=4, le=64, description="Channels after the first convolution; each further one doubles them."
        )
        depth: int = Field(2, ge=1, le=3, description="Convolutions in the encoder, each halving height and width.")
        blocks: int = Field(
            0,
            ge=0,
            le=4,
            description="Residual blocks after these, two convolutions each: they widen the receptive field.",
        )

    @property
    def grid(self) -> tuple[int, int]:
        return self._shapes()[-1]

    def encoder(self, outputs: int, rng: torch.Generator, channels: int = 1) -> nn.Module:
        (height, width), last = self.grid, self._channels()[-1]
        return nn.Sequential(
            *self._down(rng, channels), nn.Flatten(), layer(nn.Linear, last * height * width, outputs, rng=rng)
        )

    def decoder(self, latent: int, rng: torch.Generator, encoder: nn.Module) -> nn.Module:
        (height, width), first = self.grid, self._channels()[-1]
        return nn.Sequential(
            layer(nn.Linear, latent, first * height * width, rng=rng),
            nn.Unflatten(1, (first, height, width)),
            *self._up(rng),
        )

    def grid_encoder(self, numbers: int, rng: torch.Generator) -> nn.Module:
        return nn.Sequential(*self._down(rng, 1), layer(nn.Conv2d, self._channels()[-1], numbers, 1, rng=rng))

    def grid_decoder(self, numbers: int, rng: torch.Generator) -> nn.Module:
        return nn.Sequential(layer(nn.Conv2d, numbers, self._channels()[-1], 1, rng=rng), *self._up(rng))

    def _channels(self) -> list[int]:
        """Channels at each level, the image's own first: [1, 16, 32]."""
        return [1, *(self.settings.width * 2**level for level in range(self.settings.depth))]

    def _shapes(self) -> list[tuple[int, int]]:
        """Height and width at each level, the image's own first: [(28, 28), (14, 14), (7, 7)]."""
        shapes = [self.shape]
        for _ in range(self.settings.depth):
            shapes.append(tuple((side + 1) // 2 for side in shapes[-1]))
        return shapes

    def _down(self, rng: torch.Generator, channels: int) -> Iterator[nn.Module]:
        for a, b in pairwise([channels, *self._channels()[1:]]):
            yield layer(nn.Conv2d, a, b, KERNEL, stride=STRIDE, padding=PADDING, rng=rng)
            yield nn.SiLU()
        for _ in range(self.settings.blocks):
            yield Residual(self._channels()[-1], KERNEL, rng)

    def _up(self, rng: torch.Generator) -> Iterator[nn.Module]:
        channels, shapes = self._channels(), self._shapes()
        for level in range(self.settings.depth, 0, -1):
            # Two sizes halve to the same one; output padding says which of them to go back to.
            odd = tuple(a - (2 * b - 1) for a, b in zip(shapes[level - 1], shapes[level], strict=True))
            yield nn.SiLU()
            yield layer(
                nn.ConvTranspose2d,
                channels[level],
                channels[level - 1],
                KERNEL,
                stride=STRIDE,
                padding=PADDING,
                output_padding=odd,
                bias=level > 1,
                rng=rng,
            )
