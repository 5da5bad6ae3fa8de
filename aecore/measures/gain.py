"""How much of what there is to gain over the mean a reconstruction gains: whether anything was learned at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aecore import arrays
from aecore.threads import one_thread

# Rows that it is judged by, of more: evenly taken, so that the order of the rows says nothing.
MOST = 1_000


@dataclass(frozen=True)
class Gain:
    """Squared errors as shares of the mean's: ``left`` by the model, ``left_by_pca`` with as many numbers.

    Both from 0, where all is rebuilt, to 1, where the mean would do as well; the model's can be above.
    """

    left: float
    left_by_pca: float

    @property
    def share(self) -> float:
        """What the model gains over the mean, as a share of what PCA gains; 0 or below where it gains nothing."""
        return (1 - self.left) / max(1 - self.left_by_pca, np.finfo(np.float64).tiny)


def judged(rows: np.ndarray) -> np.ndarray:
    """[n, d] the rows [N, d] that a Gain is taken on, at most MOST."""
    return rows[:: -(-len(rows) // MOST)]


def gain(rows: np.ndarray, rebuilt: np.ndarray, numbers: int) -> Gain:
    """The Gain of ``rebuilt`` [N, d], made of rows [N, d] by codes of ``numbers``; 0 is left where no row differs."""
    arrays.alike(rows, rebuilt, ("rows", "rebuilt"))
    centred = rows.astype(np.float64) - rows.mean(0, dtype=np.float64)
    total = np.square(centred).sum()
    # The last digits of what is far from 0 are no variance.
    if total <= rows.size * (8 * np.finfo(rows.dtype).eps * np.abs(rows).max(initial=0)) ** 2:
        return Gain(0.0, 0.0)
    with one_thread():
        # Of rows and features, whichever are fewer: their products have the same eigenvalues.
        products = centred @ centred.T if len(rows) < rows.shape[1] else centred.T @ centred
        variances = np.linalg.eigvalsh(products)[::-1]
    left = np.square(rows.astype(np.float64) - rebuilt).sum() / total
    return Gain(float(left), float(np.clip(1 - variances[:numbers].sum() / total, 0, 1)))
