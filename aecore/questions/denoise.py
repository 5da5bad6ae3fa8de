"""What the page on denoising asks of a run.

Letters: K levels of damage, N images, R images in the row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from weakref import WeakKeyDictionary

import numpy as np
import torch

from aecore.corruptions import corruptions
from aecore.dataset import Dataset
from aecore.figures.grey import grey
from aecore.measures.restoration import FILTERS, best_linear, psnr, ssim
from aecore.measures.score import cosines, smoothed_score
from aecore.runs.answers import Report, Reporting, silent
from aecore.runs.trained import Trained
from aecore.settings import build, knobs
from aecore.training import generator

# Levels that a slider goes through, the first of which is no damage at all.
LEVELS = 21
# Images in the row, and held-out images that figures are taken over.
ROW, MOST = 10, 500
# Of the rivals: held-out images compared, training images learned from, and how often each of these is damaged.
COMPARED, LEARNED, COPIES = 100, 4_500, 8

Restore = Callable[[np.ndarray], np.ndarray]


def levels(damage: str) -> np.ndarray:
    """[K] the levels of a corruption, from 0 to its highest."""
    knob = next(knob for knob in knobs(corruptions[damage].Settings) if knob.name == "level")
    return np.linspace(0, knob.high, LEVELS)


def tested(damage: str) -> np.ndarray:
    """Every second of the levels that change something."""
    return levels(damage)[2::2]


def damaged(images: np.ndarray, damage: str, level: float, seed: int = 0) -> np.ndarray:
    """[N, H, W] float32 damaged copies of ``images`` [N, H, W]: by the same chance at every level."""
    member = corruptions[damage]
    whole = torch.from_numpy(np.array(images))[:, None]
    made = member(build(member.Settings, {"level": float(level)})).damage(whole, generator(seed, "tested"))
    return made[:, 0].numpy()


@dataclass(frozen=True)
class Restored:
    """Held-out images before and after, at ``levels`` [K]: uint8 [K, R, H, W] each, ``clean`` [1, R, H, W].

    ``wrong`` is the difference of restored and clean, whatever its sign. ``before`` and ``after`` [K] are PSNR in dB
    over up to 500 held-out images, of their mean squared error. ``known`` and ``unknown`` are PSNR in dB of what the
    model makes of up to 500 training and held-out images, given to it as in training.
    """

    levels: np.ndarray
    clean: np.ndarray
    damaged: np.ndarray
    restored: np.ndarray
    wrong: np.ndarray
    before: np.ndarray
    after: np.ndarray
    known: float
    unknown: float


@dataclass(frozen=True)
class AskRestored:
    """Asks for what a run makes of images with ``damage`` at every level."""

    damage: str

    def __call__(self, trained: Trained) -> Restored:
        clean, found = trained.data.test.images[:MOST], levels(self.damage)
        rows: dict[str, list[np.ndarray]] = {"damaged": [], "restored": [], "wrong": []}
        before, after = [], []
        for level in found:
            given = damaged(clean, self.damage, level)
            made = trained.model.reconstruct(given)
            before.append(psnr(given, clean))
            after.append(psnr(made, clean))
            rows["damaged"].append(grey(given[:ROW]))
            rows["restored"].append(grey(made[:ROW]))
            rows["wrong"].append(grey(np.abs(made - clean)[:ROW]))
        pictures = {name: np.stack(frames) for name, frames in rows.items()}
        as_trained = {"known": trained.data.train.images[:MOST], "unknown": clean}
        ratios = {name: psnr(_as_in_training(trained, images), images) for name, images in as_trained.items()}
        return Restored(
            found, grey(clean[:ROW])[None], **pictures, before=np.array(before), after=np.array(after), **ratios
        )


@torch.no_grad()
def _as_in_training(trained: Trained, images: np.ndarray) -> np.ndarray:
    """[N, H, W] what a run's model makes of ``images`` [N, H, W], which it is given as in training."""
    model = trained.model
    whole = torch.from_numpy(np.array(images))[:, None].to(model.device)
    outputs = model.attempt(whole, generator(0, "as in training", device=whole.device))[1]
    return model.likelihood.mean(outputs)[:, 0].clamp(0, 1).cpu().numpy()


@dataclass(frozen=True)
class Quality:
    """How good restorers are at ``levels`` [K], by name: ``psnr`` [K] in dB and ``ssim`` [K], on held-out images."""

    levels: np.ndarray
    psnr: dict[str, np.ndarray]
    ssim: dict[str, np.ndarray]


@dataclass(frozen=True)
class AskQuality:
    """Asks for the Quality of a run's reconstructions of images with ``damage``, by its variant's title."""

    damage: str

    def __call__(self, trained: Trained) -> Quality:
        model = trained.model
        return _quality(trained, self.damage, [{model.title: model.reconstruct}] * len(tested(self.damage)))


# What is found of a data set's rivals lives as long as it does: other runs on it have the same.
_rivals: WeakKeyDictionary[Dataset, dict[str, Quality]] = WeakKeyDictionary()


@dataclass(frozen=True)
class AskRivals(Reporting):
    """Asks for the Quality of what restores without a network.

    Doing nothing, the mean image, classical filters, which are told how strong the damage is, and the best linear map,
    which is learned for each level from the training images.
    """

    damage: str

    def __call__(self, trained: Trained, report: Report = silent) -> Quality:
        found = _rivals.setdefault(trained.data, {})
        if self.damage not in found:
            found[self.damage] = _quality(trained, self.damage, self._restorers(trained, report))
        return found[self.damage]

    def _restorers(self, trained: Trained, report: Report) -> Iterator[dict[str, Restore]]:
        train = trained.data.train.images[:LEARNED]
        mean, found = trained.data.train.images.mean(0), tested(self.damage)
        for turn, level in enumerate(found):
            report(turn / len(found))
            copies = [damaged(train, self.damage, level, seed=1 + copy) for copy in range(COPIES)]
            strength = float(np.sqrt(np.square(copies[0] - train).mean()))
            linear = best_linear(copies, train)
            yield {
                "Damaged": lambda given: given,
                "Mean image": lambda given: np.broadcast_to(mean, given.shape),
                **{name: partial(restore, noise=strength) for name, restore in FILTERS.items()},
                # Clipped as all others are.
                "Best linear map": lambda given, linear=linear: linear.apply(given).clip(0, 1),
            }


def _quality(trained: Trained, damage: str, restorers: Iterable[Mapping[str, Restore]]) -> Quality:
    """The Quality of the ``restorers`` by name, others for each level."""
    clean = trained.data.test.images[:COMPARED]
    ratios: dict[str, list[float]] = {}
    likeness: dict[str, list[float]] = {}
    for level, named in zip(tested(damage), restorers, strict=True):
        given = damaged(clean, damage, level)
        for name, restore in named.items():
            made = restore(given)
            ratios.setdefault(name, []).append(psnr(made, clean))
            likeness.setdefault(name, []).append(ssim(made, clean))
    arrays = ({name: np.array(values) for name, values in found.items()} for found in (ratios, likeness))
    return Quality(tested(damage), *arrays)


# So many standard deviations away from all data, training shows a denoiser next to nothing.
SEEN = 3.0


@dataclass(frozen=True)
class BestSteps:
    """``moved`` [Q, 2]: where the best denoiser would move the probed places [Q, 2]; nan far from all data."""

    moved: np.ndarray


@dataclass(frozen=True)
class AskBestSteps:
    """Asks where the best denoiser of Gaussian noise ``level`` would move the places that a run's moments probe."""

    level: float

    def __call__(self, trained: Trained) -> BestSteps:
        return BestSteps(best_steps(trained.exhibit.probed[:, 0], trained.data.train.images[:, 0], self.level))


def best_steps(places: np.ndarray, data: np.ndarray, level: float) -> np.ndarray:
    """[Q, 2] where the best denoiser of Gaussian noise ``level`` moves places [Q, 2] of the plane; nan far from data.

    The places plus level^2 times the gradient of the log density of ``data`` [M, 2] blurred by the noise.
    """
    from scipy.spatial import KDTree

    moved = places + level**2 * smoothed_score(places, data, level)
    moved[KDTree(data).query(places)[0] > SEEN * level] = np.nan
    return moved


@dataclass(frozen=True)
class Agreement:
    """How a model's steps compare with those of the best denoiser, at held-out points moved by noise.

    ``cosine``: mean cosine of the angle between the two, 0 for a step of no length. ``moved`` and ``best``: mean
    lengths of its steps and of the best ones. ``clean``: mean length of its steps from held-out points as they are.
    Lengths are shares of the square's side.
    """

    cosine: float
    moved: float
    best: float
    clean: float


@dataclass(frozen=True)
class AskAgreement:
    """Asks for the Agreement of a run with the best denoiser of Gaussian noise ``level``.

    The density that says which steps are best is that of the training data blurred by the noise.
    """

    level: float

    def __call__(self, trained: Trained) -> Agreement:
        model, clean = trained.model, trained.data.test.images
        given = damaged(clean, "gaussian", self.level)
        data = trained.data.train.images.reshape(len(trained.data.train), -1)
        best = self.level**2 * smoothed_score(given.reshape(len(given), -1), data, self.level)
        steps, still = ((model.reconstruct(points) - points).reshape(len(points), -1) for points in (given, clean))
        lengths = (float(np.linalg.norm(arrows, axis=1).mean()) for arrows in (steps, best, still))
        return Agreement(float(cosines(steps, best).mean()), *lengths)
