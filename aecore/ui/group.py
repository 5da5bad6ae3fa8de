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
    from aecore.runs.spec import Spec
    from aecore.runs.view import View

    Seats = Mapping[Any, Seat]


def seats_at(pool: Pool, specs: Mapping[Any, Spec], trains: bool = True, known: bool = False) -> dict[Any, Seat]:
    """This visitor's seats at ``specs``, in training where the link asks for it; they leave all others.

    Where the page is about trained models, those that are ``known`` to the server need no press.
    """
    seats = {key: engine.seat(spec) for key, spec in specs.items()}
    for seat in seats.values():
        if seat.view.unavailable:
            pick.go_on_without(seat.run.spec, seat.view.message)
    if links.wants_trained(*specs.values()) and trains and not any(seat.joined or seat.own for seat in seats.values()):
        train(pool, seats)
    for seat in seats.values():
        if known and not (seat.joined or seat.own) and seat.run.view.finished:
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
    return all(seat.view.at_rest for seat in seats.values()) and not under_way(seats)


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
    active = sum(seat.joined and seat.view.moving for seat in seats.values())
    for seat in seats.values():
        if active >= MOST_ACTIVE_PER_VISITOR:
            break
        if not seat.joined or seat.view.startable:
            controls.attempt(lambda seat=seat: pool.train(seat))
            active += 1
    if all(seat.joined and seat.view.over for seat in seats.values()):
        st.session_state["group-under-way"] = None


def buttons(pool: Pool, seats: Seats) -> None:
    """Train, Pause and Reset for all runs at once."""

    def each(act: Callable[[Seat], None], wanted: Callable[[View], bool]) -> Callable[[], None]:
        def act_on_each() -> None:
            st.session_state["group-under-way"] = None
            for seat in seats.values():
                if wanted(seat.view):
                    act(seat)

        return act_on_each

    views = [seat.view for seat in seats.values()]
    with st.container(horizontal=True, vertical_alignment="center", key="run-controls"):
        if under_way(seats) or any(view.active for view in views):
            controls.main_button("Pause", ":material/pause:", each(pool.pause, lambda view: view.active))
        else:
            name = "Continue" if any(view.paused for view in views) else "Train"
            to_do = any(view.startable or view.preparing for view in views)
            controls.main_button(name, ":material/play_arrow:", lambda: train(pool, seats), disabled=not to_do)
        controls.button(
            "Reset",
            ":material/restart_alt:",
            each(pool.reset, lambda view: view.begun),
            disabled=not any(view.begun for view in views),
        )
        if seats and all(seat.before is not None and seat.view.untrained for seat in seats.values()):
            controls.button("Undo reset", ":material/undo:", each(pool.undo_reset, lambda view: view.untrained))


def line(seats: Seats) -> None:
    """One line that says how far all of them are."""
    views = [seat.view for seat in seats.values()]
    with st.container(key="run-status"):
        if rests(seats):
            st.progress(_share(views), text=_text(views, False))
        else:
            runs = [seat.run for seat in seats.values()]
            feed.follow(_line, runs, views, under_way(seats), key="run-status-line", moving=True)
    for message in dict.fromkeys(view.message for view in views if view.diverged or view.broken):
        st.error(message)
    # Which of several it is about is said where each is shown.
    if len(views) == 1 and views[0].finished and views[0].message:
        st.warning(views[0].message)


@feed.ticks
def _line(views: tuple[View, ...], going_on: bool) -> Drawing:
    return progress_drawing(_share(views), _text(views, going_on))


def _share(views: Sequence[View]) -> float:
    total = sum(view.steps for view in views)
    return min(sum(view.step for view in views) / total, 1.0) if total else 0.0


def _text(views: Sequence[View], going_on: bool) -> str:
    done = sum(view.finished for view in views)
    ends = f", {done} finished" if done else ""
    training = [view for view in views if view.active]
    if training:
        slowest = min(training, key=lambda view: view.epoch)
        epoch = min(int(slowest.epoch) + 1, max(slowest.epochs, 1))
        left = seconds_left(views)
        soon = f", about {left:.0f} s left" if np.isfinite(left) else ""
        return f"epoch {epoch} of {slowest.epochs} in the slowest of {len(training)} in training{ends}{soon}"
    if going_on:
        return f"preparing the next{ends}"
    if alike := _most_in_the_way(views):
        return f"{alike[0].state}: {len(alike)} of {len(views)}{ends}"
    return (
        f"finished: all {done}, the slowest in {max((view.seconds for view in views), default=0.0):.1f} s of training"
    )


def _most_in_the_way(views: Sequence[View]) -> list[View]:
    """Of runs that are not all trained, those to tell of first; all of one state."""
    alike = (
        [view for view in views if view.preparing],
        [view for view in views if view.paused],
        [view for view in views if view.failed],
        [view for view in views if view.unavailable],
        [view for view in views if view.untrained],
        [view for view in views if view.diverged],
    )
    return next(filter(None, alike), [])


def seconds_left(views: Sequence[View]) -> float:
    """A guess at how long all of them will take: who has not begun takes as long as the others do on average."""
    whole = [view.seconds * view.steps / view.step for view in views if view.step]
    if not whole:
        return float("nan")
    mean = float(np.mean(whole))
    left = [view.seconds_left if view.step else mean for view in views if not view.over]
    return sum(left) / max(1, sum(view.running for view in views))
