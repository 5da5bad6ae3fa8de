"""What the units next to the pixels look for."""

from __future__ import annotations

import numpy as np
from torch import Tensor, nn

from aecore.autoencoder import Autoencoder


def first_filters(model: Autoencoder, most: int = 64) -> np.ndarray | None:
    """Weights of the first ``most`` units of the encoder's first layer, in the units' order, as images.

    [n, H, W] float32 where that layer is linear on the pixels, [n, 3, 3] kernels where it is a convolution, else None.
    Of several input channels, those on the first, which is the image.
    """
    layers = (module for module in model.encoder.modules() if list(module.parameters(recurse=False)))
    filters = _filters(next(layers, None), *model.shape)
    return None if filters is None else filters[:most].detach().float().cpu().numpy().copy()


def _filters(layer: nn.Module | None, height: int, width: int) -> Tensor | None:
    if isinstance(layer, nn.Conv2d):
        return layer.weight[:, 0]
    if isinstance(layer, nn.Linear) and layer.in_features % (height * width) == 0:
        return layer.weight[:, : height * width].unflatten(1, (height, width))
    return None
