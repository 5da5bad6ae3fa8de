"""What the page on variational autoencoders asks of a run with a posterior.

Letters: N images, L code dimensions, S draws, R images in the row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from scipy.special import ndtri

from aecore.figures.grey import grey
from aecore.measures.classes import embed_as, generate_as, losses_as, posterior_as
from aecore.measures.paths import nearest_distances
from aecore.measures.quality import term_weights
from aecore.questions.latent import image_of
from aecore.runs.trained import Trained
from aecore.threads import one_thread
from aecore.training import generator

# Burda et al. 2016: a code dimension is in use where the variance of its posterior mean over the data is above it.
IN_USE = 0.01
# Components of the mixture that is fitted to all codes.
MIXTURE = 10
# Held-out images whose distance to the nearest training image is what is usual.
SOME = 100
# Training images whose codes the mixture is fitted to.
MOST = 5_000


@dataclass(frozen=True)
class Rates:
    """Of each code dimension over the held-out images: ``kl`` [L] mean nats, ``variance`` [L] of the posterior mean.

    ``used`` [L] tells whether the variance is above 0.01.
    """

    kl: np.ndarray
    variance: np.ndarray
    used: np.ndarray


@torch.no_grad()
def rates(trained: Trained) -> Rates:
    """The Rates of a run, whose model has a posterior."""
    test = trained.data.test
    posterior = posterior_as(trained.model, test.images, test.labels)
    variance = posterior.mean.var(0, correction=0).cpu().numpy()
    return Rates(posterior.kl().mean(0).cpu().numpy(), variance, variance > IN_USE)


@dataclass(frozen=True)
class Inside:
    """One image on its way through: ``image`` and ``rebuilt`` [H, W] uint8 (from the mean), mean and sigma [L].

    ``noise`` and ``codes`` [S, L] are draws of eps and mean + sigma * eps, ``decoded`` [S, H, W] uint8 what they
    decode to, ``losses`` [S] the model's own reconstruction losses; ``kl`` [L] in nats. ``apart`` [S] is the squared
    error of what they decode to from what the mean does, ``error`` that of the latter from the image. ``weights`` are
    those of the terms that the model minimises, by name.
    """

    image: np.ndarray
    rebuilt: np.ndarray
    mean: np.ndarray
    sigma: np.ndarray
    kl: np.ndarray
    noise: np.ndarray
    codes: np.ndarray
    decoded: np.ndarray
    losses: np.ndarray
    label: int
    apart: np.ndarray
    error: float
    weights: dict[str, float]


@torch.no_grad()
def inside(trained: Trained, image: int, draws: int, seed: int) -> Inside:
    """Image number ``image``, held-out ones first, with ``draws`` from its posterior."""
    chosen, label = image_of(trained, image)
    model, device = trained.model, trained.model.device
    posterior = posterior_as(model, chosen, label)
    rng = generator(seed, "inside", device=device)
    noise = torch.randn(draws, model.latent, generator=rng, device=device)
    sigma = (posterior.log_variance / 2).exp()
    codes = posterior.mean + sigma * noise
    truth = torch.from_numpy(chosen.copy())[:, None].to(device).expand(draws, -1, -1, -1)
    told = torch.from_numpy(label.astype(np.int64)).to(device).expand(draws)
    of_mean = generate_as(model, posterior.mean.cpu().numpy(), label)
    decoded = generate_as(model, codes.cpu().numpy(), int(label[0]))
    return Inside(
        grey(chosen[0]),
        grey(of_mean[0]),
        *(values[0].cpu().numpy() for values in (posterior.mean, sigma, posterior.kl())),
        noise.cpu().numpy(),
        codes.cpu().numpy(),
        grey(decoded),
        losses_as(model, codes, truth, told).cpu().numpy(),
        int(label[0]),
        np.square(decoded - of_mean).sum((1, 2)),
        float(np.square(of_mean - chosen).sum()),
        term_weights(model),
    )


def in_use(used: np.ndarray) -> str:
    """How many of the code dimensions are ``used`` [L]: ``3 of 10 code dimensions are in use``."""
    count, of = int(used.sum()), len(used)
    return f"{count:,} of {of:,} code dimension{'s' * (of != 1)} {'is' if count == 1 else 'are'} in use"


def use_said(used: np.ndarray, sigma: np.ndarray, kl: np.ndarray) -> str:
    """How many dimensions are ``used`` [L], and of the others what this image's ``sigma`` and ``kl`` [L] are."""
    said = f"{in_use(used)}: the variance of the mean over the held-out images is above 0.01 (Burda et al. 2016)."
    if not (rest := int((~used).sum())):
        return said
    their, are = ("Its", "It is") if rest == 1 else ("Their", "They are")
    which = "One is not." if rest == 1 else f"{rest:,} are not."
    return (
        f"{said} {which} {are} grey here. {their} sigma for this image is {_range(sigma[~used])}, where the prior's is "
        f"1, and {their.lower()} KL {kl[~used].sum():.2f} nats{' in all' if rest > 1 else ''}."
    )


@dataclass(frozen=True)
class Samples:
    """``pictures`` [S, H, W] uint8 of drawn codes, and the training images ``nearest`` to them, with the distances.

    ``usual`` is the same distance of real held-out images, the mean over the first of them.
    """

    pictures: np.ndarray
    nearest: np.ndarray
    distances: np.ndarray
    usual: float


@dataclass(frozen=True)
class AskSamples:
    """Asks for ``count`` samples: of the ``prior``, its sigma times ``temperature``, or of the aggregate ``posterior``.

    ``label`` is the class wanted of a model that takes one; -1 is each in turn.
    """

    source: Literal["prior", "posterior"]
    temperature: float
    seed: int
    count: int
    label: int = -1

    @torch.no_grad()
    def __call__(self, trained: Trained) -> Samples:
        model, train = trained.model, trained.data.train.images
        codes = self._codes(trained)
        labels = np.arange(self.count) % len(trained.data.class_names) if self.label < 0 else self.label
        pictures = generate_as(model, codes, labels)
        distances, found = nearest_distances(pictures, train)
        usual, _ = nearest_distances(trained.data.test.images[:SOME], train)
        return Samples(grey(pictures), grey(train[found]), distances, float(usual.mean()))

    def _codes(self, trained: Trained) -> np.ndarray:
        """[count, L]"""
        model = trained.model
        if self.source == "prior":
            rng = generator(self.seed, "samples")
            return self.temperature * torch.randn(self.count, model.latent, generator=rng).numpy()
        from sklearn.mixture import GaussianMixture

        train = trained.data.train
        codes = embed_as(model, train.images[:MOST], train.labels[:MOST]).astype(np.float64)
        with one_thread():
            fit = GaussianMixture(MIXTURE, covariance_type="diag", random_state=self.seed, reg_covar=1e-4).fit(codes)
            drawn = fit.sample(self.count)[0]
        # The mixture gives its components one after the other; a sheet should not look sorted.
        return np.random.default_rng(self.seed).permutation(drawn).astype(np.float32)


def start_of(trained: Trained, image: int, origin: bool = False) -> tuple[np.ndarray, int]:
    """[L] the code that is moved, that of ``image`` or all 0 at the ``origin``, and the image's class."""
    chosen, label = image_of(trained, image)
    if origin:
        return np.zeros(trained.model.latent, np.float32), int(label[0])
    return embed_as(trained.model, chosen, label)[0], int(label[0])


@dataclass(frozen=True)
class Moves:
    """``errors`` [L]: the largest squared error along each code dimension from the picture that is started from."""

    errors: np.ndarray


@dataclass(frozen=True)
class AskMoves:
    """Asks how far the picture of ``start_of`` moves along each code dimension, from -``reach`` to ``reach``."""

    image: int
    origin: bool
    reach: float

    def __call__(self, trained: Trained) -> Moves:
        base, label = start_of(trained, self.image, self.origin)
        start = generate_as(trained.model, base[None], label)
        most = np.zeros(len(base))
        for value in np.linspace(-self.reach, self.reach, 5):
            codes = np.tile(base, (len(base), 1))
            np.fill_diagonal(codes, value)
            most = np.maximum(most, np.square(generate_as(trained.model, codes, label) - start).sum((1, 2)))
        return Moves(most)


def moves_said(used: np.ndarray, moves: np.ndarray) -> str:
    """How far the picture moves along the dimensions that are ``used`` [L], and along the others."""
    told = [_range(moves[which]) for which in (used, ~used)]
    if not used.all() and used.any():
        return (
            f"Along its strip the picture changes by {told[0]} of squared error where the dimension is in use, and by "
            f"{told[1]} where it is not, which is paler."
        )
    paler = ", and each is paler, for none is in use" if not used.any() else ""
    return f"Along its strip the picture changes by {_range(moves)} of squared error{paler}."


def _range(values: np.ndarray) -> str:
    low, high = (f"{value:.2f}" for value in (values.min(initial=np.inf), values.max(initial=0)))
    return low if low == high else f"{low} to {high}"


@dataclass(frozen=True)
class Sheet:
    """``pictures`` uint8 [side, side, H, W], the first row of the highest quantile (Kingma and Welling 2014)."""

    pictures: np.ndarray


@dataclass(frozen=True)
class AskQuantiles:
    """Asks for ``side`` x ``side`` pictures over the prior's quantiles of two code dimensions, ``across`` and ``up``.

    The other numbers are those of ``image``'s code, or all 0 at the ``origin``; a model that takes a class decodes them
    as of the image's.
    """

    across: int
    up: int
    side: int
    image: int
    origin: bool = False

    @torch.no_grad()
    def __call__(self, trained: Trained) -> Sheet:
        model = trained.model
        base, label = start_of(trained, self.image, self.origin)
        steps = ndtri((np.arange(self.side) + 0.5) / self.side)
        codes = np.tile(base, (self.side, self.side, 1))
        codes[:, :, self.across] = steps[None, :]
        codes[:, :, self.up] = steps[::-1, None]
        pictures = generate_as(model, codes.reshape(-1, model.latent), label)
        return Sheet(grey(pictures).reshape(self.side, self.side, *pictures.shape[1:]))
