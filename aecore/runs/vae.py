"""What the page on variational autoencoders asks of a run with a posterior.

Letters: N images, L numbers of a code, S draws, R images in the row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import ndtri

from aecore.figures.grey import grey
from aecore.measures.classes import embed_as, generate_as, losses_as, posterior_as
from aecore.measures.paths import nearest_distances
from aecore.measures.quality import term_weights
from aecore.measures.threads import one_thread
from aecore.runs.latent import image_of
from aecore.runs.run import Run
from aecore.training import generator

# Burda et al. 2016: a code number is in use where the variance of its posterior mean over the data is above it.
IN_USE = 0.01
# Components of the mixture that is fitted to all codes.
MIXTURE = 10
# Held-out images whose distance to the nearest training image is what is usual.
SOME = 100
# Training images whose codes the mixture is fitted to.
MOST = 5_000


@dataclass(frozen=True)
class Rates:
    """Of each code number over the held-out images: ``kl`` [L] mean nats, ``variance`` [L] of the posterior mean.

    ``used`` [L] tells whether the variance is above 0.01.
    """

    kl: np.ndarray
    variance: np.ndarray
    used: np.ndarray


@torch.no_grad()
def rates(run: Run) -> Rates:
    """The Rates of a run, whose model has a posterior."""
    test = run.data.test
    posterior = posterior_as(run.model, test.images, test.labels)
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
def inside(run: Run, image: int, draws: int, seed: int) -> Inside:
    """Image number ``image``, held-out ones first, with ``draws`` from its posterior."""
    chosen, label = image_of(run, image)
    model, device = run.model, run.model.device
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

    source: str
    temperature: float
    seed: int
    count: int
    label: int = -1

    @torch.no_grad()
    def __call__(self, run: Run) -> Samples:
        model, train = run.model, run.data.train.images
        codes = self._codes(run)
        labels = np.arange(self.count) % len(run.data.class_names) if self.label < 0 else self.label
        pictures = generate_as(model, codes, labels)
        distances, found = nearest_distances(pictures, train)
        usual, _ = nearest_distances(run.data.test.images[:SOME], train)
        return Samples(grey(pictures), grey(train[found]), distances, float(usual.mean()))

    def _codes(self, run: Run) -> np.ndarray:
        """[count, L]"""
        model = run.model
        if self.source == "prior":
            rng = generator(self.seed, "samples")
            return self.temperature * torch.randn(self.count, model.latent, generator=rng).numpy()
        from sklearn.mixture import GaussianMixture

        train = run.data.train
        codes = embed_as(model, train.images[:MOST], train.labels[:MOST]).astype(np.float64)
        with one_thread():
            fit = GaussianMixture(MIXTURE, covariance_type="diag", random_state=self.seed, reg_covar=1e-4).fit(codes)
            drawn = fit.sample(self.count)[0]
        # The mixture gives its components one after the other; a sheet should not look sorted.
        return np.random.default_rng(self.seed).permutation(drawn).astype(np.float32)


def start_of(run: Run, image: int, origin: bool = False) -> tuple[np.ndarray, int]:
    """[L] the code that is moved, that of ``image`` or all 0 at the ``origin``, and the image's class."""
    chosen, label = image_of(run, image)
    if origin:
        return np.zeros(run.model.latent, np.float32), int(label[0])
    return embed_as(run.model, chosen, label)[0], int(label[0])


@dataclass(frozen=True)
class AskMoves:
    """Asks how far the picture of ``start_of`` moves along each code dimension, from -``reach`` to ``reach``.

    The answer is [L], the largest squared error from the picture that is started from.
    """

    image: int
    origin: bool
    reach: float

    def __call__(self, run: Run) -> np.ndarray:
        base, label = start_of(run, self.image, self.origin)
        start = generate_as(run.model, base[None], label)
        most = np.zeros(len(base))
        for value in np.linspace(-self.reach, self.reach, 5):
            codes = np.tile(base, (len(base), 1))
            np.fill_diagonal(codes, value)
            most = np.maximum(most, np.square(generate_as(run.model, codes, label) - start).sum((1, 2)))
        return most


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
class AskQuantiles:
    """Asks for ``side`` x ``side`` pictures over the prior's quantiles of two code numbers, ``across`` and ``up``.

    The other numbers are those of ``image``'s code, or all 0 at the ``origin``; a model that takes a class decodes them
    as of the image's. The answer is uint8 [side, side, H, W], its first row the highest quantile of ``up`` (Kingma and
    Welling 2014, figure 4).
    """

    across: int
    up: int
    side: int
    image: int
    origin: bool = False

    @torch.no_grad()
    def __call__(self, run: Run) -> np.ndarray:
        model = run.model
        base, label = start_of(run, self.image, self.origin)
        steps = ndtri((np.arange(self.side) + 0.5) / self.side)
        codes = np.tile(base, (self.side, self.side, 1))
        codes[:, :, self.across] = steps[None, :]
        codes[:, :, self.up] = steps[::-1, None]
        pictures = generate_as(model, codes.reshape(-1, model.latent), label)
        return grey(pictures).reshape(self.side, self.side, *pictures.shape[1:])


@dataclass(frozen=True)
class Trade:
    """Where a run stands between rate and distortion, held-out: mean ``kl`` and ``reconstruction`` in nats.

    ``per_number`` are the Rates of its code numbers, ``samples`` [20, H, W] uint8 are of the prior, ``row`` [R, H, W]
    uint8 is the exhibits' row rebuilt, and ``code`` [L] that of the first in it.
    """

    kl: float
    reconstruction: float
    per_number: Rates
    samples: np.ndarray
    row: np.ndarray
    code: np.ndarray


def trade(run: Run) -> Trade:
    """The Trade of a run, whose model has a posterior."""
    row = run.exhibits.row[:, 0].cpu().numpy()
    return Trade(
        run.metrics["heldout_kl"],
        run.metrics["heldout_reconstruction"],
        rates(run),
        AskSamples("prior", 1.0, 0, 20)(run).pictures,
        grey(run.model.reconstruct(row)),
        run.model.embed(row[:1])[0],
    )


def trade_off(betas: Sequence[float], trades: Sequence[Trade]) -> str:
    """What becomes of KL, reconstruction and code dimensions in use from the least of ``betas`` to the largest."""
    kl = _trend("the KL", [trade.kl for trade in trades])
    loss = _trend("the reconstruction loss", [trade.reconstruction for trade in trades])
    used, of = [int(trade.per_number.used.sum()) for trade in trades], len(trades[0].per_number.used)
    dimensions = f"of {of} code dimensions {used[0]} are in use at first and {used[-1]} in the end"
    return f"From beta {betas[0]:g} to {betas[-1]:g}, held-out: {kl}; {loss}; {dimensions}."


def _trend(what: str, values: Sequence[float]) -> str:
    """``the KL falls from 20.0 to 3.0 nats, at 5 of 6 steps``."""
    steps = np.diff(values)
    verb = "rises" if values[-1] > values[0] else "falls" if values[-1] < values[0] else "stays"
    if verb == "stays":
        return f"{what} stays at {values[0]:.1f} nats"
    alike = int((np.sign(steps) == np.sign(values[-1] - values[0])).sum())
    where = "at every step" if alike == len(steps) else f"at {alike} of {len(steps)} steps"
    return f"{what} {verb} from {values[0]:.1f} to {values[-1]:.1f} nats, {where}"
