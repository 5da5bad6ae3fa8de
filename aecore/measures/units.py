"""One unit of a network: what it puts out, what is rebuilt without it, its weights. Letters: N images."""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import Tensor

from aecore.autoencoder import Autoencoder
from aecore.measures.stages import stages_of, watching

# Images that pass at once.
AT_ONCE = 1000


@torch.no_grad()
def excited(model: Autoencoder, images: np.ndarray, stage: int, unit: int) -> np.ndarray:
    """[N] what a unit of a stage, or of the code where ``stage`` is -1, puts out for images [N, H, W].

    Of a map, or of a unit at each row of an image, the mean.
    """
    found = []
    with watching(model) as seen:
        for i in range(0, len(images), AT_ONCE):
            model.reconstruct(images[i : i + AT_ONCE])
            own = _own(seen.code if stage < 0 else seen.outputs[stage], unit).float()
            found.append((own.flatten(1).mean(1) if own.ndim > 1 else own).cpu().numpy())
    return np.concatenate(found)


def without(model: Autoencoder, images: np.ndarray, stage: int, unit: int) -> np.ndarray:
    """[N, H, W] reconstructions of images [N, H, W] with a unit, as in ``excited``, held at 0."""

    def silenced(made: Tensor) -> Tensor:
        made = made.clone()
        _own(made, unit).zero_()
        return made

    # A copy: others may be asking the same model.
    model = copy.deepcopy(model)
    if stage < 0:
        model.decoder.register_forward_pre_hook(lambda module, given: (silenced(given[0]),))
    else:
        stages_of(model)[stage].last.register_forward_hook(lambda module, given, made: silenced(made))
    return model.reconstruct(images)


def _own(made: Tensor, unit: int) -> Tensor:
    """What is one unit's of an output; units come last after the rows of an image that they are computed at."""
    return made[:, :, unit] if made.ndim == 3 else made[:, unit]


@torch.no_grad()
def weights_of(model: Autoencoder, stage: int, unit: int) -> np.ndarray | None:
    """[h, w] uint8 what a unit of the first stage looks for, or one before the last stage draws; None of others."""
    stages = stages_of(model)
    if stage == 0 and stages[0].part == "encoder":
        sights = stages[0].sights(model.shape)
    elif stage == len(stages) - 2 and stages[stage].part == "decoder":
        sights = stages[-1].sights(model.shape)
    else:
        return None
    return None if sights is None else sights.pictures([unit])[0]
