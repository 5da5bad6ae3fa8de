"""How far off a decoder expects its pixels to be, and what samples look like with that noise and without.

Letters: N held-out images, S samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from aecore.autoencoder import Autoencoder
from aecore.capabilities import Spread
from aecore.figures.grey import grey
from aecore.measures.classes import posterior_as
from aecore.runs.trained import Trained
from aecore.training import generator

# Held-out images that are compared with what is expected of them, and samples that are drawn.
MOST, SAMPLES = 1_000, 10


@dataclass(frozen=True)
class Expected:
    """``expected`` and ``found`` [N] are root mean squares over an image's pixels, in grey levels from 0 to 1.

    The first is of the decoder's sigma at the posterior's mean, the second of the error of what it decodes there.
    ``likeness`` is the correlation of the two over images, ``within`` [N] that of sigma with the absolute error over
    the pixels of one image, NaN where sigma is the same for all.
    """

    expected: np.ndarray
    found: np.ndarray
    likeness: float
    within: np.ndarray


@dataclass(frozen=True)
class Noisy:
    """Samples of the prior, uint8 [S, H, W]: ``means`` decoded, their ``sigmas``, and ``noisy`` with noise of those.

    Of ``sigmas`` the largest of all, ``white``, is white.
    """

    means: np.ndarray
    sigmas: np.ndarray
    noisy: np.ndarray
    white: float


@torch.no_grad()
def expected(trained: Trained) -> Expected:
    """By how much a run's decoder, a Spread, expects to be off on held-out images, and by how much it is."""
    model, test = _spread(trained), trained.data.test
    images, labels = test.images[:MOST], test.labels[:MOST]
    codes = posterior_as(model, images, labels).mean
    sigma = model.sigma(codes)[:, 0].cpu().numpy()
    error = np.abs(model.likelihood.mean(model.decode(codes))[:, 0].cpu().numpy() - images)
    sizes = [np.sqrt(np.square(values).mean((1, 2))) for values in (sigma, error)]
    return Expected(*sizes, _likeness(*sizes), _within(sigma, error))


@dataclass(frozen=True)
class AskNoisy:
    """Asks for the Noisy samples of a run whose decoder is a Spread, by ``seed``."""

    seed: int

    @torch.no_grad()
    def __call__(self, trained: Trained) -> Noisy:
        model = _spread(trained)
        rng = generator(self.seed, "noise", device=model.device)
        codes = torch.randn(SAMPLES, model.latent, generator=rng, device=model.device)
        mean, sigma = model.likelihood.mean(model.decode(codes)), model.sigma(codes)
        noise = torch.randn(mean.shape, generator=rng, device=model.device)
        means, sigmas, noisy = (values[:, 0].cpu().numpy() for values in (mean, sigma, mean + sigma * noise))
        white = float(sigmas.max())
        return Noisy(grey(means), grey(sigmas / white), grey(noisy), white)


def _spread(trained: Trained) -> Autoencoder:
    if not isinstance(trained.model, Spread):
        raise ValueError(f"{trained.model.title} predicts no error of its own; choose a VAE with its own sigma")
    return trained.model


def _likeness(one: np.ndarray, other: np.ndarray) -> float:
    """The correlation of two [K]; NaN where one does not vary."""
    if not (np.ptp(one) > 0 and np.ptp(other) > 0):
        return float("nan")
    return float(np.corrcoef(one.astype(np.float64), other)[0, 1])


def _within(sigma: np.ndarray, error: np.ndarray) -> np.ndarray:
    return np.array([_likeness(*pair) for pair in zip(*(a.reshape(len(a), -1) for a in (sigma, error)), strict=True)])
