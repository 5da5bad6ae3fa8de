"""Runs side by side: their errors on the same axes, their pictures in columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from aecore.figures.floor import Floor
from aecore.ui import feed, group, live, status
from aecore.ui.browser import Axes, Drawing, Line, loss_drawing, words_drawing
from aecore.ui.exhibits import images

if TYPE_CHECKING:
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.run import Run
    from aecore.runs.snapshot import Snapshot

# Room above the mean image's error, where an untrained model starts.
HEADROOM = 1.15
WHAT_ERROR = (
    "Squared error of the reconstruction shown, summed over pixels. It measures every variant alike, whatever that "
    f"minimises. {live.SCORED} Dashed lines: the mean image, and PCA with as many components, on all held-out images, "
    "pixels clipped to [0, 1] too."
)


def draw(pool: Pool, seats: Mapping[str, Seat]) -> None:
    """All columns, live: their errors in one plot, and in each column its images, codes and figures."""
    from aecore.runs.naming import names_of

    names = names_of({letter: seat.run.spec for letter, seat in seats.items()})
    shown = {letter: seat for letter, seat in seats.items() if seat.snapshot.newest is not None}
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
            _column(pool, letter, seat, name)
    if shown and resting:
        longest = max((live.moments_of(seat.snapshot) for seat in shown.values()), key=len)
        live.rewind(longest, name, "compare")


def _column(pool: Pool, letter: str, seat: Seat, name: str) -> None:
    run, snapshot = seat.run, seat.snapshot
    status.line(pool, seat, f"{letter}-status")
    if run.exhibit is None or snapshot.newest is None:
        return
    images.reconstructions(run, snapshot, name, letter)
    images.map_of_codes(run, snapshot, name, letter)
    with st.container(key=f"{letter}-figures"):
        feed.follow(_words, [run], [snapshot], run.model.latent, key=f"{letter}-words")


def _words(snapshots: tuple[Snapshot, ...], numbers: int) -> Drawing:
    return words_drawing(figures_of(snapshots[0], numbers))


def figures_of(snapshot: Snapshot, numbers: int) -> str:
    """The newest figures of a run in words, whose codes have so many ``numbers``."""
    figures = snapshot.scored.figures
    if not np.isfinite(list(figures.values())).all():
        return "No metrics: this model's outputs are no longer finite."
    said = [f"squared error {figures['squared_error']:.2f} per image, held-out"]
    said.append(f"{figures['units_on']:,.1f} of {numbers:,} code dimensions active per image")
    if figures["units_dead"]:
        said.append(f"{figures['units_dead']:,.0f} never active")
    return "; ".join(said) + "."


def _errors(names: Mapping[str, str], shown: Mapping[str, Seat], name: str) -> None:
    st.markdown("**Squared error** of the reconstruction per image, held-out", help=WHAT_ERROR)
    runs, snapshots = zip(*((seat.run, seat.snapshot) for seat in shown.values()), strict=True)
    labels = tuple((names[letter], list(names).index(letter)) for letter in shown)
    feed.follow(_lines, runs, snapshots, runs, labels, name, key="compare-loss-view")


def _lines(
    snapshots: tuple[Snapshot, ...], runs: tuple[Run, ...], labels: tuple[tuple[str, int], ...], name: str
) -> Drawing:
    """The error of each run over its epochs, called and coloured by its label."""
    histories = [snapshot.history for snapshot in snapshots]
    epochs = max((history.epochs for history in histories), key=len)
    lines = []
    for (title, hue), history in zip(labels, histories, strict=True):
        values = np.full(len(epochs), np.nan)
        found = history.figure("squared_error")
        values[: len(found)] = found
        lines.append(Line(title, "held-out", values, hue))
    floors = {floor.title: floor.value for run in runs for floor in run.exhibit.squared_floors}
    end, top = max(snapshot.epochs for snapshot in snapshots), max(floors.values()) * HEADROOM
    axes = Axes(total=end, top=top, unit="squared error per image")
    return loss_drawing(
        name,
        epochs,
        lines,
        [Floor(title, value) for title, value in floors.items()],
        axes=axes,
    )
