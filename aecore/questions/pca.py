"""What the page on PCA asks of a prepared or trained run; each takes a moment, so the pool answers.

Letters: F counts of components or code dimensions, R images in the row, L code dimensions, k clusters, S seeds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from aecore.autoencoder import Autoencoder
from aecore.capabilities import Ordered
from aecore.dataset import Split
from aecore.figures.grey import grey, signed_grey
from aecore.measures.clusters import Clusters, cluster
from aecore.measures.pca import PCA, pca_of
from aecore.runs.trained import Trained

# Images that are grouped, and of those the ones on the map.
MOST_GROUPED, MOST_DOTS = 5_000, 1_000
# Code numbers that are drawn one by one.
MOST_FRAMES = 100
# Images decoded at once: what bounds the memory.
PART = 1_000


@dataclass(frozen=True)
class Found:
    """PCA of a run's training images.

    ``counts`` [F] of components kept, ``errors`` [F] of the held-out images, ``rebuilt`` [F, R, H, W] of the
    row. ``mean`` [H, W] and ``pictures`` [n, H, W] uint8 are the mean image and the components. ``likeness`` is the
    cosine between the mean image and the first direction found without centring, ``seconds`` what the fit took.
    """

    variances: np.ndarray
    rank: int
    counts: np.ndarray
    errors: np.ndarray
    rebuilt: np.ndarray
    mean: np.ndarray
    pictures: np.ndarray
    likeness: float
    seconds: float


@dataclass(frozen=True)
class Components:
    """Asks for PCA with up to ``most`` components."""

    most: int

    def __call__(self, trained: Trained) -> Found:
        pca = pca_of(trained.data)
        counts = _counts(min(self.most, pca.rank))
        rows, shape = _row(trained), trained.data.shape
        return Found(
            pca.variances,
            pca.rank,
            counts,
            pca.errors(_flat(trained.data.test))[counts],
            grey(np.stack([pca.reconstruct(rows, count) for count in counts]).reshape(len(counts), -1, *shape)),
            grey(pca.mean.reshape(shape)),
            signed_grey(pca.components[: min(self.most, pca.rank)].reshape(-1, *shape)),
            _likeness(pca),
            pca.seconds,
        )


def _counts(most: int) -> np.ndarray:
    """0, 1, 2, ... up to ``most``, in longer steps later, so that a slider has about a hundred."""
    places = np.arange(min(most, MOST_FRAMES) + 1) / max(min(most, MOST_FRAMES), 1)
    return np.unique(np.maximum(np.round(most * places**2), np.minimum(np.arange(len(places)), most)).astype(int))


def _likeness(pca: PCA) -> float:
    """The cosine between the mean image and the leading eigenvector of the second moments, covariance + mean mean^T."""
    moments = (pca.components.T * pca.variances) @ pca.components + np.outer(pca.mean, pca.mean)
    first = np.linalg.eigh(moments.astype(np.float64))[1][:, -1]
    return float(abs(first @ pca.mean) / np.linalg.norm(pca.mean))


@dataclass(frozen=True)
class Truncated:
    """The first 0, 1, ..., L code dimensions alone: ``errors`` [L + 1] held-out, ``rebuilt`` [L + 1, R, H, W]."""

    errors: np.ndarray
    rebuilt: np.ndarray


def truncated(trained: Trained) -> Truncated:
    """Squared error per held-out image when only the first dimensions of its code are kept, as PCA's unclipped.

    The rest is set to 0 where the code is ordered by training, else to its mean over the training images.
    """
    model, heldout = trained.model, trained.data.test.images
    codes, row = model.embed(heldout), model.embed(_row(trained).reshape(-1, *trained.data.shape))
    usual = np.zeros(model.latent, np.float32)
    if not isinstance(model, Ordered):
        usual = model.embed(trained.data.train.images).mean(0)
    errors, rebuilt = [], []
    for count in range(model.latent + 1):
        errors.append(_error(model, _cut(codes, usual, count), heldout))
        rebuilt.append(grey(model.generate(_cut(row, usual, count))))
    return Truncated(np.array(errors), np.stack(rebuilt))


@torch.no_grad()
def _error(model: Autoencoder, codes: np.ndarray, images: np.ndarray) -> float:
    """Squared error of what codes [N, L] decode to, not clipped to [0, 1], mean over images [N, H, W]."""
    total = 0.0
    for first in range(0, len(codes), PART):
        part = torch.from_numpy(codes[first : first + PART]).to(model.device)
        decoded = model.likelihood.mean(model.decode(part))[:, 0].cpu().numpy()
        total += float(np.square(decoded - images[first : first + PART]).sum(dtype=np.float64))
    return total / len(codes)


def _cut(codes: np.ndarray, usual: np.ndarray, count: int) -> np.ndarray:
    cut = codes.copy()
    cut[:, count:] = usual[count:]
    return cut


@dataclass(frozen=True)
class Groups:
    """One representation's ``clusters`` and, uint8 [k, H, W], their ``centres`` as images."""

    title: str
    clusters: Clusters
    centres: np.ndarray


@dataclass(frozen=True)
class Grouped:
    """Training images grouped in three representations; ``places`` [N, 2] and ``labels`` [N] are those on a map."""

    groups: tuple[Groups, ...]
    places: np.ndarray
    labels: np.ndarray
    images: int


@dataclass(frozen=True)
class Grouping:
    """Asks for k-means with ``count`` clusters on pixels, on PCA codes and on the run's codes, of as many numbers."""

    count: int

    def __call__(self, trained: Trained) -> Grouped:
        train, model, shape = trained.data.train, trained.model, trained.data.shape
        images, labels = train.images[:MOST_GROUPED], train.labels[:MOST_GROUPED]
        pca, pixels = pca_of(trained.data), images.reshape(len(images), -1)
        basis = pca.components[: model.latent]
        codes = (pixels - pca.mean) @ basis.T
        found = []
        for title, rows, decode in (
            ("pixels", pixels, lambda centres: centres),
            (f"PCA, {len(basis)} components", codes, lambda centres: centres @ basis + pca.mean),
            (f"autoencoder, {model.latent} dimensions", model.embed(images), model.generate),
        ):
            clusters = cluster(rows, labels, self.count)
            centres = grey(decode(clusters.centres.astype(np.float32)).reshape(-1, *shape))
            found.append(Groups(title, clusters, centres))
        flat = (pixels[:MOST_DOTS] - pca.mean) @ pca.components[:2].T
        return Grouped(tuple(found), flat, labels[:MOST_DOTS], len(images))


@dataclass(frozen=True)
class Costs:
    """PCA's ``errors`` [K + 1] per held-out image with 0, 1, ..., K components, and ``seconds`` for all of them."""

    errors: np.ndarray
    seconds: float


def pca_costs(trained: Trained) -> Costs:
    """What PCA leaves of all held-out images, and how long it takes."""
    pca = pca_of(trained.data)
    return Costs(pca.errors(_flat(trained.data.test)), pca.seconds)


def component_pictures(trained: Trained, count: int) -> np.ndarray:
    """uint8 [n, H, W] the first ``count`` components as images."""
    return signed_grey(pca_of(trained.data).components[:count].reshape(-1, *trained.data.shape))


def pca_row(trained: Trained, counts: list[int]) -> np.ndarray:
    """uint8 [F, R, H, W] the row of examples rebuilt by PCA with each of ``counts`` components."""
    pca, rows, shape = pca_of(trained.data), _row(trained), trained.data.shape
    return grey(np.stack([pca.reconstruct(rows, count) for count in counts]).reshape(len(counts), -1, *shape))


def pca_points(trained: Trained, count: int) -> np.ndarray:
    """[M, P] the held-out images looked at, rebuilt by PCA with ``count`` components."""
    return pca_of(trained.data).reconstruct(_flat(trained.exhibit.looked_at), count)


def _row(trained: Trained) -> np.ndarray:
    """[R, P] the row of examples."""
    return trained.exhibit.row.flatten(1).cpu().numpy()


def _flat(split: Split) -> np.ndarray:
    return split.images.reshape(len(split), -1)
