"""What the page on variational autoencoders asks of a run with a posterior.

Letters: N images, L numbers of a code, S draws, R images in the row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import ndtri

from aecore.autoencoder import Autoencoder
from aecore.capabilities import Conditional
from aecore.figures.grey import grey
from aecore.measures.paths import nearest_distances
from aecore.measures.threads import one_thread
from aecore.runs.latent import images_of
from aecore.runs.run import Run
from aecore.training import generator
from aecore.variational import HasPosterior, Posterior

# Burda et al. 2015: a code number is in use where the variance of its posterior mean over the data is above it.
IN_USE = 0.01
# Components of the mixture that is fitted to all codes.
MIXTURE = 10
# Images whose codes are looked at.
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
    posterior = _posterior(run.model, run.data.test.images[:MOST])
    variance = posterior.mean.var(0, correction=0).cpu().numpy()
    return Rates(posterior.kl().mean(0).cpu().numpy(), variance, variance > IN_USE)


@dataclass(frozen=True)
class Inside:
    """One image on its way through: ``image`` and ``rebuilt`` [H, W] uint8 (from the mean), mean and sigma [L].

    ``noise`` and ``codes`` [S, L] are draws of eps and mean + sigma * eps, ``decoded`` [S, H, W] uint8 what they
    decode to, ``losses`` [S] their reconstruction losses; ``kl`` [L] in nats.
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


@torch.no_grad()
def inside(run: Run, image: int, draws: int, seed: int) -> Inside:
    """Image number ``image``, held-out ones first, with ``draws`` from its posterior."""
    images, labels = images_of(run, image + 1)
    model, chosen = run.model, images[image : image + 1]
    posterior = _posterior(model, chosen)
    rng = generator(seed, "inside", device=model.mean.device)
    noise = torch.randn(draws, model.latent, generator=rng, device=model.mean.device)
    sigma = (posterior.log_variance / 2).exp()
    codes = posterior.mean + sigma * noise
    outputs = model.decode(codes)
    truth = torch.from_numpy(chosen.copy())[:, None].to(outputs.device).expand_as(outputs)
    return Inside(
        grey(chosen[0]),
        grey(model.reconstruct(chosen)[0]),
        *(values[0].cpu().numpy() for values in (posterior.mean, sigma, posterior.kl())),
        noise.cpu().numpy(),
        codes.cpu().numpy(),
        grey(model.likelihood.mean(outputs)[:, 0].cpu().numpy()),
        model.likelihood.loss(outputs, truth).cpu().numpy(),
        int(labels[image]),
    )


@dataclass(frozen=True)
class Samples:
    """``pictures`` [S, H, W] uint8 of drawn codes, and the training images ``nearest`` to them, with the distances."""

    pictures: np.ndarray
    nearest: np.ndarray
    distances: np.ndarray


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
        pictures = _decoded(model, codes, labels)
        distances, found = nearest_distances(pictures, train)
        return Samples(grey(pictures), grey(train[found]), distances)

    def _codes(self, run: Run) -> np.ndarray:
        """[count, L]"""
        model = run.model
        if self.source == "prior":
            rng = generator(self.seed, "samples")
            return self.temperature * torch.randn(self.count, model.latent, generator=rng).numpy()
        from sklearn.mixture import GaussianMixture

        codes = model.embed(run.data.train.images[:MOST]).astype(np.float64)
        with one_thread():
            fit = GaussianMixture(MIXTURE, covariance_type="diag", random_state=self.seed, reg_covar=1e-4).fit(codes)
            drawn = fit.sample(self.count)[0]
        # The mixture gives its components one after the other; a sheet should not look sorted.
        return np.random.default_rng(self.seed).permutation(drawn).astype(np.float32)


@dataclass(frozen=True)
class AskQuantiles:
    """Asks for ``side`` x ``side`` pictures over the prior's quantiles of two code numbers, ``across`` and ``up``.

    The other numbers are those of ``image``'s code, all 0 where that is None. The answer is uint8
    [side, side, H, W], its first row the highest quantile of ``up`` (Kingma and Welling 2014, figure 4).
    """

    across: int
    up: int
    side: int
    image: int | None

    @torch.no_grad()
    def __call__(self, run: Run) -> np.ndarray:
        model, label = run.model, 0
        base = np.zeros(model.latent, np.float32)
        if self.image is not None:
            images, labels = images_of(run, self.image + 1)
            base, label = model.embed(images[self.image : self.image + 1])[0], int(labels[self.image])
        steps = ndtri((np.arange(self.side) + 0.5) / self.side)
        codes = np.tile(base, (self.side, self.side, 1))
        codes[:, :, self.across] = steps[None, :]
        codes[:, :, self.up] = steps[::-1, None]
        pictures = _decoded(model, codes.reshape(-1, model.latent), label)
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


def _decoded(model: Autoencoder, codes: np.ndarray, labels: np.ndarray | int) -> np.ndarray:
    """[N, H, W] what codes [N, L] decode to, as images of ``labels`` where the model takes a class."""
    if not isinstance(model, Conditional):
        return model.generate(codes)
    rows = torch.from_numpy(codes).to(model.mean.device)
    classes = torch.from_numpy(np.broadcast_to(labels, len(codes)).copy()).to(rows.device)
    return model.likelihood.mean(model.decode_as(rows, classes))[:, 0].clamp(0, 1).cpu().numpy()


def _posterior(model: Autoencoder, images: np.ndarray) -> Posterior:
    if not isinstance(model, HasPosterior):
        raise ValueError(f"{model.title} has no posterior; choose a variational autoencoder")
    return model.posterior(torch.from_numpy(np.array(images))[:, None].to(model.mean.device))
