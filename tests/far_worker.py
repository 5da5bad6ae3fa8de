"""A worker in a process of its own, and one on a thread that dies when told."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from aecore.runs.far import Far
from aecore.runs.snapshot import Snapshot


class Wire:
    """A queue of views one way and a word to stop the other; where these are a manager's, it pickles."""

    def __init__(self, views, end):
        self._views, self._end = views, end

    def tell(self, view: Snapshot) -> None:
        self._views.put(view)

    def heard(self, seconds: float) -> Snapshot | None:
        try:
            return self._views.get(seconds > 0, seconds or None)
        except queue.Empty:
            return None

    def stop(self) -> None:
        self._end.set()

    def stopped(self) -> bool:
        return self._end.is_set()


class Processes:
    """One process at a time that makes turns; ``kill`` it, and the next has to be started."""

    def __init__(self, manager):
        self._manager, self.started = manager, []
        self.far = Far(self._start, lambda: Wire(manager.Queue(), manager.Event()))

    def _start(self) -> Executor:
        self.started.append(ProcessPoolExecutor(1, multiprocessing.get_context("spawn")))
        return self.started[-1]

    def kill(self) -> None:
        (worker,) = self.started[-1]._processes.values()
        os.kill(worker.pid, signal.SIGKILL)


@contextmanager
def processes() -> Iterator[Processes]:
    """A worker in a process of its own."""
    with multiprocessing.get_context("spawn").Manager() as manager:
        made = Processes(manager)
        yield made
        made.far.close()


class Mortal(Executor):
    """Makes turns on a thread; the first ``deaths`` jobs end as those of a process that dies."""

    def __init__(self, deaths: int = 0):
        self.deaths, self.jobs = deaths, 0
        self._thread = ThreadPoolExecutor(1)

    def submit(self, job, *given) -> Future:
        self.jobs += 1
        if self.deaths:
            self.deaths -= 1
            dead: Future = Future()
            dead.set_exception(BrokenProcessPool("it is gone"))
            return dead
        return self._thread.submit(job, *given)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._thread.shutdown(wait, cancel_futures=cancel_futures)


def on_a_thread(executor: Executor) -> Far:
    """A Far whose worker is a thread of this process."""
    return Far(lambda: executor, lambda: Wire(queue.Queue(), threading.Event()))
