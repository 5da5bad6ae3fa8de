import torch
from torch import nn

from aecore.architecture import Architecture, layer


class Linear(Architecture):
    """z = W x + c and x^ = U z + b. With squared error it spans PCA's subspace (Baldi and Hornik 1989)."""

    title = "Linear"
    summary = "One matrix down, one matrix up; with squared error it finds PCA's subspace."
    one_matrix = True

    def encoder(self, outputs: int, rng: torch.Generator, channels: int = 1) -> nn.Module:
        height, width = self.shape
        return nn.Sequential(nn.Flatten(), layer(nn.Linear, channels * height * width, outputs, rng=rng))

    def decoder(self, latent: int, rng: torch.Generator, encoder: nn.Module) -> nn.Module:
        height, width = self.shape
        return nn.Sequential(
            layer(nn.Linear, latent, height * width, rng=rng, bias=False), nn.Unflatten(1, (1, height, width))
        )
