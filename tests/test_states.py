"""A view says of itself what it is: nobody but the sessions compares words of state."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from aecore.runs.snapshot import Snapshot, State

ROOT = Path(__file__).parents[1]
STATES = set(get_args(State))


def in_state(state: str) -> Snapshot:
    return Snapshot(state, step=3)


def those(quality: str) -> set[str]:
    """The states in which a view has a quality."""
    return {state for state in STATES if getattr(in_state(state), quality)}


@pytest.mark.parametrize("state", sorted(STATES))
def test_each_state_has_a_property_of_its_name(state):
    assert those(state) == {state}


@pytest.mark.parametrize(
    ("quality", "states"),
    [
        ("active", {"queued", "running"}),
        ("moving", {"preparing", "queued", "running"}),
        ("at_rest", {"untrained", "paused", "finished", "diverged", "unavailable", "failed"}),
        ("startable", {"untrained", "paused"}),
        ("broken", {"unavailable", "failed"}),
        ("prepared", {"untrained", "queued", "running", "paused", "finished", "diverged"}),
        ("begun", {"queued", "running", "paused", "finished", "diverged"}),
        ("over", {"finished", "diverged", "unavailable", "failed"}),
    ],
)
def test_what_a_view_says_of_itself(quality, states):
    assert those(quality) == states


def test_a_view_moves_or_rests_and_can_be_started_only_at_rest():
    assert those("moving") | those("at_rest") == STATES
    assert not those("moving") & those("at_rest")
    assert those("startable") <= those("at_rest") - those("over")


def compared(source: str) -> Iterator[str]:
    """A line for each place where words of state are compared, looked up, or listed to be."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            caught = any(_is_word(side) or _is_state(side) for side in sides) or any(map(_has_word, sides))
        elif isinstance(node, ast.Match):
            caught = _is_state(node.subject) or any(_has_word(case.pattern) for case in node.cases)
        elif isinstance(node, ast.Dict):
            caught = any(map(_is_word, filter(None, node.keys)))
        else:
            caught = isinstance(node, ast.Tuple | ast.List | ast.Set) and sum(map(_is_word, node.elts)) > 1
        if caught:
            yield f"line {node.lineno}: {ast.unparse(node).splitlines()[0]}"


def _is_word(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in STATES


def _has_word(node: ast.AST) -> bool:
    """Whether words of state stand in what is written out here, but for what is called."""
    if isinstance(node, ast.Call | ast.IfExp | ast.JoinedStr):
        return False
    return _is_word(node) or any(map(_has_word, ast.iter_child_nodes(node)))


def _is_state(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "state"


def test_nobody_but_the_sessions_compares_words_of_state():
    files = [*ROOT.glob("aecore/**/*.py"), *ROOT.glob("pages/*.py"), *ROOT.glob("benchmarks/*.py"), ROOT / "app.py"]
    others = [file for file in files if "runs" not in file.relative_to(ROOT).parts]
    assert len(others) > 100
    assert [(str(file), line) for file in others for line in compared(file.read_text())] == []


@pytest.mark.parametrize(
    "line",
    [
        'view.state == "running"',
        '"running" != seat.view.state',
        'now in ("queued", "running")',
        'view.state in (*ACTIVE, "paused")',
        '"paused" in now',
        "view.state in ACTIVE",
        'ACTIVE = ("queued", "running")',
        '{"paused": st.info}.get(view.state, st.error)',
        'match view.state:\n    case "paused":\n        x = 1',
        'match now:\n    case "paused" | "queued":\n        x = 1',
    ],
)
def test_a_planted_comparison_is_caught(line):
    assert list(compared(line))


@pytest.mark.parametrize("line", ["view.running", 'f"{view.state}: 3"', 'st.write("finished")', "views != drawn_for"])
def test_what_pages_may_do_is_not_caught(line):
    assert not list(compared(line))
