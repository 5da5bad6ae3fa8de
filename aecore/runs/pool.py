"""The pool: trains the runs of many visitors on a few threads, in turn, and shares equal ones.

A visitor has a seat at each run they look at. Train joins the run that everybody with the same spec shares;
any other control first makes it the visitor's own, so that nobody's pause or reset touches somebody else.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from aecore.dataset import SourceError
from aecore.runs.answers import Answer, Answers
from aecore.runs.errands import guarded, send, step_back
from aecore.runs.keeping import Keeper
from aecore.runs.line import Job, Line
from aecore.runs.right_of_way import RightOfWay
from aecore.runs.run import Run, Worker
from aecore.runs.seats import Seat, Seats
from aecore.runs.spec import Spec
from aecore.runs.store import Store
from aecore.runs.trained import Trained
from aecore.settings import SettingsError
from aecore.training import MisfitError

T = TypeVar("T")

# Seconds of training between two checkpoints; a killed server loses no more.
CHECKPOINT_EVERY = 5.0
# Seconds after which a run makes way if others wait. The default run takes less, so most finish in one turn.
TURN = 10.0
# Seconds of training after which a run pauses and asks.
LONGEST = 900.0
# Seconds without anybody looking after which a run pauses.
GRACE = 90.0
# Runs that one visitor may have in training: the four that are compared.
MOST_ACTIVE_PER_VISITOR = 4
MOST_RUNS_IN_MEMORY = 24


class PoolError(RuntimeError):
    """The pool will not do it; one sentence that says why and what to do."""


class Pool:
    """``seat`` a visitor at a spec, then ``train``, ``pause``, ``step``, ``reset``; read ``seat.snapshot`` to draw."""

    def __init__(
        self,
        store: Store | None,
        executor: Executor | None = None,
        workers: int = max(os.cpu_count() or 1, MOST_ACTIVE_PER_VISITOR),
        connected: Callable[[str], bool] = lambda visitor: False,
        right_of_way: RightOfWay | None = None,
        worker: Worker | None = None,
    ):
        """``connected`` tells whether a visitor may yet come back to a seat; a ``worker`` makes the steps elsewhere."""
        self.store = store
        # What pages take, and training gives them.
        self.right_of_way = right_of_way or RightOfWay()
        self._worker = worker
        self._executor = executor or ThreadPoolExecutor(workers, "training", step_back)
        # Apart from training, so that a new visitor sees the untrained state while all workers are busy; many,
        # because some wait for a download.
        self._preparing = ThreadPoolExecutor(8, "preparing")
        self._keeper = Keeper(store)
        # An executor that refuses or loses a job says so on the thread that gives it, which may hold the lock.
        self._lock = threading.RLock()
        self._seats = Seats(self._begun, connected)
        self._line = Line(workers, self._seats.patient)
        # Runs to be started as soon as they are prepared: by whom, and for how many steps.
        self._eager: dict[Run, tuple[str, int | None]] = {}
        self._answers = Answers(self._preparing)
        self._here = threading.local()

    # Looking.

    def seat(self, visitor: str, spec: Spec) -> Seat:
        """The visitor's seat at ``spec``, a new one at the shared run if they have none; counts as a look."""
        with self._lock:
            self._line.forget(self._seats.forget(GRACE, MOST_RUNS_IN_MEMORY))
            return self._seats.at(visitor, spec)

    def leave_others(self, visitor: str, ids: set[str]) -> None:
        """Gives up the visitor's seats at runs not in ``ids``; what nobody else looks at pauses and is kept."""
        with self._lock:
            runs = self._seats.leave(visitor, ids)
        for run in runs:
            if not self._seats.present(run, GRACE) and run.snapshot.active:
                run.pause()
                self._keeper.keep_soon(run)

    def place_in_line(self, run: Run) -> int:
        """How many runs wait before this one, and itself: 1 is next; 0 if it does not wait."""
        with self._lock:
            return self._line.place(run)

    def lookers(self, run: Run) -> int:
        """How many visitors look at the run now."""
        return run.watchers or len(self._seats.lookers(run))

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
            self._line.leave(seat.run)
        seat.run.pause()
        self._keeper.keep_soon(seat.run)

    def step(self, seat: Seat, steps: int) -> None:
        """Trains ``steps`` batches and pauses. PoolError if the visitor has too many runs under way."""
        self._admit(seat)
        self._make_own(seat)
        seat.run.pause()
        self._start(seat, steps)

    def reset(self, seat: Seat) -> None:
        """Puts the seat at a fresh run of its spec, with the same first weights; ``undo_reset`` goes back."""
        with self._lock:
            old = self._seats.reset(seat)
        if not self._seats.present(old, GRACE):
            old.pause()

    def undo_reset(self, seat: Seat) -> None:
        """Puts the seat back at the run it was at before a reset."""
        with self._lock:
            self._seats.undo_reset(seat)

    def retry(self, seat: Seat) -> None:
        """Puts the seat at the shared run of its spec again, after a failure a new one."""
        with self._lock:
            self._seats.retry(seat)

    def close(self) -> None:
        """Pauses and keeps what is under way, and ends the threads."""
        with self._lock:
            runs = [run for _, run in self._line.waiting + self._line.working]
            self._line.waiting.clear()
        for run in runs:
            run.pause()
        # What is only being prepared or asked is lost with nobody's work; it may take long, and is not waited for.
        self._preparing.shutdown(wait=False, cancel_futures=True)
        self._executor.shutdown()
        self._keeper.close()

    # Inside.

    def _begun(self, spec: Spec, kept: bool) -> Run:
        run = Run(spec)
        self._prepare(run, kept)
        return run

    def _prepare(self, run: Run, kept: bool) -> None:
        job = partial(guarded, partial(self._prepare_now, kept=kept))
        send(self._preparing, job, run, partial(self._lost_unprepared, run))

    def _lost_unprepared(self, run: Run, why: str) -> None:
        with self._lock:
            self._eager.pop(run, None)
        if run.snapshot.preparing:
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
        if visitor is not None and run.snapshot.startable:
            self._enqueue(visitor, run, steps)

    def _start(self, seat: Seat, steps: int | None) -> None:
        with self._lock:
            seat.joined, run = True, seat.run
            snapshot = run.snapshot
            if snapshot.preparing:
                self._eager[run] = (seat.visitor, steps)
        if snapshot.startable:
            self._enqueue(seat.visitor, run, steps)

    def _enqueue(self, visitor: str, run: Run, steps: int | None) -> None:
        run.aim(steps)
        with self._lock:
            self._line.join((visitor, run))
        self._dispatch()

    def _dispatch(self) -> None:
        """Gives free workers to those whose turn it is."""
        # An executor that does or refuses a job at once comes back here from below, where the loop goes on anyway.
        if getattr(self._here, "dispatches", False):
            return
        self._here.dispatches = True
        try:
            while True:
                with self._lock:
                    job = self._line.next()
                if job is None:
                    return
                # Without the lock, which others would wait for.
                work = partial(guarded, lambda run, job=job: self._work(job))
                send(self._executor, work, job[1], partial(self._lost_in_training, job))
        finally:
            self._here.dispatches = False

    def _lost_in_training(self, job: Job, why: str) -> None:
        """What its executor has lost leaves its place to others; one that was paused meanwhile can simply go on."""
        run = job[1]
        if run.snapshot.active:
            run.fail(f"this run was lost in training ({why}); press Try again")
        with self._lock:
            self._line.free(job)
        self._dispatch()

    def _work(self, job: Job) -> None:
        try:
            self._turn(job)
        finally:
            with self._lock:
                self._line.free(job)
                # Paused and started again while its last turn was ending: it had no place in line yet.
                if job[1].snapshot.queued:
                    self._line.join(job)
            self._dispatch()

    def _turn(self, job: Job) -> None:
        """Trains the job's run until it stops or has to make way, with a checkpoint every few seconds."""
        run = job[1]
        began, patient = run.snapshot.seconds, self._seats.patient(run)

        def enough(seconds: float) -> bool:
            way = patient and self._line.gives_way(job)
            return seconds > CHECKPOINT_EVERY or way or not threading.main_thread().is_alive()

        while True:
            run.work(enough, self.right_of_way.give, self._worker)
            self._keeper.keep(run)
            if not run.snapshot.running:
                return
            if not threading.main_thread().is_alive():
                run.pause()
            elif not (run.seen_within(GRACE) or self._seats.lookers(run, GRACE)):
                run.pause("paused because nobody was looking; press Continue to go on")
                self._keeper.keep(run)
            elif run.snapshot.seconds - run.pressed_at > LONGEST:
                run.pause(f"paused after {LONGEST / 60:.0f} minutes of training; press Continue to go on")
                self._keeper.keep(run)
            elif self._line.gives_way(job) or (self._line.waiting and run.snapshot.seconds - began > TURN):
                run.wait_in_line()
                return

    def _make_own(self, seat: Seat) -> None:
        """The seat's run becomes the visitor's alone: the shared one itself where nobody else is at it, else a copy."""
        with self._lock:
            way, run = self._seats.make_own(seat), seat.run
        if way == "copied":
            # Without the lock: it waits for the step under way.
            seat.run = run.fork()

    def _admit(self, seat: Seat) -> None:
        with self._lock:
            active = [run for run in self._seats.others_of(seat) if run.snapshot.active or run in self._eager]
        if len(active) >= MOST_ACTIVE_PER_VISITOR and not seat.patient:
            raise PoolError(
                f"you have {len(active)} runs in training, which is the most for one visitor; pause one of them first"
            )
