"""The progress of a run, in words and as a bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from aecore.ui import feed
from aecore.ui.browser import Drawing, progress_drawing

if TYPE_CHECKING:
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.run import Run
    from aecore.runs.snapshot import Snapshot


def line(pool: Pool, seat: Seat, key: str = "run-status") -> None:
    """How far the run is, and what is to be said of it, one below the other."""
    bar(pool, seat, key)
    remarks(seat)


def bar(pool: Pool, seat: Seat, key: str = "run-status") -> None:
    """One line that says how far the run is, and a bar, in a container named ``key``."""
    snapshot = seat.snapshot
    with st.container(key=key):
        if snapshot.active:
            feed.follow(_bar, [seat.run], [snapshot], pool, seat.run, key=f"{key}-line")
        else:
            st.progress(share(snapshot), text=text(snapshot, 0))


@feed.ticks
def _bar(snapshots: tuple[Snapshot, ...], pool: Pool, run: Run) -> Drawing:
    (snapshot,) = snapshots
    return progress_drawing(share(snapshot), text(snapshot, pool.place_in_line(run), pool.lookers(run)))


def share(snapshot: Snapshot) -> float:
    """How much of the training is made, from 0 to 1."""
    return min(snapshot.step / snapshot.steps, 1.0) if snapshot.steps else 0.0


def remarks(seat: Seat) -> None:
    """What is to be said of a run beside how far it is."""
    snapshot = seat.snapshot
    if snapshot.message:
        say = st.info if snapshot.paused else st.warning if snapshot.finished else st.error
        say(snapshot.message)
    if seat.run.model is not None and (remark := seat.run.model.remark()):
        st.info(remark, icon=":material/lightbulb:")
    if seat.run.unkept:
        st.warning(seat.run.unkept)


def text(snapshot: Snapshot, place: int, lookers: int = 1) -> str:
    """``epoch 3 of 25, 16,000 images a second, 4 s left``; starts with what a test or a teacher looks for."""
    epoch = min(int(snapshot.epoch) + 1, max(snapshot.epochs, 1))
    if snapshot.running:
        left = f", {snapshot.seconds_left:.0f} s left" if snapshot.step else ""
        others = f", {lookers} visitors watch it" if lookers > 1 else ""
        phase = f", {snapshot.phase}" if snapshot.phase else ""
        return f"epoch {epoch} of {snapshot.epochs}{phase}, {snapshot.rate:,.0f} {snapshot.many} a second{left}{others}"
    if snapshot.queued:
        before = f", {place - 1} before it" if place > 1 else ", next" if place else ""
        return f"queued{before}"
    if snapshot.paused:
        return f"paused after step {snapshot.step:,} of {snapshot.steps:,}, in epoch {epoch} of {snapshot.epochs}"
    if snapshot.finished:
        speed = f"{snapshot.rate:,.0f} {snapshot.many} a second"
        return f"finished: {snapshot.epochs} epochs in {snapshot.seconds:.1f} s, {speed}"
    if snapshot.diverged or (snapshot.failed and snapshot.step):
        return f"{snapshot.state} in epoch {epoch} of {snapshot.epochs}"
    if snapshot.broken:
        return "could not be prepared"
    if snapshot.untrained:
        return f"untrained: {snapshot.epochs} epochs of {snapshot.examples:,} {snapshot.many} to go"
    return "preparing"
