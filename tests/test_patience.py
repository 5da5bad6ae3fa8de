"""How long tests wait, and that no wait of theirs is a bare number of seconds."""

from __future__ import annotations

import ast
import os
import statistics
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import patience as patience_module
import pytest
from browsing import expect
from patience import EVERY, MOST, PROBE, REMEMBERED, Patience, seconds_a_step, wait_for

FILES = sorted(Path(__file__).parent.rglob("*.py"))


class Machine:
    """One whose load is set by hand; a second passes when told."""

    def __init__(self):
        self.now, self.slow, self.probes = 0.0, 1.0, 0

    def probe(self) -> float:
        self.probes += 1
        self.now += 0.04 * self.slow
        return self.slow

    def patience(self) -> Patience:
        return Patience(self.probe, lambda: self.now)


@pytest.mark.parametrize("slow", [1.0, 1.5, 3.0, 8.0])
def test_a_wait_is_as_much_longer_as_the_machine_is_slower(slow):
    machine = Machine()
    machine.slow = slow
    assert machine.patience()(20) == pytest.approx(20 * slow)


def test_a_fast_machine_shortens_no_wait_and_a_stuck_one_makes_none_endless():
    machine = Machine()
    machine.slow = 0.2
    assert machine.patience()(20) == 20
    machine.slow = 1e6
    assert machine.patience()(20) == 20 * MOST


def test_load_that_comes_during_a_wait_lengthens_it_and_is_remembered_through_a_lull():
    machine = Machine()
    patience = machine.patience()
    assert patience(20) == 20
    machine.slow, machine.now = 4.0, machine.now + EVERY
    assert patience(20) == 80
    machine.slow, machine.now = 1.0, machine.now + EVERY
    assert patience(20) == 80
    machine.now += REMEMBERED
    assert patience(20) == 20


def test_asking_often_costs_little():
    machine = Machine()
    patience = machine.patience()
    for _ in range(1000):
        machine.now += EVERY / 100
        patience(20)
    assert machine.probes <= 12


def test_what_is_waited_for_on_a_slow_machine_may_take_its_time(monkeypatch):
    machine = Machine()
    monkeypatch.setattr(patience_module, "patience", machine.patience())
    monkeypatch.setattr(patience_module.time, "monotonic", lambda: machine.now)

    def later(at: float):
        def done() -> bool:
            machine.now += 0.5
            return machine.now >= at

        return done

    machine.slow = 3.0
    assert wait_for(later(machine.now + 50), seconds=20)
    with pytest.raises(pytest.fail.Exception, match="in vain"):
        wait_for(later(machine.now + 70), seconds=20)


@pytest.mark.browser
def test_an_expectation_waits_longer_where_the_machine_became_slow_while_it_waited(browser, monkeypatch):
    import browsing

    page = browser.new_page()
    page.set_content("<p>before</p>")
    asked = []

    def patience(seconds: float) -> float:
        asked.append(seconds)
        return 0.05 if len(asked) == 1 else 30.0

    monkeypatch.setattr(browsing, "patience", patience)
    # In time for the second wait, whenever the first is over.
    page.evaluate("() => setTimeout(() => { document.querySelector('p').innerText = 'after'; }, 1000)")
    expect(page.locator("p")).to_have_text("after")
    assert len(asked) == 2
    monkeypatch.setattr(browsing, "patience", lambda seconds: 0.05)
    with pytest.raises(AssertionError):
        expect(page.locator("p")).to_have_text("never")
    page.close()


BUSY = "print(flush=True)\nwhile True: pass"


@pytest.mark.timed
def test_the_probe_notices_processes_that_keep_the_machine_busy():
    alone = statistics.median(seconds_a_step(PROBE) for _ in range(9))
    with ExitStack() as stack:
        for _ in range(6 * os.cpu_count()):
            busy = stack.enter_context(subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE))
            stack.callback(busy.kill)
            assert busy.stdout.readline()
        crowded = max(seconds_a_step(PROBE) for _ in range(9))
    assert crowded > 2 * alone


def bare_seconds(path: Path) -> list[str]:
    """A line for each wait in a file that is a number of seconds."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        named = {keyword.arg: keyword.value for keyword in node.keywords}
        attribute = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        waits = [value for name, value in named.items() if name == "timeout"]
        if attribute in ("set_default_timeout", "set_default_navigation_timeout"):
            waits += node.args
        if attribute in ("wait", "join"):
            # Shorter ones are looks, between which one waits.
            numbers = [one for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, int | float)]
            waits += [number for number in numbers if number.value >= 1]
        # ``expect`` of browsing.py is patient by itself.
        patient = "expect(" in ast.unparse(node.func)
        found += [
            f"{path.name}:{node.lineno}" for wait in waits if not patient and "patience(" not in ast.unparse(wait)
        ]
    return found


def test_no_wait_is_a_bare_number_of_seconds():
    assert [line for path in FILES for line in bare_seconds(path)] == []


@pytest.mark.parametrize(
    "line",
    [
        "page.wait_for_function('done', timeout=10_000)",
        "page.locator('p').wait_for(timeout=5000)",
        "page.set_default_timeout(5000)",
        "process.communicate(timeout=30)",
        "process.wait(30)",
    ],
)
def test_a_planted_bare_wait_is_caught(line, tmp_path):
    (tmp_path / "planted.py").write_text(line)
    assert bare_seconds(tmp_path / "planted.py") == ["planted.py:1"]
