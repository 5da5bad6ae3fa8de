"""A run kept aside, to be seen beside the next one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from aecore.ui import engine, live, moving, status

if TYPE_CHECKING:
    from aecore.runs.pool import Seat
    from aecore.runs.spec import Spec


def seat_aside(spec: Spec) -> Seat | None:
    """The seat at the run kept aside, None if there is none or it is the one of ``spec``, which is on show."""
    aside = st.session_state.get("run-aside")
    return None if aside is None or aside == spec else engine.seat(aside)


def button(seat: Seat) -> None:
    """Keep aside, or, where a run is kept, Stop comparing."""
    aside = st.session_state.get("run-aside")
    # As callbacks: in the page's course a press is lost where the next one comes before the page has got here.
    if aside is not None and aside != seat.run.spec:
        help = "No longer show the run kept aside."
        st.button("Stop comparing", icon=":material/close:", help=help, on_click=_keep, args=(None,))
        return
    started = len(seat.snapshot.history.moments) > 1
    help = "Show this run below the next one."
    icon = ":material/splitscreen_bottom:"
    if st.button("Keep aside", icon=icon, help=help, disabled=not started, on_click=_keep, args=(seat.run.spec,)):
        st.toast("Kept aside. Change a setting and train: both runs are then shown, one below the other.")


def _keep(spec: Spec | None) -> None:
    st.session_state["run-aside"] = spec


def kept_aside(seat: Seat, beside: Spec) -> None:
    """The run kept aside, with what it does differently, live if it is still in training."""
    st.subheader("Kept aside", anchor=False)
    here = beside.flat()
    st.caption(", ".join(f"{k} = {v}" for k, v in seat.run.spec.flat().items() if here.get(k) != v))

    def draw(seats: Mapping[str, Seat]) -> None:
        (now,) = seats.values()
        status.line(engine.pool(), now, "aside-status")
        live.pictures(now.run, now.snapshot, "aside")

    moving.stage("aside", lambda: {"aside": engine.seat(seat.run.spec)}, draw)
