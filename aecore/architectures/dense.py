from collections.abc import Iterable, Iterator
from itertools import pairwise

import torch
from pydantic import Field
from torch import nn

from aecore.architecture import Architecture, Layered, layer, transposes


class Dense(Architecture, Layered):
    """Fully connected layers with SiLU between them, the decoder a mirror of the encoder."""

    title = "Dense"
    summary = "Fully connected layers, the decoder a mirror of the encoder."

    class Settings(Architecture.Settings):
        width: int = Field(
            256, ge=8, le=1024, description="Units in each hidden layer.", json_schema_extra={"log": True}
        )
        depth: int = Field(3, ge=1, le=6, description="Hidden layers in the encoder, and as many in the decoder.")
        taper: bool = Field(False, description="Make each hidden layer of the encoder half as wide as the one before.")
        tied: bool = Field(False, description="Use the encoder's matrices, transposed, as the decoder's.")

    def encoder(self, outputs: int, rng: torch.Generator, channels: int = 1) -> nn.Module:
        height, width = self.shape
        sizes = self._sizes(channels * height * width, outputs)
        return nn.Sequential(nn.Flatten(), *_stack(layer(nn.Linear, a, b, rng=rng) for a, b in pairwise(sizes)))

    def decoder(self, latent: int, rng: torch.Generator, encoder: nn.Module) -> nn.Module:
        height, width = self.shape
        sizes = self._sizes(height * width, latent)[::-1]
        if self.settings.tied:
            layers = transposes(encoder, *sizes)
        else:
            hidden = [layer(nn.Linear, a, b, rng=rng) for a, b in pairwise(sizes[:-1])]
            layers = [*hidden, layer(nn.Linear, sizes[-2], sizes[-1], rng=rng, bias=False)]
        return nn.Sequential(*_stack(layers), nn.Unflatten(1, (1, height, width)))

    def _sizes(self, inputs: int, outputs: int) -> list[int]:
        """Numbers between two layers of the encoder: [784, 256, 256, 256, 2], or tapered [784, 256, 128, 64, 2]."""
        own = self.settings
        return [inputs, *(max(own.width >> i, 1) if own.taper else own.width for i in range(own.depth)), outputs]


def _stack(layers: Iterable[nn.Module]) -> Iterator[nn.Module]:
    """``layers`` with SiLU between them."""
    for i, one in enumerate(layers):
        if i:
            yield nn.SiLU()
        yield one
