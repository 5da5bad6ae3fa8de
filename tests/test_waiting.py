"""Tabs of several runs: what is said while not all are trained, and that nobody is asked to press what is pressed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import get_args

import pytest
from browsing import ROOT
from hypothesis import given
from hypothesis import strategies as st

from aecore.runs.snapshot import Snapshot, State
from aecore.ui import waiting


def seat(state: str, epoch: int = 2, joined: bool = True) -> SimpleNamespace:
    """A stand-in for a seat at a run of 20 epochs, five steps each."""
    metrics = {"heldout_kl": 1.0} if state == "finished" else {}
    snapshot = Snapshot(state=state, step=5 * epoch, steps=100, steps_per_epoch=5)
    return SimpleNamespace(joined=joined, snapshot=snapshot, run=SimpleNamespace(metrics=metrics))


def said(*seats: SimpleNamespace, under_way: bool = False) -> str:
    return waiting.said(dict(enumerate(seats)), under_way, "each is shown", lambda key: f"run {key}")


def test_before_anything_is_trained_a_press_is_asked_for():
    assert said(seat("untrained", 0, False), seat("untrained", 0, False)) == "Press Train, and each is shown."
    assert said(seat("preparing", 0, False)) == "Press Train, and each is shown."


def test_while_some_train_it_is_told_how_far_each_is():
    assert said(seat("finished"), seat("running"), seat("queued"), seat("untrained"), under_way=True) == (
        "1 of 4 trained; in training: run 1 (epoch 3 of 20), run 2 (queued), run 3 (waiting)."
    )
    assert said(seat("running")) == "In training: run 0 (epoch 3 of 20)."
    assert said(seat("untrained"), *[seat("running")] * 8).endswith("run 5 (epoch 3 of 20) and 4 more.")


def test_a_group_that_was_started_and_waits_for_its_data_is_in_training():
    assert said(seat("preparing", 0), seat("untrained", 0, False), under_way=True).startswith("In training: run 0 (")


def test_where_all_rest_it_is_told_what_to_press():
    assert said(seat("finished"), seat("paused"), seat("untrained", 0, False)) == (
        "1 of 3 trained; paused: run 1 (paused in epoch 3 of 20), run 2 (waiting); press Continue, and each is shown."
    )
    assert said(seat("finished"), seat("untrained", 0, False)) == "1 of 2 trained; press Train, and each is shown."


def test_runs_that_did_not_get_to_their_end_are_named():
    assert said(seat("finished"), seat("diverged"), seat("failed")) == (
        "1 of 3 trained; not trained to the end: run 1 (diverged), run 2 (failed)."
    )
    assert said(seat("finished"), seat("finished")) == ""


@given(
    st.lists(st.tuples(st.sampled_from(get_args(State)), st.booleans()), min_size=1, max_size=6),
    st.booleans(),
)
def test_nobody_is_asked_to_press_what_is_pressed_and_something_is_said_until_all_are_trained(states, under_way):
    seats = [seat(state, joined=joined) for state, joined in states]
    text = said(*seats, under_way=under_way)
    moving = any(one.snapshot.active for one in seats)
    open_ = any(not one.snapshot.over for one in seats)
    if moving:
        assert "ress " not in text
        assert "in training" in text.lower()
    if under_way and open_:
        assert "ress " not in text
    assert bool(text) == any(one.snapshot.state != "finished" for one in seats)
    if text and not moving and not under_way and any(one.snapshot.state in ("untrained", "paused") for one in seats):
        started = any(one.snapshot.state == "preparing" and one.joined for one in seats)
        assert ("ress " in text) != started
    for number, one in enumerate(seats):
        if one.snapshot.state in ("diverged", "failed", "unavailable"):
            assert f"run {number} ({one.snapshot.state})" in text or "more" in text


@pytest.mark.parametrize("path", sorted((ROOT / "aecore" / "ui").rglob("*.py")), ids=lambda path: path.stem)
def test_no_view_asks_for_a_press_on_its_own(path):
    """It would do so while what it asks for goes on: ``waiting`` knows when not to."""
    if path.name != "waiting.py":
        assert "press train" not in path.read_text().lower()
