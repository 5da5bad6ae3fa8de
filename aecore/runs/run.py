"""A run: one spec being trained, with its history. It knows no threads' pool and no page."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

import torch

from aecore.autoencoder import Autoencoder
from aecore.dataset import Dataset, Report
from aecore.events import Diverged, Event, Finished, Stepped
from aecore.measures.quality import metrics
from aecore.runs.exhibits import Exhibits, exhibits_of, look
from aecore.runs.history import History, Moment, moments_of
from aecore.runs.spec import Spec
from aecore.runs.turns import Turns
from aecore.sources import load
from aecore.training import Progress, advice_on_divergence, steps_per_epoch, train

# Unavailable: the data set cannot be had. Failed: anything else that keeps the run from being prepared or going on.
State = Literal[
    "preparing", "untrained", "queued", "running", "paused", "finished", "diverged", "unavailable", "failed"
]
# Seconds between two looks that are only shown, not remembered.
GLANCE = 0.2
# States from which training can go on, and those in which there is nothing to show.
STARTABLE: tuple[State, ...] = ("untrained", "paused")
BROKEN: tuple[State, ...] = ("unavailable", "failed")


@dataclass(frozen=True)
class View:
    """A run at one instant; a page draws it and nothing else. ``newest`` may be later than the last moment kept."""

    state: State = "preparing"
    step: int = 0
    steps: int = 0
    steps_per_epoch: int = 1
    images: int = 0
    seconds: float = 0.0
    history: History = field(default_factory=History)
    newest: Moment | None = None
    # Bytes (or rows) of the data set loaded, and in all; all zero when loading is over.
    loading: tuple[int, int] = (0, 0)
    # One sentence for people: why it failed, diverged or paused.
    message: str = ""

    @property
    def epoch(self) -> float:
        return self.step / self.steps_per_epoch

    @property
    def epochs(self) -> int:
        return self.steps // self.steps_per_epoch

    @property
    def rate(self) -> float:
        """Training images a second, so far."""
        return self.epoch * self.images / self.seconds if self.seconds else 0.0

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


class Run:
    """``prepare``, then ``work`` as often as it takes; ``view`` at any time, from any thread."""

    def __init__(self, spec: Spec, device: str = "cpu"):
        self.spec, self.device = spec, torch.device(device)
        self.view = View()
        self.metrics: dict[str, float] = {}
        # One sentence where the run could not be kept on disk.
        self.unkept = ""
        self.data: Dataset | None = None
        self.model: Autoencoder | None = None
        self.exhibits: Exhibits | None = None
        # Whether somebody wants glances between moments; asked at most every GLANCE seconds.
        self.watched: Callable[[], bool] = lambda: False
        self._progress: Progress | None = None
        self._turns = Turns()
        self._goal: int | None = None
        # Sums of the loss terms over the batches since the last moment, and their number.
        self._sums: dict[str, torch.Tensor] = {}
        self._summed = 0

    @property
    def id(self) -> str:
        return self.spec.id

    @property
    def history(self) -> History:
        return self.view.history

    def prepare(self, checkpoint: Checkpoint | None = None, report: Report | None = None) -> None:
        """Loads the data, builds the model and looks at it untrained, or as ``checkpoint`` left it.

        SourceError or SettingsError, in one sentence, if the data cannot be had or the model not be built.
        """
        torch.set_num_threads(1)
        self.data = load(self.spec.names["data"], report or self._report, **self.spec.source_settings())
        how = self.spec.training
        self.model = self.spec.model(self.data.train.images.mean(0)).to(self.device)
        self._progress = Progress(self.model, how)
        self.exhibits = exhibits_of(self.spec, self.data, self.model)
        per_epoch = steps_per_epoch(len(self.data.train), how)
        fresh = View("untrained", 0, per_epoch * how.epochs, per_epoch, len(self.data.train))
        if checkpoint is None:
            first = self._look(fresh, {})
            self.view = replace(fresh, newest=first, history=History((first,)))
        else:
            self._go_to(checkpoint)

    def _go_to(self, checkpoint: Checkpoint) -> None:
        self._progress.restore(checkpoint.tensors, checkpoint.view.step)
        self._sums = {name: value.clone() for name, value in checkpoint.sums.items()}
        self._summed = checkpoint.summed
        self.metrics = dict(checkpoint.metrics)
        newest = checkpoint.view.newest or checkpoint.view.history.moments[-1]
        self.view = replace(checkpoint.view, newest=newest)

    def _report(self, done: int, total: int) -> None:
        self.view = replace(self.view, loading=(done, total))

    # What people do. Each takes effect within one training step.

    def aim(self, steps: int | None = None) -> None:
        """Allows the next ``work`` to go on: to the end, or for ``steps`` steps more."""
        with self._turns:
            self._goal = None if steps is None else self._progress.step + steps
            self.view = replace(self.view, state="queued", message="")

    def pause(self, message: str = "") -> None:
        """Stops after the step under way; a run that waits or works becomes paused, others stay as they are."""
        with self._turns:
            if self.view.state in ("queued", "running"):
                state = "paused" if self.view.step else "untrained"
                self.view = replace(self._settled(), state=state, message=message)

    def wait_in_line(self) -> None:
        """A running run that is not worked on just now is queued."""
        with self._turns:
            if self.view.state == "running":
                self.view = replace(self._settled(), state="queued")

    def fail(self, message: str, state: State = "failed") -> None:
        self.view = replace(self.view, state=state, message=message)

    def checkpoint(self) -> Checkpoint:
        """A copy of everything, between two steps."""
        with self._turns:
            tensors = {name: t.detach().cpu().clone().contiguous() for name, t in self._progress.tensors().items()}
            sums = {name: value.cpu().clone() for name, value in self._sums.items()}
            return Checkpoint(tensors, self._settled(), dict(self.metrics), sums, self._summed)

    def fork(self) -> Run:
        """Another run of the same spec that stands, at rest, where this one stands; this one must be prepared."""
        kept, twin = self.checkpoint(), Run(self.spec, str(self.device))
        twin.data, twin.exhibits = self.data, self.exhibits
        twin.model = self.spec.model(self.data.train.images.mean(0)).to(self.device)
        twin._progress = Progress(twin.model, self.spec.training)
        twin._go_to(kept)
        twin.pause()
        return twin

    # What the training thread does.

    def work(self, enough: Callable[[float], bool] = lambda seconds: False) -> None:
        """Trains until finished, paused, at its goal, or ``enough(seconds worked)``; then the view says which.

        Where it was ``enough`` the state stays running: call it again, or ``wait_in_line``.
        """
        # Two threads inside one small model collapse as soon as anything else runs on the machine.
        torch.set_num_threads(1)
        with self._turns:
            if self.view.state not in ("queued", "running"):
                return
            self.view = replace(self.view, state="running")
        events = train(self.data.train, self.spec.training, self._progress)
        began = glanced = time.perf_counter()
        while self.view.state == "running":
            with self._turns:
                if self.view.state != "running":
                    break
                before = time.perf_counter()
                event = next(events)
                now = time.perf_counter()
                self._take(event, now - before)
                if now - glanced > GLANCE and isinstance(event, Stepped) and self.watched():
                    self.view = replace(self.view, newest=self._look(self.view, self._mean_terms()))
                    glanced = now
                if isinstance(event, Stepped) and enough(now - began):
                    break

    def _take(self, event: Event, seconds: float) -> None:
        view = replace(self.view, step=self._progress.step, seconds=self.view.seconds + seconds)
        match event:
            case Stepped(step, terms):
                for name, value in terms.items():
                    self._sums[name] = self._sums[name] + value if name in self._sums else value
                self._summed += 1
                if step in moments_of(view.steps):
                    view = self._with_moment(view)
                if self._goal is not None and step >= self._goal and step < view.steps:
                    view = replace(view, state="paused")
                    view = replace(view, newest=self._look(view, self._mean_terms()))
            case Diverged(advice=advice):
                view = replace(view, state="diverged", message=f"diverged in epoch {view.epoch:.1f}: {advice}")
            case Finished():
                self.metrics = metrics(self.model, self.data)
                self.metrics |= {"seconds": view.seconds, "images_per_second": view.rate}
                # The last step's own update has been looked at by nobody.
                if all(map(math.isfinite, self.metrics.values())):
                    view = replace(view, state="finished")
                else:
                    advice = advice_on_divergence(self.spec.training)
                    view = replace(view, state="diverged", message=f"diverged in the last step: {advice}")
        self.view = view

    def _with_moment(self, view: View) -> View:
        moment = self._look(view, self._mean_terms())
        self._sums, self._summed = {}, 0
        return replace(view, newest=moment, history=view.history.with_moment(moment))

    def _settled(self) -> View:
        """The view with its newest look being of the very last step."""
        view = self.view
        if view.newest is None or view.newest.step == view.step:
            return view
        return replace(view, newest=self._look(view, self._mean_terms()))

    def _mean_terms(self) -> dict[str, float]:
        """Each term's mean over the batches since the last moment."""
        return {name: float(total) / self._summed for name, total in self._sums.items()}

    def _look(self, view: View, train_terms: dict[str, float]) -> Moment:
        kept = view.history.moments
        return look(
            self.model,
            self.exhibits,
            kept[-1] if kept else None,
            step=view.step,
            epoch=view.epoch,
            seconds=view.seconds,
            train=train_terms,
        )


def train_spec(spec: Spec, device: str = "cpu", watch: Callable[[View], None] | None = None) -> Run:
    """The run of ``spec``, trained to its end: ``run.model``, ``run.history``, ``run.metrics``, ``run.id``.

    ``watch`` is called with the view every 0.2 s or so. SourceError or SettingsError if it cannot be had;
    a diverged run comes back as it is, ``run.view.message`` saying so.
    """
    run = Run(spec, device)
    run.prepare()
    run.aim()

    told = 0.0

    def enough(seconds: float) -> bool:
        nonlocal told
        if watch is not None and seconds - told > GLANCE:
            told = seconds
            watch(run.view)
        return False

    run.work(enough)
    return run
