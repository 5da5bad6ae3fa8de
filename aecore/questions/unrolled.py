"""What each further step of descent brings to a code that is fitted to the pixels seen.

Letters: K numbers of steps T, R images in the row, L code dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch

from aecore.figures.grey import grey
from aecore.masking import GREY
from aecore.runs.trained import Trained
from aecore.training import generator
from aecore.variants.masked_linear_unrolled import MaskedLinearUnrolled

STEPS = np.arange(41)
# Images in the row, and held-out images that the error is taken over.
ROW, MOST = 10, 200
# Below this share of the largest, a singular value is rounding, and least squares has no code along its direction.
ROUNDING = 1e-5
SEED = 0


@dataclass(frozen=True)
class Unrolled:
    """The first held-out images filled in after each number of STEPS, with the pixels seen as they are.

    ``original`` and ``shown`` [R, H, W] uint8, ``filled`` [K, R, H, W] uint8; ``errors`` [K] mean squared errors of a
    hidden pixel, ``best`` that of the least-squares code and ``floor`` that of the mean image. Of the row's first
    image, ``singular`` [L] are the singular values of the decoder's rows that are seen, largest first, ``expected``
    [K, L] the shrinkages 1 - (1 - eta s^2)^T, and ``measured`` [K, L] the share of the least-squares code along each
    direction that the code has; NaN where that has none.
    """

    original: np.ndarray
    shown: np.ndarray
    filled: np.ndarray
    errors: np.ndarray
    best: float
    floor: float
    singular: np.ndarray
    expected: np.ndarray
    measured: np.ndarray


@dataclass(frozen=True)
class AskUnrolled:
    """Asks for the Unrolled of a run of the unrolled linear model, ``share`` of the pixels being hidden."""

    share: float

    @torch.no_grad()
    def __call__(self, trained: Trained) -> Unrolled:
        model: MaskedLinearUnrolled = trained.model
        images = torch.from_numpy(trained.data.test.images[:MOST].copy())[:, None].to(model.device)
        draw = torch.rand(images.shape, generator=generator(SEED, "hidden", device=images.device), device=images.device)
        seen = (draw >= self.share).to(images.dtype)
        matrix, kept = model.matrix(), seen.flatten(1)
        values = torch.where(seen > 0, images - model.output_bias, 0).flatten(1)
        codes = list(islice(model.path(matrix, values, seen.flatten(1)), len(STEPS)))
        made = [model.likelihood.mean(model.decode(code)).clamp(0, 1) for code in codes]
        row = slice(ROW)
        fitted = torch.stack([least_squares(matrix, *pair)[0] for pair in zip(values, kept, strict=True)])
        errors = [_error(one, images, 1 - seen) for one in (*made, model.likelihood.mean(model.decode(fitted)))]
        return Unrolled(
            grey(images[row, 0].cpu().numpy()),
            grey(torch.where(seen > 0, images, GREY)[row, 0].cpu().numpy()),
            np.stack([grey(torch.where(seen > 0, images, one)[row, 0].cpu().numpy()) for one in made]),
            np.array(errors[:-1]),
            errors[-1],
            _error(model.mean.expand_as(images), images, 1 - seen),
            *_shrinkages(model, matrix, values[0], kept[0], torch.stack([code[0] for code in codes])),
        )


def least_squares(matrix: torch.Tensor, values: torch.Tensor, seen: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The least-squares code [L], of least length where there are several, and the directions it was found along.

    ``matrix`` [P, L], ``values`` and ``seen`` [P]; the directions are singular values [L] and rows [L, L].
    """
    left, singular, right = torch.linalg.svd((matrix * seen[:, None]).double(), full_matrices=False)
    inverse = torch.where(singular > ROUNDING * singular.max(), 1 / singular, 0)
    return (right.T @ (inverse * (left.T @ values.double()))).to(values), singular, right


def _shrinkages(
    model: MaskedLinearUnrolled,
    matrix: torch.Tensor,
    values: torch.Tensor,
    seen: torch.Tensor,
    codes: torch.Tensor,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    best, singular, right = least_squares(matrix, values, seen)
    along = right @ best.double()
    shares = torch.where(singular > ROUNDING * singular.max(), (codes.double() @ right.T) / along, torch.nan)
    left = (1 - model.step(matrix).double() * singular.square())[None] ** torch.from_numpy(STEPS)[:, None]
    return singular.cpu().numpy(), (1 - left).cpu().numpy(), shares.cpu().numpy()


def _error(made: torch.Tensor, images: torch.Tensor, hidden: torch.Tensor) -> float:
    return float((hidden * (made.clamp(0, 1) - images).square()).sum() / hidden.sum())
