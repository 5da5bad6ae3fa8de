"""A group of runs starts as many at once as a visitor may have, and no more while they are being prepared."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from aecore.runs.pool import MOST_ACTIVE_PER_VISITOR
from aecore.runs.snapshot import Snapshot
from aecore.ui import group

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("state", ["preparing", "queued", "running"])
def test_runs_already_started_are_counted_whatever_they_are_at(monkeypatch, state):
    monkeypatch.setattr(group, "st", SimpleNamespace(session_state={}))
    seats = {
        i: SimpleNamespace(joined=False, run=SimpleNamespace(id=str(i)), snapshot=Snapshot("preparing"))
        for i in range(10)
    }
    started = []

    def train(seat):
        seat.joined, seat.snapshot = True, Snapshot(state)
        started.append(seat)

    pool = SimpleNamespace(train=train)
    group.train(pool, seats)
    for _ in range(3):
        group.advance(pool, seats)
    assert len(started) == MOST_ACTIVE_PER_VISITOR
    started[0].snapshot = Snapshot("finished")
    group.advance(pool, seats)
    assert len(started) == MOST_ACTIVE_PER_VISITOR + 1


def test_nothing_looks_again_by_a_clock():
    """What moves is pushed; a browser's timer goes on asking for parts that may have no place on the page any more."""
    polls = [
        path.relative_to(ROOT).as_posix()
        for folder in ("aecore/ui", "pages")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "run_every" in path.read_text("utf-8")
    ]
    assert polls == []
