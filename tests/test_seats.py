"""Who sits where, whose a run is and who is next: told without a thread, a model or a clock."""

from __future__ import annotations

from typing import get_args

import pytest

from aecore.runs.line import Line
from aecore.runs.run import Run
from aecore.runs.seats import Seat, Seats, way_to_own
from aecore.runs.snapshot import Snapshot, State
from aecore.runs.spec import Spec

SPEC = Spec(data="digits")
STATES = get_args(State)


def run_in(state: State, spec: Spec = SPEC) -> Run:
    run = Run(spec)
    run.snapshot = Snapshot(state, step=0 if state in ("preparing", "untrained", "unavailable", "failed") else 3)
    return run


@pytest.fixture
def seats():
    """Seats whose runs are untrained at once."""
    return Seats(lambda spec, kept: run_in("untrained", spec), connected=lambda visitor: False)


# Whose a run is.


@pytest.mark.parametrize("state", STATES)
def test_a_run_that_is_the_visitors_own_stays_what_it_is(state):
    seat = Seat("A", run_in(state), own=True, joined=True)
    assert way_to_own(seat, [Seat("B", seat.run, joined=True)]) == "own"


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("others", [0, 2])
def test_a_run_that_nobody_else_has_joined_is_taken(state, others):
    seat = Seat("A", run_in(state), joined=True)
    assert way_to_own(seat, [Seat(f"{k}", seat.run) for k in range(others)]) == "taken"


@pytest.mark.parametrize("state", STATES)
def test_a_run_that_others_have_joined_is_copied_or_made_anew_where_there_is_nothing_to_copy(state):
    seat = Seat("A", run_in(state), joined=True)
    way = way_to_own(seat, [Seat("B", seat.run, joined=True), Seat("C", seat.run)])
    assert way == ("fresh" if state in ("preparing", "unavailable", "failed") else "copied")


@pytest.mark.parametrize("state", ["queued", "running", "paused", "finished", "diverged"])
@pytest.mark.parametrize("others", [0, 1])
def test_who_sees_the_untrained_state_of_a_run_that_has_gone_ahead_gets_a_fresh_one(state, others):
    seat = Seat("A", run_in(state))
    assert way_to_own(seat, [Seat(f"{k}", seat.run, joined=True) for k in range(others)]) == "fresh"


def test_equal_specs_share_a_run_and_who_takes_it_leaves_others_at_another(seats):
    one, other = seats.at("A", SPEC), seats.at("B", SPEC)
    shared = one.run
    assert other.run is shared
    assert seats.at("A", SPEC) is one
    assert seats.make_own(one) == "taken"
    assert one.run is shared
    assert one.own
    assert one.joined
    assert other.run is not shared
    assert seats.at("C", SPEC).run is other.run


def test_a_copy_is_still_to_be_made_and_the_shared_run_stays_the_others(seats):
    one, other = seats.at("A", SPEC), seats.at("B", SPEC)
    one.joined = other.joined = True
    shared = one.run
    assert seats.make_own(one) == "copied"
    assert one.run is other.run is seats.shared[SPEC.id] is shared
    assert one.own
    assert seats.make_own(one) == "own"


def test_a_fresh_run_of_ones_own_leaves_the_shared_one_to_others(seats):
    other = seats.at("B", SPEC)
    other.joined, other.run.snapshot = True, Snapshot("running", step=5)
    one = seats.at("A", SPEC)
    assert seats.make_own(one) == "fresh"
    assert one.run is not other.run
    assert seats.shared[SPEC.id] is other.run


def test_a_reset_is_undone_and_a_broken_run_is_shared_with_nobody(seats):
    seat = seats.at("A", SPEC)
    before = seat.run
    assert seats.reset(seat) is before
    assert seat.run is not before
    seats.undo_reset(seat)
    assert seat.run is before
    assert not seat.own
    before.snapshot = Snapshot("failed")
    seats.retry(seat)
    assert seat.run is not before
    assert seats.at("B", SPEC).run is seat.run


def test_seats_and_idle_runs_are_let_go_of(seats):
    specs = [Spec(data="digits", seed=seed) for seed in range(4)]
    for spec in specs:
        seats.at("A", spec).run.snapshot = Snapshot("paused", step=1)
    seats.at("B", specs[0]).run.snapshot = Snapshot("running", step=1)
    assert seats.forget(within=60, most=2) == {"A", "B"}
    assert len(seats.shared) == 4
    # Nobody has looked for no time at all: what moves stays, and of the rest as many as are to be kept.
    assert seats.forget(within=0, most=2) == {"A", "B"}
    assert {seat.run.spec for seat in seats} == {specs[0]}
    assert set(seats.shared) == {specs[0].id, specs[3].id}


def test_who_leaves_gives_up_all_seats_but_patient_ones(seats):
    specs = [Spec(data="digits", seed=seed) for seed in range(3)]
    first, second, third = (seats.at("A", spec) for spec in specs)
    third.patient = True
    assert seats.leave("A", {specs[0].id}) == [second.run]
    assert list(seats) == [first, third]


def test_a_run_is_patient_where_only_patient_seats_look(seats):
    seat = seats.at("A", SPEC)
    assert not seats.patient(seat.run)
    seat.patient = True
    assert seats.patient(seat.run)
    seats.at("B", SPEC)
    assert not seats.patient(seat.run)
    assert len(seats.lookers(seat.run)) == 2


# Who is next.


def line(workers: int = 1, patient: frozenset[Run] = frozenset()) -> Line:
    return Line(workers, patient.__contains__)


def test_whose_turn_was_longest_ago_is_next_and_among_equals_who_asked_first():
    line_, runs = line(), [run_in("queued") for _ in range(5)]
    for visitor, run in zip("AAABB", runs, strict=True):
        line_.join((visitor, run))
    served = []
    while (job := line_.next()) is not None:
        served.append(runs.index(job[1]))
        line_.free(job)
    assert served == [0, 3, 1, 4, 2]


def test_no_more_work_than_there_are_workers_and_none_twice():
    line_, runs = line(workers=2), [run_in("queued") for _ in range(3)]
    for run in [*runs, *runs]:
        line_.join(("A", run))
    assert [line_.place(run) for run in runs] == [1, 2, 3]
    first, second = line_.next(), line_.next()
    assert line_.next() is None
    line_.join(first)
    assert [line_.place(run) for run in runs] == [0, 0, 1]
    line_.free(second)
    line_.leave(runs[2])
    assert line_.next() is None
    assert line_.waiting == []


def test_a_patient_run_gives_way_while_anybody_elses_waits_or_works():
    mine, other = run_in("queued"), run_in("queued")
    line_ = line(patient=frozenset({mine}))
    line_.join(("example", mine))
    assert not line_.gives_way(("example", mine))
    line_.join(("A", other))
    assert line_.gives_way(("example", mine))
    job = line_.next()
    assert job == ("A", other)
    line_.free(job)
    assert line_.next() == ("example", mine)
