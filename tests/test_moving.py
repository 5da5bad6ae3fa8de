"""When a page is drawn anew: another state or an answer, and not whose turn it is to train."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aecore.runs.answers import Answer
from aecore.runs.run import Run
from aecore.runs.spec import Spec
from aecore.ui import moving


@pytest.fixture
def run():
    return Run(Spec(variant="vae", data="digits"))


@pytest.fixture
def said(monkeypatch):
    """What pulses were mounted as."""
    mounted = []
    monkeypatch.setattr(moving, "pulse", lambda drawing, *, key: mounted.append(drawing.header["now"]))
    return mounted


def drawn(monkeypatch, run, said, *answers, state=None) -> str:
    """What the page's pulse is mounted as, of ``run`` in ``state``, where it awaits ``answers``."""
    monkeypatch.setattr(moving.st, "session_state", {moving.AWAITED: [(run, answer) for answer in answers]})
    moving.watch("key", [run], [replace(run.snapshot, state=state or run.snapshot.state)])
    return said[-1]


def pushed(run, *answers, state) -> str:
    """What the feed says of it."""
    return moving._pulse((replace(run.snapshot, state=state), *(run.snapshot for _ in answers)), answers).header["now"]


@pytest.mark.parametrize("come", [False, True])
def test_an_answer_that_comes_while_a_page_is_drawn_is_not_missed(monkeypatch, run, said, come):
    answer = Answer(lambda run: 1)
    if come:
        answer.future.set_result(1)
    mounted = drawn(monkeypatch, run, said, answer, state="finished")
    assert (pushed(run, answer, state="finished") != mounted) == come


@pytest.mark.parametrize(
    ("before", "after", "anew"),
    [
        ("queued", "running", False),
        ("running", "queued", False),
        ("preparing", "untrained", True),
        ("untrained", "queued", True),
        ("running", "paused", True),
        ("running", "finished", True),
        ("queued", "diverged", True),
    ],
)
def test_runs_that_take_turns_leave_pages_as_they_are(monkeypatch, run, said, before, after, anew):
    mounted = drawn(monkeypatch, run, said, state=before)
    assert (pushed(run, state=after) != mounted) == anew
