"""How far code and reconstruction move when the image does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aecore import arrays
from aecore.autoencoder import Autoencoder


@dataclass(frozen=True)
class Resistance:
    """How far things move under a disturbance, as means over images: the smaller, the more it is resisted.

    ``code``: in units of the codes' spread, the root-mean-square distance of codes from their mean; nan without spread.
    ``reconstruction``: as a share of the disturbance's own length.
    ``restored``: squared error, summed over pixels, of what is made of a disturbed image, to the image undisturbed.
    """

    code: float
    reconstruction: float
    restored: float


def resistance(model: Autoencoder, images: np.ndarray, size: float, seed: int) -> Resistance:
    """How ``model`` resists a disturbance of Euclidean length ``size`` of the images [N, H, W].

    Each image is moved in a random direction of its own, the same for every model asked with the same ``seed``.
    """
    if not size > 0:
        raise ValueError(f"size must be above 0, got {size:g}")
    images = arrays.images(images, model.shape)
    disturbed = disturb(images, size, seed)
    codes = model.embed(images).astype(np.float64)
    moved = _lengths(model.embed(disturbed) - codes).mean()
    spread = np.sqrt(np.square(_lengths(codes - codes.mean(0))).mean())
    rebuilt = model.reconstruct(disturbed)
    return Resistance(
        float(moved / spread) if spread > 0 else float("nan"),
        float(_lengths(rebuilt - model.reconstruct(images)).mean() / size),
        float(np.square(_lengths(rebuilt - images)).mean()),
    )


def disturb(images: np.ndarray, size: float, seed: int) -> np.ndarray:
    """[N, H, W] float32 the ``images`` [N, H, W], each moved by ``size`` in a uniformly random direction of its own.

    What leaves [0, 1] is not cut off.
    """
    directions = np.random.default_rng(seed).normal(size=images.shape)
    return images + (size * directions / _lengths(directions)[:, None, None]).astype(np.float32)


def _lengths(rows: np.ndarray) -> np.ndarray:
    """[N] Euclidean length of each of the rows [N, ...]."""
    return np.linalg.norm(rows.reshape(len(rows), -1), axis=1)
