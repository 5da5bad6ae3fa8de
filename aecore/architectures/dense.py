from collections.abc import Iterator
from itertools import pairwise

import torch
from pydantic import Field
from torch import nn

from aecore.architecture import Architecture, layer


class Dense(Architecture):
    """Fully connected layers with SiLU between them, the decoder a mirror of the encoder."""

    title = "Dense"
    summary = "Fully connected layers, the decoder a mirror of the encoder."

    class Settings(Architecture.Settings):
        width: int = Field(
            256, ge=8, le=1024, description="Units in each hidden layer.", json_schema_extra={"log": True}
        )
        depth: int = Field(3, ge=1, le=6, description="Hidden layers in the encoder, and as many in the decoder.")

    def encoder(self, outputs: int, rng: torch.Generator, channels: int = 1) -> nn.Module:
        height, width = self.shape
        return nn.Sequential(nn.Flatten(), *self._stack(channels * height * width, outputs, True, rng))

    def decoder(self, latent: int, rng: torch.Generator, encoder: nn.Module) -> nn.Module:
        height, width = self.shape
        return nn.Sequential(*self._stack(latent, height * width, False, rng), nn.Unflatten(1, (1, height, width)))

    def _stack(self, inputs: int, outputs: int, last_bias: bool, rng: torch.Generator) -> Iterator[nn.Module]:
        sizes = [inputs, *[self.settings.width] * self.settings.depth]
        for a, b in pairwise(sizes):
            yield layer(nn.Linear, a, b, rng=rng)
            yield nn.SiLU()
        yield layer(nn.Linear, sizes[-1], outputs, rng=rng, bias=last_bias)
