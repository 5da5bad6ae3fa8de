"""Runs side by side: their errors on the same axes, their pictures in columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from aecore.ui import group, live, status
from aecore.ui.browser import Floor, Line, live_loss

if TYPE_CHECKING:
    from aecore.runs.pool import Pool, Seat

# Room above the mean image's error, where an untrained model starts.
HEADROOM = 1.15
WHAT_ERROR = (
    "Squared error of the reconstruction that is shown, summed over pixels. Every variant is measured by it, "
    f"whatever it minimises itself. {live.SCORED} Dashed lines: the mean image, and PCA with as many numbers, on all "
    "held-out images and as pictures too, pixels clipped to [0, 1]."
)


def draw(pool: Pool, seats: Mapping[str, Seat]) -> None:
    """All columns, live: their errors in one plot, and in each column its images, codes and figures."""
    from aecore.runs.naming import names_of

    names = names_of({letter: seat.run.spec for letter, seat in seats.items()})
    shown = {letter: seat for letter, seat in seats.items() if seat.view.newest is not None}
    # One name for all, so that one scrubber moves all.
    name = "-".join(f"{seat.run.id}-{id(seat.run)}" for seat in seats.values())
    resting = group.rests(seats)
    # The container is there from the start, so that nothing below changes its place.
    with st.container(key="live-loss"):
        if shown:
            _errors(names, shown, name)
    for place, (letter, seat) in zip(st.columns(len(seats)), seats.items(), strict=True):
        with place:
            st.markdown(f"**{names[letter]}**")
            _column(pool, letter, seat, name, resting)
    if shown and resting:
        longest = max((live.moments_of(seat.view) for seat in shown.values()), key=len)
        live.rewind(longest, name, "compare")


def _column(pool: Pool, letter: str, seat: Seat, name: str, resting: bool) -> None:
    run, view = seat.run, seat.view
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
    if not np.isfinite(list(figures.values())).all():
        return "No figures: what this model computes is no longer finite."
    said = [f"squared error {figures['squared_error']:.2f} per image, held-out"]
    said.append(f"{figures['units_on']:,.1f} of {numbers:,} code dimensions on per image")
    if figures["units_dead"]:
        said.append(f"{figures['units_dead']:,.0f} on for no image")
    return "; ".join(said) + "."


def _errors(names: Mapping[str, str], shown: Mapping[str, Seat], name: str) -> None:
    st.markdown("**Squared error** of the reconstruction per image, held-out", help=WHAT_ERROR)
    histories = {letter: seat.view.history for letter, seat in shown.items()}
    epochs = max((history.epochs for history in histories.values()), key=len)
    lines = []
    for letter, history in histories.items():
        values = np.full(len(epochs), np.nan)
        found = history.figure("squared_error")
        values[: len(found)] = found
        lines.append(Line(names[letter], "held-out", values, list(names).index(letter)))
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
