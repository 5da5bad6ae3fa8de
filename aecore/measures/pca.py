"""Principal components: the line that every linear code is measured against."""

from __future__ import annotations

import time
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from aecore import arrays
from aecore.dataset import Dataset
from aecore.threads import one_thread

# Below this share of the largest, a variance is rounding.
ROUNDING = 1e-6


@dataclass(frozen=True)
class PCA:
    """``mean`` [P], ``components`` [K, P] with one component a row, ``variances`` [K], largest first.

    K is the number of pixels P, or that of images where these are fewer; ``seconds`` is what it took to find them.
    """

    mean: np.ndarray
    components: np.ndarray
    variances: np.ndarray
    seconds: float = 0.0

    def reconstruct(self, rows: np.ndarray, count: int) -> np.ndarray:
        """[N, P] the rows [N, P] rebuilt from their first ``count`` components."""
        arrays.matrix(rows, "rows", ("N", len(self.mean)), holes=True)
        basis = self.components[:count]
        return (rows - self.mean) @ basis.T @ basis + self.mean

    def errors(self, rows: np.ndarray) -> np.ndarray:
        """[K + 1] squared error per row of rows [N, P], summed over pixels, with the first 0, 1, ..., K components."""
        arrays.matrix(rows, "rows", ("N", len(self.mean)), holes=True)
        centred = (rows - self.mean).astype(np.float64)
        found = (centred @ self.components.T.astype(np.float64)) ** 2
        left = (centred**2).sum(1).mean() - np.cumsum(found.mean(0))
        return np.maximum(np.concatenate([[(centred**2).sum(1).mean()], left]), 0)

    @property
    def rank(self) -> int:
        """How many directions the rows vary in: pixels that never change and few rows both lessen it."""
        return int((self.variances > ROUNDING * self.variances[0]).sum())


# A fit lives as long as its data set.
_fits: WeakKeyDictionary[Dataset, PCA] = WeakKeyDictionary()


def pca_of(data: Dataset) -> PCA:
    """PCA of the training images of ``data``, fitted once."""
    if data not in _fits:
        _fits[data] = fit_pca(data.train.images)
    return _fits[data]


def fit_pca(rows: np.ndarray) -> PCA:
    """PCA of rows [N, P], from the eigenvectors of their covariance; 60,000 of 784 take a second.

    Fewer rows than they have numbers are decomposed as they are: 600 of 4,704 take a second and not sixteen.

    By numpy alone: scikit-learn's own, which takes the same way and whose signs these are, brings 135 MB of modules
    into a server that may do without them.
    """
    with one_thread():
        began = time.perf_counter()
        rows = rows.reshape(len(rows), -1)
        mean = rows.mean(0, dtype=np.float64).astype(rows.dtype)
        centred = rows - mean
        if len(rows) < len(mean):
            _, singular, components = np.linalg.svd(centred.astype(np.float64), full_matrices=False)
            variances = singular**2 / max(len(rows) - 1, 1)
        else:
            variances, vectors = np.linalg.eigh((centred.T @ centred).astype(np.float64) / max(len(rows) - 1, 1))
            variances, components = variances[::-1], vectors.T[::-1]
        # A component's largest entry is positive, so that the same images have the same components everywhere.
        largest = np.abs(components).argmax(1)[:, None]
        components = components * np.sign(np.take_along_axis(components, largest, axis=1))
        variances = np.maximum(variances, 0)
        seconds = time.perf_counter() - began
        return PCA(mean, components.astype(rows.dtype), variances.astype(rows.dtype), seconds)
