"""Annealed importance sampling: log p(x) by a decoder alone, from the prior to the posterior in many small steps.

Letters as in ``aecore.autoencoder``; K chains for each image.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from aecore.autoencoder import Autoencoder
from aecore.training import generator

# Temperatures on the way, steps of each move, and what the first is as long as.
TEMPERATURES, LEAPS, FIRST = 150, 5, 0.1
# The share of moves that step sizes are kept at: longer after one taken, shorter after one refused.
LONGER, SHORTER = 1.02, 0.93
# How far the temperatures' logits reach to both sides: most of them are near the prior and near the posterior.
REACH = 6.0

Energy = Callable[[Tensor], Tensor]


def annealed_log_likelihood(model: Autoencoder, images: np.ndarray, chains: int, seed: int = 0) -> np.ndarray:
    """[N] float64 estimates of log p(x), in nats, of images [N, H, W] under a standard normal prior.

    Neal 2001, by Hamiltonian moves, as Wu et al. 2017 use it on decoders: it asks no encoder, so no encoder that is too
    sure of its codes can spoil it. Still at most log p(x) on average, and the nearer the slower it is gone about.
    """
    device = model.device
    rng = generator(seed, "annealing", device=device)
    shown = torch.from_numpy(np.array(images, np.float32))[:, None].to(device).repeat(chains, 1, 1, 1)
    codes = torch.randn(len(shown), model.latent, generator=rng, device=device)
    log_weights = torch.zeros(len(shown), dtype=torch.float64, device=device)
    sizes = torch.full((len(shown), 1), FIRST, device=device)
    before = 0.0
    for share in _temperatures():
        with torch.no_grad():
            log_weights -= (share - before) * model.losses(codes, shown).double()
        before = share

        def energy(codes: Tensor, share: float = share) -> Tensor:
            return share * model.losses(codes, shown) + codes.square().sum(1) / 2

        codes, taken = _move(energy, codes, sizes, rng)
        sizes = sizes * torch.where(taken[:, None], LONGER, SHORTER)
    means = log_weights.unflatten(0, (chains, -1)).logsumexp(0) - math.log(chains)
    return means.cpu().numpy() - model.likelihood.constant(model.mean.numel())


def _temperatures() -> list[float]:
    """From just above 0 to 1."""
    shares = torch.sigmoid(torch.linspace(-REACH, REACH, TEMPERATURES + 1, dtype=torch.float64))
    return ((shares - shares[0]) / (shares[-1] - shares[0]))[1:].tolist()


def _move(energy: Energy, codes: Tensor, sizes: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Codes [B, L] after one Hamiltonian move with steps of ``sizes`` [B, 1], and [B] whether it was taken."""
    speeds = torch.randn(codes.shape, generator=rng, device=codes.device)
    start, slope = _with_slope(energy, codes)
    there, now, before = codes, speeds, start + speeds.square().sum(1) / 2
    for _ in range(LEAPS):
        now = now - sizes / 2 * slope
        there = there + sizes * now
        after, slope = _with_slope(energy, there)
        now = now - sizes / 2 * slope
    after = after + now.square().sum(1) / 2
    chance = torch.rand(len(codes), generator=rng, device=codes.device).log()
    # What has left the range of numbers compares as false and is refused.
    taken = chance < before - after
    return torch.where(taken[:, None], there, codes), taken


def _with_slope(energy: Energy, codes: Tensor) -> tuple[Tensor, Tensor]:
    """[B] the energy of codes [B, L], and [B, L] its gradient."""
    with torch.enable_grad():
        codes = codes.detach().requires_grad_()
        value = energy(codes)
        (slope,) = torch.autograd.grad(value.sum(), codes)
    return value.detach(), slope
