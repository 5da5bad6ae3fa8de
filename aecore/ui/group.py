"""Several runs under one set of buttons: started a few at a time, paused, reset and told of together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from aecore.ui import controls, engine, feed, links, moving, pick
from aecore.ui.browser import Drawing, progress_drawing

if TYPE_CHECKING:
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.snapshot import Snapshot
    from aecore.runs.spec import Spec

    Seats = Mapping[Any, Seat]


def seats_at(pool: Pool, specs: Mapping[Any, Spec], trains: bool = True, known: bool = False) -> dict[Any, Seat]:
    """This visitor's seats at ``specs``, in training where the link asks for it; they leave all others.

    Where the page is about trained models, those that are ``known`` to the server need no press.
    """
    seats = {key: engine.seat(spec) for key, spec in specs.items()}
    for seat in seats.values():
        if seat.snapshot.unavailable:
            pick.go_on_without(seat.run.spec, seat.snapshot.message)
    if links.wants_trained(*specs.values()) and trains and not any(seat.joined or seat.own for seat in seats.values()):
        train(pool, seats)
    for seat in seats.values():
        if known and not (seat.joined or seat.own) and seat.run.snapshot.finished:
            controls.attempt(lambda seat=seat: pool.train(seat))
    pool.leave_others(engine.visitor(), {spec.id for spec in specs.values()})
    links.mark_trained(*specs.values(), trained=all(seat.joined for seat in seats.values()))
    links.notices(st.session_state.pop("pool-refusal", ""))
    return seats


def stage(pool: Pool, seats: Seats, draw: Callable[[Seats], None], trains: bool = True) -> None:
    """Controls where there is something to train, and what ``draw`` draws of the seats as they now are."""

    def look() -> Seats:
        return {key: engine.seat(seat.run.spec) for key, seat in seats.items()}

    def redrawn(now: Seats) -> None:
        if trains:
            advance(pool, now)
            buttons(pool, now)
            line(now)
        draw(now)

    moving.stage("group", look, redrawn)


def rests(seats: Seats) -> bool:
    """Whether nothing changes until somebody presses a button."""
    return all(seat.snapshot.at_rest for seat in seats.values()) and not under_way(seats)


def under_way(seats: Seats) -> bool:
    """Whether runs of this very group are still to be started: one with other settings waits for a press."""
    return st.session_state.get("group-under-way") == _ids(seats)


def _ids(seats: Seats) -> list[str]:
    return [seat.run.id for seat in seats.values()]


def train(pool: Pool, seats: Seats) -> None:
    """Begins or continues the group."""
    st.session_state["group-under-way"] = _ids(seats)
    advance(pool, seats)


def advance(pool: Pool, seats: Seats) -> None:
    """Starts the next runs of a group under way: as many at once as a visitor may have."""
    from aecore.runs.pool import MOST_ACTIVE_PER_VISITOR

    if not under_way(seats):
        return
    # One that was started while it is being prepared trains as soon as it is.
    active = sum(seat.joined and seat.snapshot.moving for seat in seats.values())
    for seat in seats.values():
        if active >= MOST_ACTIVE_PER_VISITOR:
            break
        if not seat.joined or seat.snapshot.startable:
            controls.attempt(lambda seat=seat: pool.train(seat))
            active += 1
    if all(seat.joined and seat.snapshot.over for seat in seats.values()):
        st.session_state["group-under-way"] = None


def buttons(pool: Pool, seats: Seats) -> None:
    """Train, Pause and Reset for all runs at once."""

    def each(act: Callable[[Seat], None], wanted: Callable[[Snapshot], bool]) -> Callable[[], None]:
        def act_on_each() -> None:
            st.session_state["group-under-way"] = None
            for seat in seats.values():
                if wanted(seat.snapshot):
                    act(seat)

        return act_on_each

    snapshots = [seat.snapshot for seat in seats.values()]
    with st.container(horizontal=True, vertical_alignment="center", key="run-controls"):
        if under_way(seats) or any(snapshot.active for snapshot in snapshots):
            controls.main_button("Pause", ":material/pause:", each(pool.pause, lambda snapshot: snapshot.active))
        else:
            name = "Continue" if any(snapshot.paused for snapshot in snapshots) else "Train"
            to_do = any(snapshot.startable or snapshot.preparing for snapshot in snapshots)
            controls.main_button(name, ":material/play_arrow:", lambda: train(pool, seats), disabled=not to_do)
        controls.button(
            "Reset",
            ":material/restart_alt:",
            each(pool.reset, lambda snapshot: snapshot.begun),
            disabled=not any(snapshot.begun for snapshot in snapshots),
        )
        if seats and all(seat.before is not None and seat.snapshot.untrained for seat in seats.values()):
            controls.button("Undo reset", ":material/undo:", each(pool.undo_reset, lambda snapshot: snapshot.untrained))


def line(seats: Seats) -> None:
    """One line that says how far all of them are."""
    snapshots = [seat.snapshot for seat in seats.values()]
    with st.container(key="run-status"):
        if rests(seats):
            st.progress(_share(snapshots), text=_text(snapshots, False))
        else:
            runs = [seat.run for seat in seats.values()]
            feed.follow(_line, runs, snapshots, under_way(seats), key="run-status-line", moving=True)
    for message in dict.fromkeys(snapshot.message for snapshot in snapshots if snapshot.diverged or snapshot.broken):
        st.error(message)
    # Which of several it is about is said where each is shown.
    if len(snapshots) == 1 and snapshots[0].finished and snapshots[0].message:
        st.warning(snapshots[0].message)


@feed.ticks
def _line(snapshots: tuple[Snapshot, ...], going_on: bool) -> Drawing:
    return progress_drawing(_share(snapshots), _text(snapshots, going_on))


def _share(snapshots: Sequence[Snapshot]) -> float:
    total = sum(snapshot.steps for snapshot in snapshots)
    return min(sum(snapshot.step for snapshot in snapshots) / total, 1.0) if total else 0.0


def _text(snapshots: Sequence[Snapshot], going_on: bool) -> str:
    done = sum(snapshot.finished for snapshot in snapshots)
    ends = f", {done} finished" if done else ""
    training = [snapshot for snapshot in snapshots if snapshot.active]
    if training:
        slowest = min(training, key=lambda snapshot: snapshot.epoch)
        epoch = min(int(slowest.epoch) + 1, max(slowest.epochs, 1))
        left = seconds_left(snapshots)
        soon = f", about {left:.0f} s left" if np.isfinite(left) else ""
        return f"epoch {epoch} of {slowest.epochs} in the slowest of {len(training)} in training{ends}{soon}"
    if going_on:
        return f"preparing the next{ends}"
    if alike := _most_in_the_way(snapshots):
        return f"{alike[0].state}: {len(alike)} of {len(snapshots)}{ends}"
    slowest = max((snapshot.seconds for snapshot in snapshots), default=0.0)
    return f"finished: all {done}, the slowest in {slowest:.1f} s of training"


def _most_in_the_way(snapshots: Sequence[Snapshot]) -> list[Snapshot]:
    """Of runs that are not all trained, those to tell of first; all of one state."""
    alike = (
        [snapshot for snapshot in snapshots if snapshot.preparing],
        [snapshot for snapshot in snapshots if snapshot.paused],
        [snapshot for snapshot in snapshots if snapshot.failed],
        [snapshot for snapshot in snapshots if snapshot.unavailable],
        [snapshot for snapshot in snapshots if snapshot.untrained],
        [snapshot for snapshot in snapshots if snapshot.diverged],
    )
    return next(filter(None, alike), [])


def seconds_left(snapshots: Sequence[Snapshot]) -> float:
    """A guess at how long all of them will take: who has not begun takes as long as the others do on average."""
    whole = [snapshot.seconds * snapshot.steps / snapshot.step for snapshot in snapshots if snapshot.step]
    if not whole:
        return float("nan")
    mean = float(np.mean(whole))
    left = [snapshot.seconds_left if snapshot.step else mean for snapshot in snapshots if not snapshot.over]
    return sum(left) / max(1, sum(snapshot.running for snapshot in snapshots))
