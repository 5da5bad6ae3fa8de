"""How close a linear decoder comes to PCA: in what it spans, and in its own axes.

Letters: P pixels of an image, L code dimensions, k components of PCA, n of them shown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from aecore.autoencoder import Autoencoder
from aecore.figures.grey import signed_grey

# Columns that are shown as pictures.
SHOWN = 10


@dataclass(frozen=True)
class Subspace:
    """A decoder's columns beside PCA's first k components. Angles are in degrees, from 0 to 90; nan if it diverged.

    ``span`` [k]: the principal angles between the two spans, the largest first (Björck and Golub 1973).
    ``reach`` [k]: the angle between each component and the decoder's span.
    ``axes`` [k]: the angle between each component and the one column nearest to it.
    ``raw``, ``turned`` [n, H, W] uint8: the first columns as they are, and an orthonormal basis of their span turned
    onto the components.
    """

    span: np.ndarray
    reach: np.ndarray
    axes: np.ndarray
    raw: np.ndarray
    turned: np.ndarray


@torch.no_grad()
def decoder_columns(model: Autoencoder) -> np.ndarray:
    """[P, L] float64 what one more of each code dimension adds to the decoder's output: its matrix, if it is linear."""
    eye = torch.eye(model.latent, device=model.device)
    added = model.decode(eye) - model.decode(torch.zeros_like(eye[:1]))
    return added.flatten(1).T.double().cpu().numpy()


def compare_spans(columns: np.ndarray, components: np.ndarray, shape: tuple[int, int]) -> Subspace:
    """The Subspace of columns [P, L] beside orthonormal components [k, P], as images of ``shape``."""
    from scipy.linalg import orth, orthogonal_procrustes, subspace_angles

    wanted = components.T.astype(np.float64)
    count, few = wanted.shape[1], min(SHOWN, wanted.shape[1])
    if not np.isfinite(columns).all():
        unknown = np.full(count, np.nan)
        blank = np.full((few, *shape), 127, np.uint8)
        return Subspace(unknown, unknown, unknown, blank, blank)
    # A code dimension that is not used has a column of nothing: the span lacks a direction, which is at 90 degrees.
    basis = orth(columns) if columns.any() else columns[:, :0]
    found = subspace_angles(basis, wanted) if basis.shape[1] else np.empty(0)
    span = np.concatenate([np.full(max(count - len(found), 0), np.pi / 2), found])[:count]
    inside = basis @ (basis.T @ wanted)
    padded = np.zeros_like(wanted)
    padded[:, : basis.shape[1]] = basis[:, :count]
    turned = padded @ orthogonal_procrustes(padded, wanted)[0]
    return Subspace(
        np.degrees(span),
        _angles(inside, wanted),
        _angles(_nearest(columns, wanted), wanted),
        _pictures(columns, few, shape),
        _pictures(turned, few, shape),
    )


def _nearest(columns: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """[P, k] each wanted direction as far as the one column most like it reaches."""
    lengths = np.linalg.norm(columns, axis=0)
    units = columns / np.where(lengths > 0, lengths, 1)
    likeness = units.T @ wanted
    best = np.abs(likeness).argmax(0)
    return units[:, best] * likeness[best, np.arange(wanted.shape[1])]


def _angles(inside: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """[k] degrees between unit vectors and their projections; by the tangent: near 0 a cosine is flat."""
    return np.degrees(np.arctan2(np.linalg.norm(wanted - inside, axis=0), np.linalg.norm(inside, axis=0)))


def _pictures(columns: np.ndarray, count: int, shape: tuple[int, int]) -> np.ndarray:
    return signed_grey(columns.T[:count].reshape(-1, *shape))
