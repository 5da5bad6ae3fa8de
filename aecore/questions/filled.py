"""What models that fill images in make of the same hidden pixels.

Letters: K shares of hidden pixels, N images, R images in the row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from aecore.autoencoder import Autoencoder
from aecore.figures.grey import grey
from aecore.masking import GREY
from aecore.runs.trained import Trained
from aecore.training import generator

SHARES = np.linspace(0.05, 0.95, 19)
# Images in the row, and held-out images that the error is taken over.
ROW, MOST = 10, 200
SEED = 0


@dataclass(frozen=True)
class Filled:
    """The first held-out images with their hidden pixels grey and filled in: ``shown`` and ``filled`` [K, R, H, W].

    Both are uint8, as ``original`` [1, R, H, W] is.
    ``errors`` [K] are mean squared errors of hidden pixels alone, over up to 200 held-out images; ``floors`` [K] those
    of the mean image in their place.
    """

    original: np.ndarray
    shown: np.ndarray
    filled: np.ndarray
    errors: np.ndarray
    floors: np.ndarray


@torch.no_grad()
def filled(trained: Trained) -> Filled:
    """What a run, whose model fills images in, makes of pixels hidden one by one: the same for every run."""
    model = trained.model
    images = torch.from_numpy(trained.data.test.images[:MOST].copy())[:, None].to(model.device)
    rng = generator(SEED, "hidden", device=images.device)
    draw = torch.rand(images.shape, generator=rng, device=images.device)
    shown, pictures, errors, floors = [], [], [], []
    for share in SHARES:
        # What is hidden stays hidden as the share grows.
        seen = (draw >= share).to(images.dtype)
        made = fill_in(model, images, seen)
        shown.append(_row(torch.where(seen > 0, images, GREY)))
        pictures.append(_row(torch.where(seen > 0, images, made)))
        errors.append(_error(made, images, 1 - seen))
        floors.append(_error(model.mean.expand_as(images), images, 1 - seen))
    return Filled(_row(images)[None], np.stack(shown), np.stack(pictures), np.array(errors), np.array(floors))


def best_at(errors: Mapping[str, np.ndarray]) -> list[str]:
    """For each of K shares the model of least error; ``errors`` [K] by the models' names."""
    names = list(errors)
    return [names[k] for k in np.stack([errors[name] for name in names]).argmin(0)]


def fill_in(model: Autoencoder, images: Tensor, seen: Tensor) -> Tensor:
    """[N, 1, H, W] in [0, 1] what a model that fills in makes of images [N, 1, H, W] of which it is told ``seen``."""
    return model.likelihood.mean(model.decode(model.encode_seen(images, seen))).clamp(0, 1)


def _row(images: Tensor) -> np.ndarray:
    return grey(images[:ROW, 0].cpu().numpy())


def _error(made: Tensor, images: Tensor, hidden: Tensor) -> float:
    return float((hidden * (made - images).square()).sum() / hidden.sum())
