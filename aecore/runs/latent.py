"""What the page on latent spaces asks of a prepared or trained run; each takes a moment, so the pool answers.

Letters: N images, held-out ones first, L numbers of a code, S steps of a path.
"""

from __future__ import annotations

import hashlib
import io
import logging
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from aecore.autoencoder import Autoencoder
from aecore.capabilities import Conditional
from aecore.figures.grey import grey
from aecore.home import home, write_atomically
from aecore.measures.classes import embed_as, generate_as
from aecore.measures.clusters import cluster
from aecore.measures.codes import (
    correlations,
    effective_dimension,
    neighbour_accuracy,
    trustworthiness,
    used,
    variance_shares,
)
from aecore.measures.paths import nearest_distances, spherical, straight
from aecore.measures.projection import flatten
from aecore.runs.run import Run
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
# Real images whose distance from the training images a walk's is held against.
MOST_USUAL = 100


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

    def __call__(self, run: Run) -> Points:
        images, labels = images_of(run, self.most)
        codes, rebuilt = run.model.embed(images), run.model.reconstruct(images)
        groups = len(run.data.class_names)
        return Points(
            codes,
            labels,
            np.arange(len(images)) < len(run.data.test),
            np.square(rebuilt - images).sum((1, 2)),
            cluster(codes, labels, groups, seeds=[0]).members if len(codes) >= groups else np.zeros(len(codes), int),
            grey(images[:MOST_SHOWN]),
            grey(rebuilt[:MOST_SHOWN]),
            _first(len(images), run.data.test.factors, run.data.train.factors),
        )


def images_of(run: Run, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Images [N, H, W] and labels [N]: the held-out ones, then as many training images as there is room for."""
    most = min(most, max(MOST_NUMBERS // run.model.latent, 1))
    heldout, train = run.data.test, run.data.train
    return _first(most, heldout.images, train.images), _first(most, heldout.labels, train.labels)


def image_of(run: Run, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Image ``number`` [1, H, W], held-out ones first, and its label [1]; IndexError where there are not so many."""
    heldout, train = run.data.test, run.data.train
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


@dataclass(eq=False)
class AskFlat:
    """Asks for the codes of up to ``most`` images on a plane, ``how``: pca or umap; ``share`` tells how far it is."""

    how: str
    most: int
    share: float = field(default=0.0)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AskFlat) and (self.how, self.most) == (other.how, other.most)

    def __hash__(self) -> int:
        return hash((self.how, self.most))

    def __call__(self, run: Run) -> Flat:
        images, labels = images_of(run, self.most)
        codes = run.model.embed(images)
        places, axes = self._places(run, codes, labels)
        return Flat(
            places,
            axes,
            *_neighbours(codes, places, labels),
            min(len(codes), MOST_MEASURED),
        )

    def _places(self, run: Run, codes: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, tuple[str, str]]:
        if codes.shape[1] == 1:
            return in_a_row(codes, labels, len(run.data.class_names))
        if codes.shape[1] == 2:
            return codes, ("code dimension 1", "code dimension 2")
        if self.how == "pca":
            return flatten(codes, "pca", self._report), ("principal direction 1", "principal direction 2")
        return self._kept(codes), ("UMAP 1", "UMAP 2")

    def _kept(self, codes: np.ndarray) -> np.ndarray:
        """UMAP's places of ``codes``, found once and then kept on disk, under what they are places of."""
        digest = hashlib.sha256(np.ascontiguousarray(codes).tobytes()).hexdigest()[:32]
        path = home() / "projections" / f"umap-{digest}.npy"
        places = _read(path)
        if places is not None and places.shape == (len(codes), 2):
            return places
        places = flatten(codes, "umap", self._report)
        file = io.BytesIO()
        np.save(file, places, allow_pickle=False)
        try:
            write_atomically(path, file.getvalue())
        except OSError as error:
            logger.warning("a projection is not kept on disk: %s", error)
        return places

    def _report(self, share: float) -> None:
        self.share = share


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

    def __call__(self, run: Run) -> Figures:
        images, labels = images_of(run, self.most)
        codes = run.model.embed(images)
        places = codes[:, :2] if codes.shape[1] <= 2 else flatten(codes, "pca", lambda share: None)
        least = least_variance(run.model, codes)
        return Figures(
            variance_shares(codes),
            correlations(codes),
            effective_dimension(codes),
            used(codes, least),
            least,
            *_neighbours(codes, places, labels),
            cluster(codes, labels, len(run.data.class_names)).rand,
            len(images),
            min(len(images), MOST_MEASURED),
        )


@dataclass(frozen=True)
class Walk:
    """A path of S codes between two images' codes: ``pictures`` [S, H, W] uint8 of what they decode to.

    ``distances`` [S] tells how far each is from the training image nearest to it, over all pixels; ``nearest``
    [S, H, W] uint8 is that image. ``usual`` is the same distance, on average, of the first ``usual_of`` held-out
    images. ``told`` says which classes a model was told that takes one.
    """

    pictures: np.ndarray
    distances: np.ndarray
    nearest: np.ndarray
    usual: float
    told: str = ""
    usual_of: int = MOST_USUAL


# An end of a walk: an image's number, or the numbers of a code.
End = int | tuple[float, ...]


@dataclass(frozen=True)
class AskWalk:
    """Asks for the way from ``a`` to ``b``, ``how``: straight or spherical, in so many ``steps``.

    A model that takes a class is told that of the image at the nearer end, the first class where no end is an image.
    """

    a: End
    b: End
    how: str
    steps: int

    def __call__(self, run: Run) -> Walk:
        (start, first), (end, last) = (_code_at(run, end) for end in (self.a, self.b))
        path = {"straight": straight, "spherical": spherical}[self.how](start, end, self.steps)
        first = (0 if last is None else last) if first is None else first
        last = first if last is None else last
        labels = np.where(np.arange(self.steps) <= (self.steps - 1) / 2, first, last)
        pictures, train = generate_as(run.model, path, labels), run.data.train.images
        distances, found = nearest_distances(pictures, train)
        usual, _ = nearest_distances(run.data.test.images[:MOST_USUAL], train)
        told = _told(run, first, last) if isinstance(run.model, Conditional) else ""
        return Walk(grey(pictures), distances, grey(train[found]), float(usual.mean()), told, len(usual))


def _told(run: Run, first: int, last: int) -> str:
    """Which classes a model is told on the way."""
    names = run.data.class_names
    if first == last:
        return f"It is told the class {names[first]}."
    return f"It is told the class {names[first]} up to the middle and {names[last]} from there on."


def _code_at(run: Run, end: End) -> tuple[np.ndarray, int | None]:
    """The code at an end of a walk, and the class where that is an image."""
    if isinstance(end, tuple):
        return np.array(end, np.float32), None
    image, label = image_of(run, end)
    return embed_as(run.model, image, label)[0], int(label[0])
