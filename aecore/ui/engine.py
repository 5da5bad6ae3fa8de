"""The one pool of the server, made in the background: torch takes a second to load, a page must not wait for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime import exists, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

from aecore.runs.right_of_way import RightOfWay
from aecore.settings import SettingsError

if TYPE_CHECKING:
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.spec import Spec

# What Home shows: two code dimensions, so that its map needs no projection.
EXAMPLE = {"variant": "vae", "data": "mnist-5k", "latent": 2}
EXAMPLE_VISITOR = "home"

_way = RightOfWay()
# The pools that were made: one, or another after a first that could not be.
_pools: list[Pool] = []


@st.cache_resource(show_spinner=False)
def warm_up() -> Future[Pool]:
    """The server's pool, or the promise of it; the first call begins to load torch and to train Home's example."""
    promise: Future[Pool] = Future()
    threading.Thread(target=_load, args=(promise,), name="warm-up", daemon=True).start()
    return promise


def _load(promise: Future[Pool]) -> None:
    try:
        from aecore.runs.pool import Pool
        from aecore.runs.store import Store

        _pools.append(Pool(Store.default(), connected=_connected, right_of_way=_way))
        promise.set_result(_pools[-1])
        seat_at_example(promise.result())
    except BaseException as error:
        if not promise.done():
            promise.set_exception(error)
        raise


@contextmanager
def goes_first() -> Iterator[None]:
    """A context in which a page's script has its turn and training gives way to it."""
    if not warm_up().done():
        # Nothing trains yet, and who waits for the engine must not keep others from saying so.
        yield
        return
    with _way.taken():
        yield


def close() -> None:
    """Pauses and keeps what trains on this server."""
    while _pools:
        _pools.pop().close()


def _connected(visitor: str) -> bool:
    return exists() and get_instance().is_active_session(visitor)


def seat_at_example(pool: Pool) -> Seat:
    """The seat at Home's example, which is in training or trained: it belongs to the server, not to a visitor."""
    from aecore.runs.spec import Spec

    seat = pool.seat(EXAMPLE_VISITOR, Spec(**EXAMPLE))
    seat.patient = True
    if seat.run.snapshot.broken:
        pool.retry(seat)
    if not seat.joined or seat.run.snapshot.paused:
        pool.train(seat)
    return seat


def pool() -> Pool:
    """The pool; while it is not there yet, the page says so and keeps answering to other clicks."""
    promise = warm_up()
    if not promise.done():
        note = st.empty()
        while not promise.done():
            # Each message is a point at which a click elsewhere can interrupt this script.
            note.info("Loading the training engine; this takes a few seconds once after the server starts.")
            threading.Event().wait(0.05)
        note.empty()
    if (reason := promise.exception()) is not None:
        # Who comes next tries again: what was in the way may be gone.
        warm_up.clear()
        known = isinstance(reason, SettingsError)
        st.error(
            str(reason) if known else "The training engine could not be started; see the server's log, and reload."
        )
        st.stop()
    return promise.result()


def visitor() -> str:
    """A name for this browser tab's session."""
    context = get_script_run_ctx()
    return context.session_id if context else "nobody"


def seat(spec: Spec) -> Seat:
    """This visitor's seat at ``spec``; where they trained it before, they find it as they left it."""
    found = pool().seat(visitor(), spec)
    trained = st.session_state.setdefault("visitor-trained", set())
    if found.joined:
        trained.add(spec.id)
    elif spec.id in trained and not found.own:
        found.joined = True
    return found
