"""What a test may cost: what takes longer than moments says so by a marker, and is run before a change is sent.

A developer's loop is ``pytest``: all that carries none of the markers below.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from patience import patience

# The markers of what costs more, each declared in pyproject.toml.
COSTLY = ("learns", "browser", "starts", "wide", "timed")
# Seconds of a machine of normal speed that a test without one may take, and no longer a fixture that several share.
MOST = 3.0


class Costs:
    """Fails a test that takes longer than ``most`` seconds and carries no marker of cost.

    A fixture that tests share is weighed by itself, with the same bound: whoever happens to ask for it first is none
    the slower, and yet no bound would be kept if a minute of training could hide in a fixture.
    """

    def __init__(self, most: float = MOST, clock: Callable[[], float] = time.perf_counter):
        self._most, self._clock = most, clock
        self._began = 0.0
        # Seconds that shared fixtures took for this test, and each that took too long.
        self._shared, self._slow = 0.0, []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item) -> Iterator:
        self._began, self._shared, self._slow = self._clock(), 0.0, []
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef, request) -> Iterator:
        if fixturedef.scope == "function":
            return (yield)
        began, before = self._clock(), self._shared
        try:
            return (yield)
        finally:
            # Those that it asked for on its way are part of it.
            taken = self._clock() - began
            self._shared = before + taken
            self._weigh(f"the {fixturedef.scope}'s fixture {fixturedef.argname}", taken)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item) -> Iterator:
        result = yield
        self._weigh("it", self._clock() - self._began - self._shared)
        if self._slow and not any(item.get_closest_marker(name) for name in COSTLY):
            pytest.fail(f"{'; '.join(self._slow)}: make it cheaper, or mark its test by cost", pytrace=False)
        return result

    def _weigh(self, what: str, seconds: float) -> None:
        # Probed only where it matters.
        if seconds > self._most and seconds > (most := patience(self._most)):
            self._slow.append(f"{what} took {seconds:.1f} s, of at most {most:.1f} just now")
