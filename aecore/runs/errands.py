"""Jobs given to executors, so that one which is never done to its end is known to be lost and waits no longer."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from contextlib import suppress
from typing import TypeVar

from aecore.runs.run import Run

logger = logging.getLogger(__name__)

T = TypeVar("T")


def send(executor: Executor, job: Callable[[T], object], subject: T, lost: Callable[[str], object]) -> None:
    """Has ``executor`` do ``job(subject)``; if it is never done to its end, calls ``lost`` once with a few words why.

    Lost is a job that the executor refuses, cancels, cannot pickle, ends without having done it, or dies with; and
    one that raises. What the executor said is in the log: it is for whoever runs the server.
    """
    ended, turn = False, threading.Lock()

    def end() -> bool:
        """Whether it ends only now: a job given up for lost is not done after all, nor one that is done lost."""
        nonlocal ended
        with turn:
            before, ended = ended, True
        return not before

    def do(subject: T) -> None:
        if not ended:
            job(subject)
            end()

    def check(future: Future) -> None:
        give_up(CancelledError() if future.cancelled() else future.exception())

    def check_apart(future: Future) -> None:
        if not ended:
            # An executor that breaks tells so with its lock held, on which ``lost`` would wait if it gave it a new job.
            threading.Thread(target=check, args=(future,), name="lost", daemon=True).start()

    def give_up(error: BaseException | None) -> None:
        if end():
            logger.error("an executor lost a job of run %s", getattr(subject, "id", subject), exc_info=error)
            lost(_why(error))

    try:
        future = executor.submit(do, subject)
    # Whatever an executor refuses with: it may be any, and what it was given must not hang on it.
    except Exception as error:  # noqa: BLE001
        give_up(error)
    else:
        check(future) if future.done() else future.add_done_callback(check_apart)


def _why(error: BaseException | None) -> str:
    """In a few words, without what may hold folders or names of the server."""
    if error is None:
        return "its worker came back without having done it"
    if isinstance(error, CancelledError):
        return "it was cancelled before it began"
    return f"its worker is gone or could not take it, {type(error).__name__}"


def guarded(job: Callable[[Run], object], run: Run) -> None:
    """A thread's outermost frame: what gets here is a mistake of ours, to be logged, and said without its trace."""
    try:
        job(run)
    except Exception:  # noqa: BLE001
        if not threading.main_thread().is_alive():
            # The server is going down and its threads take no more work; the store has the run.
            return
        logger.exception("run %s failed", run.id)
        run.fail("this run stopped because of an error in the app (see the server's log); press Try again")


def step_back() -> None:
    """Lets pages go before training where the cores are few: Linux knows a priority for each thread."""
    # Where a sandbox forbids it, training goes on all the same; raised here, it would end all workers.
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
