"""A worker elsewhere: turns of training sent to any executor, such as a Dask client's, while the run stays here.

The run is prepared here too, for what is drawn of it and asked about it; elsewhere only its steps are made. What
travels is a checkpoint out, a snapshot at every look, and a checkpoint back.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from typing import Protocol
from weakref import WeakKeyDictionary

from aecore.dataset import SourceError
from aecore.runs.history import History
from aecore.runs.run import Enough, Run
from aecore.runs.snapshot import Checkpoint, Snapshot
from aecore.runs.spec import Spec
from aecore.settings import SettingsError

logger = logging.getLogger(__name__)

# Seconds between two words from either side to the other.
BETWEEN = 0.05
# Workers that may die of the same steps of a run before it fails: they could be what kills them.
MOST_DEATHS = 2
# Prepared runs that a worker has at hand for their next turns.
AT_HAND = 4
# What says that an executor's worker is gone, or the executor itself.
GONE: tuple[type[BaseException], ...] = (BrokenProcessPool, CancelledError, ConnectionError, EOFError)


class Wire(Protocol):
    """What both sides of a turn hear each other by; it pickles, for one side of it travels with the turn."""

    def tell(self, snapshot: Snapshot) -> None:
        """From who trains: how far it is."""

    def heard(self, seconds: float) -> Snapshot | None:
        """At home: the next snapshot told, waited for no longer than so many ``seconds``; None where there is none."""

    def stop(self) -> None:
        """From home: stop after the step under way."""

    def stopped(self) -> bool:
        """To who trains: whether to stop."""


class Far:
    """The Worker that has turns made by an executor's workers; one that dies takes at most the turn under way."""

    def __init__(self, start: Callable[[], Executor], wire: Callable[[], Wire], gone: tuple = GONE):
        """``start`` gives an executor, anew where one has broken; ``gone`` are what its futures raise of the dead."""
        self._start, self._wire, self._gone = start, wire, gone
        self._lock = threading.Lock()
        self._executor: Executor | None = None
        # Of each run, the step at which workers died last, and how many.
        self._deaths: WeakKeyDictionary[Run, tuple[int, int]] = WeakKeyDictionary()

    def __call__(self, run: Run, enough: Enough, between: Callable[[], None]) -> bool:
        """False: what is measured of a run trained to its end is measured where it was."""
        left, wire, executor = run.leave(), self._wire(), None
        try:
            executor = self._at_work()
            job = executor.submit(turn, run.spec.json(), left, run.steps_to_go, run.watchers > 0, wire)
            self._follow(run, job, wire, enough)
            run.brought(job.result())
        except self._gone as error:
            self._died(run, executor, error)
            run.brought(left)
        except (SettingsError, SourceError) as error:
            run.fail(str(error))
            run.brought(left)
        return False

    def close(self) -> None:
        """Ends the executor; what it is still doing is lost."""
        with self._lock:
            if self._executor is not None:
                self._executor.shutdown(wait=False, cancel_futures=True)
                self._executor = None

    def _at_work(self) -> Executor:
        with self._lock:
            if self._executor is None:
                self._executor = self._start()
            return self._executor

    def _follow(self, run: Run, job: Future, wire: Wire, enough: Enough) -> None:
        """Shows what is told of the run until the job is done; has it stop where that is enough, or wanted."""
        began, asked = time.perf_counter(), False
        while not job.done():
            if (snapshot := wire.heard(BETWEEN)) is not None:
                run.told(snapshot)
            stop = run.stopping or not run.snapshot.running or enough(time.perf_counter() - began)
            if stop and not asked:
                wire.stop()
                asked = True
        while (snapshot := wire.heard(0)) is not None:
            run.told(snapshot)

    def _died(self, run: Run, executor: Executor | None, error: BaseException) -> None:
        """Notes that a worker is gone; a run fails that this has come to too often at the same step."""
        logger.warning("a worker that trained run %s is gone, and a turn with it", run.id, exc_info=error)
        with self._lock:
            if self._executor is executor:
                self._executor = None
            step = run.checkpoint().snapshot.step
            before, deaths = self._deaths.get(run, (step, 0))
            deaths = deaths + 1 if before == step else 1
            self._deaths[run] = (step, deaths)
        if deaths >= MOST_DEATHS:
            run.fail(f"this run was lost in training (its worker was gone {deaths} times in a row); press Try again")


def turn(spec: str, left: Checkpoint, steps: int | None, watched: bool, wire: Wire) -> Checkpoint:
    """Where a run of ``spec`` stands that had ``left``: after ``steps`` steps, at its end, or when it was stopped.

    ``spec`` is a spec's canonical JSON. It is made where the worker is, on the thread that calls it.
    SourceError or SettingsError where the data set cannot be had there.
    """
    run = _prepared(spec, left)
    run.watchers = int(watched)
    run.aim(steps)
    run.work(_Saying(run, left.snapshot, wire).enough)
    there = run.checkpoint()
    with _taking:
        _at_hand[spec] = run
        while len(_at_hand) > AT_HAND:
            _at_hand.popitem(last=False)
    return there


class _Saying:
    """Tells home of a run at every look, now and then, and hears whether to stop."""

    def __init__(self, run: Run, snapshot: Snapshot, wire: Wire):
        self._run, self._told, self._wire, self._at = run, snapshot, wire, 0.0

    def enough(self, seconds: float) -> bool:
        if seconds - self._at < BETWEEN:
            return False
        self._at, snapshot = seconds, self._run.snapshot
        if snapshot.newest is not self._told.newest:
            moments = tuple(moment for moment in snapshot.history.moments if moment.step > self._told.step)
            self._wire.tell(replace(snapshot, history=History(moments)))
            self._told = snapshot
        return self._wire.stopped()


# The runs that this process has prepared and that no turn is under way of, the newest at the end.
_at_hand: OrderedDict[str, Run] = OrderedDict()
_taking = threading.Lock()


def _prepared(spec: str, left: Checkpoint) -> Run:
    """A run of ``spec`` that stands at ``left``: one at hand, or a new one."""
    with _taking:
        run = _at_hand.pop(spec, None)
    if run is None:
        run = Run(Spec.from_json(spec))
        run.prepare(left)
    else:
        run.go_to(left)
    return run
