"""A lock whose holders take turns: plain locks let a busy thread take them again before anybody else can."""

from __future__ import annotations

import threading


class Turns:
    """``with turns:`` is served in the order of asking, so that a visitor waits for one training step at most."""

    def __init__(self):
        self._changed = threading.Condition()
        self._asked = 0
        self._served = 0

    def __enter__(self) -> None:
        with self._changed:
            number = self._asked
            self._asked += 1
            self._changed.wait_for(lambda: self._served == number)

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._served += 1
            self._changed.notify_all()
