"""A group of runs starts as many at once as a visitor may have, and no more while they are being prepared."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from aecore.runs.pool import MOST_ACTIVE_PER_VISITOR
from aecore.ui import group

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("state", ["preparing", "queued", "running"])
def test_runs_already_started_are_counted_whatever_they_are_at(monkeypatch, state):
    monkeypatch.setattr(group, "st", SimpleNamespace(session_state={}))
    seats = {
        i: SimpleNamespace(joined=False, run=SimpleNamespace(id=str(i)), view=SimpleNamespace(state="preparing"))
        for i in range(10)
    }
    started = []

    def train(seat):
        seat.joined, seat.view.state = True, state
        started.append(seat)

    pool = SimpleNamespace(train=train)
    group.train(pool, seats)
    for _ in range(3):
        group.advance(pool, seats)
    assert len(started) == MOST_ACTIVE_PER_VISITOR
    started[0].view.state = "finished"
    group.advance(pool, seats)
    assert len(started) == MOST_ACTIVE_PER_VISITOR + 1


def test_no_redrawing_part_lies_within_another():
    """The browser may ask once more for an inner part that the outer one no longer draws; the page then goes white."""
    within = [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "aecore" / "ui").rglob("*.py"))
        if "st.fragment" in path.read_text("utf-8")
    ]
    # What a stage draws is drawn by tabs, columns and what they share; these three are a page's own.
    assert within == ["aecore/ui/aside.py", "aecore/ui/group.py", "aecore/ui/promises.py"]
