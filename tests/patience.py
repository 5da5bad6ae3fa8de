"""How long tests wait. Every wait of the suite is a number of seconds that goes through ``patience``.

Seconds are as on the machine where they were set, alone; one that is slower, or busy with something else, gets more.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import cache
from itertools import pairwise

import pytest

# Seconds of one step of the bare network below, where bounds in seconds were set and the default run, without a page,
# took 5.9: on another machine 400 took 2.5 s where that run took 10.0, both at once idle.
STEP = 2.5 / 400 * 5.9 / 10.0
# A probe of so many steps takes 40 ms, and at most one in so many seconds is made: less than a hundredth of the time.
PROBE, EVERY = 6, 5.0
# Seconds for which a machine counts as slow after it was: load comes and goes while one waits.
REMEMBERED = 60.0
# Whatever a probe says, a test that hangs is over some time.
MOST = 12.0


def slowness(steps: int = 400) -> float:
    """How many times as long the machine takes just now as where bounds in seconds were set; 1 where it is no slower.

    By bare torch and nothing of ours, so that code of ours that becomes slower meets the bound as it was.
    """
    return max(1.0, seconds_a_step(steps) / STEP)


def seconds_a_step(steps: int) -> float:
    """Seconds that one training step of a bare network takes just now, the mean of so many on one thread."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    step = _bench()
    step()
    began = time.perf_counter()
    for _ in range(steps):
        step()
    taken = time.perf_counter() - began
    torch.set_num_threads(threads)
    return taken / steps


@cache
def _bench() -> Callable[[], None]:
    """One step of training a network of the default's layers; the first few warm up.

    Machines that are equally fast at two large products are not at many small ones, which training mostly is.
    """
    import torch
    from torch import nn

    sizes = (784, 256, 256, 256, 2, 256, 256, 256, 784)
    layers = [part for ends in pairwise(sizes) for part in (nn.Linear(*ends), nn.SiLU())]
    model, images = nn.Sequential(*layers[:-1]), torch.rand(100, 784)
    optimiser = torch.optim.Adam(model.parameters(), fused=True)

    def step() -> None:
        optimiser.zero_grad()
        nn.functional.binary_cross_entropy_with_logits(model(images), images).backward()
        optimiser.step()

    for _ in range(20):
        step()
    return step


class Patience:
    """``patience(seconds)`` is how long to wait just now for what takes at most ``seconds`` on an idle machine.

    Ask again while waiting: as load rises it grows. It never falls short of ``seconds``.
    """

    def __init__(self, probe: Callable[[], float], clock: Callable[[], float] = time.monotonic):
        self._probe, self._clock = probe, clock
        self._found: deque[tuple[float, float]] = deque()
        self._alone = threading.Lock()

    def __call__(self, seconds: float) -> float:
        with self._alone:
            return seconds * self._slowness()

    def _slowness(self) -> float:
        now = self._clock()
        if not self._found or now - self._found[-1][0] >= EVERY:
            # Timed from the end: a probe that itself took long is none the less recent.
            slow = self._probe()
            self._found.append((now := self._clock(), slow))
        while now - self._found[0][0] > REMEMBERED:
            self._found.popleft()
        return min(MOST, max(1.0, *(slow for _, slow in self._found)))


def crowd() -> float:
    """How many processes want each core, by the load average of the last minute; 1 where none has to wait.

    A short probe can have a core for itself while those that a test waits for stand in line.
    """
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return max(1.0, load / (os.cpu_count() or 1))


patience = Patience(lambda: slowness(PROBE) * crowd())


def wait_for(predicate: Callable[[], object], seconds: float = 20.0) -> object:
    """The first true value of ``predicate()``; fails the test if none comes within ``seconds`` of an idle machine."""
    never, began = threading.Event(), time.monotonic()
    while not (value := predicate()):
        if time.monotonic() - began > patience(seconds):
            pytest.fail(f"waited {time.monotonic() - began:.0f} s in vain")
        never.wait(0.01)
    return value
