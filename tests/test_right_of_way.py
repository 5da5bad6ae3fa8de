"""Scripts go before training, a few at a time, and nothing waits for long."""

from __future__ import annotations

import threading
import time

import pytest
from patience import patience, wait_for

from aecore.runs import right_of_way
from aecore.runs.pool import Pool
from aecore.runs.right_of_way import RightOfWay
from aecore.runs.spec import Spec


def started(act) -> threading.Thread:
    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    return thread


def test_training_waits_while_a_script_runs_and_not_else(monkeypatch):
    monkeypatch.setattr(right_of_way, "MOST", patience(60))
    way, given = RightOfWay(), threading.Event()
    with way.taken():
        giving = started(lambda: (way.give(), given.set()))
        assert not given.wait(0.05)
    giving.join(patience(10))
    assert given.is_set()
    monkeypatch.setattr(way, "_free", None)
    way.give()


def test_training_goes_on_in_steps_while_scripts_run_without_end():
    way = RightOfWay()
    with way.taken():
        began = time.perf_counter()
        way.give()
        assert right_of_way.MOST / 2 < time.perf_counter() - began < patience(10)


def test_a_part_within_a_page_takes_no_second_place_and_a_script_that_fails_gives_its_own_back(monkeypatch):
    monkeypatch.setattr(right_of_way, "PATIENCE", patience(60))
    way, done = RightOfWay(), threading.Event()
    for _ in range(2 * right_of_way.AT_ONCE):
        with pytest.raises(KeyError), way.taken(), way.taken():
            raise KeyError

    @way.taken()
    def part() -> None:
        done.set()

    part()
    part()
    assert done.is_set()
    assert not way._taken


def test_few_scripts_run_at_once_and_the_others_after_them(monkeypatch):
    monkeypatch.setattr(right_of_way, "PATIENCE", patience(60))
    way, end, within = RightOfWay(), threading.Event(), []

    def script() -> None:
        with way.taken():
            within.append(1)
            end.wait(patience(60))

    threads = [started(script) for _ in range(2 * right_of_way.AT_ONCE)]
    wait_for(lambda: len(within) == right_of_way.AT_ONCE and way._taken == len(threads))
    assert len(within) == right_of_way.AT_ONCE
    end.set()
    for thread in threads:
        thread.join(patience(10))
    assert len(within) == len(threads)
    assert not way._taken


def test_a_script_that_others_keep_waiting_runs_at_last(monkeypatch):
    monkeypatch.setattr(right_of_way, "PATIENCE", 0.05)
    way, end = RightOfWay(), threading.Event()

    def script() -> None:
        with way.taken():
            end.wait(patience(60))

    threads = [started(script) for _ in range(right_of_way.AT_ONCE)]
    wait_for(lambda: way._taken == len(threads))
    with way.taken():
        pass
    # It had no place of its own to give back.
    assert not way._places.acquire(blocking=False)
    end.set()
    for thread in threads:
        thread.join(patience(10))


def test_a_pause_is_not_kept_waiting_by_the_script_that_asks_for_it(monkeypatch):
    monkeypatch.setattr(right_of_way, "MOST", patience(60))
    way = RightOfWay()
    pool = Pool(None, right_of_way=way)
    try:
        seat = pool.seat("anna", Spec(variant="vae", data="digits", images=300, width=16, depth=1, epochs=500))
        pool.train(seat)
        wait_for(lambda: seat.run.snapshot.step)
        with way.taken():
            pool.pause(seat)
            assert seat.run.snapshot.state in ("running", "paused")
        wait_for(lambda: seat.run.snapshot.state == "paused")
    finally:
        pool.close()
