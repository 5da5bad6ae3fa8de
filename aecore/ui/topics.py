"""What the feed sends: a drawing of moving runs as a message that is made once a look, for all who watch it.

A message is some drawings one after the other, each as::

    uint8 n | n bytes of address | uint32 m | m bytes: a buffer as payload.pack makes it, deflated (RFC 1951)

Its header and arrays are those that have changed since the drawing was first published; the rest stays as it was
mounted.
"""

from __future__ import annotations

import asyncio
import secrets
import time
import zlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from aecore.ui.browser.drawing import Drawing
from aecore.ui.browser.payload import pack

if TYPE_CHECKING:
    from aecore.runs.run import Run
    from aecore.runs.snapshot import Snapshot

# Steps in which coordinates and pixels travel while they move: half a pixel of the map, a 64th of the way to white.
COARSE = {"int16": 32, "uint8": 4}

Draw = Callable[..., Drawing]


@dataclass(eq=False)
class Topic:
    """A drawing that is published: ``draw(snapshots, *args)`` returns it."""

    draw: Draw
    runs: tuple[Run, ...]
    # Of each run, whether it is shown as it is; untrained else.
    joined: tuple[bool, ...]
    args: tuple[Hashable, ...]
    address: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    watchers: set[Watcher] = field(default_factory=set)
    published: float = field(default_factory=time.monotonic)
    # What it was first mounted as, which parts have been another since, the newest message, and how many there were.
    first: Drawing | None = None
    moved: set[tuple[str, str]] = field(default_factory=set)
    message: bytes = b""
    version: int = 0

    def note(self, drawing: Drawing) -> None:
        """Some page mounts it as ``drawing``, and is to be sent whatever is another in somebody's."""
        self.first = self.first or drawing
        for kind in ("header", "arrays"):
            now, then = getattr(drawing, kind), getattr(self.first, kind)
            self.moved |= {(kind, name) for name in now if name not in then or not _same(now[name], then[name])}

    def render(self, snapshots: dict[Run, Snapshot]) -> bool:
        """Draws it as its runs now are; whether that is another message than before."""
        pairs = zip(self.runs, self.joined, strict=True)
        now = tuple(snapshots[run] if joined else snapshots[run].at_start() for run, joined in pairs)
        drawing = self.draw(now, *self.args)
        self.note(drawing)
        header = {name: value for name, value in drawing.header.items() if ("header", name) in self.moved}
        arrays = {name: _coarse(array) for name, array in drawing.arrays.items() if ("arrays", name) in self.moved}
        buffer = zlib.compress(pack(header, arrays), 6, -zlib.MAX_WBITS)
        if buffer == self.message:
            return False
        self.message, self.version = buffer, self.version + 1
        return True

    def framed(self) -> bytes:
        """The newest message as a part of what is sent."""
        name = self.address.encode()
        return bytes([len(name)]) + name + len(self.message).to_bytes(4, "little") + self.message


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return one.shape == other.shape and one.tobytes() == other.tobytes()
    return one == other


def _coarse(array: np.ndarray) -> np.ndarray:
    """Coordinates and pixels in steps that the eye does not tell from finer ones; what has no value keeps none."""
    step = COARSE.get(array.dtype.name)
    if step is None or array.ndim < 3:
        return array
    limits = np.iinfo(array.dtype)
    rounded = np.clip((array.astype(np.int32) + step // 2) // step * step, limits.min, limits.max)
    return np.where(array == limits.min, limits.min, rounded).astype(array.dtype)


@dataclass(eq=False)
class Watcher:
    """One browser's socket: what it watches, and which version of each it has."""

    news: asyncio.Event = field(default_factory=asyncio.Event)
    seen: dict[Topic, int] = field(default_factory=dict)

    def take(self) -> bytes:
        """What it has not got yet, the newest of each; what was not yet drawn has version 0."""
        late = [topic for topic, version in self.seen.items() if topic.version > version]
        for topic in late:
            self.seen[topic] = topic.version
        return b"".join(topic.framed() for topic in late)
