"""The progress of a run, in words and as a bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from aecore.ui import feed
from aecore.ui.browser import Drawing, progress_drawing

if TYPE_CHECKING:
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.run import Run
    from aecore.runs.view import View


def line(pool: Pool, seat: Seat, key: str = "run-status") -> None:
    """How far the run is, and what is to be said of it, one below the other."""
    bar(pool, seat, key)
    remarks(seat)


def bar(pool: Pool, seat: Seat, key: str = "run-status") -> None:
    """One line that says how far the run is, and a bar, in a container named ``key``."""
    view = seat.view
    with st.container(key=key):
        if view.active:
            feed.follow(_bar, [seat.run], [view], pool, seat.run, key=f"{key}-line")
        else:
            st.progress(share(view), text=text(view, 0))


@feed.ticks
def _bar(views: tuple[View, ...], pool: Pool, run: Run) -> Drawing:
    (view,) = views
    return progress_drawing(share(view), text(view, pool.place_in_line(run), pool.lookers(run)))


def share(view: View) -> float:
    """How much of the training is made, from 0 to 1."""
    return min(view.step / view.steps, 1.0) if view.steps else 0.0


def remarks(seat: Seat) -> None:
    """What is to be said of a run beside how far it is."""
    view = seat.view
    if view.message:
        say = st.info if view.paused else st.warning if view.finished else st.error
        say(view.message)
    if seat.run.model is not None and (remark := seat.run.model.remark()):
        st.info(remark, icon=":material/lightbulb:")
    if seat.run.unkept:
        st.warning(seat.run.unkept)


def text(view: View, place: int, lookers: int = 1) -> str:
    """``epoch 3 of 25, 16,000 images a second, 4 s left``; starts with what a test or a teacher looks for."""
    epoch = min(int(view.epoch) + 1, max(view.epochs, 1))
    if view.running:
        left = f", {view.seconds_left:.0f} s left" if view.step else ""
        others = f", {lookers} visitors watch it" if lookers > 1 else ""
        phase = f", {view.phase}" if view.phase else ""
        return f"epoch {epoch} of {view.epochs}{phase}, {view.rate:,.0f} {view.many} a second{left}{others}"
    if view.queued:
        before = f", {place - 1} before it" if place > 1 else ", next" if place else ""
        return f"queued{before}"
    if view.paused:
        return f"paused after step {view.step:,} of {view.steps:,}, in epoch {epoch} of {view.epochs}"
    if view.finished:
        return f"finished: {view.epochs} epochs in {view.seconds:.1f} s, {view.rate:,.0f} {view.many} a second"
    if view.diverged or (view.failed and view.step):
        return f"{view.state} in epoch {epoch} of {view.epochs}"
    if view.broken:
        return "could not be prepared"
    if view.untrained:
        return f"untrained: {view.epochs} epochs of {view.examples:,} {view.many} to go"
    return "preparing"
