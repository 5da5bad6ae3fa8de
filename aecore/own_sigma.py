"""Autoencoders whose decoder also says by how much it expects to be off. Letters as in ``aecore.autoencoder``."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from aecore.architecture import Architecture, layer
from aecore.autoencoder import full_precision
from aecore.capabilities import Spread
from aecore.dataset import Batch, Facts
from aecore.model import Term
from aecore.variational import HIGHEST_LOG_VARIANCE, Variational

# Hidden units between a code and its sigma.
HIDDEN = 32


class OwnSigma(Spread, Variational):
    """-ELBO with a normal density whose sigma is a function of the code, one for an image or one for every pixel."""

    per_pixel: ClassVar[bool]
    # What the log of no variance falls below.
    lowest: ClassVar[float]
    source = "Kingma and Welling (2014), Auto-encoding variational Bayes, ICLR, appendix C.2"

    class Settings(Variational.Settings):
        likelihood: Literal["gaussian-learned"] = Field(
            "gaussian-learned",
            description="How a reconstruction is scored: a normal density whose variance is learned, here one for "
            "each code.",
        )

    def __init__(self, settings: Settings, architecture: Architecture, facts: Facts, rng, corruption=None):
        super().__init__(settings, architecture, facts, rng, corruption)
        # What it puts out adds to the likelihood's own log-variance, the level that all codes share. Of pixels each has
        # a bias, in which it keeps what is usual for it, such as a border that is black in every image.
        count = self.mean.numel() if self.per_pixel else 1
        self.deviation = nn.Sequential(
            layer(nn.Linear, self.latent, HIDDEN, rng=rng),
            nn.SiLU(),
            layer(nn.Linear, HIDDEN, count, rng=rng, bias=self.per_pixel),
        )

    def bent(self, codes: Tensor) -> Tensor:
        """[B, 1 or P] the log-variances of codes [B, L], bent to stay between their lowest and their highest value."""
        raw = self.likelihood.log_variance + full_precision(self.deviation(codes))
        raised = self.lowest + F.softplus(raw - self.lowest)
        return HIGHEST_LOG_VARIANCE - F.softplus(HIGHEST_LOG_VARIANCE - raised)

    def losses(self, codes: Tensor, images: Tensor) -> Tensor:
        """[B] -log of the normal density of images [B, 1, H, W] around what codes [B, L] decode to, constants too."""
        squared, log_variance = (self.decode(codes) - images).square().flatten(1), self.bent(codes)
        if not self.per_pixel:
            squared = squared.sum(1, keepdim=True)
        pixels = self.mean.numel() // log_variance.shape[1]
        density = squared / log_variance.exp() + pixels * (log_variance + math.log(2 * math.pi))
        return density.sum(1) / 2

    def terms(self, batch: Batch, done: float, rng: torch.Generator) -> dict[str, Term]:
        posterior = self.posterior(batch.images)
        return self.bound(posterior, posterior.sample(rng), batch.images, 1.0)
