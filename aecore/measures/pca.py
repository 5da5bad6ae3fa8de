"""Principal components: the line that every linear code is measured against."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from aecore import arrays
from aecore.measures.threads import one_thread

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


def fit_pca(rows: np.ndarray) -> PCA:
    """PCA of rows [N, P], by scikit-learn from the eigenvectors of their covariance; 60,000 of 784 take a second."""
    # Imported late: it takes a second, where nothing of a page may wait for it.
    from sklearn.decomposition import PCA as Fit

    with one_thread():
        began = time.perf_counter()
        fit = Fit(svd_solver="covariance_eigh").fit(rows.reshape(len(rows), -1))
        return PCA(fit.mean_, fit.components_, fit.explained_variance_, time.perf_counter() - began)
