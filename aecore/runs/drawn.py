"""Where a new image lies among the codes of a run: what the view of a digit of one's own asks.

Letters: N images looked at, L numbers of a code, S draws.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from aecore.autoencoder import Autoencoder
from aecore.figures.grey import grey
from aecore.measures.classes import generate_as, guessed
from aecore.runs.latent import NEIGHBOURS, Points
from aecore.runs.run import Run
from aecore.training import generator
from aecore.variational import HasPosterior, Posterior


@dataclass(frozen=True)
class Ground:
    """A plane to see a new code on: places are ``(codes - centre) @ directions``, [L] and [L, 2].

    ``places`` [N, 2], ``labels`` [N] and ``errors`` [N] are those of the held-out images looked at.
    """

    centre: np.ndarray
    directions: np.ndarray
    places: np.ndarray
    labels: np.ndarray
    errors: np.ndarray
    axes: tuple[str, str]


def ground(run: Run) -> Ground:
    """The Ground of a run: its code numbers themselves where these are two, else their main directions."""
    looked_at = run.exhibits.looked_at
    codes = run.model.embed(looked_at.images)
    latent = codes.shape[1]
    centre, directions = np.zeros(latent, np.float32), np.eye(latent, 2, dtype=np.float32)
    axes = ("code number 1", "code number 2" if latent > 1 else "")
    if latent > 2:
        centre = codes.mean(0)
        directions = np.linalg.svd(codes - centre, full_matrices=False)[2][:2].T
        axes = ("principal direction 1", "principal direction 2")
    errors = np.square(run.model.reconstruct(looked_at.images) - looked_at.images).sum((1, 2))
    return Ground(centre, directions, (codes - centre) @ directions, looked_at.labels, errors, axes)


@dataclass(frozen=True)
class Placed:
    """A new image in a run: ``place`` [2] on the Ground, ``rebuilt`` [H, W] uint8, its squared ``error``.

    ``neighbours`` are the points whose codes are nearest, nearest first. Where there is a posterior, ``spread`` [2, 2]
    is its covariance on the Ground and ``samples`` [S, H, W] uint8 what codes drawn from it decode to.
    """

    place: np.ndarray
    rebuilt: np.ndarray
    error: float
    neighbours: np.ndarray
    spread: np.ndarray | None
    samples: np.ndarray


def place(run: Run, on: Ground, points: Points, image: np.ndarray, draws: int, seed: int) -> Placed:
    """Where a new image [H, W] lies; ``draws`` codes from its posterior, by ``seed``."""
    model = run.model
    code = model.embed(image[None])
    rebuilt = model.reconstruct(image[None])[0]
    order = np.argsort(np.square(points.codes - code).sum(1))[:NEIGHBOURS]
    spread, samples = None, np.empty((0, *image.shape), np.uint8)
    if isinstance(model, HasPosterior):
        spread, samples = _drawn(model, image, on, draws, seed)
    error = float(np.square(rebuilt - image).sum())
    return Placed(((code - on.centre) @ on.directions)[0], grey(rebuilt), error, order, spread, samples)


@torch.no_grad()
def _drawn(model: Autoencoder, image: np.ndarray, on: Ground, draws: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The posterior's covariance on the Ground, and images decoded from codes drawn from it."""
    device = model.mean.device
    posterior = model.posterior(torch.from_numpy(image.copy())[None, None].to(device))
    variances = posterior.log_variance.exp()[0].cpu().numpy()
    many = Posterior(posterior.mean.expand(draws, -1), posterior.log_variance.expand(draws, -1))
    codes = many.sample(generator(seed, "drawn", device=device)).cpu().numpy()
    # Nobody told the class of what was just drawn: it is the one by which the posterior was found.
    drawn = generate_as(model, codes, int(guessed(model, image[None])[0]))
    return (on.directions.T * variances) @ on.directions, grey(drawn)
