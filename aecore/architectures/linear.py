import torch
from pydantic import Field
from torch import nn

from aecore.architecture import Architecture, layer, transposes


class Linear(Architecture):
    """z = W x + c and x^ = U z + b. With squared error it spans PCA's subspace (Baldi and Hornik 1989)."""

    title = "Linear"
    summary = "One matrix encodes, one decodes; with squared error the optimum is PCA's subspace."
    one_matrix = True

    class Settings(Architecture.Settings):
        tied: bool = Field(False, description="Use the encoder's matrix, transposed, as the decoder's.")

    def encoder(self, outputs: int, rng: torch.Generator, channels: int = 1) -> nn.Module:
        height, width = self.shape
        return nn.Sequential(nn.Flatten(), layer(nn.Linear, channels * height * width, outputs, rng=rng))

    def decoder(self, latent: int, rng: torch.Generator, encoder: nn.Module) -> nn.Module:
        height, width = self.shape
        if self.settings.tied:
            (up,) = transposes(encoder, latent, height * width)
        else:
            up = layer(nn.Linear, latent, height * width, rng=rng, bias=False)
        return nn.Sequential(up, nn.Unflatten(1, (1, height, width)))
