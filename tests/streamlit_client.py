"""A browser's side of Streamlit's websocket and of our feed, without a browser: one visitor of one page.

Only what costs the server something is done as a browser does it: reruns with the address and the widgets that were
changed, timers of fragments that run by a clock, one socket to the feed. Nothing is drawn.
"""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

# What Streamlit's own page asks for where there is no login: the protocol's name, and a place for a token.
PROTOCOLS = ["streamlit", "PLACEHOLDER_AUTH_TOKEN"]
# Frames of any size, and no pings but the server's own, as in a browser: a busy server must not seem lost.
SOCKET = {"max_size": None, "ping_interval": None, "open_timeout": 60}
FINISHED = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
# Seconds between a change of what is watched and the word to the feed, and of feed.js and pulse.js the waits.
GATHER, SETTLE, AGAIN = 0.02, 0.15, 3.0
# What the status says of a run in training begins with this.
IN_TRAINING = "epoch "


@dataclass
class Change:
    """Something the visitor did: of the whole page, or of the part ``fragment``. ``answered`` is None until it is."""

    fragment: str
    sent: float
    answered: float | None = None


@dataclass
class Tally:
    """What one visitor got so far."""

    bytes: int = 0
    redraws: int = 0
    begun: int = 0
    cut_short: int = 0
    training: float = 0.0

    def __sub__(self, before: Tally) -> Tally:
        return Tally(**{name: value - getattr(before, name) for name, value in vars(self).items()})


@dataclass
class Mounted:
    """A canvas of ours on the page: what it was mounted with, and in which run of the script."""

    name: str
    fragment: str
    run: str
    data: bytes
    header: dict[str, Any]


@dataclass
class Pulse:
    """What ``aecore.pulse`` knows: what the page was drawn for, what the feed says, when it last asked."""

    drawn_for: str | None = None
    pushed: str | None = None
    asked: float = float("-inf")
    timer: asyncio.TimerHandle | None = None


@dataclass
class Visitor:
    """One visitor of ``page`` at ``host`` with the link's ``query``; ``async with`` opens and leaves the page."""

    host: str
    page: str
    query: str
    # Whether it opens a socket to the feed, as every browser does.
    follows: bool = True
    done: Tally = field(default_factory=Tally)
    changes: list[Change] = field(default_factory=list)
    # Canvases on the page by id, and of the last change the widgets' states.
    views: dict[str, Mounted] = field(default_factory=dict)
    states: dict[str, WidgetState] = field(default_factory=dict)
    # The control "Step by": its id, fragment and options; None until it is drawn.
    control: tuple[str, str, list[str]] | None = None
    shown: asyncio.Event = field(default_factory=asyncio.Event)
    lost: str = ""
    # What the page's status says.
    status: str = ""

    def __post_init__(self) -> None:
        self._timers: dict[str, tuple[float, asyncio.Task]] = {}
        self._tasks: list[asyncio.Task] = []
        self._pulses: dict[str, Pulse] = {}
        self._script = ""
        # The run of the script under way: its id, its fragments (none: the page), and when it was heard of.
        self._run: tuple[str, list[str], float] = ("", [], 0.0)
        self._training_since: float | None = None
        self._socket: ClientConnection | None = None
        self._feed: ClientConnection | None = None
        self._feeding, self._watched = False, []

    async def __aenter__(self) -> Visitor:
        origin = f"http://{self.host}"
        self._socket = await connect(
            f"ws://{self.host}/_stcore/stream", subprotocols=PROTOCOLS, origin=origin, **SOCKET
        )
        self._tasks.append(asyncio.create_task(self._listen()))
        await self.rerun()
        return self

    async def __aexit__(self, *_: object) -> None:
        for pulse in self._pulses.values():
            if pulse.timer:
                pulse.timer.cancel()
        self._stop(*self._timers)
        failed = [task.exception() for task in self._tasks if task.done() and not task.cancelled()]
        for task in self._tasks:
            task.cancel()
        for socket in (self._socket, self._feed):
            if socket is not None:
                # A tab that closes does not wait for the server's word.
                socket.transport.abort()
        for error in filter(None, failed):
            # What was measured with a client that stumbled is worth nothing.
            raise error

    def tally(self) -> Tally:
        """What it got so far, as it is just now."""
        since = self._training_since
        return replace(self.done, training=self.done.training + (time.perf_counter() - since if since else 0.0))

    # What it does.

    async def change_part(self) -> None:
        """Presses the other half of "Step by"."""
        if self.control is None:
            await self.change_page()
            return
        widget, fragment, options = self.control
        before = self.states[widget].string_array_value.data[0] if widget in self.states else options[0]
        state = WidgetState(id=widget)
        state.string_array_value.data.append(options[before == options[0]])
        self.states[widget] = state
        await self._change(fragment)

    async def change_page(self) -> None:
        """Runs the whole page anew, as a press of R does and any widget outside of a fragment."""
        await self._change("")

    async def _change(self, fragment: str) -> None:
        self.changes.append(Change(fragment, time.perf_counter()))
        await self.rerun(fragment)

    def watch(self, *, follows: bool) -> None:
        """Opens its socket to the feed, or closes it, as a tab does that is left open on a laptop which is shut."""
        self.follows = follows
        if follows:
            self._watch_soon()
        elif self._feed is not None:
            self._feed.transport.abort()
            self._feed, self._watched = None, []

    async def rerun(self, fragment: str = "", *, by_clock: bool = False, trigger: WidgetState | None = None) -> None:
        """Asks for a run of the script, or of one fragment."""
        # As a browser: by name on a deep link, by its script's hash from then on.
        asked = ClientState(
            query_string=self.query,
            page_script_hash=self._script,
            page_name="" if self._script else self.page,
            fragment_id=fragment,
            is_auto_rerun=by_clock,
        )
        asked.context_info.url = f"http://{self.host}/{self.page}?{self.query}"
        asked.context_info.timezone, asked.context_info.locale = "UTC", "en-US"
        asked.widget_states.widgets.extend([*self.states.values(), *([trigger] if trigger else [])])
        with suppress(ConnectionClosed):
            await self._socket.send(BackMsg(rerun_script=asked).SerializeToString())

    # What it is told by Streamlit.

    async def _listen(self) -> None:
        try:
            async for data in self._socket:
                self.done.bytes += len(data)
                self._take(ForwardMsg.FromString(data))
        except ConnectionClosed as error:
            self.lost = str(error)

    def _take(self, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "new_session":
                self._begin(message)
            case "script_finished":
                self._finish(message)
            case "delta":
                self._draw(message.delta)
            case "page_info_changed":
                self.query = message.page_info_changed.query_string
            case "auto_rerun":
                self._start(message.auto_rerun.fragment_id, message.auto_rerun.interval)
            case "stop_auto_rerun":
                self._stop(*message.stop_auto_rerun.fragment_ids)

    def _begin(self, message: ForwardMsg) -> None:
        run = message.metadata.run
        self.done.begun += 1
        self._run = (run.script_run_id, list(run.fragment_ids), time.perf_counter())
        self._script = message.new_session.page_script_hash
        if not run.fragment_ids:
            self._stop(*self._timers)

    def _finish(self, message: ForwardMsg) -> None:
        run, fragments, began = self._run
        if message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            self.done.cut_short += 1
        if message.script_finished not in FINISHED:
            return
        now = time.perf_counter()
        # Of runs that are heard of after a change the first that gets to its end answers it. One by a clock may have
        # begun just before the server heard of the change: then the answer seems quicker than it is.
        for change in self.changes:
            answers = not fragments or change.fragment in fragments
            if change.answered is None and answers and change.sent < began:
                change.answered = now
        gone = [
            id for id, view in self.views.items() if view.run != run and (not fragments or view.fragment in fragments)
        ]
        for id in gone:
            del self.views[id]
        self._watch_soon()

    def _draw(self, delta: Delta) -> None:
        if delta.WhichOneof("type") != "new_element":
            return
        element = delta.new_element
        match element.WhichOneof("type"):
            case "bidi_component":
                self._mount(element.bidi_component, delta.fragment_id)
            case "progress":
                self._status(element.progress.text)
            case "button_group" if element.button_group.label == "Step by":
                options = [option.content for option in element.button_group.options]
                self.control = (element.button_group.id, delta.fragment_id, options)

    def _status(self, text: str) -> None:
        """Notes whether what it watches is in training."""
        self.status = text
        now = time.perf_counter()
        if self._training_since is not None:
            self.done.training += now - self._training_since
        self._training_since = now if text.startswith(IN_TRAINING) else None

    def _mount(self, component: Any, fragment: str) -> None:
        """A canvas of ours with new data, or the same."""
        name, before, data = component.component_name, self.views.get(component.id), component.bytes
        header = header_of(data) if data else {}
        self.views[component.id] = Mounted(name, fragment, self._run[0], data, header)
        if name == "aecore.map":
            self.shown.set()
            # Where there is a feed it is what redraws.
            if "feed" not in header and (before is None or before.data != data):
                self._redrawn()
        elif name == "aecore.progress" and (before is None or before.data != data):
            self._status(header["text"])
        elif name == "aecore.pulse":
            self._pulse_drawn(component.id, before, header)
        if "feed" in header:
            self._watch_soon()

    def _redrawn(self) -> None:
        if self._training_since is not None:
            self.done.redraws += 1

    # Fragments that run by a clock.

    def _start(self, fragment: str, interval: float) -> None:
        if fragment in self._timers and self._timers[fragment][0] == interval:
            return
        self._stop(fragment)
        self._timers[fragment] = (interval, asyncio.create_task(self._by_clock(fragment, interval)))

    def _stop(self, *fragments: str) -> None:
        for fragment in fragments:
            if fragment in self._timers:
                self._timers.pop(fragment)[1].cancel()

    async def _by_clock(self, fragment: str, interval: float) -> None:
        """Asks again and again, whether or not the last run has ended, as ``setInterval`` does."""
        due = time.perf_counter()
        while True:
            due = max(due + interval, time.perf_counter())
            await asyncio.sleep(due - time.perf_counter())
            await self.rerun(fragment, by_clock=True)

    # The feed.

    def _watch_soon(self) -> None:
        if self.follows and not self._feeding and self._addresses() != self._watched:
            self._feeding = True
            self._tasks = [task for task in self._tasks if not task.done()] + [asyncio.create_task(self._watch())]

    def _addresses(self) -> list[str]:
        return sorted({view.header["feed"] for view in self.views.values() if "feed" in view.header})

    async def _watch(self) -> None:
        """Tells the feed what is watched from now on, once it is known of all that is drawn."""
        try:
            await asyncio.sleep(GATHER)
            if self._feed is None:
                self._feed = await connect(f"ws://{self.host}/feed", origin=f"http://{self.host}", **SOCKET)
                self._tasks.append(asyncio.create_task(self._follow()))
            self._watched = self._addresses()
            await self._feed.send(json.dumps({"watch": self._watched}))
        except (OSError, WebSocketException) as error:
            self.lost = f"the feed: {error}"
        self._feeding = False

    async def _follow(self) -> None:
        feed = self._feed
        try:
            async for data in feed:
                self.done.bytes += len(data)
                if isinstance(data, str):
                    self._gone(json.loads(data)["gone"])
                    continue
                for address, packed in parts_of(data):
                    self._told(address, packed)
        except ConnectionClosed as error:
            if feed is self._feed:
                self.lost = f"the feed: {error}"

    def _told(self, address: str, packed: bytes) -> None:
        for id, view in self.views.items():
            if view.header.get("feed") != address:
                continue
            if view.name == "aecore.map":
                self._redrawn()
            elif view.name in ("aecore.progress", "aecore.pulse"):
                # Of the others nobody here wants to know what they show.
                told = view.header | header_of(zlib.decompress(packed, wbits=-zlib.MAX_WBITS))
                if view.name == "aecore.progress":
                    self._status(told["text"])
                else:
                    self._pulse_told(id, told["now"])

    def _gone(self, addresses: list[str]) -> None:
        for id, view in self.views.items():
            if view.name == "aecore.pulse" and view.header.get("feed") in addresses:
                self._pulse_told(id, "gone")

    # aecore.pulse, which runs its part of the page anew when the feed tells of another state.

    def _pulse_drawn(self, id: str, before: Mounted | None, header: dict[str, Any]) -> None:
        pulse = self._pulses.setdefault(id, Pulse())
        if before is None or before.header.get("feed") != header.get("feed"):
            pulse.pushed = None
        if pulse.drawn_for != header["now"]:
            pulse.drawn_for, pulse.asked = header["now"], float("-inf")
        self._pulse_look(id, SETTLE)

    def _pulse_told(self, id: str, now: str) -> None:
        self._pulses[id].pushed = now
        self._pulse_look(id, 0.0)

    def _pulse_look(self, id: str, wait: float) -> None:
        """Asks, now or when it is time, if what is pushed is still another than what the page was drawn for."""
        pulse, loop = self._pulses[id], asyncio.get_running_loop()
        if pulse.timer:
            pulse.timer.cancel()
        if id not in self.views or pulse.pushed in (None, pulse.drawn_for):
            return
        left = max(wait, pulse.asked + AGAIN - time.perf_counter())
        if left > 0:
            pulse.timer = loop.call_later(left, self._pulse_look, id, 0.0)
            return
        pulse.asked = time.perf_counter()
        said = [{"event": "changed", "value": pulse.pushed}]
        trigger = WidgetState(id=f"$$STREAMLIT_INTERNAL_KEY_{id}__events", json_trigger_value=json.dumps(said))
        self._tasks.append(asyncio.create_task(self.rerun(self.views[id].fragment, trigger=trigger)))
        pulse.timer = loop.call_later(AGAIN, self._pulse_look, id, 0.0)


def header_of(buffer: bytes) -> dict[str, Any]:
    """The header of a buffer that ``payload.pack`` made."""
    return json.loads(buffer[4 : 4 + int.from_bytes(buffer[:4], "little")])


def parts_of(message: bytes) -> Iterator[tuple[str, bytes]]:
    """Address and deflated buffer of each part of what the feed sends."""
    at = 0
    while at < len(message):
        start = at + 1 + message[at] + 4
        end = start + int.from_bytes(message[start - 4 : start], "little")
        yield message[at + 1 : start - 4].decode("ascii"), message[start:end]
        at = end
