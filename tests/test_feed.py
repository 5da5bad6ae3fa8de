"""The feed: one drawing a look for all who watch, and nothing that somebody sends up the socket disturbs it."""

from __future__ import annotations

import asyncio
import json
import threading
import zlib
from dataclasses import replace

import numpy as np
import pytest
from conftest import is_sentence
from hypothesis import given, settings
from hypothesis import strategies as st
from patience import patience, wait_for
from test_browser_views import unpacked
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from aecore.runs.run import Run
from aecore.runs.spec import Spec
from aecore.ui import feed, topics
from aecore.ui.browser import Drawing, images_drawing, words_drawing
from aecore.ui.exhibits import images
from aecore.ui.feed import Hub
from aecore.ui.topics import Topic, Watcher

# What a page mounts before anything has moved.
MOUNTED = Drawing("words", {"text": "", "boxed": False})
SMALL = {"data": "digits", "width": 16, "depth": 1, "images": 300, "epochs": 4}


@pytest.fixture
def run():
    run = Run(Spec(variant="vae", **SMALL))
    run.prepare()
    return run


@pytest.fixture
def hub():
    """A hub whose loop runs in a thread of its own, as the server's does."""
    hub, loop = Hub(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    task = asyncio.run_coroutine_threadsafe(hub.run(), loop)
    wait_for(lambda: hub._loop is not None)
    yield hub
    task.cancel()
    wait_for(lambda: hub._loop is None)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def on_loop(hub: Hub, act):
    """What ``act()`` gives on the hub's own thread."""

    async def call():
        return act()

    return asyncio.run_coroutine_threadsafe(call(), hub._loop).result(patience(10))


def drawings(message: bytes) -> dict[str, tuple[dict, dict[str, np.ndarray]]]:
    """The drawings of a message by their address, read as the browser does."""
    found, at = {}, 0
    while at < len(message):
        start = at + 1 + message[at] + 4
        address = message[at + 1 : start - 4].decode()
        end = start + int.from_bytes(message[start - 4 : start], "little")
        found[address] = unpacked(zlib.decompress(message[start:end], -zlib.MAX_WBITS))
        at = end
    return found


def _map(views, run):
    return images._map(views, run, "name")


def _step(views, key):
    return words_drawing(f"step {views[0].newest.step}")


def trained(run: Run, steps: int) -> None:
    run.aim(steps)
    run.work()


def test_a_drawing_is_what_the_page_would_draw_and_only_what_moves_is_sent(run):
    topic = Topic(_map, (run,), (True,), (run,))
    topic.note(_map((run.snapshot,), run))
    assert topic.render({run: run.snapshot})
    trained(run, 3)
    view = replace(run.snapshot, state="running")
    assert topic.render({run: view})
    assert not topic.render({run: view})
    (header, arrays), whole = drawings(topic.framed())[topic.address], _map((view,), run)
    assert "labels" not in arrays
    assert "classes" not in header
    assert header["first"] == whole.header["first"]
    # Within what a screen shows: half a pixel.
    np.testing.assert_allclose(arrays["places"], whole.arrays["places"], atol=topics.COARSE["int16"] // 2)


def test_what_is_nowhere_stays_nowhere_and_pixels_keep_their_ends():
    places = np.array([[[-(2**15), 2**15 - 1], [17, -17]]], np.int16)
    assert topics._coarse(places)[0, 0, 0] == -(2**15)
    pixels = np.array([[[0, 255, 1, 2]]], np.uint8)
    assert topics._coarse(pixels).tolist() == [[[0, 255, 0, 4]]]
    labels = np.array([1, 2, 3], np.uint8)
    assert topics._coarse(labels) is labels


def test_a_part_that_has_moved_once_is_sent_ever_after(run):
    shown = iter([0, 9, 0])

    def draw(views):
        return images_drawing(
            "name", [("still", np.zeros((1, 1, 2, 2), np.uint8)), ("moves", _filled(next(shown)))], first_frame=0
        )

    topic = Topic(draw, (run,), (True,), ())
    topic.note(draw(()))
    for _ in range(2):
        topic.render({run: run.snapshot})
    _, arrays = drawings(topic.framed())[topic.address]
    assert {name: array.max() for name, array in arrays.items()} == {"row1": 0}


def _filled(value: int) -> np.ndarray:
    return np.full((1, 1, 2, 2), value, np.uint8)


def test_who_has_not_joined_is_shown_the_untrained_state(run):
    trained(run, 3)
    joined, other = (Topic(_step, (run,), (is_in,), ("words",)) for is_in in (True, False))
    for topic, step in ((joined, 3), (other, 0)):
        topic.note(MOUNTED)
        topic.render({run: run.snapshot})
        assert drawings(topic.framed())[topic.address][0] == {"text": f"step {step}"}


def test_what_one_page_has_mounted_is_put_right_though_it_is_what_another_mounted_first(run):
    topic = Topic(_step, (run,), (True,), ("words",))
    for text in ("step 0", "step 7"):
        topic.note(Drawing("words", {"text": text, "boxed": False}))
    topic.render({run: run.snapshot})
    assert drawings(topic.framed())[topic.address][0] == {"text": "step 0"}


def test_equal_drawings_are_one_whose_address_cannot_be_guessed(run):
    hub = Hub()
    first = hub.publish(_step, [(run, True)], ("words",), MOUNTED)
    assert hub.publish(_step, [(run, True)], ("words",), MOUNTED) == first
    others = {hub.publish(_step, [(run, True)], (f"words {i}",), MOUNTED) for i in range(100)}
    assert len(others | {first}) == 101
    assert run.id not in first
    assert all(len(address) >= 12 for address in others)


def test_a_look_is_drawn_once_for_all_and_a_slow_watcher_gets_the_newest_alone(hub, run):
    drawn = []

    def draw(views):
        drawn.append(views[0].newest.step)
        return words_drawing(f"step {views[0].newest.step}")

    address = hub.publish(draw, [(run, True)], (), MOUNTED)
    watchers = [Watcher() for _ in range(30)]
    for watcher in watchers:
        assert on_loop(hub, lambda watcher=watcher: hub.watch(watcher, [address])) == []
    wait_for(lambda: drawn)
    for _ in range(3):
        trained(run, 1)
        wait_for(lambda: drawn[-1] == run.snapshot.step)
    assert len(drawn) <= 1 + 2 * 3 + 3
    for watcher in watchers:
        (one,) = drawings(on_loop(hub, watcher.take)).values()
        assert one[0]["text"] == "step 3"
        assert on_loop(hub, watcher.take) == b""


def test_nobody_watching_is_no_look_and_who_leaves_is_counted_out(hub, run):
    looks = []
    run.listeners.add(lambda run: looks.append(run.snapshot.newest.step))
    address = hub.publish(_step, [(run, True)], ("words",), MOUNTED)
    other = hub.publish(_step, [(run, True)], ("more words",), MOUNTED)
    one, two = Watcher(), Watcher()
    on_loop(hub, lambda: hub.watch(one, [address, other]))
    on_loop(hub, lambda: hub.watch(two, [address]))
    assert run.watchers == 2
    assert run.seen_within(0.0)
    on_loop(hub, lambda: hub.watch(one, []))
    on_loop(hub, lambda: hub.watch(two, []))
    assert run.watchers == 0
    assert hub.touch not in run.listeners
    assert not run.seen_within(0.0)
    assert run.seen_within(60.0)


@pytest.mark.parametrize("watchers", [0, 1])
def test_glances_between_moments_are_made_for_watchers_alone(run, monkeypatch, watchers):
    monkeypatch.setattr("aecore.runs.run.GLANCE", 0.0)
    monkeypatch.setattr("aecore.runs.run.GLANCE_SHARE", 1e9)
    monkeypatch.setattr(run, "_moments", frozenset({run.snapshot.steps}))
    looks = set()
    run.listeners.add(lambda run: looks.add(run.snapshot.newest.step))
    run.watchers = watchers
    trained(run, 5)
    # The last look is the pause's own.
    assert (len(looks - {0, 5}) > 0) == bool(watchers)


def test_a_glance_is_not_scored_and_a_run_at_rest_is(run, monkeypatch):
    monkeypatch.setattr("aecore.runs.run.GLANCE", 0.0)
    monkeypatch.setattr("aecore.runs.run.GLANCE_SHARE", 1e9)
    monkeypatch.setattr(run, "_moments", frozenset({2, run.snapshot.steps}))
    looks = {}
    run.listeners.add(lambda run: looks.setdefault(run.snapshot.newest.step, run.snapshot))
    run.watchers = 1
    trained(run, 5)
    glances = [view for view in looks.values() if not view.newest.heldout]
    assert {view.newest.step for view in glances} >= {3, 4}
    for view in glances:
        assert not view.newest.figures
        assert view.scored is view.history.moments[-1]
        assert view.scored.figures["squared_error"] > 0
    assert run.snapshot.scored is run.snapshot.newest
    assert run.snapshot.newest.step == 5
    assert run.checkpoint().snapshot.newest.heldout
    for moment in run.snapshot.history.moments:
        assert moment.heldout
        assert moment.figures


def test_a_drawing_that_fails_is_logged_and_the_others_go_on(hub, run, caplog):
    def fail(views):
        raise ZeroDivisionError("a mistake of ours")

    bad, good = hub.publish(fail, [(run, True)], (), MOUNTED), hub.publish(_step, [(run, True)], ("words",), MOUNTED)
    watcher = Watcher()
    on_loop(hub, lambda: hub.watch(watcher, [bad, good]))
    wait_for(lambda: on_loop(hub, watcher.take))
    assert "a mistake of ours" in caplog.text


def test_what_nobody_watches_is_forgotten_after_a_while(run, monkeypatch):
    monkeypatch.setattr(feed, "KNOWN_FOR", -1.0)
    hub, watcher = Hub(), Watcher()
    kept = hub.publish(_step, [(run, True)], ("watched",), MOUNTED)
    hub.watch(watcher, [kept])
    addresses = [hub.publish(_step, [(run, True)], (str(i),), MOUNTED) for i in range(5)]
    assert hub.watch(watcher, [kept, *addresses]) == addresses[:-1]


# The socket, on a server.


def socket(server, **more):
    return connect(server.url.replace("http", "ws") + "/feed", open_timeout=patience(10), **more)


@pytest.mark.browser
def test_a_drawing_that_is_not_there_is_said_to_be_gone(server):
    with socket(server) as one:
        one.send(json.dumps({"watch": ["nowhere", "0123456789ab"]}))
        assert json.loads(one.recv(patience(10))) == {"gone": ["nowhere", "0123456789ab"]}


REFUSED = [
    "hello",
    "[]",
    "{}",
    '{"watch": 1}',
    '{"watch": [1]}',
    '{"watch": "all"}',
    "[" * 5000,
    json.dumps({"watch": ["x" * 20] * 300}),
    json.dumps({"watch": [f"run {i}" for i in range(65)]}),
    b"\x00\xff" * 100,
    "\x00",
    json.dumps({"watch": ["x" * 9000]}),
]


@pytest.mark.browser
@pytest.mark.parametrize("message", REFUSED, ids=lambda message: ascii(message[:24]))
def test_garbage_is_refused_in_one_line_and_disturbs_nobody(server, message):
    with socket(server) as calm, socket(server) as rude:
        rude.send(message)
        with pytest.raises(ConnectionClosed) as closed:
            rude.recv(patience(10))
        assert closed.value.rcvd.code == feed.REFUSED
        assert "\n" not in closed.value.rcvd.reason
        calm.send('{"watch": ["nowhere"]}')
        assert json.loads(calm.recv(patience(10))) == {"gone": ["nowhere"]}


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.none(), st.text(max_size=200), st.recursive(st.integers() | st.text(), st.lists).map(json.dumps)))
def test_whatever_is_asked_is_taken_or_refused_in_a_sentence(text):
    addresses, refusal = feed._asked(text)
    assert refusal == "" or (not addresses and len(refusal) < 120 and is_sentence(refusal[0].upper() + refusal[1:]))


@pytest.mark.browser
def test_a_flood_is_cut_off(server):
    with socket(server) as one:
        for _ in range(feed.MOST_MESSAGES + 1):
            one.send('{"watch": []}')
        with pytest.raises(ConnectionClosed) as closed:
            one.recv(patience(10))
    assert "messages in 10 seconds" in closed.value.rcvd.reason


@pytest.mark.browser
def test_another_sites_pages_may_not_watch(server):
    with pytest.raises(Exception, match="403"), socket(server, origin="https://elsewhere.example"):
        pass
    with socket(server, origin=server.url) as one:
        one.send('{"watch": []}')
