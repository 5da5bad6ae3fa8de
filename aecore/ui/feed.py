"""The feed: what moves on pages is drawn once for each look at a run, and pushed to all who watch it.

A page publishes a drawing of moving runs and tells the browser its address. The browser opens one socket, says which
addresses it watches, and gets every drawing anew when its runs have changed; scripts run only when somebody acts.

The browser sends a text message, all it watches from now on::

    {"watch": ["address", ...]}

and gets binary messages, each some drawings that belong together: of the same look (``topics.py`` says how they are
written). A text message ``{"gone": ["address", ...]}`` names what this server does not know (any more).
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import Hashable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.websockets import WebSocket, WebSocketDisconnect
from streamlit.web.server.server_util import is_url_from_allowed_origins

from aecore.ui.browser.drawing import Drawing, mount
from aecore.ui.topics import Draw, Topic, Watcher

if TYPE_CHECKING:
    from aecore.runs.run import Run
    from aecore.runs.snapshot import Snapshot

logger = logging.getLogger(__name__)

# Seconds between two rounds of drawing: runs give five looks a second at most.
ROUND = 0.1
# Seconds after which what changes without a look is drawn again.
TICK = 1.0
# Sockets of the server, addresses watched by one, characters of a message, and messages in any ten seconds.
MOST_SOCKETS, MOST_WATCHED, MOST_CHARACTERS, MOST_MESSAGES, PERIOD = 400, 64, 8_192, 60, 10.0
# Seconds that a drawing nobody watches is known, and drawings that are known.
KNOWN_FOR, MOST_KNOWN = 60.0, 4_000
# Codes with which a socket is closed (RFC 6455, section 7.4): against the rules, and too many.
REFUSED, TOO_MANY = 1008, 1013


class Hub:
    """All that is published and all who watch. Pages publish from their threads; all else is the event loop's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._topics: dict[Hashable, Topic] = {}
        self._known: dict[str, Topic] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stale: set[Topic] = set()
        self._round = asyncio.Event()
        self._watched: set[Topic] = set()
        self._sockets = 0
        # Drawings that change also without a look: time left, a place in line, how far an answer is.
        self.ticking: set[Draw] = set()

    def publish(self, draw: Draw, of: Sequence[tuple[Run, bool]], args: Sequence[Hashable], drawing: Drawing) -> str:
        """The address of a drawing, the same for all who publish it; ``of`` which runs, and which of them are joined.

        ``drawing`` is what the page has mounted.
        """
        key = (draw, tuple(of), tuple(args))
        with self._lock:
            topic = self._topics.get(key)
            if topic is None:
                self._forget()
                runs, joined = zip(*of, strict=True)
                topic = self._topics[key] = Topic(draw, runs, joined, tuple(args))
                self._known[topic.address] = topic
            topic.note(drawing)
            topic.published = time.monotonic()
            return topic.address

    def _forget(self) -> None:
        """Lets go of drawings that nobody watches and nobody has published for a while."""
        now = time.monotonic()
        for key, topic in list(self._topics.items()):
            old = now - topic.published > KNOWN_FOR or len(self._topics) > MOST_KNOWN
            if old and not topic.watchers:
                del self._topics[key], self._known[topic.address]

    # The event loop's part.

    async def run(self) -> None:
        """Draws what is stale and tells who watches it, for as long as the server lives."""
        self._loop = asyncio.get_running_loop()
        ticking = asyncio.ensure_future(self._tick())
        try:
            while True:
                await self._round.wait()
                self._round.clear()
                self._render()
                await asyncio.sleep(ROUND)
        finally:
            ticking.cancel()
            self._loop = None

    def touch(self, run: Run) -> None:
        """Something that is drawn of ``run`` has changed; from any thread."""
        if (loop := self._loop) is not None:
            # The server may have ended meanwhile.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._mark_run, run)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            self._mark({topic for topic in self._watched if topic.draw in self.ticking})

    def _mark_run(self, run: Run) -> None:
        self._mark({topic for topic in self._watched if run in topic.runs})

    def _mark(self, topics: set[Topic]) -> None:
        if topics:
            self._stale |= topics
            self._round.set()

    def _render(self) -> None:
        stale, self._stale = {topic for topic in self._stale if topic.watchers}, set()
        # One instant of each run for all that is drawn of it.
        snapshots = {run: run.snapshot for run in {run for topic in stale for run in topic.runs}}
        told = set()
        for topic in stale:
            try:
                if topic.render(snapshots):
                    told |= topic.watchers
            except Exception:  # noqa: BLE001
                # A mistake of ours in one drawing: the others go on.
                logger.exception("a drawing could not be pushed")
        for watcher in told:
            watcher.news.set()

    def watch(self, watcher: Watcher, addresses: Sequence[str]) -> list[str]:
        """Makes these all that is watched, each to be sent whole; returns those that are not known."""
        with self._lock:
            topics = {self._known[address] for address in addresses if address in self._known}
            for topic in topics:
                topic.watchers.add(watcher)
        before, runs = self._runs_of(watcher), {run for topic in topics for run in topic.runs}
        for topic in watcher.seen.keys() - topics:
            topic.watchers.discard(watcher)
            if not topic.watchers:
                self._watched.discard(topic)
            topic.published = time.monotonic()
        self._watched |= topics
        watcher.seen = {topic: watcher.seen.get(topic, 0) for topic in topics}
        for run in runs - before:
            run.watchers += 1
            run.listeners.add(self.touch)
        for run in before - runs:
            self._leave(run)
        new = {topic for topic, version in watcher.seen.items() if not version}
        self._mark(new)
        if any(topic.version for topic in new):
            watcher.news.set()
        return [address for address in addresses if address not in {topic.address for topic in topics}]

    def _runs_of(self, watcher: Watcher) -> set[Run]:
        return {run for topic in watcher.seen for run in topic.runs}

    def _leave(self, run: Run) -> None:
        run.watchers -= 1
        run.watched_at = time.monotonic()
        if not run.watchers:
            run.listeners.discard(self.touch)

    async def serve(self, socket: WebSocket) -> None:
        """One browser's socket, from its opening to its end."""
        if not _own(socket):
            await socket.close(REFUSED, "only pages of this server may watch")
            return
        if self._sockets >= MOST_SOCKETS:
            await socket.close(TOO_MANY, f"{MOST_SOCKETS} browsers watch already, which is the most")
            return
        await socket.accept()
        watcher = Watcher()
        self._sockets += 1
        sending = asyncio.ensure_future(_send(socket, watcher))
        try:
            await self._listen(socket, watcher)
        except WebSocketDisconnect:
            return
        finally:
            sending.cancel()
            self.watch(watcher, [])
            self._sockets -= 1

    async def _listen(self, socket: WebSocket, watcher: Watcher) -> None:
        """Takes what the browser says until it leaves or says what is against the rules."""
        times: list[float] = []
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            now = time.monotonic()
            times = [at for at in times if now - at < PERIOD] + [now]
            addresses, refusal = _asked(message.get("text"))
            if len(times) > MOST_MESSAGES:
                refusal = f"more than {MOST_MESSAGES} messages in {PERIOD:.0f} seconds"
            if refusal:
                await socket.close(REFUSED, refusal)
                return
            if gone := self.watch(watcher, addresses):
                await socket.send_text(json.dumps({"gone": gone}))


async def _send(socket: WebSocket, watcher: Watcher) -> None:
    """Sends news as fast as this browser takes them; what has become old meanwhile is left out."""
    # A socket that closes while it is sent to has nobody left to tell.
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await watcher.news.wait()
            watcher.news.clear()
            if message := watcher.take():
                await socket.send_bytes(message)


def _own(socket: WebSocket) -> bool:
    """Whether a page of this server asks; who has no origin is no page and can be kept out by nothing."""
    origin = socket.headers.get("origin")
    if origin is None or is_url_from_allowed_origins(origin):
        return True
    return urlsplit(origin).netloc == socket.headers.get("host")


def _asked(text: str | None) -> tuple[list[str], str]:
    """The addresses that a message asks for, and a sentence where it is none of ours."""
    if text is None or len(text) > MOST_CHARACTERS:
        return [], f"a message is text of at most {MOST_CHARACTERS} characters"
    try:
        asked = json.loads(text)
    except (ValueError, RecursionError):
        return [], "a message is JSON"
    addresses = asked.get("watch") if isinstance(asked, dict) else None
    if not isinstance(addresses, list) or not all(isinstance(address, str) for address in addresses):
        return [], 'a message is {"watch": [addresses]}'
    if len(addresses) > MOST_WATCHED:
        return [], f"at most {MOST_WATCHED} drawings are watched at once"
    return list(dict.fromkeys(addresses)), ""


HUB = Hub()


def ticks(draw: Draw) -> Draw:
    """Marks a drawing that changes also without a look at its runs: it is drawn again every second."""
    HUB.ticking.add(draw)
    return draw


def follow(
    draw: Draw,
    runs: Sequence[Run],
    snapshots: Sequence[Snapshot],
    *args: Hashable,
    key: str,
    moving: bool | None = None,
) -> None:
    """Mounts ``draw(snapshots, *args)`` here, and goes on in the browser while any of the ``runs`` moves.

    ``draw`` is a function of a module; ``moving`` tells of what is no run's state.
    """
    drawing = draw(tuple(snapshots), *args)
    if moving if moving is not None else any(snapshot.moving for snapshot in snapshots):
        drawing = pushed(drawing, draw, runs, snapshots, *args)
    mount(drawing, key)


def pushed(
    drawing: Drawing, draw: Draw, runs: Sequence[Run], snapshots: Sequence[Snapshot], *args: Hashable
) -> Drawing:
    """The drawing, which then goes on in the browser as what ``draw`` draws of the ``runs`` from now on."""
    of = [(run, not snapshot.untrained) for run, snapshot in zip(runs, snapshots, strict=True)]
    return drawing.followed(HUB.publish(draw, of, args, drawing))
