"""Train, Pause, Step, Reset and what goes with a run: its status, its link, its code, its files."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from aecore.ui import engine, pick
from aecore.ui.live import metric_title

if TYPE_CHECKING:
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.run import View

ACTIVE = ("queued", "running")
# States that nothing but a visitor's press leaves.
RESTING = ("untrained", "paused", "finished", "diverged", "unavailable", "failed")


def buttons(pool: Pool, seat: Seat) -> None:
    """The buttons that fit the seat's state; a press reruns the page."""
    view = seat.view
    with st.container(horizontal=True, vertical_alignment="center", key="controls"):
        if view.state in ACTIVE:
            _button("Pause", ":material/pause:", lambda: pool.pause(seat), primary=True)
        elif view.state in ("unavailable", "failed"):
            _button("Try again", ":material/refresh:", lambda: pool.reopen(seat), primary=True)
        else:
            name = "Continue" if view.state == "paused" else "Train"
            over = view.state in ("finished", "diverged")
            _button(name, ":material/play_arrow:", lambda: pool.train(seat), primary=True, disabled=over)
        resting = view.state in ("untrained", "paused")
        unit = st.session_state.get("step-unit", "batch")
        steps = view.steps_per_epoch if unit == "epoch" else 1
        _button("Step", ":material/skip_next:", lambda: pool.step(seat, steps), disabled=not resting)
        st.segmented_control(
            "Step by", ("batch", "epoch"), default="batch", key="step-unit", label_visibility="collapsed", required=True
        )
        moved = view.state in (*ACTIVE, "paused", "finished", "diverged")
        _button("Reset", ":material/restart_alt:", lambda: pool.reset(seat), disabled=not moved)
        if seat.own and view.state == "untrained" and pool.knows(seat.run.spec):
            _button("Back to trained", ":material/undo:", lambda: pool.reopen(seat))


def _button(name: str, icon: str, act: Callable[[], None], *, primary: bool = False, disabled: bool = False) -> None:
    # As a callback, so that what is drawn after the press already shows what it did.
    st.button(name, icon=icon, type="primary" if primary else "secondary", disabled=disabled, on_click=_do, args=(act,))


def _do(act: Callable[[], None]) -> None:
    from aecore.runs.pool import PoolError

    try:
        act()
    except PoolError as error:
        st.session_state["refusal"] = str(error)


def status(pool: Pool, seat: Seat) -> None:
    """One line that says how far the run is, and a bar."""
    view = seat.view
    with st.container(key="run-status"):
        share = view.step / view.steps if view.steps else 0.0
        st.progress(min(share, 1.0), text=status_text(view, pool.place_in_line(seat.run)))
    if view.message:
        (st.info if view.state == "paused" else st.error)(view.message)
    if seat.run.unkept:
        st.warning(seat.run.unkept)


def status_text(view: View, place: int) -> str:
    """``epoch 3 of 25, 16,000 images a second, 4 s left``; starts with what a test or a teacher looks for."""
    epoch = min(int(view.epoch) + 1, max(view.epochs, 1))
    match view.state:
        case "running":
            left = f", {view.seconds_left:.0f} s left" if view.step else ""
            return f"epoch {epoch} of {view.epochs}, {view.rate:,.0f} images a second{left}"
        case "queued":
            before = f", {place - 1} before it" if place > 1 else ", next" if place else ""
            return f"queued{before}"
        case "paused":
            return f"paused after step {view.step:,} of {view.steps:,}, in epoch {epoch} of {view.epochs}"
        case "finished":
            return f"finished: {view.epochs} epochs in {view.seconds:.1f} s, {view.rate:,.0f} images a second"
        case "diverged":
            return f"diverged in epoch {epoch} of {view.epochs}"
        case "unavailable" | "failed":
            return "could not be prepared"
        case "untrained":
            return f"untrained: {view.epochs} epochs of {view.images:,} images to go"
        case _:
            return "preparing"


def outputs(seat: Seat) -> None:
    """Share, get the code, download, keep aside."""
    spec, run, view = seat.run.spec, seat.run, seat.view
    trained = view.state == "finished"
    with st.container(horizontal=True, vertical_alignment="center", key="outputs"):
        with st.popover("Share", icon=":material/share:"):
            st.write("This link opens this model, trained, for everybody:")
            st.code(pick.share_url(spec), language=None, wrap_lines=True)
        with st.popover("Get the code", icon=":material/code:"):
            st.write("Gives the same numbers, on the same kind of machine to the last bit:")
            st.code(script(spec), language="python", wrap_lines=True)
        st.download_button(
            "Model",
            lambda: _model_bytes(run),
            f"{run.id}.safetensors",
            icon=":material/download:",
            on_click="ignore",
            disabled=not trained,
            help="The trained weights as safetensors; aecore.load_model reads them.",
        )
        st.download_button(
            "History",
            lambda: run.history.csv(),
            f"{run.id}.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
            disabled=len(view.history.moments) < 2,
            help="Every loss term at every moment kept, as CSV.",
        )
        aside = st.session_state.get("aside")
        if aside is not None and aside.id != run.id:
            if st.button("Put back", icon=":material/close:", help="Stop showing the run kept aside."):
                st.session_state["aside"] = None
                st.rerun()
        elif (
            aside is None
            and len(view.history.moments) > 1
            and st.button("Keep aside", icon=":material/splitscreen_bottom:", help="Show this run beside the next one.")
        ):
            st.session_state["aside"] = spec
            st.rerun()


def _model_bytes(run) -> bytes:
    from aecore.runs.store import model_bytes

    return model_bytes(run)


def script(spec) -> str:
    """A script that trains ``spec`` with aecore alone and prints its figures."""
    settings = "".join(f"    {name}={value!r},\n" for name, value in spec.flat().items())
    return (
        f"import aecore\n\nspec = aecore.Spec(\n{settings})\nrun = aecore.train(spec)\n"
        "for name, value in run.metrics.items():\n    print(name, value)\n"
    )


def figures(seat: Seat) -> None:
    """The figures of a finished run, each with its unit and split."""
    from aecore.measures.quality import metric_units

    run = seat.run
    if seat.view.state != "finished" or not run.metrics:
        return
    lines = [
        f"| mean over images | unit | {len(run.data.test):,} held-out | {len(run.data.train):,} training |",
        "|---|---|---:|---:|",
    ]
    for name, unit in metric_units(run.model).items():
        if f"heldout_{name}" in run.metrics:
            digits = 5 if name.endswith("per_pixel") else 2
            held, train = (f"{run.metrics[f'{split}_{name}']:.{digits}f}" for split in ("heldout", "train"))
            lines.append(f"| {metric_title(name)} | {unit} | {held} | {train} |")
    with st.expander("Figures"):
        st.markdown("\n".join(lines))


def seat_aside():
    """The seat at the run kept aside, None if there is none or it is the one on show."""
    spec = st.session_state.get("aside")
    return None if spec is None else engine.seat(spec)
