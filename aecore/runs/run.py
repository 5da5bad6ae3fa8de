"""A run: one spec being trained, with its history. It knows no threads' pool and no page."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import torch

from aecore.dataset import Dataset, Report
from aecore.events import Diverged, Event, Finished, PhaseBegan, Stepped
from aecore.exhibit import Exhibit, Moment
from aecore.exhibits import exhibit_of
from aecore.model import Model
from aecore.runs.history import History, moments_of
from aecore.runs.spec import Spec
from aecore.runs.trained import Trained
from aecore.runs.turns import Turns
from aecore.runs.view import Checkpoint, State, View
from aecore.sources import load
from aecore.threads import limit_torch
from aecore.training import TrainerState, advice_on_divergence, steps_per_epoch, train

# Seconds between two looks that are only shown, not remembered; and they take no more than this share of the time.
GLANCE, GLANCE_SHARE = 0.2, 0.08
# Seconds that a press on Pause waits for the step under way and the look after it.
PATIENCE = 0.25


class Run:
    """``prepare``, then ``work`` as often as it takes; ``view`` at any time, from any thread."""

    def __init__(self, spec: Spec, device: str = "cpu"):
        self.spec, self.device = spec, torch.device(device)
        # Called on the thread that changes it whenever there is another look, state or share of loading to be shown.
        self.listeners: set[Callable[[Run], None]] = set()
        # How many watch it just now, and when somebody last did (``time.monotonic``).
        self.watchers, self.watched_at = 0, -math.inf
        self._view = View()
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

    @property
    def id(self) -> str:
        return self.spec.id

    @property
    def view(self) -> View:
        """What is known of the run at this instant."""
        return self._view

    @view.setter
    def view(self, view: View) -> None:
        before, self._view = self._view, view
        # Seconds and steps change hundreds of times a second; who shows them looks as often as it likes.
        if view.newest is not before.newest or (view.state, view.loading) != (before.state, before.loading):
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
        return self.view.history

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
        fresh = View("untrained", 0, per_epoch * how.epochs, per_epoch, len(train), train.many)
        self._moments = moments_of(fresh.steps)
        if checkpoint is None:
            first = self._look(fresh)
            self.view = replace(fresh, newest=first, history=History((first,)))
        else:
            self._go_to(checkpoint)

    def _go_to(self, checkpoint: Checkpoint) -> None:
        self._trainer.restore(checkpoint.tensors, checkpoint.view.step)
        self._sums = {name: value.clone() for name, value in checkpoint.sums.items()}
        self._weights = dict(checkpoint.weights)
        self.metrics = dict(checkpoint.metrics)
        newest = checkpoint.view.newest or checkpoint.view.history.moments[-1]
        self.view = replace(checkpoint.view, newest=newest)
        if self.view.state == "finished":
            # Files of before have the last look's figures, on fewer images.
            self.view = self._scored()

    def _scored(self) -> View:
        """The view with its last moment's figures being the metrics': those of all held-out images."""
        last = self.view.history.moments[-1].scored_on_all(self.metrics)
        return replace(self.view, newest=last, history=self.view.history.with_moment(last))

    def _report(self, done: int, total: int) -> None:
        self.view = replace(self.view, loading=(done, total))

    # What people do. Each takes effect within one training step.

    def aim(self, steps: int | None = None) -> None:
        """Allows the next ``work`` to go on: to the end, or for ``steps`` steps more."""
        with self._turns:
            self._goal = None if steps is None else self._trainer.step + steps
            self._stopping = None
            self.pressed_at = self.view.seconds
            self.view = replace(self.view, state="queued", message="")

    def pause(self, message: str = "") -> None:
        """Stops after the step under way; a run that waits or works becomes paused, others stay as they are.

        Returns as soon as it rests, or after a quarter of a second, when a large model is still being looked at.
        """
        with self._turns:
            if self.view.state == "queued":
                self._rest(message)
            elif self.view.state == "running":
                self._stopping = message
        self._rests.wait(PATIENCE)

    def _rest(self, message: str) -> None:
        self._stopping = None
        self.view = replace(self._settled(), state="paused" if self.view.step else "untrained", message=message)

    def wait_in_line(self) -> None:
        """A running run that is not worked on just now is queued, or paused if that was asked for meanwhile."""
        with self._turns:
            if self._stopping is not None:
                self._rest(self._stopping)
            elif self.view.state == "running":
                self.view = replace(self._settled(), state="queued")

    def fail(self, message: str, state: State = "failed") -> None:
        # A step under way would write over it.
        with self._turns:
            self.view = replace(self.view, state=state, message=message)

    def checkpoint(self) -> Checkpoint:
        """A copy of everything, between two steps."""
        with self._turns:
            tensors = {name: t.detach().cpu().clone().contiguous() for name, t in self._trainer.tensors().items()}
            sums = {name: value.cpu().clone() for name, value in self._sums.items()}
            return Checkpoint(tensors, self._settled(), dict(self.metrics), sums, dict(self._weights))

    def fork(self) -> Run:
        """Another run of the same spec that stands, at rest, where this one stands; this one must be prepared."""
        kept, twin = self.checkpoint(), Run(self.spec, str(self.device))
        twin.data, twin.exhibit, twin._moments = self.data, self.exhibit, self._moments
        twin.model = self.spec.model(self.data.facts).to(self.device)
        twin._trainer = TrainerState(twin.model, self.spec.training)
        twin._go_to(kept)
        if kept.view.state in ("queued", "running"):
            twin._rest("")
        return twin

    # What the training thread does.

    def work(
        self, enough: Callable[[float], bool] = lambda seconds: False, between: Callable[[], None] = lambda: None
    ) -> None:
        """Trains until finished, paused, at its goal, or ``enough(seconds worked)``; then the view says which.

        ``between`` any two steps may wait; nobody's press waits for it.
        Where it was ``enough`` the state stays running: call it again, or ``wait_in_line``.
        """
        with self._turns:
            if self.view.state not in ("queued", "running"):
                return
            self.view = replace(self.view, state="running")
            self._rests.clear()
        try:
            if self._train(enough, between):
                self._finish()
        finally:
            self._rests.set()

    def _train(self, enough: Callable[[float], bool], between: Callable[[], None]) -> bool:
        """Whether the last step was made, rather than the work stopped before."""
        limit_torch()
        events = train(self.data.train, self.spec.training, self._trainer)
        began, before = time.perf_counter(), self.view.seconds
        glance_at = began + GLANCE
        while True:
            if self._stopping is None:
                between()
            with self._turns:
                if self._stopping is not None:
                    self._rest(self._stopping)
                if self.view.state != "running":
                    return False
                event = next(events)
                if isinstance(event, Finished):
                    return True
                self._take(event)
                now = time.perf_counter()
                if now > glance_at and isinstance(event, Stepped) and self.watchers:
                    # Processor seconds: where others have the cores, a look takes longer and costs no more.
                    used = time.thread_time()
                    self.view = replace(self.view, newest=self._look(self.view, scores=False))
                    used = time.thread_time() - used
                    glance_at = max(glance_at + GLANCE, now + used / GLANCE_SHARE)
                    now = time.perf_counter()
                self.view = replace(self.view, seconds=before + now - began)
                if isinstance(event, Stepped) and enough(now - began):
                    return False

    def _finish(self) -> None:
        """Measures the trained model. Nobody's press waits for it: on large data it takes seconds."""
        found = self.exhibit.metrics(self.model, self.data)
        measured, said = all(map(math.isfinite, found.values())), ""
        if measured:
            said = self.exhibit.verdict(self.model, self.data, found, self.spec, self._trainer.step)
        found |= {"seconds": self.view.seconds, f"{self.data.train.many}_per_second": self.view.rate}
        with self._turns:
            self.metrics, self._stopping = found, None
            if measured:
                self.view = replace(self._scored(), state="finished", message=said)
            else:
                # The last step's own update has been looked at by nobody.
                advice = advice_on_divergence(self.spec.training)
                self.view = replace(self.view, state="diverged", message=f"diverged in the last step: {advice}")

    def _take(self, event: Event) -> None:
        view = replace(self.view, step=self._trainer.step)
        match event:
            case Stepped(step, terms, over):
                for name, value in terms.items():
                    weight = over.get(name, 1)
                    added = value if weight == 1 else value * weight
                    self._sums[name] = self._sums[name] + added if name in self._sums else added
                    self._weights[name] = self._weights.get(name, 0) + weight
                if step in self._moments:
                    view = self._with_moment(view)
                if self._goal is not None and self._goal <= step < view.steps:
                    self._stopping = ""
            case PhaseBegan(title=title):
                view = replace(view, phase=title)
            case Diverged(advice=advice):
                view = replace(view, state="diverged", message=f"diverged in epoch {view.epoch:.1f}: {advice}")
        self.view = view

    def _with_moment(self, view: View) -> View:
        moment = self._look(view)
        self._sums, self._weights = {}, {}
        return replace(view, newest=moment, history=view.history.with_moment(moment))

    def _settled(self) -> View:
        """The view with its newest look being of the very last step, and scored."""
        view = self.view
        if view.newest is None or view.scored.step == view.step:
            return view
        return replace(view, newest=self._look(view))

    def _mean_terms(self) -> dict[str, float]:
        """Each term's mean over the batches since the last moment."""
        return {name: float(total) / (self._weights[name] or math.nan) for name, total in self._sums.items()}

    def _look(self, view: View, scores: bool = True) -> Moment:
        kept = view.history.moments
        now = Moment(view.step, view.epoch, view.seconds, self._mean_terms())
        return self.exhibit.look(self.model, now, kept[-1] if kept else None, scores)


def train_spec(spec: Spec, device: str = "cpu", watch: Callable[[View], None] | None = None) -> Run:
    """The run of ``spec``, trained to its end: ``run.model``, ``run.history``, ``run.metrics``, ``run.id``.

    ``watch`` is called with the view every 0.2 s or so. SourceError or SettingsError if it cannot be had;
    a diverged run comes back as it is, ``run.view.message`` saying so.
    """
    run = Run(spec, device)
    threads = torch.get_num_threads()
    told = 0.0

    def enough(seconds: float) -> bool:
        nonlocal told
        if watch is not None and seconds - told > GLANCE:
            told = seconds
            watch(run.view)
        return False

    try:
        run.prepare()
        run.aim()
        run.work(enough)
    finally:
        torch.set_num_threads(threads)
    return run
