"""A test that takes long says so: the loop stays short by itself."""

from __future__ import annotations

import tomllib
from collections.abc import Callable

import pytest
from browsing import ROOT
from costs import COSTLY, Costs

NOW = [0.0]


def spend(seconds: float) -> None:
    NOW[0] += seconds


TESTS = """
    import pytest
    from test_costs import spend

    @pytest.fixture(scope="module")
    def slow_once(): spend(4.0)

    @pytest.fixture(scope="module")
    def cheap_once(): spend(2.0)

    @pytest.fixture
    def cheap(): spend(2.0)

    @pytest.fixture
    def slow(): spend(4.0)

    def test_cheap(): pass
    def test_slow(): spend(4.0)
    def test_slow_fixture(slow): pass
    def test_cheap_fixtures(cheap_once, cheap): pass
    @pytest.mark.learns
    def test_marked(): spend(4.0)
    def test_slow_shared_fixture(slow_once): pass
    def test_shared_with_another(slow_once): pass
"""


@pytest.fixture
def run_of(pytester, monkeypatch) -> Callable:
    """Runs the tests above where ``slowness`` times as many seconds are allowed; what their outcomes were."""

    def run(slowness: float):
        monkeypatch.setattr("costs.patience", lambda seconds: slowness * seconds)
        pytester.makeini("[pytest]\nmarkers = learns: trains")
        pytester.makepyfile(TESTS)
        return pytester.inline_run("-p", "no:cacheprovider", plugins=[Costs(3.0, lambda: NOW[0])])

    return run


def test_what_takes_long_without_a_marker_fails(run_of):
    passed, _, failed = run_of(1).listoutcomes()
    assert [report.nodeid.partition("::")[2] for report in failed] == [
        "test_slow", "test_slow_fixture", "test_slow_shared_fixture",
    ]  # fmt: skip
    assert len(passed) == 4
    assert "the module's fixture slow_once took 4.0 s" in failed[2].longreprtext


def test_on_a_slow_machine_it_may_take_longer(run_of):
    run_of(2).assertoutcome(passed=7)


@pytest.fixture(scope="module")
def options() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]


def test_a_plain_pytest_leaves_out_what_costs_more_and_nothing_else(options):
    left_out = " and ".join(f"not {name}" for name in COSTLY)
    assert f"-m '{left_out}'" in options["addopts"]
    assert [line.partition(":")[0] for line in options["markers"]] == list(COSTLY)


def test_the_readmes_command_runs_everything_and_alone_what_measures_seconds():
    command = (ROOT / "README.md").read_text().split("```bash\n")[2].split("```")[0]
    assert command.splitlines()[1:] == [
        '.venv/bin/python -m pytest -m "not timed" && .venv/bin/python -m pytest -n 0 -m timed'
    ]
