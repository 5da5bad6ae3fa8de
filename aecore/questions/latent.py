"""What the page on latent spaces asks of a prepared or trained run; each takes a moment, so the pool answers.

Letters: N images, held-out ones first, L code dimensions.
"""

from __future__ import annotations

import hashlib
import io
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from aecore.autoencoder import Autoencoder
from aecore.figures.grey import grey
from aecore.home import home, write_atomically
from aecore.measures.clusters import cluster
from aecore.measures.codes import (
    correlations,
    effective_dimension,
    neighbour_accuracy,
    trustworthiness,
    used,
    variance_shares,
)
from aecore.measures.projection import flatten
from aecore.runs.answers import Report, Reporting, silent
from aecore.runs.trained import Trained
from aecore.variational import HasPosterior

logger = logging.getLogger(__name__)

# Numbers in all codes together that are held at once: 64 MB.
MOST_NUMBERS = 2**24
# Images that are sent to a browser.
MOST_SHOWN = 5_000
NEIGHBOURS = 10
# Images that neighbours are counted on: of 60,000 it would take a minute.
MOST_MEASURED = 5_000
# What counts as in use: the variance of a posterior's mean, and else the share of the largest variance.
LEAST_OF_POSTERIOR, LEAST_SHARE = 0.01, 0.01


@dataclass(frozen=True)
class Points:
    """The first N images of a run's data with their codes.

    ``codes`` [N, L], ``labels``, ``heldout``, ``errors`` (squared, summed over pixels) and k-means ``clusters`` [N];
    ``originals`` and ``rebuilt`` [K, H, W] uint8 are those of the first K; ``factors`` [N, F] where they are known.
    """

    codes: np.ndarray
    labels: np.ndarray
    heldout: np.ndarray
    errors: np.ndarray
    clusters: np.ndarray
    originals: np.ndarray
    rebuilt: np.ndarray
    factors: np.ndarray | None = None


@dataclass(frozen=True)
class AskPoints:
    """Asks for up to ``most`` points."""

    most: int

    def __call__(self, trained: Trained) -> Points:
        images, labels = images_of(trained, self.most)
        codes, rebuilt = trained.model.embed(images), trained.model.reconstruct(images)
        groups = len(trained.data.class_names)
        return Points(
            codes,
            labels,
            np.arange(len(images)) < len(trained.data.test),
            np.square(rebuilt - images).sum((1, 2)),
            cluster(codes, labels, groups, seeds=[0]).members if len(codes) >= groups else np.zeros(len(codes), int),
            grey(images[:MOST_SHOWN]),
            grey(rebuilt[:MOST_SHOWN]),
            _first(len(images), trained.data.test.factors, trained.data.train.factors),
        )


def images_of(trained: Trained, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Images [N, H, W] and labels [N]: the held-out ones, then as many training images as there is room for."""
    most = min(most, max(MOST_NUMBERS // trained.model.latent, 1))
    heldout, train = trained.data.test, trained.data.train
    return _first(most, heldout.images, train.images), _first(most, heldout.labels, train.labels)


def image_of(trained: Trained, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Image ``number`` [1, H, W], held-out ones first, and its label [1]; IndexError where there are not so many."""
    heldout, train = trained.data.test, trained.data.train
    split, row = (heldout, number) if number < len(heldout) else (train, number - len(heldout))
    if not 0 <= row < len(split):
        raise IndexError(f"there are {len(heldout) + len(train):,} images, got number {number:,}")
    return split.images[row : row + 1], split.labels[row : row + 1]


def _first(most: int, heldout: np.ndarray | None, train: np.ndarray | None) -> np.ndarray | None:
    """The first values of both parts, the held-out ones first."""
    if heldout is None or train is None:
        return None
    # Cut before they are joined: of all 70,000 images it would be a copy of 220 MB for one.
    return np.concatenate([heldout[:most], train[: max(most - len(heldout), 0)]])


@dataclass(frozen=True)
class Flat:
    """Codes on a plane: ``places`` [N, 2], how far to trust them, and what the codes themselves know of the labels."""

    places: np.ndarray
    axes: tuple[str, str]
    trust: float
    accuracy: float
    # Images that both are measured on, the first ones.
    measured: int = 0


@dataclass(frozen=True)
class AskFlat(Reporting):
    """Asks for the codes of up to ``most`` images on a plane, by PCA or UMAP."""

    how: Literal["pca", "umap"]
    most: int

    def __call__(self, trained: Trained, report: Report = silent) -> Flat:
        images, labels = images_of(trained, self.most)
        codes = trained.model.embed(images)
        places, axes = self._places(len(trained.data.class_names), codes, labels, report)
        return Flat(places, axes, *_neighbours(codes, places, labels), min(len(codes), MOST_MEASURED))

    def _places(
        self, classes: int, codes: np.ndarray, labels: np.ndarray, report: Report
    ) -> tuple[np.ndarray, tuple[str, str]]:
        if codes.shape[1] == 1:
            return in_a_row(codes, labels, classes)
        if codes.shape[1] == 2:
            return codes, ("code dimension 1", "code dimension 2")
        if self.how == "pca":
            return flatten(codes, "pca", report), ("principal direction 1", "principal direction 2")
        return _kept(codes, report), ("UMAP 1", "UMAP 2")


def _kept(codes: np.ndarray, report: Report) -> np.ndarray:
    """UMAP's places of ``codes``, found once and then kept on disk, under what they are places of."""
    digest = hashlib.sha256(np.ascontiguousarray(codes).tobytes()).hexdigest()[:32]
    path = home() / "projections" / f"umap-{digest}.npy"
    places = _read(path)
    if places is not None and places.shape == (len(codes), 2):
        return places
    places = flatten(codes, "umap", report)
    file = io.BytesIO()
    np.save(file, places, allow_pickle=False)
    try:
        write_atomically(path, file.getvalue())
    except OSError as error:
        logger.warning("a projection is not kept on disk: %s", error)
    return places


def in_a_row(codes: np.ndarray, labels: np.ndarray, classes: int) -> tuple[np.ndarray, tuple[str, str]]:
    """Places [N, 2] of codes [N, 1] on a map, each class of ``labels`` [N] at a height of its own; the axes' names."""
    reach = float(np.abs(codes).max()) or 1.0
    spread = ((labels + 0.5) / classes * 2 - 1) * reach
    return np.stack([codes[:, 0], spread], axis=1), ("code dimension 1", "spread out by class")


def _neighbours(codes: np.ndarray, places: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """How far neighbours on the map can be trusted, and how well the codes' own neighbours tell the class."""
    codes, places, labels = codes[:MOST_MEASURED], places[:MOST_MEASURED], labels[:MOST_MEASURED]
    trust = trustworthiness(codes, places, NEIGHBOURS) if codes.shape[1] > 2 else 1.0
    return trust, neighbour_accuracy(codes, labels, NEIGHBOURS)


def _read(path: Path) -> np.ndarray | None:
    """The array in a file, None where there is none to read."""
    try:
        return np.load(path, allow_pickle=False)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError) as error:
        logger.warning("%s cannot be read (%s) and is made anew", path, error)
        return None


@dataclass(frozen=True)
class Figures:
    """Numbers on the codes of N images, the unit of each in its name's definition in ``aecore.measures.codes``."""

    shares: np.ndarray
    correlations: np.ndarray
    dimension: float
    used: np.ndarray
    # The variance above which a dimension is in use.
    least: float
    trust: float
    accuracy: float
    rand: np.ndarray
    images: int
    # Those that neighbours are counted on.
    measured: int


def least_variance(model: Autoencoder, codes: np.ndarray) -> float:
    """The variance over images above which a dimension of codes [N, L] is in use.

    0.01 where codes are the means of posteriors, whose scale the prior sets (Burda et al. 2016); else 1 % of the
    largest.
    """
    if isinstance(model, HasPosterior):
        return LEAST_OF_POSTERIOR
    largest = np.nan_to_num(codes.var(0, dtype=np.float64)).max(initial=0)
    return float(LEAST_SHARE * largest)


@dataclass(frozen=True)
class AskFigures:
    """Asks for the Figures of up to ``most`` images."""

    most: int

    def __call__(self, trained: Trained) -> Figures:
        images, labels = images_of(trained, self.most)
        codes = trained.model.embed(images)
        places = codes[:, :2] if codes.shape[1] <= 2 else flatten(codes, "pca", lambda share: None)
        least = least_variance(trained.model, codes)
        return Figures(
            variance_shares(codes),
            correlations(codes),
            effective_dimension(codes),
            used(codes, least),
            least,
            *_neighbours(codes, places, labels),
            cluster(codes, labels, len(trained.data.class_names)).rand,
            len(images),
            min(len(images), MOST_MEASURED),
        )
