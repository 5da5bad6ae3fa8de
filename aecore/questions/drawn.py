"""Where a new image lies among the codes of a run: what the tab of a digit of one's own asks.

Letters: N images looked at, L code dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aecore.measures.classes import generate_as, guessed, posterior_as
from aecore.measures.pca import fit_pca
from aecore.questions.latent import images_of, in_a_row
from aecore.runs.trained import Trained
from aecore.variational import HasPosterior

# The direction that a single code dimension is drawn along; the other tells classes apart, and no drawing has one.
ACROSS = np.array([[1, 0]], np.float32)


@dataclass(frozen=True)
class Ground:
    """A plane to see codes on: a new code lies at ``(code - centre) @ directions``, [L] and [L, 2].

    ``places`` [N, 2] are those of the images looked at, as on the map of codes. ``share`` is that of the codes'
    variance which lies in the plane.
    """

    centre: np.ndarray
    directions: np.ndarray
    places: np.ndarray
    axes: tuple[str, str]
    share: float


@dataclass(frozen=True)
class AskGround:
    """Asks for the Ground of up to ``most`` images: their codes as they are, or the two directions of most variance."""

    most: int

    def __call__(self, trained: Trained) -> Ground:
        images, labels = images_of(trained, self.most)
        codes = trained.model.embed(images)
        latent = codes.shape[1]
        if latent == 1:
            places, axes = in_a_row(codes, labels, len(trained.data.class_names))
            return Ground(np.zeros(1, np.float32), ACROSS, places, axes, 1.0)
        if latent == 2:
            names = ("code dimension 1", "code dimension 2")
            return Ground(np.zeros(2, np.float32), np.eye(2, dtype=np.float32), codes, names, 1.0)
        return _main_plane(codes)


def _main_plane(codes: np.ndarray) -> Ground:
    # In float64, as the map's own: the variance of codes far from 0 is a small difference of large squares.
    exact = codes.astype(np.float64)
    directions = np.zeros((codes.shape[1], 2))
    share, centre = 1.0, exact.mean(0)
    if (codes != codes[:1]).any():
        pca = fit_pca(exact)
        directions[:, : len(pca.components[:2])] = pca.components[:2].T
        centre, share = pca.mean, float(pca.variances[:2].sum() / pca.variances.sum())
    places = ((exact - centre) @ directions).astype(np.float32)
    axes = ("principal direction 1", "principal direction 2")
    return Ground(centre.astype(np.float32), directions.astype(np.float32), places, axes, share)


@dataclass(frozen=True)
class Placed:
    """A new image in a run: ``numbers`` [1 or 2, L], its code and any log-variances; ``rebuilt`` [H, W] in [0, 1]."""

    numbers: np.ndarray
    rebuilt: np.ndarray


def place(trained: Trained, image: np.ndarray) -> Placed:
    """What the run makes of a new image [H, W]; a model that is told classes, as of the one it takes it for."""
    model, images = trained.model, image[None]
    labels = guessed(model, images)
    if not isinstance(model, HasPosterior):
        return Placed(model.embed(images), model.reconstruct(images)[0])
    posterior = posterior_as(model, images, labels)
    mean, log_variance = (numbers.float().cpu().numpy() for numbers in (posterior.mean, posterior.log_variance))
    return Placed(np.concatenate([mean, log_variance]), generate_as(model, mean, labels)[0])
