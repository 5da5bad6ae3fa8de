"""Steps made elsewhere are the same steps: the same weights, the same rules of the pool, and a death costs a turn."""

from __future__ import annotations

import sys
import time
from types import ModuleType

import pytest
import torch
from far_worker import Mortal, on_a_thread, processes
from patience import patience, wait_for

from aecore.dataset import SourceError
from aecore.runs import far
from aecore.runs.pool import Pool
from aecore.runs.run import Run, train_spec
from aecore.runs.spec import Spec

SMALL = Spec(images=300, latent=2, epochs=4, width=16, depth=1)
LONG = Spec(images=4500, latent=2, epochs=500, width=16, depth=1)


def same(one: Run, other: Run) -> bool:
    """Whether two runs have the same weights, bit for bit."""
    a, b = one.model.state_dict(), other.model.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.fixture
def pool_of():
    """Makes pools with a worker; they are closed at the end."""
    made = []

    def make(worker, **more) -> Pool:
        made.append(Pool(None, worker=worker, **{"workers": 2} | more))
        return made[-1]

    yield make
    for pool in made:
        pool.close()


def trained(pool: Pool, spec: Spec, visitor: str = "ann"):
    """A visitor's seat at ``spec``, once it has been trained."""
    seat = pool.seat(visitor, spec)
    pool.train(seat)
    wait_for(lambda: seat.snapshot.over, 60)
    return seat


def test_a_thread_elsewhere_makes_the_same_run(pool_of):
    here, seat = train_spec(SMALL), trained(pool_of(on_a_thread(Mortal())), SMALL)
    assert seat.snapshot.finished
    assert same(here, seat.run)
    assert {name for name in here.metrics if here.metrics[name] != seat.run.metrics[name]} <= {
        "seconds",
        "images_per_second",
    }
    assert [moment.step for moment in seat.run.history.moments] == [moment.step for moment in here.history.moments]
    assert seat.run.history.losses("heldout").keys() == here.history.losses("heldout").keys()


def test_so_many_steps_are_made_and_then_it_rests(pool_of):
    pool = pool_of(on_a_thread(Mortal()))
    seat = pool.seat("ann", SMALL)
    wait_for(lambda: seat.snapshot.untrained)
    for steps in (3, 6):
        pool.step(seat, 3)
        wait_for(lambda: seat.snapshot.paused)
        assert seat.snapshot.step == steps
    pool.train(seat)
    wait_for(lambda: seat.snapshot.finished)
    assert same(train_spec(SMALL), seat.run)


def test_one_worker_serves_two_visitors_in_turn(pool_of, monkeypatch):
    monkeypatch.setattr("aecore.runs.pool.CHECKPOINT_EVERY", 0.1)
    monkeypatch.setattr("aecore.runs.pool.TURN", 0.2)
    pool = pool_of(on_a_thread(Mortal()), workers=1)
    seats = [pool.seat(name, LONG.changed(seed=seed)) for seed, name in enumerate(("ann", "bob"))]
    for seat in seats:
        pool.train(seat)
    wait_for(lambda: all(seat.snapshot.step > 20 for seat in seats), 60)
    for seat in seats:
        pool.pause(seat)
    wait_for(lambda: all(seat.snapshot.paused for seat in seats))


def test_a_copy_of_a_run_that_is_away_stands_where_it_left(pool_of):
    pool = pool_of(on_a_thread(Mortal()))
    seats = [pool.seat(name, LONG) for name in ("ann", "bob")]
    for seat in seats:
        pool.train(seat)
    wait_for(lambda: seats[0].snapshot.running and seats[0].snapshot.step > 0)
    pool.pause(seats[1])
    assert seats[1].snapshot.at_rest
    assert seats[1].run is not seats[0].run
    assert seats[1].snapshot.step == seats[1].run._trainer.step
    pool.pause(seats[0])
    wait_for(lambda: seats[0].snapshot.paused)
    assert seats[0].snapshot.step == seats[0].run._trainer.step > 0


def test_a_death_costs_a_turn_and_nobody_is_told(pool_of, caplog):
    executor = Mortal(deaths=1)
    seat = trained(pool_of(on_a_thread(executor)), SMALL)
    assert seat.snapshot.finished
    assert executor.jobs == 2
    assert same(train_spec(SMALL), seat.run)
    assert "is gone, and a turn with it" in caplog.text


def test_a_run_that_kills_every_worker_fails_in_a_sentence(pool_of, caplog):
    executor = Mortal(deaths=100)
    seat = trained(pool_of(on_a_thread(executor)), SMALL)
    assert seat.snapshot.failed
    assert executor.jobs == far.MOST_DEATHS
    assert seat.snapshot.message.endswith("press Try again")


def test_a_data_set_that_cannot_be_had_there_is_told(pool_of, monkeypatch):
    pool = pool_of(on_a_thread(Mortal()))
    seat = pool.seat("ann", SMALL)
    wait_for(lambda: seat.snapshot.untrained)
    far._at_hand.clear()

    def refuse(*_, **__):
        raise SourceError("mnist-5k is not there; choose another")

    monkeypatch.setattr("aecore.runs.standing.load", refuse)
    pool.train(seat)
    wait_for(lambda: seat.snapshot.over)
    assert seat.snapshot.failed
    assert seat.snapshot.message == "mnist-5k is not there; choose another"


@pytest.mark.starts
def test_a_process_makes_the_same_run_pauses_at_once_and_may_be_killed(pool_of, caplog, monkeypatch):
    # A process that is spawned runs what is the main module, which AppTest makes a page's script.
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    with processes() as worker:
        pool = pool_of(worker.far)
        assert same(train_spec(SMALL), trained(pool, SMALL).run)

        seat = pool.seat("bob", LONG)
        pool.train(seat)
        wait_for(lambda: seat.snapshot.running and seat.snapshot.step > 0, 60)
        looked = seat.snapshot.newest
        seat.run.watchers = 1
        began = time.perf_counter()
        pool.pause(seat)
        wait_for(lambda: seat.snapshot.paused)
        took = time.perf_counter() - began
        print(f"paused {took:.2f} s after the press")
        assert took < patience(0.5)
        assert seat.snapshot.step == seat.run._trainer.step

        paused = seat.snapshot.step
        pool.train(seat)
        wait_for(
            lambda: seat.snapshot.running and seat.snapshot.newest is not looked and seat.snapshot.step > paused, 60
        )
        worker.kill()
        wait_for(lambda: len(worker.started) == 2 and seat.snapshot.running and seat.snapshot.step > paused, 60)
        assert seat.snapshot.step >= paused
        pool.pause(seat)
        wait_for(lambda: seat.snapshot.paused)
        alone = Run(LONG)
        alone.prepare()
        alone.aim(seat.snapshot.step)
        alone.work()
        assert same(alone, seat.run)
    assert caplog.text.count("is gone, and a turn with it") == 1
