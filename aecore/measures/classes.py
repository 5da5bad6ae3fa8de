"""What a model makes of images and codes whose class is known: one that is told classes is told it, others are not.

Letters as in ``aecore.autoencoder``.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from aecore.autoencoder import Autoencoder
from aecore.capabilities import Classifier, Conditional
from aecore.variational import HasPosterior, Posterior

# Images decoded at once, which bounds memory.
AT_ONCE = 1000


def decode_as(model: Autoencoder, codes: Tensor, labels: Tensor) -> Tensor:
    """[B, 1, H, W] raw outputs for codes [B, L] of images of the classes ``labels`` [B]."""
    return model.decode_as(codes, labels) if isinstance(model, Conditional) else model.decode(codes)


def losses_as(model: Autoencoder, codes: Tensor, images: Tensor, labels: Tensor) -> Tensor:
    """[B] the model's own reconstruction loss of images [B, 1, H, W] of the classes ``labels`` at codes [B, L]."""
    return model.losses_as(codes, images, labels) if isinstance(model, Conditional) else model.losses(codes, images)


@torch.no_grad()
def posterior_as(model: Autoencoder, images: np.ndarray, labels: np.ndarray) -> Posterior:
    """q(z | x) of images [N, H, W] of the classes ``labels`` [N]; ValueError for a model that has none."""
    if not isinstance(model, HasPosterior):
        raise ValueError(f"{model.title} has no posterior; choose a variational autoencoder")
    device = model.device
    shown, told = torch.from_numpy(np.array(images))[:, None].to(device), _labels(labels, device)
    parts = [
        model.posterior_as(*part) if isinstance(model, Conditional) else model.posterior(part[0])
        for part in zip(shown.split(AT_ONCE), told.split(AT_ONCE), strict=True)
    ]
    return Posterior(*(torch.cat([getattr(p, name) for p in parts]) for name in ("mean", "log_variance")))


def embed_as(model: Autoencoder, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """[N, L] float32 codes of images [N, H, W] of the classes ``labels`` [N]; of a posterior, its mean."""
    if isinstance(model, Conditional) and isinstance(model, HasPosterior):
        return posterior_as(model, images, labels).mean.cpu().numpy()
    return model.embed(images)


@torch.no_grad()
def generate_as(model: Autoencoder, codes: np.ndarray, labels: np.ndarray | int) -> np.ndarray:
    """[N, H, W] float32 images in [0, 1] decoded from codes [N, L] as of the classes ``labels``, [N] or one for all."""
    if not isinstance(model, Conditional):
        return model.generate(codes)
    device = model.device
    told = _labels(np.broadcast_to(labels, len(codes)), device)
    rows = torch.from_numpy(np.array(codes, np.float32)).to(device)
    parts = zip(rows.split(AT_ONCE), told.split(AT_ONCE), strict=True)
    return torch.cat([model.likelihood.mean(model.decode_as(*part))[:, 0].clamp(0, 1) for part in parts]).cpu().numpy()


@torch.no_grad()
def guessed(model: Autoencoder, images: np.ndarray) -> np.ndarray:
    """[N] the class of images [N, H, W], which nobody told, as the model takes it; 0 where it is told no class."""
    if not (isinstance(model, Conditional) and isinstance(model, Classifier)):
        return np.zeros(len(images), np.int64)
    return model.classify(torch.from_numpy(np.array(images))[:, None].to(model.device)).cpu().numpy()


def _labels(labels: np.ndarray, device: torch.device) -> Tensor:
    return torch.from_numpy(np.array(labels, np.int64)).to(device)
