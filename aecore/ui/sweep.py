"""A sweep: one setting over a list of values, every point a run of its own that can be opened and shared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from aecore.figures.compare import sweep_curves
from aecore.settings import Knob, SettingsError
from aecore.ui import form, links, waiting
from aecore.ui.browser import live_images
from aecore.ui.chart import chart

if TYPE_CHECKING:
    from aecore.runs.pool import Seat
    from aecore.runs.spec import Spec

MOST_POINTS = 10
# Settings that say what is learned from or how fast, not what is swept for a figure of quality.
NOT_SWEPT = ("data", "precision", "seed")
UNIT = "squared error per image"


def points(spec: Spec) -> dict[Any, Spec]:
    """The specs of the sweep by the swept setting's value, as the visitor asks; says what cannot be."""
    from aecore.runs.spec import as_text, knobs_of

    known = {name: knob for name, knob in knobs_of(spec.names).items() if name not in NOT_SWEPT}
    if st.session_state.get("sweep") not in known:
        st.session_state["sweep"] = "latent"
    left, right = st.columns([1, 2])
    name = left.selectbox(
        "Setting", list(known), key="sweep", bind="query-params", on_change=form.note_change, args=("sweep",)
    )
    knob = known[name]
    if form.changed("sweep") or not st.session_state.get("values"):
        st.session_state["values"] = ", ".join(as_text(value) for value in suggested(knob))
    text = right.text_input(
        "Values", key="values", bind="query-params", max_chars=200, help=f"{knob.meaning} ({knob.rule})"
    )
    found: dict[Any, Spec] = {}
    for part in dict.fromkeys(piece.strip() for piece in text.split(",") if piece.strip()):
        try:
            value = knob.read(part)
            found[value] = spec.changed(**{name: value})
        except SettingsError as error:
            st.warning(links.as_code(f"left out: {error}"))
    if len(found) > MOST_POINTS:
        beyond = ", ".join(map(str, list(found)[MOST_POINTS:]))
        st.warning(f"A sweep has at most {MOST_POINTS} values; left out: {beyond}")
    return dict(list(found.items())[:MOST_POINTS])


def suggested(knob: Knob) -> list[Any]:
    """A few values over a knob's range, around its default."""
    if knob.kind == "choice":
        return list(knob.choices)
    if knob.kind == "flag":
        return [False, True]
    low, high = knob.low, knob.high
    if knob.log or high > 100 * max(low, 1):
        start = knob.default or high / 1000
        values = [start * 4.0**k for k in range(-2, 4)]
    else:
        values = list(np.linspace(low, high, 6))
    kept = [min(max(v, low), high) for v in values]
    rounded = [round(v) if knob.kind == "int" else float(f"{v:.2g}") for v in kept]
    return [v for v in dict.fromkeys(rounded) if knob.allows(v)]


def texts() -> dict[str, str]:
    """The sweep as parameters of a link."""
    return {"mode": "sweep"} | {name: st.session_state[name] for name in ("sweep", "values")}


def draw(seats: Mapping[Any, Seat]) -> None:
    """What has been found: error against value on both splits, and the same digits at every value."""
    name = st.session_state["sweep"]
    done = waiting.trained(seats)
    waiting.tell(seats, "every value becomes a run, and its errors a point here", lambda value: f"{name} {value}")
    if not done:
        return
    series = [
        (title, [seat.run.metrics[f"{split}_squared_error"] for seat in done.values()], dashed)
        for title, split, dashed in (("held-out", "heldout", False), ("training images", "train", True))
    ]
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in done)
    places = list(done) if numbers else list(range(len(done)))
    spread = numbers and min(places) > 0 and max(places) > 20 * min(places)
    figure = sweep_curves(name, places, series, UNIT, log_x=spread)
    if not numbers:
        figure.update_xaxes(tickvals=places, ticktext=[str(value) for value in done])
    st.markdown(f"**Squared error** of the reconstruction against **{name}**, mean over images")
    with st.container(key="live-loss"):
        chart(figure, "sweep-curves")
    _digits(name, done)
    st.markdown(_table(name, done))


def _digits(name: str, done: Mapping[Any, Seat]) -> None:
    first = next(iter(done.values()))
    rows = [("original", first.run.exhibits.originals[None])]
    rows += [(f"{name} {value}", seat.view.newest.pictures[None]) for value, seat in done.items()]
    with st.container(key="live-reconstructions"):
        st.markdown("**Held-out images** and what each model makes of them")
        live_images("-".join(seat.run.id for seat in done.values()), rows, first_frame=0, key="sweep-images")


def _table(name: str, done: Mapping[Any, Seat]) -> str:
    lines = [f"| {name} | held-out | training images | seconds | |", "|---:|---:|---:|---:|---|"]
    for value, seat in done.items():
        held, train = (seat.run.metrics[f"{split}_squared_error"] for split in ("heldout", "train"))
        url = links.train_url(seat.run.spec)
        lines.append(f"| {value} | {held:.2f} | {train:.2f} | {seat.view.seconds:.1f} | [open]({url}) |")
    return "\n".join(lines)
