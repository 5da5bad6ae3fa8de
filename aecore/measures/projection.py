"""Maps of codes of more than two numbers: PCA, which keeps the large, and UMAP, which keeps neighbours.

Letters: N points, L code dimensions, K neighbours.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from typing import Literal

import numpy as np

from aecore.measures.codes import nearest_others
from aecore.measures.pca import fit_pca

# UMAP's settings: its own defaults, but for fewer epochs, and PCA before it, which costs no neighbour and saves time.
NEIGHBOURS, CLOSEST, EPOCHS, KEPT = 15, 0.1, 200, 50
FEWEST = 5
SEED = 0
# The share of the work that finding neighbours is taken for.
SEARCH = 0.3
# Half the width of the layout that UMAP begins with, and the noise on it, as where it begins with PCA by itself.
SPREAD, NOISE = 10, 1e-4

# Of the ways in which numba runs threads, one ends the process where two callers meet.
_alone = threading.Lock()


def flatten(
    codes: np.ndarray, how: Literal["pca", "umap"], report: Callable[[float], None] = lambda done: None
) -> np.ndarray:
    """[N, 2] float32 places on a plane for codes [N, L]; the same codes get the same places.

    Codes of two numbers are places already; codes that are all the same lie together at 0. ``report`` is told the
    share that is done, from 0 to 1. UMAP compiles for some seconds when it is first asked, during which the share
    stands still. ValueError for codes with nan, and for UMAP of fewer than five; ImportError where it is not installed.
    """
    if how not in ("pca", "umap"):
        raise ValueError(f"how must be pca or umap, got {how}")
    if not np.isfinite(codes).all():
        raise ValueError("codes must be finite to be put on a map, got nan or infinity: has the model diverged?")
    report(0.0)
    if codes.shape[1] == 2:
        places = codes
    elif (codes == codes[:1]).all():
        places = np.zeros((len(codes), 2))
    else:
        places = _main_directions(codes, 2) if how == "pca" else _umap(codes, report)
    report(1.0)
    return places.astype(np.float32)


def _main_directions(codes: np.ndarray, count: int) -> np.ndarray:
    """[N, count] codes [N, L] along their first principal components, 0 along those they have not."""
    # In float64: the variance of codes far from 0 is a small difference of large squares.
    codes = codes.astype(np.float64)
    pca = fit_pca(codes)
    found = (codes - pca.mean) @ pca.components[:count].T
    return np.pad(found, ((0, 0), (0, count - found.shape[1])))


def _umap(codes: np.ndarray, report: Callable[[float], None]) -> np.ndarray:
    """[N, 2] by McInnes, Healy and Melville 2018.

    The neighbours are found here, exactly: that takes no longer for some thousand points, and UMAP's own search is
    what takes half a minute to compile.
    """
    if len(codes) < FEWEST:
        raise ValueError(f"UMAP needs at least {FEWEST} points, got {len(codes)}; take PCA")
    codes = _main_directions(codes, KEPT) if codes.shape[1] > KEPT else codes
    neighbours = _neighbours(codes, min(NEIGHBOURS, len(codes) - 1), lambda done: report(SEARCH * done))
    start = _start(codes)
    bar = {"disable": False, "file": _Epochs(report), "bar_format": "{n}", "mininterval": 0, "leave": False}
    with _alone, warnings.catch_warnings():
        # TensorFlow is for networks that imitate UMAP, the search index for points that come later.
        warnings.filterwarnings("ignore", "Tensorflow not installed", ImportWarning)
        warnings.filterwarnings("ignore", r"precomputed_knn\[2\] \(knn_search_index\) is not", UserWarning)
        try:
            from umap import UMAP
        except ImportError as error:
            raise ImportError("UMAP comes with umap-learn: pip install umap-learn, or take PCA") from error
        return UMAP(
            n_neighbors=neighbours[0].shape[1],
            min_dist=CLOSEST,
            n_epochs=EPOCHS,
            init=start,
            random_state=SEED,
            n_jobs=1,
            precomputed_knn=neighbours,
            tqdm_kwds=bar,
        ).fit_transform(codes)


def _neighbours(codes: np.ndarray, count: int, report: Callable[[float], None]) -> tuple[np.ndarray, np.ndarray]:
    """[N, K] which codes are nearest to each, first of all itself, and [N, K] float32 how far they are."""
    others = nearest_others(codes, count - 1, report)
    indices = np.column_stack([np.arange(len(codes)), others])
    # One neighbour at a time, so that no array of [N, K, L] is needed; equal codes are at 0, not near it.
    distances = [np.linalg.norm(codes - codes[column], axis=1) for column in indices.T]
    return indices, np.column_stack(distances).astype(np.float32)


def _start(codes: np.ndarray) -> np.ndarray:
    """[N, 2] where UMAP begins: PCA to scale, with so little noise that equal codes can part."""
    places = _main_directions(codes, 2)
    noise = np.random.default_rng(SEED).normal(scale=NOISE, size=places.shape)
    return (SPREAD * places / np.abs(places).max() + noise).astype(np.float32)


class _Epochs:
    """The file that UMAP's progress bar is drawn into: passes on the epochs done, which is all there is of the bar."""

    def __init__(self, report: Callable[[float], None]):
        self._report = report

    def write(self, text: str) -> None:
        if (epochs := text.strip()).isdecimal():
            self._report(SEARCH + (1 - SEARCH) * int(epochs) / EPOCHS)

    def flush(self) -> None:
        """Nothing is held back; progress bars ask for it."""
