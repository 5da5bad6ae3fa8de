"""Autoencoders with a distribution over codes. Letters as in ``aecore.autoencoder``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from aecore.autoencoder import Autoencoder
from aecore.model import Term

# Log-variances stay below it. One odd image at a high learning rate otherwise throws exp(log-variance),
# and with it the whole run, out of the range of numbers (seen at 4e-3, seed 0); below 2 it changes nothing.
HIGHEST_LOG_VARIANCE = 6.0


@dataclass(frozen=True)
class Posterior:
    """q(z | x) = N(mean, diag exp(log_variance)), both [B, L]."""

    mean: Tensor
    log_variance: Tensor

    def sample(self, rng: torch.Generator) -> Tensor:
        """[B, L] one code an image: z = mu + sigma * eps, eps ~ N(0, I), so that gradients reach both."""
        noise = torch.randn(self.mean.shape, generator=rng, device=self.mean.device)
        return self.mean + (self.log_variance / 2).exp() * noise

    def draws(self, count: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """[k, B, L] ``count`` codes an image, and [k, B] their log q(z | x) - log p(z)."""
        noise = torch.randn((count, *self.mean.shape), generator=rng, device=self.mean.device)
        codes = self.mean + (self.log_variance / 2).exp() * noise
        return codes, (codes.square() - noise.square() - self.log_variance).sum(2) / 2

    def kl(self) -> Tensor:
        """[B, L] KL(q(z | x) || N(0, I)) of each code dimension, in nats."""
        return kl_from_standard_normal(self.mean, self.log_variance)


class HasPosterior(ABC):
    """Capability: a distribution over the codes of an image, against a standard normal prior."""

    @abstractmethod
    def posterior(self, images: Tensor) -> Posterior:
        """q(z | x) of images [B, 1, H, W]."""

    @abstractmethod
    def negative_elbo(self, terms: Mapping[str, float]) -> float:
        """-ELBO in nats an image, but for the likelihood's constant, from raw loss terms by name."""


class Variational(Autoencoder, HasPosterior):
    """An autoencoder whose encoder puts out mean and log-variance of every code dimension."""

    numbers_per_code = 2
    regularised = True
    set_letters = {"p": "{likelihood.density}"}

    def posterior(self, images: Tensor) -> Posterior:
        return self.posterior_of(self.features(images))

    def posterior_of(self, features: Tensor) -> Posterior:
        """q(z | x) from what the encoder puts out, [B, 2 L]."""
        mean, raw = features.chunk(2, dim=1)
        return Posterior(mean, HIGHEST_LOG_VARIANCE - F.softplus(HIGHEST_LOG_VARIANCE - raw))

    def encode(self, images: Tensor) -> Tensor:
        return self.posterior(images).mean

    def negative_elbo(self, terms: Mapping[str, float]) -> float:
        return terms["reconstruction"] + terms["kl"]

    def bound(self, posterior: Posterior, codes: Tensor, images: Tensor, beta: float) -> dict[str, Term]:
        """The two terms of -ELBO at ``codes`` drawn from ``posterior``, the KL term weighed by ``beta``."""
        kl = Term(posterior.kl().sum(1).mean(), beta, "nats")
        return {"reconstruction": self.reconstruction(codes, images), "kl": kl}


def kl_from_standard_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """[B, L] KL(N(mean, exp(log_variance)) || N(0, 1)) of each code dimension, in nats; sum over L for an image.

    Kingma and Welling 2014, appendix B: (sigma^2 + mu^2 - 1 - log sigma^2) / 2.
    """
    return (log_variance.exp() + mean.square() - 1 - log_variance) / 2
