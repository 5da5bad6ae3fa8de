"""The pool: trains the runs of many visitors on a few threads, in turn, and shares equal ones.

A visitor has a seat at each run they look at. Train joins the run that everybody with the same spec shares;
any other control first makes it the visitor's own, so that nobody's pause or reset touches somebody else.
"""

from __future__ import annotations

import itertools
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from aecore.dataset import SourceError
from aecore.runs.answers import Answer, Answers
from aecore.runs.errands import send
from aecore.runs.right_of_way import RightOfWay
from aecore.runs.run import Run
from aecore.runs.spec import Spec
from aecore.runs.store import Store, StoreError
from aecore.runs.trained import Trained
from aecore.runs.view import BROKEN, STARTABLE, View
from aecore.settings import SettingsError
from aecore.training import MisfitError

logger = logging.getLogger(__name__)

T = TypeVar("T")

# Seconds of training between two checkpoints; a killed server loses no more.
CHECKPOINT_EVERY = 5.0
# Seconds after which a run makes way if others wait. The default run takes less, so most finish in one turn.
TURN = 10.0
# Seconds of training after which a run pauses and asks.
LONGEST = 900.0
# Seconds without anybody looking after which a run pauses.
GRACE = 90.0
# Seconds after a look in which a visitor counts as looking.
PRESENT = 5.0
# Runs that one visitor may have in training: the four that are compared.
MOST_ACTIVE_PER_VISITOR = 4
MOST_RUNS_IN_MEMORY = 24


class PoolError(RuntimeError):
    """The pool will not do it; one sentence that says why and what to do."""


@dataclass
class Seat:
    """One visitor's place at one run. ``joined``: has pressed Train here or followed a link; else sees it untrained."""

    visitor: str
    run: Run
    joined: bool = False
    own: bool = False
    # A patient seat counts as looking for ever, and its run waits while anybody else's trains.
    patient: bool = False
    seen: float = 0.0
    # The run before a reset, to go back to, and whether it was the visitor's own.
    before: tuple[Run, bool] | None = None

    @property
    def view(self) -> View:
        return self.run.view if self.joined else self.run.view.untrained()

    def looks(self, within: float) -> bool:
        return self.patient or time.monotonic() - self.seen < within


class Pool:
    """``seat`` a visitor at a spec, then ``train``, ``pause``, ``step``, ``reset``; read ``seat.view`` to draw."""

    def __init__(
        self,
        store: Store | None,
        executor: Executor | None = None,
        workers: int = max(os.cpu_count() or 1, MOST_ACTIVE_PER_VISITOR),
        connected: Callable[[str], bool] = lambda visitor: False,
        right_of_way: RightOfWay | None = None,
    ):
        """``connected`` tells of a visitor whether they may yet come back to a seat not looked at for long."""
        self.store, self.workers, self._connected = store, workers, connected
        # What pages take, and training gives them.
        self.right_of_way = right_of_way or RightOfWay()
        self._executor = executor or ThreadPoolExecutor(workers, "training", _step_back)
        # Apart from training, so that a new visitor sees the untrained state while all workers are busy; many,
        # because some wait for a download.
        self._preparing = ThreadPoolExecutor(8, "preparing")
        self._saving = ThreadPoolExecutor(1, "saving")
        # An executor that refuses or loses a job says so on the thread that gives it, which may hold the lock.
        self._lock = threading.RLock()
        self._seats: dict[tuple[str, str], Seat] = {}
        self._shared: dict[str, Run] = {}
        self._line: list[tuple[str, Run]] = []
        self._working: list[tuple[str, Run]] = []
        # Runs to be started as soon as they are prepared: by whom, and for how many steps.
        self._eager: dict[Run, tuple[str, int | None]] = {}
        self._served: dict[str, int] = {}
        self._answers = Answers(self._preparing)
        self._clock = itertools.count(1)
        self._here = threading.local()

    # Looking.

    def seat(self, visitor: str, spec: Spec) -> Seat:
        """The visitor's seat at ``spec``, a new one at the shared run if they have none; counts as a look."""
        key = (visitor, spec.id)
        self._forget()
        with self._lock:
            seat = self._seats.get(key)
            if seat is None:
                seat = self._seats[key] = Seat(visitor, self._shared_run(spec))
            seat.seen = time.monotonic()
            return seat

    def leave_others(self, visitor: str, ids: set[str]) -> None:
        """Gives up the visitor's seats at runs not in ``ids``; what nobody else looks at pauses and is kept."""
        with self._lock:
            left = [k for k, seat in self._seats.items() if k[0] == visitor and k[1] not in ids and not seat.patient]
            runs = [self._seats.pop(key).run for key in left]
            for run in runs:
                # Who comes back finds it as it was left.
                if run.view.step:
                    self._shared.setdefault(run.id, run)
        for run in runs:
            if not self._others_at(run) and run.view.state in ("queued", "running"):
                run.pause()
                self._keep_soon(run)

    def place_in_line(self, run: Run) -> int:
        """How many runs wait before this one, and itself: 1 is next; 0 if it does not wait."""
        with self._lock:
            waiting = [waits for _, waits in sorted(self._line, key=self._turn_of)]
        return waiting.index(run) + 1 if run in waiting else 0

    def lookers(self, run: Run) -> int:
        """How many visitors look at the run now."""
        return run.watchers or len(self._lookers(run, PRESENT))

    def ask(self, run: Run, question: Callable[[Trained], T], of_data: bool = False) -> Answer[T]:
        """What ``question`` finds out about a run as it now is; asked once, however often it is drawn.

        For what takes too long for a page and is kept by nobody; ask it of a run at rest, or ``of_data`` alone.
        """
        with self._lock:
            return self._answers.ask(run, question, of_data)

    def forget(self, run: Run, answer: Answer) -> None:
        """Lets go of an answer, so that who asks again after a failure gets a new one."""
        with self._lock:
            self._answers.forget(run, answer)

    # Doing.

    def train(self, seat: Seat) -> None:
        """Starts or continues the seat's run, or joins it if it is under way. PoolError if the visitor has too many."""
        self._admit(seat)
        self._start(seat, None)

    def pause(self, seat: Seat) -> None:
        """Stops the seat's run after the step under way, and keeps it."""
        self._make_own(seat)
        with self._lock:
            self._eager.pop(seat.run, None)
            self._line = [job for job in self._line if job[1] is not seat.run]
        seat.run.pause()
        self._keep_soon(seat.run)

    def step(self, seat: Seat, steps: int) -> None:
        """Trains ``steps`` batches and pauses. PoolError if the visitor has too many runs under way."""
        self._admit(seat)
        self._make_own(seat)
        seat.run.pause()
        self._start(seat, steps)

    def reset(self, seat: Seat) -> None:
        """Puts the seat at a fresh run of its spec, with the same first weights; ``undo_reset`` goes back."""
        with self._lock:
            old = seat.run
            seat.before = (old, seat.own)
            seat.run = self._fresh_run(old.spec)
            seat.own, seat.joined = True, False
        if not self._others_at(old):
            old.pause()

    def undo_reset(self, seat: Seat) -> None:
        """Puts the seat back at the run it was at before a reset."""
        with self._lock:
            if seat.before is not None:
                seat.run, seat.own = seat.before
                seat.before, seat.joined = None, True

    def retry(self, seat: Seat) -> None:
        """Puts the seat at the shared run of its spec again, after a failure a new one."""
        with self._lock:
            seat.run, seat.own = self._shared_run(seat.run.spec), False

    def close(self) -> None:
        """Pauses and keeps what is under way, and ends the threads."""
        with self._lock:
            runs = [run for _, run in self._line + self._working]
            self._line.clear()
        for run in runs:
            run.pause()
        # What is only being prepared or asked is lost with nobody's work; it may take long, and is not waited for.
        self._preparing.shutdown(wait=False, cancel_futures=True)
        self._executor.shutdown()
        self._saving.shutdown()

    # Inside.

    def _shared_run(self, spec: Spec) -> Run:
        run = self._shared.get(spec.id)
        if run is None or run.view.state in BROKEN:
            run = self._shared[spec.id] = Run(spec)
            self._prepare(run, kept=True)
        return run

    def _fresh_run(self, spec: Spec) -> Run:
        run = Run(spec)
        self._prepare(run, kept=False)
        return run

    def _prepare(self, run: Run, kept: bool) -> None:
        job = partial(self._guarded, lambda: self._prepare_now(run, kept))
        send(self._preparing, job, run, lambda why: self._lost_unprepared(run, why))

    def _lost_unprepared(self, run: Run, why: str) -> None:
        with self._lock:
            self._eager.pop(run, None)
        if run.view.state == "preparing":
            run.fail(f"this run could not be prepared ({why}); press Try again")

    def _prepare_now(self, run: Run, kept: bool) -> None:
        try:
            checkpoint = self.store.find(run.spec) if kept and self.store else None
            try:
                run.prepare(checkpoint)
            except MisfitError as misfit:
                self.store.set_aside(run.spec, str(misfit))
                run.prepare()
        except SourceError as error:
            run.fail(str(error), "unavailable")
        except SettingsError as error:
            run.fail(str(error))
        finally:
            with self._lock:
                visitor, steps = self._eager.pop(run, (None, None))
        if visitor is not None and run.view.state in STARTABLE:
            self._enqueue(visitor, run, steps)

    def _start(self, seat: Seat, steps: int | None) -> None:
        with self._lock:
            seat.joined, run = True, seat.run
            state = run.view.state
            if state == "preparing":
                self._eager[run] = (seat.visitor, steps)
        if state in STARTABLE:
            self._enqueue(seat.visitor, run, steps)

    def _enqueue(self, visitor: str, run: Run, steps: int | None) -> None:
        run.aim(steps)
        with self._lock:
            if all(run is not other for _, other in self._line + self._working):
                self._line.append((visitor, run))
        self._dispatch()

    def _dispatch(self) -> None:
        """Gives free workers to those whose turn it is."""
        # An executor that does or refuses a job at once comes back here from below, where the loop goes on anyway.
        if getattr(self._here, "dispatches", False):
            return
        self._here.dispatches = True
        try:
            while (job := self._next()) is not None:
                # Without the lock, which others would wait for.
                work = partial(self._guarded, partial(self._work, job))
                send(self._executor, work, job[1], partial(self._lost_in_training, job))
        finally:
            self._here.dispatches = False

    def _next(self) -> tuple[str, Run] | None:
        """The job whose turn it is, at work from now on; None where no worker is free or nobody's turn has come."""
        with self._lock:
            ready = [job for job in self._line if not self._gives_way(job)]
            if not ready or len(self._working) >= self.workers:
                return None
            job = min(ready, key=self._turn_of)
            self._line.remove(job)
            self._working.append(job)
            self._served[job[0]] = next(self._clock)
            return job

    def _lost_in_training(self, job: tuple[str, Run], why: str) -> None:
        """What its executor has lost leaves its place to others; one that was paused meanwhile can simply go on."""
        run = job[1]
        if run.view.state in ("queued", "running"):
            run.fail(f"this run was lost in training ({why}); press Try again")
        self._leave(job)
        self._dispatch()

    def _leave(self, job: tuple[str, Run]) -> None:
        """The job's worker is free again, whether or not it was before."""
        with self._lock:
            self._working = [other for other in self._working if other is not job]

    def _turn_of(self, job: tuple[str, Run]) -> int:
        """Whose turn was longest ago is next; among equals, who asked first."""
        return self._served.get(job[0], 0)

    def _gives_way(self, job: tuple[str, Run]) -> bool:
        """Whether only patient seats look at the job's run, while others have one in training."""
        return self._patient(job[1]) and any(not self._patient(run) for _, run in self._line + self._working)

    def _patient(self, run: Run) -> bool:
        seats = [seat for seat in list(self._seats.values()) if seat.run is run and self._is_at(seat, PRESENT)]
        return bool(seats) and all(seat.patient for seat in seats)

    def _is_at(self, seat: Seat, within: float) -> bool:
        """Whether the seat's visitor looks at its run: their page was drawn not long ago, or is open and watches it."""
        return seat.looks(within) or (seat.run.watchers > 0 and self._connected(seat.visitor))

    def _others_at(self, run: Run) -> bool:
        """Whether anybody is at a run that a visitor has just left, whose own page still watches it for a moment."""
        with self._lock:
            return any(seat.run is run and self._is_at(seat, GRACE) for seat in self._seats.values())

    def _work(self, job: tuple[str, Run]) -> None:
        try:
            self._turn(job)
        finally:
            with self._lock:
                self._leave(job)
                # Paused and started again while its last turn was ending: it had no place in line yet.
                if job[1].view.state == "queued":
                    self._line.append(job)
            self._dispatch()

    def _turn(self, job: tuple[str, Run]) -> None:
        """Trains the job's run until it stops or has to make way, with a checkpoint every few seconds."""
        run = job[1]
        began, patient = run.view.seconds, self._patient(run)

        def enough(seconds: float) -> bool:
            way = patient and self._gives_way(job)
            return seconds > CHECKPOINT_EVERY or way or not threading.main_thread().is_alive()

        while True:
            run.work(enough, self.right_of_way.give)
            self._keep(run)
            if run.view.state != "running":
                return
            if not threading.main_thread().is_alive():
                run.pause()
            elif not self._looked_at(run):
                run.pause("paused because nobody was looking; press Continue to go on")
                self._keep(run)
            elif run.view.seconds - run.pressed_at > LONGEST:
                run.pause(f"paused after {LONGEST / 60:.0f} minutes of training; press Continue to go on")
                self._keep(run)
            elif self._gives_way(job) or (self._line and run.view.seconds - began > TURN):
                run.wait_in_line()
                return

    def _guarded(self, job: Callable[[], None], run: Run) -> None:
        """A thread's outermost frame: what gets here is a mistake of ours, to be logged, and said without its trace."""
        try:
            job()
        except Exception:  # noqa: BLE001
            if not threading.main_thread().is_alive():
                # The server is going down and its threads take no more work; the store has the run.
                return
            logger.exception("run %s failed", run.id)
            run.fail("this run stopped on an error of the app, which is in the server's log; press Try again")

    def _keep(self, run: Run) -> None:
        if self.store is None or run.view.state in ("preparing", "untrained", *BROKEN):
            return
        try:
            self.store.keep(run)
            run.unkept = ""
        except StoreError as error:
            run.unkept = str(error)

    def _keep_soon(self, run: Run) -> None:
        """Keeps the run without making a visitor's press wait for the disk."""
        job = partial(self._guarded, lambda: self._keep(run))
        send(self._saving, job, run, partial(self._lost_unkept, run))

    def _lost_unkept(self, run: Run, why: str) -> None:
        run.unkept = f"this run is not kept on disk ({why}); it lives until the server stops"

    def _make_own(self, seat: Seat) -> None:
        """The seat's run becomes the visitor's alone: the shared one itself where nobody else is at it, else a copy."""
        if seat.own:
            return
        with self._lock:
            run = seat.run
            others = [s for s in self._seats.values() if s.run is run and s is not seat]
            started = any(s.joined for s in others)
            if not seat.joined and run.view.step > 0:
                # Others have gone ahead of what this visitor sees, which is the untrained state.
                seat.run = self._fresh_run(run.spec)
            elif not started:
                # Who only looks at it goes on looking at a shared one.
                self._shared.pop(run.id, None)
                for other in others:
                    other.run = self._shared_run(run.spec)
            elif run.view.state in ("preparing", *BROKEN):
                seat.run = self._fresh_run(run.spec)
            seat.own = seat.joined = True
            if not (started and seat.run is run):
                return
        twin = run.fork()
        seat.run = twin

    def _admit(self, seat: Seat) -> None:
        with self._lock:
            theirs = {s.run for s in self._seats.values() if s.visitor == seat.visitor and s.joined} - {seat.run}
            active = [run for run in theirs if run.view.state in ("queued", "running") or run in self._eager]
        if len(active) >= MOST_ACTIVE_PER_VISITOR and not seat.patient:
            raise PoolError(
                f"you have {len(active)} runs in training, which is the most for one visitor; pause one of them first"
            )

    def _looked_at(self, run: Run) -> bool:
        """Whether anybody looks at the run, or did until a while ago."""
        return run.seen_within(GRACE) or bool(self._lookers(run, GRACE))

    def _lookers(self, run: Run, within: float) -> list[Seat]:
        with self._lock:
            return [s for s in self._seats.values() if s.run is run and s.looks(within)]

    def _forget(self) -> None:
        """Lets go of seats that nobody came back to, and of idle runs nobody sits at; the store has them."""
        with self._lock:
            self._seats = {
                k: s for k, s in self._seats.items() if s.looks(GRACE) or _active(s.run) or self._connected(s.visitor)
            }
            taken = {seat.run for seat in self._seats.values()}
            idle = [run for run in self._shared.values() if run not in taken and not _active(run)]
            spare = len(self._shared) - MOST_RUNS_IN_MEMORY
            for index, run in enumerate(idle):
                if index < spare or not run.view.step:
                    del self._shared[run.id]
            visitors = {visitor for visitor, _ in self._seats}
            self._served = {visitor: turn for visitor, turn in self._served.items() if visitor in visitors}


def _step_back() -> None:
    """Lets pages go before training where the cores are few: Linux knows a priority for each thread."""
    # Where a sandbox forbids it, training goes on all the same; raised here, it would end all workers.
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


def _active(run: Run) -> bool:
    return run.view.state in ("queued", "running", "preparing")
