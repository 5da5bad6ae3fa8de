"""A model fitted to rows: how long, and whether anything came of it.

Letters: n rows of d features, as a Split of images.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aecore.dataset import Split
from aecore.events import Diverged, EpochEnded, Stepped
from aecore.measures.gain import gain, judged
from aecore.settings import SettingsError
from aecore.training import TrainerState, Training, advice_on_divergence, steps_per_epoch, train

# Rows that go through the model at once.
ROWS = 1000
# Steps that training takes at least where no epochs are asked for. Fewer leave much unlearned; with twice as many a
# network learns 30 rows of 64 features by heart, and others come out worse than their mean.
STEPS = 60
# Shares of what PCA gains over the mean, below which it is said that training was too short, or for nothing.
SHORT, NOTHING = 0.5, 0.05


def enough_epochs(rows: int, batch_size: Any) -> int:
    """Epochs where none are asked for: the usual number, or of few rows as many as make STEPS steps."""
    usual = Training().epochs
    if not isinstance(batch_size, int) or batch_size < 1:
        return usual
    return max(usual, math.ceil(STEPS / math.ceil(rows / batch_size)))


def trained(model: torch.nn.Module, data: Split, how: Training) -> dict[str, np.ndarray]:
    """Trains ``model`` in place; each raw loss term by name, [epochs] means over an epoch's batches."""
    batches: list[Mapping[str, Tensor]] = []
    epochs: list[dict[str, float]] = []
    for event in train(data, how, TrainerState(model, how)):
        match event:
            case Stepped(terms=terms):
                batches.append(terms)
            case EpochEnded():
                epochs.append({name: float(torch.stack([b[name] for b in batches]).mean()) for name in batches[0]})
                batches.clear()
            case Diverged(advice=advice):
                raise SettingsError(advice)
    return {name: np.array([epoch[name] for epoch in epochs]) for name in epochs[0]}


@torch.no_grad()
def in_vain(model: torch.nn.Module, data: Split, how: Training) -> str:
    """One sentence where PCA rebuilds the rows learned from far better, or their mean about as well; else nothing."""
    images = judged(data.images)
    rebuilt = in_parts(lambda rows: model.likelihood.mean(model.rebuild(rows[:, None])).flatten(1), images)
    if not np.isfinite(rebuilt).all():
        raise SettingsError(advice_on_divergence(how))
    found = gain(images.reshape(len(images), -1), rebuilt, model.stored_numbers)
    steps = how.epochs * steps_per_epoch(len(data), how)
    errors = (
        f"an error of {found.left:.0%} of the mean's, where PCA with as many components has {found.left_by_pca:.0%}"
    )
    if steps < STEPS and found.share < SHORT:
        return f"training was short: {steps:,} steps leave {errors}; raise epochs (now {how.epochs})"
    if found.share < NOTHING:
        other = ', or choose likelihood="gaussian"' if model.likelihood.in_unit_interval else ""
        return (
            f"nothing was learned: {steps:,} steps leave {errors}; raise epochs (now {how.epochs}) or learning_rate "
            f"(now {how.learning_rate:g}), lower the weights of penalties{other}"
        )
    return ""


def exact(model: torch.nn.Module) -> torch.nn.Module:
    """A copy in float64: in float32 a row's code would depend, in its last digits, on the rows beside it."""
    return copy.deepcopy(model).double()


@torch.no_grad()
def in_parts(compute: Callable[..., Tensor], *rows: np.ndarray) -> np.ndarray:
    """[n, ...] ``compute`` of rows [n, ...] and what goes with each, as float64."""
    starts = range(0, len(rows[0]), ROWS)
    parts = [compute(*(torch.from_numpy(np.array(each[i : i + ROWS])) for each in rows)) for i in starts]
    return torch.cat(parts).double().numpy()
