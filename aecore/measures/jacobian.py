"""How the encoder stretches and shrinks the surroundings of an image."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from aecore import arrays
from aecore.autoencoder import Autoencoder

# Rows of a Jacobian computed at once: what bounds the memory, for a code of 1,024 numbers too.
ROWS = 512


def singular_values(model: Autoencoder, images: np.ndarray) -> np.ndarray:
    """[N, min(L, H*W)] float32 singular values of dE(x)/dx at each of the images [N, H, W], largest first.

    A small step from an image moves its code by at most the largest of them times the step's length; below 1, the
    encoder contracts. nan where the model's numbers are not finite.
    """
    images = arrays.images(images, model.shape)
    numbers = model.embed(images[:1]).shape[1]
    found = np.empty((len(images), min(numbers, model.mean.numel())), np.float32)
    for row, image in zip(found, images, strict=True):
        jacobian = _jacobian(model, image, numbers)
        row[:] = torch.linalg.svdvals(jacobian).cpu().numpy() if jacobian.isfinite().all() else np.nan
    return found


def _jacobian(model: Autoencoder, image: np.ndarray, numbers: int) -> Tensor:
    """[L, H*W] dE(x)/dx at one image [H, W], for a code of L ``numbers``.

    Copies of the image, each asked for the gradient of one code dimension: as fast here as torch.func.jacrev, which
    cannot go through an LSTM.
    """
    original = torch.from_numpy(np.array(image, np.float32)).to(model.device)
    parts = []
    for first in range(0, numbers, ROWS):
        copies = original.repeat(min(ROWS, numbers - first), 1, 1, 1).requires_grad_()
        with torch.enable_grad():
            asked = model.encode(copies).float().diagonal(first).sum()
        # A code that jumps, as a nearest neighbour does, has no gradient: its Jacobian is 0.
        parts += torch.autograd.grad(asked, copies, materialize_grads=True)
    return torch.cat(parts).flatten(1)
