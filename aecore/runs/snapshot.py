"""What is known of a run at one instant, for pages to draw and for the store to keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import torch

from aecore.exhibit import Moment
from aecore.runs.history import History

# Unavailable: the data set cannot be had. Failed: anything else that keeps the run from being prepared or going on.
State = Literal[
    "preparing", "untrained", "queued", "running", "paused", "finished", "diverged", "unavailable", "failed"
]


@dataclass(frozen=True)
class Snapshot:
    """A run at one instant; a page draws it and nothing else.

    What it is, its properties say: nothing but this package compares words of state.
    ``newest`` may be later than the last moment kept; while the run trains it then has no held-out losses and figures.
    """

    state: State = "preparing"
    step: int = 0
    steps: int = 0
    steps_per_epoch: int = 1
    # How many examples are trained on, and what they are called.
    examples: int = 0
    many: str = "images"
    seconds: float = 0.0
    history: History = field(default_factory=History)
    newest: Moment | None = None
    # Bytes (or rows) of the data set loaded, and in all; all zero when loading is over.
    loading: tuple[int, int] = (0, 0)
    # What training is about just now, where a variant trains in phases.
    phase: str = ""
    # One sentence for people: why it failed, diverged or paused.
    message: str = ""

    @property
    def preparing(self) -> bool:
        return self.state == "preparing"

    @property
    def untrained(self) -> bool:
        return self.state == "untrained"

    @property
    def queued(self) -> bool:
        return self.state == "queued"

    @property
    def running(self) -> bool:
        return self.state == "running"

    @property
    def paused(self) -> bool:
        return self.state == "paused"

    @property
    def finished(self) -> bool:
        return self.state == "finished"

    @property
    def diverged(self) -> bool:
        return self.state == "diverged"

    @property
    def unavailable(self) -> bool:
        return self.state == "unavailable"

    @property
    def failed(self) -> bool:
        return self.state == "failed"

    @property
    def active(self) -> bool:
        """Whether it trains, or will as soon as it is its turn."""
        return self.queued or self.running

    @property
    def moving(self) -> bool:
        """Whether it changes by itself."""
        return self.preparing or self.active

    @property
    def at_rest(self) -> bool:
        """Whether nothing but somebody's press changes it."""
        return not self.moving

    @property
    def startable(self) -> bool:
        """Whether training can begin or go on."""
        return self.untrained or self.paused

    @property
    def broken(self) -> bool:
        """Whether it cannot be had or cannot go on, so that there is nothing to show."""
        return self.unavailable or self.failed

    @property
    def prepared(self) -> bool:
        return not (self.preparing or self.broken)

    @property
    def begun(self) -> bool:
        """Whether there is anything to reset."""
        return self.active or self.paused or self.finished or self.diverged

    @property
    def over(self) -> bool:
        """Whether training has come to its end, whichever."""
        return self.finished or self.diverged or self.broken

    @property
    def epoch(self) -> float:
        return self.step / self.steps_per_epoch

    @property
    def epochs(self) -> int:
        return self.steps // self.steps_per_epoch

    @property
    def scored(self) -> Moment:
        """The newest look with held-out losses and figures; of a prepared run."""
        return self.newest if self.newest.heldout else self.history.moments[-1]

    @property
    def rate(self) -> float:
        """Training examples a second, so far."""
        return self.epoch * self.examples / self.seconds if self.seconds else 0.0

    @property
    def seconds_left(self) -> float:
        return (self.steps - self.step) * self.seconds / self.step if self.step else float("nan")

    def at_start(self) -> Snapshot:
        """The same run before its first step."""
        first = History(self.history.moments[:1])
        newest = first.moments[0] if first.moments else None
        state = "untrained" if self.prepared else self.state
        message = self.message if self.broken else ""
        return replace(self, state=state, step=0, seconds=0.0, history=first, newest=newest, message=message)


@dataclass(frozen=True)
class Checkpoint:
    """All it takes to continue a run: ``tensors`` by name (copies), how far it was, the loss since the last moment.

    Of each loss term ``sums`` is the sum since then, and ``weights`` what it is divided by for the mean.
    """

    tensors: dict[str, torch.Tensor]
    snapshot: Snapshot
    metrics: dict[str, float]
    sums: dict[str, torch.Tensor]
    weights: Mapping[str, int]
