"""What is so of several runs that are not all trained: not begun, in training, paused or lost, in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from aecore.ui import feed, group
from aecore.ui.browser import Drawing, words_drawing

if TYPE_CHECKING:
    from aecore.runs.pool import Seat
    from aecore.runs.snapshot import Snapshot


# Runs that are named one by one; of more, how many.
MOST_NAMED = 5


def trained(seats: Mapping[Any, Seat]) -> dict[Any, Seat]:
    """The seats whose runs are finished and measured: what can be shown already."""
    return {key: seat for key, seat in seats.items() if seat.snapshot.finished and seat.run.metrics}


def tell(seats: Mapping[Any, Seat], promise: str, name: Callable[[Any], str] = str) -> None:
    """Writes what ``said`` says of ``seats``; nothing where all are trained."""
    under_way = group.under_way(seats)
    if group.rests(seats):
        if text := said(seats, under_way, promise, name):
            st.info(text)
        return
    runs, snapshots = [seat.run for seat in seats.values()], [seat.snapshot for seat in seats.values()]
    named = tuple((name(key), seat.joined) for key, seat in seats.items())
    feed.follow(_told, runs, snapshots, named, under_way, promise, key="told-words", moving=True)


@dataclass(frozen=True)
class _Shown:
    """What ``said`` asks of a seat."""

    snapshot: Snapshot
    joined: bool


@feed.ticks
def _told(
    snapshots: tuple[Snapshot, ...], named: tuple[tuple[str, bool], ...], under_way: bool, promise: str
) -> Drawing:
    shown = {name: _Shown(snapshot, joined) for snapshot, (name, joined) in zip(snapshots, named, strict=True)}
    return words_drawing(said(shown, under_way, promise), boxed=True)


def said(seats: Mapping[Hashable, Seat], under_way: bool, promise: str, name: Callable[[Hashable], str] = str) -> str:
    """A sentence on runs that are not all trained, empty where all are; it asks for a press only where all rest.

    ``promise`` says what comes of training them, as half a sentence; ``name`` names a run by its key; ``under_way``
    tells that those not begun yet are about to be.
    """
    done = sum(seat.snapshot.finished for seat in seats.values())
    lost = {key: seat for key, seat in seats.items() if seat.snapshot.over and not seat.snapshot.finished}
    to_come = {key: seat for key, seat in seats.items() if not seat.snapshot.over}
    count = f"{done} of {len(seats)} trained" if len(seats) > 1 else ""
    parts = [count] if count and (done or lost) else []
    if to_come:
        parts += _of(to_come, under_way, promise, name)
    if lost:
        parts.append("not trained to the end: " + _list(lost, name))
    elif not to_come:
        return ""
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _of(
    to_come: Mapping[Hashable, Seat], under_way: bool, promise: str, name: Callable[[Hashable], str]
) -> Iterator[str]:
    """Clauses on the runs that are not finished yet."""
    if under_way or any(_moves(seat) for seat in to_come.values()):
        yield f"in training: {_list(to_come, name)}"
    elif any(seat.snapshot.paused for seat in to_come.values()):
        yield f"paused: {_list(to_come, name)}"
        yield f"press Continue, and {promise}"
    else:
        yield f"press Train, and {promise}"


def _moves(seat: Seat) -> bool:
    """Whether a run trains, or will without another press."""
    return seat.snapshot.active or (seat.joined and seat.snapshot.preparing)


def _list(seats: Mapping[Hashable, Seat], name: Callable[[Hashable], str]) -> str:
    """The runs with how far each is, those that have begun first; of many the first few."""
    begun = sorted(seats.items(), key=lambda item: item[1].snapshot.untrained or item[1].snapshot.preparing)
    told = [f"{name(key)} ({_how_far(seat.snapshot)})" for key, seat in begun[:MOST_NAMED]]
    more = len(begun) - len(told)
    return ", ".join(told) + (f" and {more} more" if more else "")


def _how_far(snapshot: Snapshot) -> str:
    if snapshot.running:
        return _epoch(snapshot)
    if snapshot.paused:
        return f"paused in {_epoch(snapshot)}"
    return "waiting" if snapshot.untrained else snapshot.state


def _epoch(snapshot: Snapshot) -> str:
    return f"epoch {min(int(snapshot.epoch) + 1, max(snapshot.epochs, 1))} of {snapshot.epochs}"
