"""Principal components: the line that every linear code is measured against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class PCA:
    """``mean`` [P], ``components`` [P, P] with one component a row, ``variances`` [P], largest first."""

    mean: np.ndarray
    components: np.ndarray
    variances: np.ndarray

    def reconstruct(self, rows: np.ndarray, count: int) -> np.ndarray:
        """[N, P] the rows [N, P] rebuilt from their first ``count`` components."""
        basis = self.components[:count]
        return (rows - self.mean) @ basis.T @ basis + self.mean


def fit_pca(rows: np.ndarray) -> PCA:
    """PCA of rows [N, P] by eigen-decomposition of their covariance; 60,000 rows of 784 take about a second.

    scikit-learn's gives the same (a test compares them) but takes a second to import where a picture is awaited.
    """
    rows = rows.reshape(len(rows), -1)
    mean = rows.mean(0, dtype=np.float64)
    centred = (rows - mean.astype(np.float32)).astype(np.float32)
    variances, vectors = np.linalg.eigh((centred.T @ centred).astype(np.float64) / max(len(rows) - 1, 1))
    return PCA(
        mean.astype(np.float32),
        np.ascontiguousarray(vectors.T[::-1], np.float32),
        np.maximum(variances[::-1], 0),
    )
