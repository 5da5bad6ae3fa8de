"""A run: one spec being trained, with its history. It knows no threads' pool and no page."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

import torch

from aecore.events import Diverged, Event, Finished, PhaseBegan, Stepped
from aecore.runs.snapshot import Checkpoint, Snapshot, State
from aecore.runs.spec import Spec
from aecore.runs.standing import Standing
from aecore.threads import limit_torch
from aecore.training import TrainerState, advice_on_divergence, train

# Seconds between two looks that are only shown, not remembered; and they take no more than this share of the time.
GLANCE, GLANCE_SHARE = 0.2, 0.08
# Seconds that a press on Pause waits for the step under way and the look after it.
PATIENCE = 0.25


# Says after some seconds of work whether that is enough for now.
Enough = Callable[[float], bool]
# Where steps are made: trains a running run until it is enough, or somebody wants it to stop, or it has come to its
# end; and tells whether the last step is made and the run still to be measured. Between steps it may be held up.
Worker = Callable[["Run", Enough, Callable[[], None]], bool]


class Run(Standing):
    """``prepare``, then ``work`` as often as it takes; ``snapshot`` at any time, from any thread."""

    # What people do. Each takes effect within one training step.

    def aim(self, steps: int | None = None) -> None:
        """Allows the next ``work`` to go on: to the end, or for ``steps`` steps more."""
        with self._turns:
            self._goal = None if steps is None else self._trainer.step + steps
            self._stopping = None
            self.pressed_at = self.snapshot.seconds
            self.snapshot = replace(self.snapshot, state="queued", message="")

    def pause(self, message: str = "") -> None:
        """Stops after the step under way; a run that waits or works becomes paused, others stay as they are.

        Returns as soon as it rests, or after a quarter of a second, when a large model is still being looked at.
        """
        with self._turns:
            if self.snapshot.state == "queued":
                self._rest(message)
            elif self.snapshot.state == "running":
                self._stopping = message
        self._rests.wait(PATIENCE)

    def _rest(self, message: str) -> None:
        self._stopping = None
        self.snapshot = replace(self._settled(), state="paused" if self.snapshot.step else "untrained", message=message)

    @property
    def stopping(self) -> bool:
        """Whether somebody wants it to stop after the step under way."""
        return self._stopping is not None

    @property
    def steps_to_go(self) -> int | None:
        """The steps it may still make before it rests; None where it may go on to its end."""
        return None if self._goal is None else self._goal - self._trainer.step

    def leave(self) -> Checkpoint:
        """Where it stands, for who trains it elsewhere; until it is ``brought`` back, that is all there is to keep."""
        self._away = self.checkpoint()
        return self._away

    def told(self, snapshot: Snapshot) -> None:
        """Shows what is told by who trains it elsewhere: moments that came since, and how far it is."""
        with self._turns:
            if not self.snapshot.running:
                return
            history = self.snapshot.history
            for moment in snapshot.history.moments:
                history = history.with_moment(moment)
            self.snapshot = replace(
                self.snapshot,
                step=snapshot.step,
                seconds=snapshot.seconds,
                phase=snapshot.phase,
                newest=snapshot.newest,
                history=history,
            )

    def brought(self, checkpoint: Checkpoint) -> None:
        """Stands where it was brought by who trained it elsewhere: at its end, at rest, or still running."""
        with self._turns:
            self._away = None
            if not self.snapshot.running:
                return
            seen, snapshot = self.snapshot.newest, checkpoint.snapshot
            if not snapshot.over:
                snapshot = replace(snapshot, state="running", phase=self.snapshot.phase)
            if seen is not None and seen.step == snapshot.step:
                snapshot = replace(snapshot, newest=seen)
            self.go_to(replace(checkpoint, snapshot=snapshot))
            if self.snapshot.over:
                self._stopping = None
            elif self._stopping is not None or self.steps_to_go == 0:
                self._rest(self._stopping or "")

    def wait_in_line(self) -> None:
        """A running run that is not worked on just now is queued, or paused if that was asked for meanwhile."""
        with self._turns:
            if self._stopping is not None:
                self._rest(self._stopping)
            elif self.snapshot.state == "running":
                self.snapshot = replace(self._settled(), state="queued")

    def fail(self, message: str, state: State = "failed") -> None:
        # A step under way would write over it.
        with self._turns:
            self.snapshot = replace(self.snapshot, state=state, message=message)

    def fork(self) -> Run:
        """Another run of the same spec that stands, at rest, where this one stands; this one must be prepared."""
        kept, twin = self.checkpoint(), Run(self.spec, str(self.device))
        twin.data, twin.exhibit, twin._moments = self.data, self.exhibit, self._moments
        twin.model = self.spec.model(self.data.facts).to(self.device)
        twin._trainer = TrainerState(twin.model, self.spec.training)
        twin.go_to(kept)
        if kept.snapshot.state in ("queued", "running"):
            twin._rest("")
        return twin

    # What the training thread does.

    def work(
        self,
        enough: Enough = lambda seconds: False,
        between: Callable[[], None] = lambda: None,
        worker: Worker | None = None,
    ) -> None:
        """Trains until finished, paused, at its goal, or ``enough(seconds worked)``; then the snapshot says which.

        ``between`` any two steps may wait; nobody's press waits for it. Steps are made here, or by ``worker``.
        Where it was ``enough`` the state stays running: call it again, or ``wait_in_line``.
        """
        with self._turns:
            if self.snapshot.state not in ("queued", "running"):
                return
            self.snapshot = replace(self.snapshot, state="running")
            self._rests.clear()
        try:
            if (worker or Run.train_here)(self, enough, between):
                self._finish()
        finally:
            self._rests.set()

    def train_here(self, enough: Enough, between: Callable[[], None]) -> bool:
        """Whether the last step was made, rather than the work stopped before; the Worker of this process."""
        limit_torch()
        events = train(self.data.train, self.spec.training, self._trainer)
        began, before = time.perf_counter(), self.snapshot.seconds
        glance_at = began + GLANCE
        while True:
            if self._stopping is None:
                between()
            with self._turns:
                if self._stopping is not None:
                    self._rest(self._stopping)
                if self.snapshot.state != "running":
                    return False
                event = next(events)
                if isinstance(event, Finished):
                    return True
                self._take(event)
                now = time.perf_counter()
                if now > glance_at and isinstance(event, Stepped) and self.watchers:
                    # Processor seconds: where others have the cores, a look takes longer and costs no more.
                    used = time.thread_time()
                    self.snapshot = replace(self.snapshot, newest=self._look(self.snapshot, scores=False))
                    used = time.thread_time() - used
                    glance_at = max(glance_at + GLANCE, now + used / GLANCE_SHARE)
                    now = time.perf_counter()
                self.snapshot = replace(self.snapshot, seconds=before + now - began)
                if isinstance(event, Stepped) and enough(now - began):
                    return False

    def _finish(self) -> None:
        """Measures the trained model. Nobody's press waits for it: on large data it takes seconds."""
        found = self.exhibit.metrics(self.model, self.data)
        measured, said = all(map(math.isfinite, found.values())), ""
        if measured:
            said = self.exhibit.verdict(self.model, self.data, found, self.spec, self._trainer.step)
        found |= {"seconds": self.snapshot.seconds, f"{self.data.train.many}_per_second": self.snapshot.rate}
        with self._turns:
            self.metrics, self._stopping = found, None
            if measured:
                self.snapshot = replace(self._scored(), state="finished", message=said)
            else:
                # The last step's own update has been looked at by nobody.
                advice = advice_on_divergence(self.spec.training)
                self.snapshot = replace(self.snapshot, state="diverged", message=f"diverged in the last step: {advice}")

    def _take(self, event: Event) -> None:
        snapshot = replace(self.snapshot, step=self._trainer.step)
        match event:
            case Stepped(step, terms, over):
                for name, value in terms.items():
                    weight = over.get(name, 1)
                    added = value if weight == 1 else value * weight
                    self._sums[name] = self._sums[name] + added if name in self._sums else added
                    self._weights[name] = self._weights.get(name, 0) + weight
                if step in self._moments:
                    snapshot = self._with_moment(snapshot)
                if self._goal is not None and self._goal <= step < snapshot.steps:
                    self._stopping = ""
            case PhaseBegan(title=title):
                snapshot = replace(snapshot, phase=title)
            case Diverged(advice=advice):
                snapshot = replace(
                    snapshot, state="diverged", message=f"diverged in epoch {snapshot.epoch:.1f}: {advice}"
                )
        self.snapshot = snapshot

    def _with_moment(self, snapshot: Snapshot) -> Snapshot:
        moment = self._look(snapshot)
        self._sums, self._weights = {}, {}
        return replace(snapshot, newest=moment, history=snapshot.history.with_moment(moment))


def train_spec(spec: Spec, device: str = "cpu", watch: Callable[[Snapshot], None] | None = None) -> Run:
    """The run of ``spec``, trained to its end: ``run.model``, ``run.history``, ``run.metrics``, ``run.id``.

    ``watch`` is called with the snapshot every 0.2 s or so. SourceError or SettingsError if it cannot be had;
    a diverged run comes back as it is, ``run.snapshot.message`` saying so.
    """
    run = Run(spec, device)
    threads = torch.get_num_threads()
    told = 0.0

    def enough(seconds: float) -> bool:
        nonlocal told
        if watch is not None and seconds - told > GLANCE:
            told = seconds
            watch(run.snapshot)
        return False

    try:
        run.prepare()
        run.aim()
        run.work(enough)
    finally:
        torch.set_num_threads(threads)
    return run
