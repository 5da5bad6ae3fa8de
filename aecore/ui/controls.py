"""Train, Pause, Step, Reset and what goes with a run: its status, its link, its code, its files."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from aecore.exports import in_order
from aecore.ui import aside, links, status
from aecore.ui.live import metric_title

if TYPE_CHECKING:
    from aecore.runs.pool import Pool, Seat

# Pixels; holds the longest name.
MAIN_WIDTH = 120


def buttons(pool: Pool, seat: Seat) -> None:
    """The buttons that fit the seat's state, and beside them how far it is; a press reruns the page."""
    snapshot = seat.snapshot
    with st.container(horizontal=True, vertical_alignment="center", key="run-controls"):
        if snapshot.active:
            main_button("Pause", ":material/pause:", lambda: pool.pause(seat))
        elif snapshot.broken:
            main_button("Try again", ":material/refresh:", lambda: pool.retry(seat))
        else:
            name = "Continue" if snapshot.paused else "Train"
            main_button(name, ":material/play_arrow:", lambda: pool.train(seat), disabled=snapshot.over)
        unit = st.session_state.get("step-unit", "batch")
        steps = snapshot.steps_per_epoch if unit == "epoch" else 1
        button("Step", ":material/skip_next:", lambda: pool.step(seat, steps), disabled=not snapshot.startable)
        st.segmented_control(
            "Step by", ("batch", "epoch"), default="batch", key="step-unit", label_visibility="collapsed", required=True
        )
        button("Reset", ":material/restart_alt:", lambda: pool.reset(seat), disabled=not snapshot.begun)
        if seat.before is not None and snapshot.untrained:
            button("Undo reset", ":material/undo:", lambda: pool.undo_reset(seat))
        status.bar(pool, seat)


def button(name: str, icon: str, act: Callable[[], None], *, disabled: bool = False, **look: Any) -> None:
    """A button that does ``act`` when pressed; what the pool refuses is noted for the page to say."""
    # As a callback, so that what is drawn after the press already shows what it did.
    st.button(name, icon=icon, disabled=disabled, on_click=attempt, args=(act,), **look)


def main_button(name: str, icon: str, act: Callable[[], None], *, disabled: bool = False) -> None:
    """The row's first button, whatever it is called just now: one element of one width, so that when Pause becomes
    Continue the row does not move away under a pointer."""
    button(name, icon, act, disabled=disabled, key="run-main", type="primary", width=MAIN_WIDTH)


def attempt(act: Callable[[], None]) -> None:
    """Calls ``act``, or notes the pool's refusal for the page to say."""
    from aecore.runs.pool import PoolError

    try:
        act()
    except PoolError as error:
        st.session_state["pool-refusal"] = str(error)


def outputs(seat: Seat) -> None:
    """Share, get the code, download, keep aside."""
    spec, run = seat.run.spec, seat.run
    with st.container(horizontal=True, vertical_alignment="center", key="run-outputs"):
        with st.popover("Share", icon=":material/share:"):
            st.write("This link opens this model, trained, for everyone:")
            st.code(links.train_url(spec), language=None, wrap_lines=True)
        with st.popover("Get the code", icon=":material/code:"):
            st.write("Reproduces these numbers, bit for bit on the same kind of machine:")
            st.code(script(spec), language="python", wrap_lines=True)
        for export in in_order():
            st.download_button(
                export.title,
                lambda export=export: export.of(run.trained, run.history),
                f"{run.id}{export.suffix}",
                export.mime,
                icon=export.icon,
                on_click="ignore",
                disabled=bool(export.lacks(seat.snapshot)),
                help=export.help,
            )
        aside.button(seat)


def script(spec) -> str:
    """A script that trains ``spec`` with aecore alone and prints its figures; it tells where aecore comes from."""
    settings = "".join(f"    {name}={value!r},\n" for name, value in spec.flat().items())
    return (
        "# Where aecore is not installed yet: pip install path-or-address-of-the-projects-checkout\n"
        f"import aecore\n\nspec = aecore.Spec(\n{settings})\nrun = aecore.train(spec)\n"
        "for name, value in run.metrics.items():\n    print(name, value)\n"
    )


def figures(seat: Seat) -> None:
    """The figures of a finished run, each with its unit and split."""
    run = seat.run
    if not seat.snapshot.finished or not run.metrics:
        return
    lines = [
        f"| mean over {run.data.train.many} | unit "
        f"| {len(run.data.test):,} held-out | {len(run.data.train):,} training |",
        "|---|---|---:|---:|",
    ]
    for name, unit in run.exhibit.units.items():
        if f"heldout_{name}" in run.metrics:
            digits = 5 if name.endswith("per_pixel") else 2
            held, train = (f"{run.metrics[f'{split}_{name}']:.{digits}f}" for split in ("heldout", "train"))
            lines.append(f"| {metric_title(name)} | {unit} | {held} | {train} |")
    with st.expander("Figures"):
        st.markdown("\n".join(lines))
