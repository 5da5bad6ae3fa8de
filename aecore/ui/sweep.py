"""A sweep: one setting over a list of values, every point a run of its own that can be opened and shared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from aecore.figures.compare import sweep_curves
from aecore.settings import SettingsError
from aecore.ui import columns, form, links, promises, waiting
from aecore.ui.browser import live_images
from aecore.ui.chart import chart

if TYPE_CHECKING:
    from aecore.runs.pool import Seat
    from aecore.runs.spec import Spec

MOST_POINTS = 10
UNIT = "squared error per image"
SPLITS = {"heldout": "held-out", "train": "training images"}


def points(spec: Spec) -> dict[Any, Spec]:
    """The specs of the sweep by the swept setting's value, as the visitor asks; says what cannot be."""
    from aecore.questions import sweeping

    known = columns.sweepable(spec)
    if st.session_state.get("sweep") not in known:
        st.session_state["sweep"] = "latent"
    left, right = st.columns([1, 2])
    name = left.selectbox(
        "Setting", list(known), key="sweep", bind="query-params", on_change=form.note_change, args=("sweep",)
    )
    knob = known[name]
    if form.changed("sweep") or not st.session_state.get("values"):
        st.session_state["values"] = ", ".join(map(knob.text, knob.kind.spread(knob.default)))
    text = right.text_input(
        "Values", key="values", bind="query-params", max_chars=200, help=f"{knob.meaning} ({knob.rule})"
    )
    values, refused = [], []
    for part in dict.fromkeys(piece.strip() for piece in text.split(",") if piece.strip()):
        try:
            values.append(knob.read(part))
        except SettingsError as error:
            refused.append(str(error))
    found, impossible = sweeping.points(spec, name, list(dict.fromkeys(values))[:MOST_POINTS])
    for sentence in [*refused, *impossible]:
        st.warning(links.as_code(f"left out: {sentence}"))
    if beyond := list(dict.fromkeys(values))[MOST_POINTS:]:
        st.warning(f"A sweep has at most {MOST_POINTS} values; left out: {', '.join(map(knob.text, beyond))}")
    if name == sweeping.IMAGES and found:
        st.caption(_equally_long(list(found.values())))
    return found


def _equally_long(specs: list[Spec]) -> str:
    """What is done to the epochs where the number of images is swept."""
    from aecore.questions.sweeping import steps_of

    epochs, steps = ([count(spec) for spec in specs] for count in (lambda spec: spec.training.epochs, steps_of))
    few, many = (f"{low:,}" if low == high else f"{low:,} to {high:,}" for low, high in map(_ends, (steps, epochs)))
    return f"Every value trains equally long, {few} steps: fewer images are seen more often ({many} epochs)."


def _ends(values: list[int]) -> tuple[int, int]:
    return min(values), max(values)


def texts() -> dict[str, str]:
    """The sweep as parameters of a link."""
    return {"mode": "sweep"} | {name: st.session_state[name] for name in ("sweep", "values")}


def draw(seats: Mapping[Any, Seat]) -> None:
    """What has been found: error against value on both splits, and the same digits at every value."""
    from aecore.questions.conclusions import along
    from aecore.runs.naming import said

    name = st.session_state["sweep"]
    done = waiting.trained(seats)
    promise = "every value becomes a run, and its errors a point here"
    waiting.tell(seats, promise, lambda value: said(name, seats[value].run.spec))
    if not done:
        return
    errors = {split: [seat.run.metrics[f"{split}_squared_error"] for seat in done.values()] for split in SPLITS}
    if found := along(name, list(done), errors["train"], errors["heldout"]):
        promises.conclude([found])
    series = [(title, errors[split], split == "train") for split, title in SPLITS.items()]
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in done)
    places = list(done) if numbers else list(range(len(done)))
    spread = numbers and min(places) > 0 and max(places) > 20 * min(places)
    figure = sweep_curves(name.replace("_", " "), places, series, UNIT, log_x=spread)
    if not numbers:
        figure.update_xaxes(tickvals=places, ticktext=[_text(name, seat) for seat in done.values()])
    st.markdown(f"**Squared error** of the reconstruction against **{name.replace('_', ' ')}**, mean over images")
    with st.container(key="live-loss"):
        chart(figure, "sweep-curves")
    _digits(name, done)
    st.markdown(_table(name, done))


def _digits(name: str, done: Mapping[Any, Seat]) -> None:
    from aecore.runs.naming import said

    first = next(iter(done.values()))
    rows = [("original", first.run.exhibit.originals[None])]
    rows += [(said(name, seat.run.spec), seat.snapshot.newest.shown["pictures"][None]) for seat in done.values()]
    with st.container(key="live-reconstructions"):
        st.markdown("**Held-out images** and what each model makes of them")
        live_images("-".join(seat.run.id for seat in done.values()), rows, first_frame=0, key="sweep-images")


def _text(name: str, seat: Seat) -> str:
    """The swept setting's value, as links write it."""
    return seat.run.spec.texts()[name]


def _table(name: str, done: Mapping[Any, Seat]) -> str:
    lines = [f"| {name.replace('_', ' ')} | held-out | training images | seconds | |", "|---:|---:|---:|---:|---|"]
    for seat in done.values():
        held, train = (seat.run.metrics[f"{split}_squared_error"] for split in ("heldout", "train"))
        url = links.train_url(seat.run.spec)
        lines.append(
            f"| {_text(name, seat)} | {held:.2f} | {train:.2f} | {seat.snapshot.seconds:.1f} | [open]({url}) |"
        )
    return "\n".join(lines)
