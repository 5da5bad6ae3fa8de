"""Whatever an executor does with a job, a run it was for ends in a state that somebody can leave, and in a sentence."""

from __future__ import annotations

from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest
from conftest import is_sentence
from patience import wait_for
from streamlit.testing.v1 import AppTest

from aecore.dataset import SourceError
from aecore.runs.answers import AnswerError, Answers
from aecore.runs.pool import MOST_ACTIVE_PER_VISITOR, Pool, Seat
from aecore.runs.run import Run
from aecore.runs.snapshot import Snapshot
from aecore.runs.spec import Spec


def small(**more) -> Spec:
    return Spec(**{"data": "digits", "width": 8, "depth": 1, "epochs": 1} | more)


def ended(error: BaseException | None = None) -> Future:
    future = Future()
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)
    return future


def cancelled() -> Future:
    future = Future()
    future.cancel()
    return future


def refused(error: Exception) -> Future:
    raise error


# What may become of a job that is not done.
FATES = {
    "cannot be pickled": lambda job: ended(TypeError("cannot pickle '_thread.lock' object")),
    "worker gone": lambda job: ended(BrokenExecutor("A process terminated abruptly at /secret/place")),
    "worker killed": lambda job: ended(SystemExit(1)),
    "cancelled": lambda job: cancelled(),
    "not done": lambda job: ended(),
    "shut down": lambda job: refused(RuntimeError("cannot schedule new futures after shutdown")),
    "broken": lambda job: refused(BrokenExecutor("the pool is not usable anymore")),
    "of its own": lambda job: refused(ConnectionError("no scheduler at /secret/place")),
}
every_fate = pytest.mark.parametrize("fate", FATES)


class Loses(Executor):
    """Deals with the first ``count`` jobs as ``fate`` says, and does the others at once."""

    def __init__(self, fate: str, count: int = 1):
        self.fate, self.left = FATES[fate], count

    def submit(self, job, *given) -> Future:
        if self.left > 0:
            self.left -= 1
            return self.fate(job)
        job(*given)
        return ended()


@pytest.fixture
def make_pool():
    made: list[Pool] = []

    def make(**more) -> Pool:
        made.append(Pool(None, **{"workers": 1} | more))
        return made[-1]

    yield make
    for pool in made:
        pool.close()


def prepared(pool: Pool, visitor: str, spec: Spec) -> Seat:
    seat = pool.seat(visitor, spec)
    wait_for(lambda: seat.run.snapshot.state == "untrained")
    return seat


def check_lost(seat: Seat) -> None:
    assert seat.snapshot.state == "failed"
    assert is_sentence(seat.snapshot.message)
    assert seat.snapshot.message.endswith("press Try again")
    assert "secret" not in seat.snapshot.message


@every_fate
def test_a_job_lost_in_training_fails_its_run_and_frees_its_place(fate, make_pool):
    pool = make_pool(executor=Loses(fate))
    lost, other = prepared(pool, "A", small()), prepared(pool, "B", small(seed=1))
    pool.train(lost)
    check_lost(lost)
    assert pool._line.working == []
    pool.train(other)
    assert other.snapshot.state == "finished"
    pool.retry(lost)
    wait_for(lambda: lost.run.snapshot.state == "untrained")
    pool.train(lost)
    assert lost.snapshot.state == "finished"


def test_a_line_of_any_length_is_lost_without_a_deep_stack(make_pool):
    pool = make_pool(executor=Loses("shut down", count=500))
    runs = [Run(small()) for _ in range(500)]
    for run in runs:
        run.snapshot = Snapshot(state="queued")
        pool._line.join(("A", run))
    pool._dispatch()
    assert {run.snapshot.state for run in runs} == {"failed"}
    assert (pool._line.waiting, pool._line.working) == ([], [])


@every_fate
def test_lost_jobs_do_not_count_among_the_most_of_one_visitor(fate, make_pool):
    pool = make_pool(executor=Loses(fate, count=MOST_ACTIVE_PER_VISITOR))
    seats = [prepared(pool, "A", small(seed=seed)) for seed in range(MOST_ACTIVE_PER_VISITOR + 1)]
    for seat in seats:
        pool.train(seat)
    for seat in seats[:-1]:
        check_lost(seat)
    assert seats[-1].snapshot.state == "finished"


@every_fate
def test_a_job_lost_while_it_was_paused_can_go_on(fate, make_pool):
    """The executor is not heard of until the visitor has paused."""
    executor, pending = Loses(fate, 0), Future()
    pool = make_pool(executor=executor)
    seat = prepared(pool, "A", small())
    executor.submit, does = (lambda job, *given: pending), executor.submit
    pool.train(seat)
    pool.pause(seat)
    pending.set_exception(BrokenExecutor())
    wait_for(lambda: not pool._line.working)
    assert seat.snapshot.state == "untrained"
    executor.submit = does
    pool.train(seat)
    assert seat.snapshot.state == "finished"


@pytest.mark.parametrize("where", ["train", "prepare"])
def test_a_thread_that_ends_in_the_middle_is_a_lost_job(where, make_pool, monkeypatch):
    pool = make_pool()
    seat = prepared(pool, "A", small()) if where == "train" else None

    def end(*args):
        raise SystemExit

    monkeypatch.setattr(Run, {"train": "train_here", "prepare": "prepare"}[where], end)
    if seat is None:
        seat = pool.seat("A", small())
        seat.joined = True
    else:
        pool.train(seat)
    wait_for(lambda: seat.run.snapshot.state == "failed" and not pool._line.working)
    check_lost(seat)
    monkeypatch.undo()
    pool.retry(seat)
    wait_for(lambda: seat.run.snapshot.state == "untrained")
    pool.train(seat)
    wait_for(lambda: seat.snapshot.state == "finished")


@pytest.mark.parametrize("executor", ["processes", "closed threads", "threads that cannot start"])
def test_real_executors_that_cannot_do_it(executor, make_pool):
    if executor == "processes":
        chosen = ProcessPoolExecutor(1, get_context("spawn"))
    else:
        chosen = ThreadPoolExecutor(1, initializer=refused, initargs=(OSError("not permitted"),))
        if executor == "closed threads":
            chosen.shutdown()
    pool = make_pool(executor=chosen)
    seats = [prepared(pool, "A", small(seed=seed)) for seed in range(2)]
    for seat in seats:
        pool.train(seat)
    wait_for(lambda: all(seat.snapshot.state == "failed" for seat in seats) and not pool._line.working)
    for seat in seats:
        check_lost(seat)


def test_training_goes_on_where_a_sandbox_forbids_priorities(make_pool, monkeypatch):
    monkeypatch.setattr("os.setpriority", lambda *given: refused(PermissionError("not permitted")))
    pool = make_pool()
    seat = prepared(pool, "A", small())
    pool.train(seat)
    wait_for(lambda: seat.snapshot.state == "finished")


@every_fate
def test_a_job_lost_in_preparing_fails_its_run_and_takes_train_back(fate, make_pool):
    pool = make_pool()
    pool._preparing, threads = Loses(fate), pool._preparing
    seat = pool.seat("A", small())
    pool.train(seat)
    check_lost(seat)
    assert pool._eager == {}
    pool._preparing = threads
    pool.retry(seat)
    wait_for(lambda: seat.run.snapshot.state == "untrained")
    pool.train(seat)
    wait_for(lambda: seat.snapshot.state == "finished")


def test_train_pressed_before_a_job_is_lost_in_preparing_does_not_count_for_ever(make_pool):
    pool, pending = make_pool(), Future()
    pool._preparing, threads = Loses("not done", 0), pool._preparing
    pool._preparing.submit = lambda job, *given: pending
    seat = pool.seat("A", small())
    pool.train(seat)
    assert pool._eager
    pending.set_exception(BrokenExecutor())
    wait_for(lambda: seat.run.snapshot.state == "failed")
    check_lost(seat)
    assert pool._eager == {}
    pool._preparing = threads


@every_fate
def test_a_run_that_cannot_be_handed_to_the_disk_says_so_and_lives(fate, make_pool):
    pool = make_pool()
    keeper = pool._keeper
    keeper._saving, threads = Loses(fate), keeper._saving
    seat = prepared(pool, "A", small())
    pool.step(seat, 1)
    wait_for(lambda: seat.snapshot.state == "paused")
    pool.pause(seat)
    assert seat.snapshot.state == "paused"
    assert is_sentence(seat.run.unkept)
    assert "not kept on disk" in seat.run.unkept
    keeper._saving = threads


# Questions.


def latent(trained):
    return trained.model.latent


@pytest.fixture(scope="module")
def run() -> Run:
    found = Run(small())
    found.prepare()
    return found


def sentence(answer) -> str:
    assert answer.done()
    with pytest.raises(AnswerError) as caught:
        answer.result()
    assert is_sentence(str(caught.value))
    assert "secret" not in str(caught.value)
    return str(caught.value)


@every_fate
def test_a_question_that_is_lost_says_so_and_can_be_asked_anew(fate, run):
    answers = Answers(Loses(fate))
    lost = answers.ask(run, latent)
    sentence(lost)
    # Or a page that is drawn twice a second would ask for ever.
    assert answers.ask(run, latent) is lost
    answers.forget(run, lost)
    assert answers.ask(run, latent).result() == run.trained.model.latent


@pytest.mark.parametrize(
    ("error", "said"), [(ZeroDivisionError("secret"), "error in the app"), (SourceError("the dog ate it."), "the dog")]
)
def test_a_question_that_raises_is_answered_by_a_sentence(error, said, run):
    def fail(run):
        raise error

    assert said in sentence(Answers(Loses("not done", 0)).ask(run, fail))


def test_a_lost_question_waits_for_nobody(make_pool):
    """Asked of the pool, whose threads are gone."""
    pool = make_pool()
    seat = prepared(pool, "A", small())
    pool._preparing.shutdown()
    assert "gone" in sentence(pool.ask(seat.run, latent))


# Pages.


def _asks() -> None:
    """A page that asks a run a question; ``pool`` and ``run`` stand in for the real ones."""
    import streamlit as st

    from aecore.ui import live

    pool, run, question = st.session_state["-asked"]
    found = live.answer(pool, run, question, "Asking.")
    if found is not None:
        st.write(f"found {found} numbers")


def test_a_page_says_that_a_question_was_lost_and_asks_again(run):
    pool = Pool(None, workers=1)
    pool._answers = Answers(Loses("worker gone"))
    page = AppTest.from_function(_asks)
    page.session_state["-asked"] = (pool, run, latent)
    page.run()
    assert not page.exception
    assert "could not be computed" in page.error[0].value
    page.button[0].click().run()
    assert not page.exception
    assert [text.value for text in page.markdown] == [f"found {run.model.latent} numbers"]
    pool.close()


def _opens() -> None:
    from aecore.ui import engine

    engine.pool()


def test_an_engine_that_cannot_start_is_a_sentence_and_is_tried_again_by_the_next_visitor(monkeypatch):
    from aecore.ui import engine

    starts = []

    def broken(promise: Future) -> None:
        starts.append(promise)
        promise.set_exception(OSError("no such library"))

    monkeypatch.setattr(engine, "_load", broken)
    engine.warm_up.clear()
    page = AppTest.from_function(_opens)
    for attempt in (1, 2):
        page.run()
        assert not page.exception
        assert "could not be started" in page.error[0].value
        assert len(starts) == attempt
    engine.warm_up.clear()
