"""Runs, their history, the pool that shares them among visitors, and the store that outlives the server."""

from __future__ import annotations

import csv
import errno
import io
import itertools
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import is_sentence
from hypothesis import given
from hypothesis import strategies as st
from patience import patience, wait_for
from safetensors.torch import save

import aecore.runs.pool as pool_module
import aecore.runs.run as run_module
import aecore.runs.store as store_module
from aecore.dataset import SourceError
from aecore.exhibit import Moment
from aecore.exhibits.images import Images, _main_directions, _places
from aecore.runs import standing
from aecore.runs.history import MOMENTS, History, moments_of
from aecore.runs.pool import Pool, PoolError, Seat
from aecore.runs.run import Run, train_spec
from aecore.runs.snapshot import Checkpoint, Snapshot
from aecore.runs.spec import Spec
from aecore.runs.store import Store, StoreError, encode, load_model, model_bytes

ROOT = Path(__file__).parents[1]


def has_finished(store: Store, spec: Spec) -> bool:
    kept = store.find(spec)
    return kept is not None and kept.snapshot.state == "finished"


def small(**more) -> Spec:
    """15 steps an epoch of well under a millisecond each."""
    return Spec(**{"data": "digits", "variant": "vae", "width": 8, "depth": 1, "epochs": 4} | more)


def long(**more) -> Spec:
    """A run that is still at it whenever a test looks."""
    return small(**{"epochs": 500, "batch_size": 8} | more)


def weights(run: Run) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in run.model.state_dict().items()}


def same(one: Run, other: Run) -> bool:
    a, b = weights(one), weights(other)
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.fixture(scope="module")
def finished() -> Run:
    """A finished run of ``small()``."""
    return train_spec(small())


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "runs")


@pytest.fixture
def make_pool():
    """Makes pools; at the end of the test nothing of them trains any more."""
    made: list[Pool] = []

    def make(store: Store | None = None, **more) -> Pool:
        made.append(Pool(store, **{"workers": 2} | more))
        return made[-1]

    yield make
    for pool in made:
        runs = [seat.run for seat in pool._seats] + [run for _, run in pool._line.waiting + pool._line.working]
        for run in {*runs, *pool._seats.shared.values()}:
            run.pause()
        pool._preparing.shutdown(cancel_futures=True)
        pool._executor.shutdown(cancel_futures=True)


@pytest.fixture
def pool(make_pool, store) -> Pool:
    return make_pool(store)


class Manual(Executor):
    """Runs a job when told, on the thread that tells: no test has to win a race."""

    def __init__(self):
        self.jobs: list[tuple] = []

    def submit(self, job, *args):
        self.jobs.append((job, args))
        return Future()

    def run(self) -> Run:
        """Does the job that was submitted first; the run that was worked on."""
        job, args = self.jobs.pop(0)
        job(*args)
        return args[0]


def prepared(pool: Pool, visitor: str, spec: Spec) -> Seat:
    seat = pool.seat(visitor, spec)
    wait_for(lambda: seat.run.snapshot.state != "preparing")
    return seat


def reached(seat: Seat, state: str, pool: Pool | None = None, seconds: float = 30.0) -> Snapshot:
    """The view once it is in ``state``; looking all the while if a pool is given."""

    def look() -> bool:
        if pool is not None:
            pool.seat(seat.visitor, seat.run.spec)
        assert seat.snapshot.state == state or not seat.snapshot.broken, seat.snapshot.message
        return seat.snapshot.state == state

    wait_for(look, seconds)
    return seat.snapshot


def under_way(seat: Seat, steps: int = 1) -> None:
    wait_for(lambda: seat.run.snapshot.step >= steps)


def kept(store: Store, spec: Spec, step: int) -> Checkpoint:
    """What the store has of ``spec`` once it is that of ``step``: a visitor's press does not wait for the disk."""
    wait_for(lambda: (found := store.find(spec)) is not None and found.snapshot.step == step)
    return store.find(spec)


# History.


def moment(step: int, **more) -> Moment:
    rng = np.random.default_rng(step)
    values = {
        "epoch": step / 15,
        "seconds": step / 100,
        "train": {"reconstruction": rng.random(), "kl": rng.random()},
        "heldout": {"reconstruction": rng.random(), "kl": rng.random()},
        "figures": {"squared_error": rng.random()},
        "shown": {
            "places": rng.random((7, 2), np.float32),
            "half_width": np.float64(4),
            "pictures": rng.integers(0, 256, (10, 8, 8), np.uint8),
        },
    }
    return Moment(step, **values | more)


HISTORY = History((moment(0, train={}), moment(1), moment(4), moment(9)))


def equal(one: History, other: History) -> bool:
    a, b = one.arrays(), other.arrays()
    return a.keys() == b.keys() and all(np.array_equal(a[n], b[n], equal_nan=a[n].dtype.kind == "f") for n in a)


def test_a_history_comes_back_from_its_arrays():
    again = History.from_arrays(HISTORY.arrays())
    assert equal(again, HISTORY)
    assert again.terms == ("reconstruction", "kl")
    assert np.isnan(again.losses("train")["kl"][0])
    assert again.figure("squared_error")[2] == HISTORY.moments[2].figures["squared_error"]
    assert again.losses("heldout")["kl"][2] == HISTORY.moments[2].heldout["kl"]
    assert History.from_arrays({}) == History()
    assert History().arrays() == {}
    arrays = HISTORY.arrays()
    del arrays["step"]
    with pytest.raises(KeyError):
        History.from_arrays(arrays)


def test_a_history_as_a_table_has_what_it_has_as_arrays():
    rows = list(csv.DictReader(io.StringIO(HISTORY.csv())))
    assert [int(row["step"]) for row in rows] == [0, 1, 4, 9]
    assert np.allclose([float(row["epoch"]) for row in rows], HISTORY.epochs, atol=1e-4)
    for split, name in itertools.product(("train", "heldout"), HISTORY.terms):
        column = [float(row[f"{split}_{name}"]) for row in rows]
        assert np.allclose(column, HISTORY.losses(split)[name], atol=1e-6, equal_nan=True)
    assert np.allclose([float(r["heldout_squared_error"]) for r in rows], HISTORY.figure("squared_error"), atol=1e-6)
    assert len(list(csv.reader(io.StringIO(History().csv())))) == 1


def test_a_moment_replaces_those_at_or_after_its_step():
    again = HISTORY.with_moment(moment(4, seconds=8.0))
    assert [m.step for m in again.moments] == [0, 1, 4]
    assert again.moments[-1].seconds == 8.0
    assert [m.step for m in HISTORY.moments] == [0, 1, 4, 9]


@given(st.integers(1, 1_000_000))
def test_moments_are_few_and_dense_at_first_and_end_with_the_end(steps):
    moments = sorted(moments_of(steps))
    assert all(type(step) is int for step in moments)
    assert moments[0] == max(1, round(steps / MOMENTS**2))
    assert moments[-1] == steps
    assert len(moments) == min(steps, MOMENTS) or len(moments) >= min(steps, MOMENTS) - 1
    assert len(moments) <= MOMENTS + 1
    gaps = np.diff(moments)
    if steps > MOMENTS**2:
        # Each gap is as long as the one before, but for rounding.
        assert (np.diff(gaps) >= -1).all()


def test_a_finished_run_has_all_its_moments(finished):
    steps = [m.step for m in finished.history.moments]
    assert steps == [0, *sorted(moments_of(60))]
    for one in finished.history.moments:
        assert one.shown["places"].shape == (360, 2)
        assert one.shown["places"].dtype == np.float32
        assert one.shown["pictures"].shape == (10, 8, 8)
        assert one.shown["pictures"].dtype == np.uint8
        assert set(one.heldout) == {"reconstruction", "kl"}
    widths = [float(m.shown["half_width"]) for m in finished.history.moments]
    assert widths == sorted(widths)
    held_out = finished.history.losses("heldout")["reconstruction"]
    assert held_out[-1] < held_out[0]
    assert held_out[-1] == pytest.approx(finished.metrics["heldout_reconstruction"], rel=1e-5)
    assert np.isnan(finished.history.losses("train")["kl"][0])
    assert np.isfinite(finished.history.losses("train")["kl"][1:]).all()


def test_a_maps_places_do_not_turn_between_moments():
    run = train_spec(small(latent=5, epochs=20))
    moments = run.history.moments[-10:]
    for one, other in itertools.pairwise(moments):
        assert np.corrcoef(one.shown["places"].ravel(), other.shown["places"].ravel())[0, 1] > 0.9


# A run by itself.


def test_a_run_says_where_it_is(finished):
    view = finished.snapshot
    assert (view.state, view.step, view.steps, view.steps_per_epoch, view.examples) == ("finished", 60, 60, 15, 1437)
    assert (view.epoch, view.epochs) == (4, 4)
    assert view.rate > 0
    assert view.seconds_left == 0
    assert finished.id == small().id
    first = view.at_start()
    assert (first.state, first.step, len(first.history.moments)) == ("untrained", 0, 1)
    assert first.newest.step == 0


def test_whoever_watches_is_shown_the_run_under_way(monkeypatch):
    monkeypatch.setattr(run_module, "GLANCE", 0.0)
    seen: list[Snapshot] = []
    train_spec(small(), watch=seen.append)
    assert {view.state for view in seen} <= {"running", "finished"}
    assert [view.step for view in seen] == sorted(view.step for view in seen)
    assert seen[0].steps == 60


@pytest.mark.parametrize("variant", ["plain", "factor-vae"])
def test_a_run_worked_on_in_pieces_is_the_same_run(variant):
    spec = small(variant=variant)
    run = Run(spec)
    run.prepare()
    run.aim()
    events = itertools.count(1)
    while run.snapshot.state != "finished":
        run.work(lambda seconds: next(events) % 3 == 0)
        run.checkpoint()
    assert same(run, train_spec(spec))


def test_a_fork_stands_where_its_run_stands_and_goes_its_own_way(finished):
    run = Run(small())
    run.prepare()
    run.aim(23)
    run.work()
    assert (run.snapshot.state, run.snapshot.step) == ("paused", 23)
    twin = run.fork()
    assert same(run, twin)
    assert equal(run.history, twin.history)
    twin.aim()
    twin.work()
    assert run.snapshot.step == 23
    assert not same(run, twin)
    assert same(twin, finished)
    # Its table of losses as well: both average over all the batches since the moment before.
    ours, theirs = (History(r.history.moments[1:]).losses("train")["kl"] for r in (twin, finished))
    assert np.allclose(ours, theirs)


def test_a_run_that_diverges_says_what_to_do(monkeypatch):
    monkeypatch.setattr("aecore.autoencoder.MOST_PER_PIXEL", 0.0)
    run = train_spec(small(learning_rate=0.5))
    assert run.snapshot.state == "diverged"
    assert is_sentence(run.snapshot.message)
    assert "learning rate" in run.snapshot.message
    assert "epoch" in run.snapshot.message


def test_a_run_whose_last_step_diverges_says_so_too(monkeypatch):
    monkeypatch.setattr(Images, "metrics", lambda *given: {"heldout_reconstruction": float("nan")})
    run = train_spec(small(epochs=1))
    assert run.snapshot.state == "diverged"
    assert is_sentence(run.snapshot.message)


# The pool: sharing.


def test_two_visitors_with_one_spec_share_one_run(pool):
    one, other = prepared(pool, "A", small()), prepared(pool, "B", small())
    assert one is not other
    assert one.run is other.run
    assert pool.lookers(one.run) == 2
    assert pool.seat("A", small()) is one
    assert prepared(pool, "A", small(seed=1)).run is not one.run


def test_all_visitors_see_what_was_trained_once(pool, finished):
    one, other = prepared(pool, "A", small()), prepared(pool, "B", small())
    pool.train(one)
    pool.train(other)
    reached(one, "finished")
    assert other.snapshot.state == "finished"
    assert same(one.run, finished)
    assert one.run.unkept == ""


def test_who_has_not_pressed_train_sees_it_untrained(pool):
    one, other = prepared(pool, "A", small()), prepared(pool, "B", small())
    pool.train(one)
    reached(one, "finished")
    assert (other.snapshot.state, other.snapshot.step) == ("untrained", 0)
    pool.train(other)
    assert other.snapshot.state == "finished"


def test_train_pressed_while_the_data_loads_starts_as_soon_as_it_is_there(pool, monkeypatch):
    gate, load = threading.Event(), standing.load
    monkeypatch.setattr(standing, "load", lambda *args, **more: (gate.wait(patience(20)), load(*args, **more))[1])
    seat = pool.seat("A", small())
    pool.train(seat)
    assert seat.snapshot.state == "preparing"
    gate.set()
    reached(seat, "finished")


def test_a_pause_touches_nobody_else(pool):
    one, other = prepared(pool, "A", long()), prepared(pool, "B", long())
    pool.train(one)
    pool.train(other)
    under_way(one)
    pool.pause(one)
    assert one.snapshot.state == "paused"
    stood = one.snapshot.step
    assert other.run is not one.run
    under_way(other, other.run.snapshot.step + 20)
    assert one.snapshot.step == stood
    assert other.snapshot.state == "running"


@pytest.mark.learns
def test_what_was_paused_apart_ends_equal(pool):
    spec = small(epochs=60)
    one, other = prepared(pool, "A", spec), prepared(pool, "B", spec)
    pool.train(one)
    pool.train(other)
    under_way(one)
    pool.pause(one)
    assert one.snapshot.step < one.snapshot.steps
    pool.train(one)
    reached(one, "finished", pool)
    reached(other, "finished", pool)
    assert one.run is not other.run
    assert same(one.run, other.run)


def test_a_pause_takes_one_step_at_most(pool):
    seat = prepared(pool, "A", long())
    pool.train(seat)
    under_way(seat, 5)
    pool.pause(seat)
    stood = seat.run.snapshot.step
    assert seat.snapshot.state == "paused"
    assert seat.snapshot.newest.step == stood
    wait_for(lambda: not pool._line.working)
    assert seat.run.snapshot.step == stood
    assert kept(pool.store, long(), stood).snapshot.state == "paused"


def test_nobody_is_started_or_paused_by_another_who_was_there_first(pool):
    """B looks on; A trains and pauses; B's Train must not continue what A has paused."""
    one, other = prepared(pool, "A", long()), prepared(pool, "B", long())
    pool.train(one)
    under_way(one)
    pool.pause(one)
    stood = one.snapshot.step
    pool.train(other)
    under_way(other, stood + 5)
    assert one.snapshot.state == "paused"
    assert one.snapshot.step == stood


def test_a_step_of_one_does_not_make_the_others_run_his_own(pool):
    """A steps, B (who only looked) trains, A pauses: B's run goes on."""
    one, other = prepared(pool, "A", long()), prepared(pool, "B", long())
    pool.step(one, 2)
    reached(one, "paused")
    pool.train(other)
    under_way(other, 5)
    pool.pause(one)
    assert other.snapshot.state == "running"
    assert one.snapshot.step == 2


def test_a_step_makes_exactly_so_many_steps(pool):
    seat = prepared(pool, "A", small())
    for steps, stands in ((1, 1), (5, 6), (9, 15), (1, 16)):
        pool.step(seat, steps)
        wait_for(lambda stands=stands: seat.snapshot.state == "paused" and seat.snapshot.step >= stands)
        assert seat.snapshot.step == stands
        assert seat.snapshot.newest.step == stands
    twin = Run(small())
    twin.prepare()
    twin.aim(16)
    twin.work()
    assert same(seat.run, twin)
    pool.step(seat, 1000)
    reached(seat, "finished")


def test_steps_and_then_train_end_equal(pool, finished):
    seat = prepared(pool, "A", small())
    pool.step(seat, 7)
    reached(seat, "paused")
    pool.train(seat)
    reached(seat, "finished")
    assert same(seat.run, finished)


def test_a_step_on_a_shared_run_under_way_pauses_after_its_steps(pool):
    one, other = prepared(pool, "A", long()), prepared(pool, "B", long())
    pool.train(one)
    pool.train(other)
    under_way(one)
    pool.step(other, 2)
    assert other.run is not one.run
    view = reached(other, "paused", seconds=5)
    assert view.step > 1
    assert one.snapshot.state == "running"


def test_a_step_on_ones_own_run_under_way_pauses_after_its_steps(pool):
    seat = prepared(pool, "A", long())
    pool.train(seat)
    under_way(seat)
    pool.step(seat, 2)
    reached(seat, "paused", seconds=5)


def test_a_pause_while_the_data_loads_takes_train_back(pool, monkeypatch):
    gate, load = threading.Event(), standing.load
    monkeypatch.setattr(standing, "load", lambda *args, **more: (gate.wait(patience(20)), load(*args, **more))[1])
    seats = [pool.seat(visitor, small()) for visitor in ("A", "B")]
    try:
        for seat in seats:
            pool.train(seat)
        pool.pause(seats[1])
    finally:
        gate.set()
    reached(seats[0], "finished")
    assert seats[1].snapshot.step == 0


def test_reset_gives_the_same_first_weights_and_loses_nothing(pool, finished):
    seat = prepared(pool, "A", small())
    first = weights(seat.run)
    pool.train(seat)
    reached(seat, "finished")
    old = seat.run
    pool.reset(seat)
    assert seat.run is not old
    view = reached(seat, "untrained")
    assert view.step == 0
    again = weights(seat.run)
    assert all(torch.equal(first[name], again[name]) for name in first)
    kept(pool.store, small(), 60)
    # Steps of the fresh run do not overwrite what is further.
    pool.step(seat, 3)
    reached(seat, "paused")
    wait_for(lambda: not pool._line.working)
    assert pool.store.find(small()).snapshot.step == 60
    pool.undo_reset(seat)
    reached(seat, "finished")
    assert same(seat.run, finished)


def test_an_undone_reset_is_back_at_a_run_that_others_share(pool):
    one, other = prepared(pool, "A", long()), prepared(pool, "B", long())
    for seat in (one, other):
        pool.train(seat)
    reached(one, "running")
    pool.reset(one)
    assert one.run is not other.run
    pool.undo_reset(one)
    assert one.run is other.run
    pool.pause(one)
    reached(one, "paused")
    assert other.snapshot.state == "running"


def test_a_reset_touches_nobody_else(pool):
    one, other = prepared(pool, "A", long()), prepared(pool, "B", long())
    pool.train(one)
    pool.train(other)
    under_way(one)
    pool.reset(one)
    reached(one, "untrained")
    under_way(other, other.run.snapshot.step + 20)
    assert other.snapshot.state == "running"


# The pool: the queue.


def test_the_line_is_served_fairly_among_visitors(make_pool, monkeypatch):
    """Two workers; A asks for five runs, then B for one: B is not last."""
    monkeypatch.setattr(pool_module, "MOST_ACTIVE_PER_VISITOR", 9)
    by_hand = Manual()
    pool = make_pool(executor=by_hand)
    many = [prepared(pool, "A", small(seed=seed, epochs=1)) for seed in range(5)]
    single = prepared(pool, "B", small(seed=9, epochs=1))
    for seat in [*many, single]:
        pool.train(seat)
    assert [seat.snapshot.state for seat in many] == ["queued"] * 5
    assert len(by_hand.jobs) == 2
    order = [by_hand.run() for _ in range(6)]
    assert order == [many[0].run, many[1].run, single.run, *(seat.run for seat in many[2:])]
    assert all(seat.snapshot.state == "finished" for seat in [*many, single])
    assert by_hand.jobs == []


def test_the_place_in_line_is_the_order_of_serving(make_pool, monkeypatch):
    monkeypatch.setattr(pool_module, "MOST_ACTIVE_PER_VISITOR", 9)
    by_hand = Manual()
    pool = make_pool(executor=by_hand, workers=1)
    many = [prepared(pool, "A", small(seed=seed, epochs=1)) for seed in range(3)]
    single = prepared(pool, "B", small(seed=9, epochs=1))
    for seat in [*many, single]:
        pool.train(seat)
    assert pool.place_in_line(many[0].run) == 0
    waiting = [*many[1:], single]
    said = sorted(waiting, key=lambda seat: pool.place_in_line(seat.run))
    assert sorted(pool.place_in_line(seat.run) for seat in waiting) == [1, 2, 3]
    by_hand.run()
    served = [by_hand.run() for _ in range(3)]
    assert [seat.run for seat in said] == served
    assert pool.place_in_line(single.run) == 0


def test_a_long_run_makes_way_when_others_wait(make_pool, monkeypatch, finished):
    monkeypatch.setattr(pool_module, "TURN", 0.0)
    monkeypatch.setattr(pool_module, "CHECKPOINT_EVERY", 0.002)
    by_hand = Manual()
    pool = make_pool(executor=by_hand, workers=1)
    one, other = prepared(pool, "A", small()), prepared(pool, "B", small(seed=1))
    pool.train(one)
    pool.train(other)
    turns = []
    while by_hand.jobs:
        turns.append(by_hand.run())
    assert turns[:4] == [one.run, other.run, one.run, other.run]
    assert one.snapshot.state == other.snapshot.state == "finished"
    assert same(one.run, finished)


def test_a_queued_run_can_be_paused_and_is_passed_over(make_pool):
    by_hand = Manual()
    pool = make_pool(executor=by_hand, workers=1)
    seats = [prepared(pool, v, small(seed=k, epochs=1)) for k, v in enumerate("ABC")]
    for seat in seats:
        pool.train(seat)
    pool.pause(seats[1])
    while by_hand.jobs:
        by_hand.run()
    assert [seat.snapshot.state for seat in seats] == ["finished", "untrained", "finished"]


def test_the_most_runs_of_one_visitor(make_pool):
    pool = make_pool(executor=Manual())
    most = pool_module.MOST_ACTIVE_PER_VISITOR
    seats = [prepared(pool, "A", small(seed=seed)) for seed in range(most + 1)]
    for seat in seats[:most]:
        pool.train(seat)
    for control in (pool.train, lambda seat: pool.step(seat, 1)):
        with pytest.raises(PoolError, match="pause one of them") as refusal:
            control(seats[most])
        assert is_sentence(str(refusal.value))
        assert str(most) in str(refusal.value)
    assert seats[most].snapshot.state == "untrained"
    # Others have their own count, and a pause makes room.
    pool.train(prepared(pool, "B", small(seed=77)))
    pool.pause(seats[0])
    pool._line.waiting = [job for job in pool._line.waiting if job[1].snapshot.queued]
    pool._line.working = [job for job in pool._line.working if job[1].snapshot.active]
    pool.train(seats[most])
    assert seats[most].snapshot.state == "queued"


def test_a_pause_makes_room_for_another_run_at_once(make_pool):
    """With runs that wait in line: pausing one is all that the refusal asks for."""
    pool = make_pool(executor=Manual(), workers=1)
    most = pool_module.MOST_ACTIVE_PER_VISITOR
    pool.train(prepared(pool, "B", small(seed=77)))
    seats = [prepared(pool, "A", small(seed=seed)) for seed in range(most + 1)]
    for seat in seats[:most]:
        pool.train(seat)
    pool.pause(seats[0])
    pool.train(seats[most])
    assert seats[most].snapshot.state == "queued"


def test_the_most_runs_hold_while_data_loads_too(make_pool, monkeypatch):
    gate, load = threading.Event(), standing.load
    monkeypatch.setattr(standing, "load", lambda *args, **more: (gate.wait(patience(20)), load(*args, **more))[1])
    pool = make_pool(executor=Manual())
    most = pool_module.MOST_ACTIVE_PER_VISITOR
    seats = [pool.seat("A", small(seed=seed)) for seed in range(most + 1)]
    try:
        for seat in seats[:most]:
            pool.train(seat)
        with pytest.raises(PoolError):
            pool.train(seats[most])
    finally:
        gate.set()


# The pool: nobody there, too long, failures.


def test_a_run_that_nobody_watches_pauses_and_is_kept(pool, monkeypatch):
    monkeypatch.setattr(pool_module, "GRACE", 0.3)
    monkeypatch.setattr(pool_module, "CHECKPOINT_EVERY", 0.05)
    seat = prepared(pool, "A", long())
    pool.train(seat)
    wait_for(lambda: seat.snapshot.state == "paused")
    assert "nobody was looking" in seat.snapshot.message
    assert is_sentence(seat.snapshot.message)
    assert seat.snapshot.step > 0
    assert kept(pool.store, long(), seat.snapshot.step).snapshot.state == "paused"
    # Back again, it goes on.
    stood = seat.snapshot.step
    pool.train(pool.seat("A", long()))
    under_way(seat, stood + 1)


@pytest.mark.learns
def test_a_patient_seat_counts_as_looking_for_ever(pool, monkeypatch):
    monkeypatch.setattr(pool_module, "GRACE", 0.0)
    monkeypatch.setattr(pool_module, "CHECKPOINT_EVERY", 0.01)
    seat = prepared(pool, "A", small(epochs=20))
    seat.patient = True
    pool.train(seat)
    reached(seat, "finished")


def test_a_run_that_takes_too_long_pauses_and_asks(pool, monkeypatch):
    monkeypatch.setattr(pool_module, "LONGEST", 0.2)
    monkeypatch.setattr(pool_module, "CHECKPOINT_EVERY", 0.05)
    seat = prepared(pool, "A", long())
    pool.train(seat)
    wait_for(lambda: seat.snapshot.state == "paused")
    assert "press Continue" in seat.snapshot.message
    kept(pool.store, long(), seat.snapshot.step)


def test_who_goes_elsewhere_leaves_a_paused_run_behind(pool, monkeypatch):
    monkeypatch.setattr(pool_module, "GRACE", 60.0)
    seat = prepared(pool, "A", long())
    pool.train(seat)
    under_way(seat)
    pool.leave_others("A", {small().id})
    assert seat.run.snapshot.state == "paused"
    kept(pool.store, long(), seat.run.snapshot.step)
    # With somebody else looking it goes on.
    one, other = prepared(pool, "A", long(seed=1)), prepared(pool, "B", long(seed=1))
    pool.train(one)
    pool.train(other)
    under_way(one)
    pool.leave_others("A", set())
    assert other.run.snapshot.state in ("queued", "running")


def test_a_run_whose_data_cannot_be_had_says_so_and_can_be_tried_again(pool, monkeypatch):
    load = standing.load

    def refuse(*args, **more):
        raise SourceError("digits could not be had: the dog ate them; try again later.")

    monkeypatch.setattr(standing, "load", refuse)
    seat = pool.seat("A", small())
    assert reached(seat, "unavailable").message == "digits could not be had: the dog ate them; try again later."
    for control in (pool.train, pool.pause, lambda seat: pool.step(seat, 1)):
        control(seat)
        assert seat.snapshot.state == "unavailable"
    monkeypatch.setattr(standing, "load", load)
    pool.retry(seat)
    wait_for(lambda: seat.run.snapshot.state == "untrained")
    pool.train(seat)
    reached(seat, "finished")


def test_images_too_small_for_the_architecture_are_a_sentence(pool, monkeypatch):
    monkeypatch.setattr("aecore.architectures.conv.Conv.smallest", 9)
    seat = pool.seat("A", Spec(data="digits", architecture="conv"))
    view = reached(seat, "failed")
    assert "at least 9x9" in view.message
    assert is_sentence(view.message)


@pytest.mark.parametrize("where", ["load", "look"])
def test_a_mistake_of_ours_is_logged_and_said_without_its_trace(pool, monkeypatch, caplog, where):
    seat = prepared(pool, "A", small()) if where == "look" else None

    def fail(*args, **more):
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(*{"load": (standing, "load"), "look": (Images, "look")}[where], fail)
    with caplog.at_level(logging.ERROR):
        seat = seat or pool.seat("A", small())
        pool.train(seat)
        view = reached(seat, "failed")
    assert is_sentence(view.message)
    assert "secret" not in view.message
    assert "secret detail" in caplog.text
    # The worker lives on.
    monkeypatch.undo()
    other = prepared(pool, "B", small(seed=3))
    pool.train(other)
    reached(other, "finished")


def test_memory_is_given_to_a_bounded_number_of_idle_runs(make_pool, monkeypatch):
    monkeypatch.setattr(pool_module, "MOST_RUNS_IN_MEMORY", 3)
    monkeypatch.setattr(pool_module, "GRACE", 0.0)
    pool = make_pool()
    for seed in range(8):
        prepared(pool, "A", small(seed=seed))
        pool.leave_others("A", {small(seed=seed).id})
    assert len(pool._seats.shared) <= 4


# The store.


def test_a_finished_run_is_opened_by_a_new_pool(make_pool, store, finished):
    store.keep(finished)
    pool = make_pool(store)
    seat = prepared(pool, "A", small())
    assert seat.snapshot.state == "untrained"
    pool.train(seat)
    view = seat.snapshot
    assert (view.state, view.step, view.seconds) == ("finished", 60, finished.snapshot.seconds)
    assert equal(view.history, finished.history)
    assert seat.run.metrics == finished.metrics
    assert same(seat.run, finished)
    assert pool._line.working == pool._line.waiting == []


def test_a_file_of_a_finished_run_holds_no_optimiser(store, finished):
    store.keep(finished)
    assert not any(name.startswith("optimiser.") for name in store.find(small()).tensors)
    assert b"pickle" not in store.path(small().id).read_bytes()


def test_a_paused_run_goes_on_in_a_new_pool(make_pool, store, finished):
    pool = make_pool(store)
    seat = prepared(pool, "A", small())
    pool.step(seat, 22)
    reached(seat, "paused")
    kept(store, small(), 22)
    later = make_pool(Store(store.folder))
    again = prepared(later, "B", small())
    assert again.snapshot.step == 0
    later.train(again)
    assert again.snapshot.step >= 22
    reached(again, "finished")
    assert same(again.run, finished)
    assert [m.step for m in again.run.history.moments] == [m.step for m in finished.history.moments]


KILLED = """
import sys, threading
from pathlib import Path
import aecore.runs.pool as pool_module
from aecore.runs.pool import Pool
from aecore.runs.spec import Spec
from aecore.runs.store import Store

pool_module.CHECKPOINT_EVERY = 0.1
store = Store(Path(sys.argv[1]))
pool = Pool(store, workers=1)
spec = Spec.from_json(sys.argv[2])
seat = pool.seat("A", spec)
pool.train(seat)
while not store.path(spec.id).exists():
    threading.Event().wait(0.01)
print("kept", flush=True)
threading.Event().wait(60)
"""


@pytest.mark.starts
@pytest.mark.parametrize("variant", ["vae", "factor-vae"])
def test_a_killed_servers_run_ends_as_if_never_killed(make_pool, store, variant):
    spec = small(variant=variant, epochs=12, batch_size=32)
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(store.folder), spec.json()], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with child:
        assert child.stdout.readline().strip() == "kept"
        child.send_signal(signal.SIGKILL)
    left = store.find(spec)
    assert left.snapshot.state == "paused"
    assert 0 < left.snapshot.step < left.snapshot.steps
    pool = make_pool(store)
    seat = prepared(pool, "B", spec)
    pool.train(seat)
    assert seat.snapshot.step >= left.snapshot.step
    reached(seat, "finished", pool, 60)
    assert same(seat.run, train_spec(spec))


FRESH = """
import hashlib, sys
from aecore.runs.run import train_spec
from aecore.runs.spec import Spec
model = train_spec(Spec.from_json(sys.argv[1])).model
print(hashlib.sha256(b"".join(tensor.numpy().tobytes() for tensor in model.state_dict().values())).hexdigest())
"""


@pytest.mark.starts
def test_fresh_processes_train_equal_weights():
    command = [sys.executable, "-c", FRESH, small().json()]
    children = [
        subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONHASHSEED": seed}
        )
        for seed in ("1", "2")
    ]
    one, other = (child.communicate(timeout=patience(60))[0].strip() for child in children)
    assert one == other
    assert len(one) == 64


def metadata(**facts) -> dict[str, str]:
    return {"aecore": json.dumps(facts)}


DAMAGE = {
    "empty": lambda data: b"",
    "truncated in the header": lambda data: data[:100],
    "truncated in a tensor": lambda data: data[:-100],
    "longer": lambda data: data + b"more",
    "random": lambda data: bytes(np.random.default_rng(0).integers(0, 256, 5000, np.uint8)),
    "a picture": lambda data: b"\x89PNG\r\n\x1a\n" + data[8:],
    "a huge header": lambda data: (2**62).to_bytes(8, "little") + data[8:],
    "a header of garbage": lambda data: data[:8] + b"\x00" * (len(data) - 8),
    "no metadata": lambda data: save({"x": torch.zeros(3)}),
    "foreign metadata": lambda data: save({"x": torch.zeros(3)}, {"aecore": "no JSON"}),
    "a list": lambda data: save({"x": torch.zeros(3)}, {"aecore": "[]"}),
    "nothing inside": lambda data: save({}, metadata()),
    "another layout": lambda data: save({}, metadata(layout=999, spec="", view={}, metrics={})),
    "a broken spec": lambda data: save({}, metadata(layout=1, spec="{}", view={}, metrics={})),
    "a view of other facts": lambda data: save(
        {}, metadata(layout=1, spec=small().json(), view={"mood": 1}, metrics={})
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_set_aside_and_trained_anew(make_pool, store, finished, damage):
    store.keep(finished)
    path = store.path(small().id)
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    assert not has_finished(store, small())
    seat = prepared(make_pool(store), "A", small())
    assert seat.run.snapshot.state == "untrained", seat.run.snapshot.message
    assert not path.exists()
    assert [other.name for other in store.folder.iterdir()] == [f"{small().id}.damaged"]
    # And the place is free again.
    store.keep(finished)
    assert has_finished(store, small())


def test_a_file_of_another_spec_is_not_taken_for_this_one(store, finished):
    store.keep(finished)
    store.path(small().id).rename(store.path(small(seed=1).id))
    assert store.find(small(seed=1)) is None
    assert not store.path(small(seed=1).id).exists()


def paused(spec: Spec, steps: int = 22) -> Checkpoint:
    run = Run(spec)
    run.prepare()
    run.aim(steps)
    run.work()
    return run.checkpoint()


def _of_another_width() -> Checkpoint:
    return replace(paused(small()), tensors=paused(small(width=9)).tensors)


def _optimiser_of_another_width() -> Checkpoint:
    ours, theirs = paused(small()), paused(small(width=9))
    return replace(ours, tensors={n: (theirs if n.startswith("optimiser.") else ours).tensors[n] for n in ours.tensors})


def _without(start: str) -> Checkpoint:
    ours = paused(small())
    return replace(ours, tensors={n: t for n, t in ours.tensors.items() if not n.startswith(start)})


def _without_history() -> Checkpoint:
    ours = paused(small())
    return replace(ours, snapshot=replace(ours.snapshot, history=History()))


MISFITS = {
    "tensors of another width": _of_another_width,
    "an optimiser of another width": _optimiser_of_another_width,
    "a weight too few": lambda: _without("model.encoder.1.weight"),
    "half an optimiser": lambda: _without("optimiser.autoencoder.0."),
    "no history": _without_history,
}


@pytest.mark.parametrize("misfit", MISFITS)
def test_a_file_that_does_not_fit_its_spec_is_trained_anew(make_pool, store, finished, misfit):
    store.folder.mkdir()
    store.path(small().id).write_bytes(encode(small(), MISFITS[misfit]()))
    pool = make_pool(store)
    seat = prepared(pool, "A", small())
    assert seat.run.snapshot.state == "untrained", seat.run.snapshot.message
    pool.train(seat)
    reached(seat, "finished", seconds=10)
    assert same(seat.run, finished)


def test_a_full_disk_is_said_and_nothing_is_lost(make_pool, store, monkeypatch, finished):
    pool = make_pool(store)
    seat = prepared(pool, "A", small())
    pool.step(seat, 10)
    reached(seat, "paused")
    kept(store, small(), 10)

    def full(self, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        disk.setattr(Path, "write_bytes", full)
        pool.train(seat)
        reached(seat, "finished")
        wait_for(lambda: seat.run.unkept)
    assert "No space left" in seat.run.unkept
    assert is_sentence(seat.run.unkept)
    assert same(seat.run, finished)
    # What was kept before is there still, and no half file beside it.
    assert store.find(small()).snapshot.step == 10
    assert [file.name for file in store.folder.iterdir()] == [f"{small().id}.safetensors"]
    with monkeypatch.context() as disk:
        disk.setattr(Path, "write_bytes", full)
        with pytest.raises(StoreError, match="No space left"):
            store.keep(finished)
    store.keep(finished)
    assert has_finished(store, small())


def test_a_store_below_a_file_is_said_and_nothing_is_lost(make_pool, tmp_path, finished):
    (tmp_path / "file").write_text("in the way")
    store = Store(tmp_path / "file" / "runs")
    assert store.find(small()) is None
    assert not has_finished(store, small())
    pool = make_pool(store)
    seat = prepared(pool, "A", small())
    pool.train(seat)
    reached(seat, "finished")
    wait_for(lambda: seat.run.unkept)
    assert is_sentence(seat.run.unkept)
    assert same(seat.run, finished)
    assert (tmp_path / "file").read_text() == "in the way"


def test_what_is_further_is_not_overwritten(store, finished):
    store.keep(finished)
    run = Run(small())
    run.prepare()
    run.aim(5)
    run.work()
    store.keep(run)
    assert store.find(small()).snapshot.state == "finished"


def test_the_runs_looked_at_longest_ago_make_room(store, finished, monkeypatch):
    for age, seed in enumerate((3, 2, 1)):
        run = train_spec(small(seed=seed, epochs=1))
        store.keep(run)
        os.utime(store.path(run.id), (1000 + age, 1000 + age))
    # The oldest was just looked at: it stays.
    assert store.find(small(seed=3, epochs=1)) is not None
    size = max(file.stat().st_size for file in store.folder.iterdir())
    monkeypatch.setattr(store_module, "MOST_BYTES", int(3.5 * size))
    store.keep(finished)
    left = {seed for seed in (1, 2, 3) if has_finished(store, small(seed=seed, epochs=1))}
    assert 2 not in left
    assert 3 in left
    assert has_finished(store, small())
    assert sum(file.stat().st_size for file in store.folder.iterdir()) <= 3.5 * size


def test_a_run_larger_than_the_bound_is_kept_or_said_not_to_be(store, finished, monkeypatch):
    monkeypatch.setattr(store_module, "MOST_BYTES", 10)
    said = ""
    try:
        store.keep(finished)
    except StoreError as refusal:
        said = str(refusal)
    assert is_sentence(said) or has_finished(store, small())


def test_the_default_store_is_at_home(home):
    assert Store.default().folder == home / "runs"


# Models as files.


def test_a_model_comes_back_from_its_file(tmp_path, finished):
    for run in (
        finished,
        train_spec(small(variant="denoising", corruption="masking", likelihood="gaussian", epochs=1)),
    ):
        path = tmp_path / "model.safetensors"
        path.write_bytes(model_bytes(run))
        again, images = load_model(path), run.data.test.images
        assert type(again) is type(run.model)
        assert np.array_equal(again.embed(images), run.model.embed(images))
        assert np.array_equal(again.reconstruct(images), run.model.reconstruct(images))
        assert load_model(str(path)).latent == run.model.latent


def _facts(run: Run, **more) -> dict[str, str]:
    return {"aecore-model": json.dumps({"spec": run.spec.json(), "metrics": {}, "shape": [8, 8]} | more)}


NO_MODELS = {
    "empty": lambda run: b"",
    "random": lambda run: bytes(np.random.default_rng(0).integers(0, 256, 5000, np.uint8)),
    "truncated": lambda run: model_bytes(run)[:-10],
    "a run's file": lambda run: encode(run.spec, run.checkpoint()),
    "no metadata": lambda run: save({"x": torch.zeros(3)}),
    "a list": lambda run: save({}, {"aecore-model": "[]"}),
    "another shape": lambda run: save(weights(run), _facts(run, shape=[28, 28])),
    "no shape": lambda run: save(weights(run), _facts(run, shape="big")),
    "negative shape": lambda run: save(weights(run), _facts(run, shape=[-1, 8])),
    "three sides": lambda run: save(weights(run), _facts(run, shape=[8, 8, 8])),
    "another spec": lambda run: save(weights(run), _facts(run, spec=small(width=9).json())),
    "a spec of nothing": lambda run: save(weights(run), _facts(run, spec="5")),
    "a spec with a wrong value": lambda run: save(weights(run), _facts(run, spec='{"schema":1,"latent":0}')),
    "a weight too few": lambda run: save(dict(list(weights(run).items())[1:]), _facts(run)),
    "a weight too many": lambda run: save(weights(run) | {"x": torch.zeros(1)}, _facts(run)),
}


@pytest.mark.parametrize("kind", NO_MODELS)
def test_a_file_that_is_no_model_is_refused_in_one_sentence(tmp_path, finished, kind):
    path = tmp_path / "m.safetensors"
    path.write_bytes(NO_MODELS[kind](finished))
    with pytest.raises(StoreError) as refusal:
        load_model(path)
    text = str(refusal.value).replace(str(tmp_path), "")
    assert is_sentence(text), text
    assert "m.safetensors" in text


def test_a_path_without_a_file_is_refused_in_one_sentence(tmp_path):
    for path in (tmp_path / "none", tmp_path, tmp_path / "none" / "none"):
        with pytest.raises(StoreError) as refusal:
            load_model(path)
        assert is_sentence(str(refusal.value))
        assert str(path) in str(refusal.value)


def test_the_two_main_directions_of_long_codes_are_those_of_all():
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(300, 400)) * np.linspace(1, 0.2, 400) ** 2 @ np.linalg.qr(rng.normal(size=(400, 400)))[0]
    codes -= codes.mean(0)
    found = _main_directions(codes)
    _, vectors = np.linalg.eigh(codes.T @ codes)
    spread = np.square(codes @ found).sum(0)
    best = np.square(codes @ vectors[:, :-3:-1]).sum(0)
    assert np.allclose(found.T @ found, np.eye(2), atol=1e-9)
    # Noise of 300 rows has no gaps between its directions: what counts is that no more spread could be shown.
    assert np.allclose(spread, best, rtol=0.02)
    assert np.array_equal(_places(np.zeros((5, 400)), None), np.zeros((5, 2)))
