"""Who goes first where all share one interpreter: what people wait for, before what they watch."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Seconds after which training makes a step even so.
MOST = 0.1
# How many go at once, the others waiting for their turn: many together would take far longer, each and all. And the
# seconds after which one goes even so.
AT_ONCE, PATIENCE = 3, 5.0


class RightOfWay:
    """``with way.taken():`` around what people wait for; ``way.give()`` between two steps of what can wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = 0
        self._free = threading.Event()
        self._free.set()
        self._places = threading.Semaphore(AT_ONCE)
        self._mine = threading.local()

    @contextmanager
    def taken(self) -> Iterator[None]:
        if getattr(self._mine, "taken", False):
            yield
            return
        with self._counted():
            place = self._places.acquire(timeout=PATIENCE)
            self._mine.taken = True
            try:
                yield
            finally:
                self._mine.taken = False
                if place:
                    self._places.release()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._lock:
            self._taken += 1
            self._free.clear()
        try:
            yield
        finally:
            with self._lock:
                self._taken -= 1
                if not self._taken:
                    self._free.set()

    def give(self) -> None:
        """Waits until nobody has taken it, but not for long."""
        if self._taken:
            self._free.wait(MOST)
