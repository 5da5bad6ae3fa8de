"""How well a run with a posterior scores on held-out images: by likelihood, and by what it rebuilds. N images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from aecore.autoencoder import Autoencoder
from aecore.capabilities import Conditional
from aecore.measures.annealing import annealed_log_likelihood
from aecore.measures.likelihood import binarised, log_likelihood
from aecore.runs.answers import Report, Reporting, silent
from aecore.runs.trained import Trained
from aecore.variational import HasPosterior

# Codes drawn for an image.
SAMPLES = (1, 10, 100, 1000)
# How many times as widely as the encoder says codes are drawn, for a bound that does not trust it. On mnist-5k with 10
# numbers the encoder's own codes put beta 0.1 below beta 1 by 2 nats; annealed importance sampling, which asks no
# encoder, puts it above by 8, and these wider ones by 7.
WIDER = 5.0
# The first images, which annealed importance sampling is asked about too, with so many chains each: it takes seconds.
ANNEALED, CHAINS = 10, 4
# Nats by which a bound must be too low for it to be told.
TOLD = 1.0
# Images scored together, all that there is to score; it bounds the wait for a word on how far it is.
AT_ONCE = 10
# Of the one draw that makes pixels black or white.
SEED = 0
# A difference of fewer standard errors is no difference.
SURE = 2.0


@dataclass(frozen=True)
class Scores:
    """What a model makes of N images, each float64 in an image's nats or squared error.

    ``bounds`` [4, N] lie below log p(x) on average, by as many codes as ``SAMPLES`` says; ``wide`` [N] too, by as many
    as the last of them, drawn more widely than the encoder says. ``reconstruction`` [N] is the loss at the mean code,
    ``squared`` [N] the squared error of what is shown of it. ``annealed`` [M] are log p(x) of the first M images by
    annealed importance sampling.
    """

    bounds: np.ndarray
    wide: np.ndarray
    reconstruction: np.ndarray
    squared: np.ndarray
    annealed: np.ndarray

    @property
    def best(self) -> np.ndarray:
        """[N] the higher of the two bounds by most codes: whatever codes are drawn from, log p(x) is above."""
        return max(self.bounds[-1], self.wide, key=np.mean)

    @property
    def finite(self) -> bool:
        """Whether all of it is; a learning rate far too high can end in models that put an image beyond all numbers."""
        values = (self.bounds, self.wide, self.reconstruction, self.squared, self.annealed)
        return all(np.isfinite(one).all() for one in values)

    @property
    def too_low(self) -> float:
        """Nats by which the better bound is at least too low, mean over the images that annealing was asked about."""
        return float((self.annealed - self.best[: len(self.annealed)]).mean())


@dataclass(frozen=True)
class Readings:
    """The Scores on some images by how their pixels are read: ``grey``, and ``binarised`` with ``bernoulli`` alone."""

    by_name: dict[str, Scores]


@dataclass(frozen=True)
class AskScores(Reporting):
    """Asks for the Readings of the first ``images`` held-out images; the variant must not ``lack`` anything."""

    images: int

    def __call__(self, trained: Trained, report: Report = silent) -> Readings:
        images = trained.data.test.images[: self.images]
        readings = {"grey": images}
        if trained.model.likelihood.in_unit_interval:
            readings["binarised"] = binarised(images, SEED)
        total, found = len(readings) * len(images), {}
        for turn, (reading, shown) in enumerate(readings.items()):
            parts = []
            for start in range(0, len(shown), AT_ONCE):
                # A seed for each part, or all parts would be given the same draws.
                parts.append(_scores(trained.model, shown[start : start + AT_ONCE], start))
                report((turn * len(shown) + min(start + AT_ONCE, len(shown))) / total)
            annealed = annealed_log_likelihood(trained.model, shown[:ANNEALED], CHAINS, SEED)
            found[reading] = Scores(*(np.concatenate(values, axis=-1) for values in zip(*parts, strict=True)), annealed)
        return Readings(found)


def lack(variant: type[Autoencoder]) -> str:
    """What keeps a ``variant`` from having a likelihood to score, to be read after its title; or nothing."""
    if not issubclass(variant, HasPosterior):
        return "has no distribution over codes, so nothing in it says how probable an image is"
    if issubclass(variant, Conditional):
        return "knows how probable an image is only given its class, not how probable the classes are"
    return ""


@torch.no_grad()
def _scores(model: Autoencoder, images: np.ndarray, seed: int) -> tuple[np.ndarray, ...]:
    """The parts of Scores, for images [N, H, W]."""
    bounds = [log_likelihood(model, images, samples, seed).per_image for samples in SAMPLES]
    wide = log_likelihood(model, images, SAMPLES[-1], seed, wider=WIDER).per_image
    shown = torch.from_numpy(np.array(images))[:, None].to(model.device)
    losses = model.losses(model.encode(shown), shown).double().cpu().numpy()
    squared = np.square(model.reconstruct(images) - images).sum((1, 2), dtype=np.float64)
    return np.stack(bounds), wide, losses, squared


def mean_and_error(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The means of ``values`` [..., N] over images and their standard errors, for having only these images."""
    return values.mean(-1), values.std(-1, ddof=1) / math.sqrt(values.shape[-1])


def finding(names: Sequence[str], scores: Sequence[Scores]) -> str:
    """Which of two models scored on the same images wins on reconstruction, and which on likelihood, as Markdown."""
    first, second = scores
    copier, copying = _verdict(names, "a squared error of", first.squared, second.squared, lower=True)
    _, bounded = _verdict(names, "a bound in nats of", first.best, second.best, lower=False)
    knower, annealed = _verdict(names, "nats of", first.annealed, second.annealed, lower=False)
    few = len(first.annealed)
    said = (
        f"On reconstruction {copying}. By bounds on likelihood {bounded}; how far below log p(x) each lies, they "
        f"do not tell. By annealed importance sampling, on the first {few} of the images, {annealed}: "
        f"{_too_low(names, scores)}."
    )
    if copier is None or knower is None:
        return said
    if copier == knower:
        return f"{said} One model wins on both."
    return f"{said} By this the better copier is the worse model of images."


def _too_low(names: Sequence[str], scores: Sequence[Scores]) -> str:
    """What annealing tells of how loose the bounds are."""
    told = [
        f"the bound of {name} is too low there by at least {one.too_low:,.1f} nats"
        for name, one in zip(names, scores, strict=True)
        if one.too_low > TOLD
    ]
    return " and ".join(told) or "it finds no bound too low by more than a nat"


def _verdict(
    names: Sequence[str], what: str, first: np.ndarray, second: np.ndarray, lower: bool
) -> tuple[int | None, str]:
    """Which of two wins, None where that may be chance, and how to say it.

    By the differences image by image: some images are hard for both, which is most of each one's own spread.
    """
    difference, error = mean_and_error(second - first)
    means = [f"{values.mean():,.1f}" for values in (first, second)]
    apart = f"{abs(difference):,.1f} ± {error:,.1f} apart"
    if abs(difference) <= SURE * error:
        return None, f"neither wins: {what} {means[0]} and {means[1]}, {apart}"
    winner = int((difference < 0) == lower)
    return winner, f"**{names[winner]}** wins: {what} {means[winner]} against {means[1 - winner]}, {apart}"
