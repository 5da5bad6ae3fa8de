"""What a model that fills images in makes of the colours of scenes, given their brightness.

Letters: N images, R images in the row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from aecore.questions.filled import fill_in
from aecore.runs.trained import Trained
from aecore.sources.coloured import rgb
from aecore.training import generator

# Pictures in the row, and held-out images that the errors are taken over.
ROW, MOST = 12, 600
# What a plane of colour is where there is none.
COLOURLESS = 0.5


@dataclass(frozen=True)
class Coloured:
    """Held-out scenes without colour, as a model colours them, and as they are: uint8 [R, H, W, 3] each.

    Mean squared errors of a number of the hidden planes: the model's ``error``, that of leaving it ``undone``, and that
    of the training data's ``mean`` image.
    """

    given: np.ndarray
    made: np.ndarray
    true: np.ndarray
    error: float
    undone: float
    mean: float


@torch.no_grad()
def coloured(trained: Trained) -> Coloured:
    """What a run, trained with the planes of colour as its hole, makes of held-out scenes."""
    model = trained.model
    true = torch.from_numpy(trained.data.test.images[:MOST].copy())[:, None].to(model.device)
    seen = model.hide(true, generator(0, "colour", device=true.device)) > 0
    made = fill_in(model, true, seen.to(true.dtype))
    guesses = {"error": made, "undone": torch.full_like(true, COLOURLESS), "mean": model.mean.expand_as(true)}
    errors = {name: float((guess - true)[~seen].square().mean()) for name, guess in guesses.items()}

    def shown(guess: Tensor) -> np.ndarray:
        return rgb(torch.where(seen, true, guess)[:ROW, 0].cpu().numpy())

    return Coloured(shown(guesses["undone"]), shown(made), shown(true), **errors)
