"""What is known of a run at one instant, for pages to draw and for the store to keep."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import torch

from aecore.exhibit import Moment
from aecore.runs.history import History

# Unavailable: the data set cannot be had. Failed: anything else that keeps the run from being prepared or going on.
State = Literal[
    "preparing", "untrained", "queued", "running", "paused", "finished", "diverged", "unavailable", "failed"
]
# States from which training can go on, and those in which there is nothing to show.
STARTABLE: tuple[State, ...] = ("untrained", "paused")
BROKEN: tuple[State, ...] = ("unavailable", "failed")


@dataclass(frozen=True)
class View:
    """A run at one instant; a page draws it and nothing else.

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

    def untrained(self) -> View:
        """The same run before its first step."""
        first = History(self.history.moments[:1])
        newest = first.moments[0] if first.moments else None
        state = self.state if self.state in ("preparing", *BROKEN) else "untrained"
        message = self.message if state in BROKEN else ""
        return replace(self, state=state, step=0, seconds=0.0, history=first, newest=newest, message=message)


@dataclass(frozen=True)
class Checkpoint:
    """All it takes to continue a run: ``tensors`` by name (copies), how far it was, the loss since the last moment."""

    tensors: dict[str, torch.Tensor]
    view: View
    metrics: dict[str, float]
    sums: dict[str, torch.Tensor]
    summed: int
