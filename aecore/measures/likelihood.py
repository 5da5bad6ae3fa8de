"""How probable a model with a distribution over codes finds images: log p(x), by many codes for each image.

Letters as in ``aecore.autoencoder``; k codes of an image at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from aecore import arrays
from aecore.autoencoder import Autoencoder
from aecore.capabilities import Conditional
from aecore.dataset import Report
from aecore.training import generator
from aecore.variational import HasPosterior, Posterior

# Images taken together, and codes decoded at once: what bounds the memory. More of either is no faster.
IMAGES_AT_ONCE = 100
AT_ONCE = 1000


@dataclass(frozen=True, eq=False)
class Estimate:
    """log p(x) of images, or a bound below it: ``per_image`` [N] float64, in nats."""

    per_image: np.ndarray

    @property
    def mean(self) -> float:
        return float(self.per_image.mean())

    @property
    def standard_error(self) -> float:
        """Of the mean, for having only these images; that they had only so many codes each is in the bound."""
        return float(self.per_image.std(ddof=1) / math.sqrt(len(self.per_image)))


@torch.no_grad()
def log_likelihood(
    model: Autoencoder,
    images: np.ndarray,
    samples: int,
    seed: int = 0,
    binarise: bool = False,
    report: Report | None = None,
    wider: float = 1.0,
) -> Estimate:
    """log 1/K sum_k p(x | z_k) p(z_k) / q(z_k | x) of images [N, H, W], K = ``samples`` codes z_k from q(z | x).

    Burda et al. 2016, section 3: at most log p(x) on average, and the nearer the more samples; one alone gives the
    ELBO. The likelihood's constant is in it. Grey pixels under ``bernoulli`` are read as probabilities, so values
    compare only among themselves; ``binarise`` makes them black or white first, as published figures have it.
    ``report`` is told how many images are done, and of how many. Codes may be drawn ``wider`` than q says, from any
    distribution the bound holds: where q is too sure of its codes, that one is higher. TypeError for a model that has
    no p(x).
    """
    _check(model, samples)
    images = arrays.images(images, model.shape)
    if binarise:
        images = binarised(images, seed)
    device, parts = model.device, []
    for index, start in enumerate(range(0, len(images), IMAGES_AT_ONCE)):
        part = torch.from_numpy(np.array(images[start : start + IMAGES_AT_ONCE], np.float32))[:, None].to(device)
        rng = generator(seed, "likelihood", index, device=device)
        parts.append(_log_mean_weight(model, part, samples, rng, wider).cpu().numpy())
        if report:
            report(start + len(part), len(images))
    return Estimate(np.concatenate(parts) - model.likelihood.constant(model.mean.numel()))


def binarised(images: np.ndarray, seed: int) -> np.ndarray:
    """float32 of images [N, H, W], each pixel 1 with its grey as probability and else 0; the same for a ``seed``."""
    draws = np.random.default_rng(seed).random(images.shape, np.float32)
    return np.less(draws, images, out=draws)


def _check(model: Autoencoder, samples: int) -> None:
    if not isinstance(model, HasPosterior):
        raise TypeError(f"{model.title} has no posterior, so no likelihood; ask for squared_error")
    if isinstance(model, Conditional):
        raise TypeError(
            f"{model.title} knows an image's likelihood given its class only, and of classes no distribution; "
            "ask for elbo, which is given the class"
        )
    if samples < 1:
        raise ValueError(f"samples must be at least 1, got {samples}")


def _log_mean_weight(model: Autoencoder, images: Tensor, samples: int, rng: torch.Generator, wider: float) -> Tensor:
    """[B] float64 log 1/K sum_k of the weights of K = ``samples`` codes for each of images [B, 1, H, W]."""
    posterior = widened(model.posterior(images), wider)
    most = max(1, AT_ONCE // len(images))
    many = images.repeat(min(most, samples), 1, 1, 1)
    total = torch.full((len(images),), -math.inf, dtype=torch.float64, device=images.device)
    for done in range(0, samples, most):
        codes, log_ratios = posterior.draws(min(most, samples - done), rng)  # [k, B, L], [k, B]
        flat = codes.flatten(0, 1)
        log_weights = -model.losses(flat, many[: len(flat)]).unflatten(0, log_ratios.shape) - log_ratios
        total = torch.logaddexp(total, log_weights.double().logsumexp(0))
    return total - math.log(samples)


def widened(posterior: Posterior, factor: float) -> Posterior:
    """A sigma far below the prior's becomes ``factor`` times as large; none passes the prior's, 1.

    What an image adds to the prior's precision is divided by the factor's square: training with a beta below 1
    multiplied it by 1 / beta.
    """
    if factor == 1:
        return posterior
    added = torch.expm1(-posterior.log_variance)
    return Posterior(posterior.mean, -torch.log1p(added / factor**2))
