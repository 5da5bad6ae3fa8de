"""Where a run stands: its snapshot, what it has made of data and spec, and the checkpoints that take it elsewhere."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import torch

from aecore.dataset import Dataset, Report
from aecore.exhibit import Exhibit, Moment
from aecore.exhibits import exhibit_of
from aecore.model import Model
from aecore.runs.history import History, moments_of
from aecore.runs.snapshot import Checkpoint, Snapshot
from aecore.runs.spec import Spec
from aecore.runs.trained import Trained
from aecore.runs.turns import Turns
from aecore.sources import load
from aecore.threads import limit_torch
from aecore.training import TrainerState, steps_per_epoch


class Standing:
    """What a run knows: its snapshot, and once prepared its data, model, exhibit and state of training."""

    def __init__(self, spec: Spec, device: str = "cpu"):
        self.spec, self.device = spec, torch.device(device)
        # Called on the thread that changes it whenever there is another look, state or share of loading to be shown.
        self.listeners: set[Callable[[Standing], None]] = set()
        # How many watch it just now, and when somebody last did (``time.monotonic``).
        self.watchers, self.watched_at = 0, -math.inf
        self._view = Snapshot()
        self.metrics: dict[str, float] = {}
        # One sentence where the run could not be kept on disk.
        self.unkept = ""
        self.data: Dataset | None = None
        self.model: Model | None = None
        self.exhibit: Exhibit | None = None
        self._trainer: TrainerState | None = None
        self._turns = Turns()
        self._goal: int | None = None
        # What to say on pausing, while a pause is asked for; and whether nobody trains.
        self._stopping: str | None = None
        self._rests = threading.Event()
        self._rests.set()
        # Seconds trained when somebody last pressed Train.
        self.pressed_at = 0.0
        # Sums of the loss terms over the batches since the last moment, and their number.
        self._sums: dict[str, torch.Tensor] = {}
        self._weights: dict[str, int] = {}
        # Where it stood when it left to be trained elsewhere.
        self._away: Checkpoint | None = None

    @property
    def id(self) -> str:
        return self.spec.id

    @property
    def snapshot(self) -> Snapshot:
        """What is known of the run at this instant."""
        return self._view

    @snapshot.setter
    def snapshot(self, snapshot: Snapshot) -> None:
        before, self._view = self._view, snapshot
        # Seconds and steps change hundreds of times a second; who shows them looks as often as it likes.
        if snapshot.newest is not before.newest or (snapshot.state, snapshot.loading) != (before.state, before.loading):
            for tell in tuple(self.listeners):
                tell(self)

    @property
    def trained(self) -> Trained:
        """The run as questions see it; of a prepared run."""
        return Trained(self.spec, self.data, self.model, self.exhibit, dict(self.metrics))

    def seen_within(self, seconds: float) -> bool:
        """Whether somebody watches the run, or did in the last ``seconds``."""
        return self.watchers > 0 or time.monotonic() - self.watched_at < seconds

    @property
    def history(self) -> History:
        return self.snapshot.history

    def prepare(self, checkpoint: Checkpoint | None = None, report: Report | None = None) -> None:
        """Loads the data, builds the model and looks at it untrained, or as ``checkpoint`` left it.

        SourceError or SettingsError, in one sentence, if the data cannot be had or the model not be built.
        """
        limit_torch()
        self.data = load(self.spec.names["data"], report or self._report, **self.spec.source_settings())
        how = self.spec.training
        self.model = self.spec.model(self.data.facts).to(self.device)
        self._trainer = TrainerState(self.model, how)
        self.exhibit = exhibit_of(self.spec, self.data, self.model)
        per_epoch = steps_per_epoch(len(self.data.train), how)
        train = self.data.train
        fresh = Snapshot("untrained", 0, per_epoch * how.epochs, per_epoch, len(train), train.many)
        self._moments = moments_of(fresh.steps)
        if checkpoint is None:
            first = self._look(fresh)
            self.snapshot = replace(fresh, newest=first, history=History((first,)))
        else:
            self.go_to(checkpoint)

    def go_to(self, checkpoint: Checkpoint) -> None:
        """Stands where ``checkpoint`` was taken; MisfitError, and no change, if it does not fit."""
        self._trainer.restore(checkpoint.tensors, checkpoint.snapshot.step)
        self._sums = {name: value.clone() for name, value in checkpoint.sums.items()}
        self._weights = dict(checkpoint.weights)
        self.metrics = dict(checkpoint.metrics)
        newest = checkpoint.snapshot.newest or checkpoint.snapshot.history.moments[-1]
        self.snapshot = replace(checkpoint.snapshot, newest=newest)
        if self.snapshot.state == "finished":
            # Files of before have the last look's figures, on fewer images.
            self.snapshot = self._scored()

    def _scored(self) -> Snapshot:
        """The snapshot with its last moment's figures being the metrics': those of all held-out images."""
        last = self.snapshot.history.moments[-1].scored_on_all(self.metrics)
        return replace(self.snapshot, newest=last, history=self.snapshot.history.with_moment(last))

    def _report(self, done: int, total: int) -> None:
        self.snapshot = replace(self.snapshot, loading=(done, total))

    def checkpoint(self) -> Checkpoint:
        """A copy of everything, between two steps; of a run that is trained elsewhere, as it left."""
        with self._turns:
            if self._away is not None:
                return self._away
            tensors = {name: t.detach().cpu().clone().contiguous() for name, t in self._trainer.tensors().items()}
            sums = {name: value.cpu().clone() for name, value in self._sums.items()}
            return Checkpoint(tensors, self._settled(), dict(self.metrics), sums, dict(self._weights))

    def _settled(self) -> Snapshot:
        """The snapshot with its newest look being of the very last step, and scored."""
        snapshot = self.snapshot
        if snapshot.newest is None or snapshot.scored.step == snapshot.step:
            return snapshot
        return replace(snapshot, newest=self._look(snapshot))

    def _mean_terms(self) -> dict[str, float]:
        """Each term's mean over the batches since the last moment."""
        return {name: float(total) / (self._weights[name] or math.nan) for name, total in self._sums.items()}

    def _look(self, snapshot: Snapshot, scores: bool = True) -> Moment:
        kept = snapshot.history.moments
        now = Moment(snapshot.step, snapshot.epoch, snapshot.seconds, self._mean_terms())
        return self.exhibit.look(self.model, now, kept[-1] if kept else None, scores)
