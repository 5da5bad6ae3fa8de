"""Runs side by side: one press for all, their errors on the same axes, their pictures in columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from aecore.ui import controls, live, status
from aecore.ui.browser import Floor, Line, live_loss

if TYPE_CHECKING:
    from aecore.runs.pool import Pool, Seat

# Room above the mean image's error, where an untrained model starts.
HEADROOM = 1.15
WHAT_ERROR = (
    "Squared error of the reconstruction that is shown, summed over pixels, mean over 100 held-out images, ten of each "
    "digit. Every variant is measured by it, whatever it minimises itself. Dashed lines: the mean image, and PCA with "
    "as many numbers, on the same images."
)


def states(seats: Mapping[str, Seat]) -> tuple[str, ...]:
    """The state of each column."""
    return tuple(seat.view.state for seat in seats.values())


def rests(seats: Mapping[str, Seat]) -> bool:
    """Whether nothing moves but by a press."""
    return all(state in status.RESTING for state in states(seats))


def train(pool: Pool, seats: Mapping[str, Seat]) -> None:
    """Trains every column that is not trained."""
    for seat in seats.values():
        if not (seat.joined or seat.own):
            pool.train(seat)


def draw(pool: Pool, seats: Mapping[str, Seat]) -> None:
    """Controls, how far it is, and the pictures."""
    _buttons(pool, seats)
    _line(seats)
    _pictures(pool, seats)


def _buttons(pool: Pool, seats: Mapping[str, Seat]) -> None:
    """Train, Pause and Reset for all columns at once."""

    def each(act: Callable[[Seat], None], *wanted: str) -> Callable[[], None]:
        return lambda: [act(seat) for seat in seats.values() if seat.view.state in wanted]

    now = states(seats)
    with st.container(horizontal=True, vertical_alignment="center", key="controls"):
        if any(state in status.ACTIVE for state in now):
            controls.button("Pause", ":material/pause:", each(pool.pause, *status.ACTIVE), primary=True)
        else:
            name = "Continue" if "paused" in now else "Train"
            waiting = ("untrained", "paused", "preparing")
            controls.button(
                name,
                ":material/play_arrow:",
                each(pool.train, *waiting),
                primary=True,
                disabled=not any(state in waiting for state in now),
            )
        moved = (*status.ACTIVE, "paused", "finished", "diverged")
        controls.button(
            "Reset",
            ":material/restart_alt:",
            each(pool.reset, *moved),
            disabled=not any(state in moved for state in now),
        )
        if all(seat.before is not None and seat.view.state == "untrained" for seat in seats.values()):
            controls.button("Undo reset", ":material/undo:", each(pool.undo_reset, "untrained"))


def _line(seats: Mapping[str, Seat]) -> None:
    """One line that says how far all of them are."""
    views = [seat.view for seat in seats.values()]
    total = sum(view.steps for view in views)
    with st.container(key="run-status"):
        st.progress(sum(view.step for view in views) / total if total else 0.0, text=_text(views))


def _text(views: list) -> str:
    now = [view.state for view in views]
    done, active = now.count("finished"), sum(state in status.ACTIVE for state in now)
    if active:
        slowest = min((view for view in views if view.state in status.ACTIVE), key=lambda view: view.epoch)
        epoch = min(int(slowest.epoch) + 1, max(slowest.epochs, 1))
        left = [view.seconds_left for view in views if view.state == "running" and view.step]
        ends = f", {max(left):.0f} s left" if left else ""
        return f"epoch {epoch} of {slowest.epochs} in the slowest of {active} in training{ends}"
    for state in ("preparing", "paused", "failed", "unavailable", "untrained", "diverged"):
        if state in now:
            return f"{state}: {now.count(state)} of {len(now)}" + (f", {done} finished" if done else "")
    return f"finished: all {done}, the slowest in {max(view.seconds for view in views):.1f} s of training"


def _pictures(pool: Pool, seats: Mapping[str, Seat]) -> None:
    """All columns, live: their errors in one plot, and in each column its images, codes and figures."""
    shown = {letter: seat for letter, seat in seats.items() if seat.view.newest is not None}
    # One name for all, so that one scrubber moves all.
    name = "-".join(f"{seat.run.id}-{id(seat.run)}" for seat in seats.values())
    resting = rests(seats)
    # The container is there from the start, so that nothing below changes its place.
    with st.container(key="live-loss"):
        if shown:
            _errors(list(seats), shown, name)
    for place, (letter, seat) in zip(st.columns(len(seats)), seats.items(), strict=True):
        with place:
            _column(pool, letter, seat, name, resting)
    if shown and resting:
        longest = max((live.moments_of(seat.view) for seat in shown.values()), key=len)
        live.rewind(longest, name, "compare")


def _column(pool: Pool, letter: str, seat: Seat, name: str, resting: bool) -> None:
    run, view = seat.run, seat.view
    st.markdown(f"**{letter.upper()}: {run.spec.member('variant').title}**")
    status.line(pool, seat, f"{letter}-status")
    if run.exhibits is None or view.newest is None:
        return
    moments = live.moments_of(view) if resting else (view.newest,)
    live.reconstructions(run, view, moments, name, letter)
    live.map_of_codes(run, view, moments, name, letter)
    st.caption(_figures(seat))


def _figures(seat: Seat) -> str:
    """The newest figures of a run in words."""
    figures, numbers = seat.view.newest.figures, seat.run.model.latent
    said = [f"squared error {figures['squared_error']:.2f} per image, held-out"]
    said.append(f"{figures['units_on']:,.1f} of {numbers:,} code numbers on per image")
    if figures["units_dead"]:
        said.append(f"{figures['units_dead']:,.0f} on for no image")
    return "; ".join(said) + "."


def _errors(letters: list[str], shown: Mapping[str, Seat], name: str) -> None:
    st.markdown("**Squared error** of the reconstruction per image, held-out", help=WHAT_ERROR)
    histories = {letter: seat.view.history for letter, seat in shown.items()}
    epochs = max((history.epochs for history in histories.values()), key=len)
    lines = []
    for letter, history in histories.items():
        values = np.full(len(epochs), np.nan)
        found = history.figure("squared_error")
        values[: len(found)] = found
        title = f"{letter.upper()} {shown[letter].run.spec.member('variant').title}"
        lines.append(Line(title, "held-out", values, letters.index(letter)))
    floors = {f.title: f.value for seat in shown.values() for f in seat.run.exhibits.squared_floors}
    live_loss(
        name,
        epochs,
        lines,
        [Floor(title, value) for title, value in floors.items()],
        total=max(seat.view.epochs for seat in shown.values()),
        top=max(floors.values()) * HEADROOM,
        unit="squared error per image",
        key="compare-loss-view",
    )
