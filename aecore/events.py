"""What training says of itself, one frozen record at a time. The caller owns time: not asking is pausing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import SupportsFloat


@dataclass(frozen=True)
class Started:
    """Training is about to make step ``step + 1`` of ``steps``, ``steps_per_epoch`` of them an epoch."""

    step: int
    steps: int
    steps_per_epoch: int


@dataclass(frozen=True)
class PhaseBegan:
    """From the step after ``step`` on, training is about something else: ``title``, in plain words."""

    step: int
    title: str


@dataclass(frozen=True)
class Stepped:
    """Step ``step`` was made; ``terms`` are the raw loss terms of its batch, unweighted, mean over images.

    A term is not read off its device until somebody calls ``float`` on it. ``over`` tells of some by name of how many
    examples they are the mean, where that need not be all of the batch.
    """

    step: int
    terms: Mapping[str, SupportsFloat]
    over: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class EpochEnded:
    """Every training image has been seen ``epoch`` times."""

    step: int
    epoch: int


@dataclass(frozen=True)
class Diverged:
    """The loss has exploded or is no number at all; the last event."""

    step: int
    advice: str


@dataclass(frozen=True)
class Finished:
    """All steps are made; the last event."""

    step: int


Event = Started | PhaseBegan | Stepped | EpochEnded | Diverged | Finished
