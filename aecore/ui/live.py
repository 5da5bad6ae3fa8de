"""The live pictures of a run: losses, map of codes, reconstructions, and the scrubber that rewinds all three."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import streamlit as st

from aecore.ui import feed, moving
from aecore.ui.browser import Axes, Drawing, Line, loss_drawing, progress_drawing, scrubber
from aecore.ui.door import Door
from aecore.ui.exhibits import doors

if TYPE_CHECKING:
    from aecore.exhibit import Exhibit, Moment
    from aecore.runs.answers import Answer
    from aecore.runs.pool import Pool
    from aecore.runs.run import Run
    from aecore.runs.snapshot import Snapshot
    from aecore.runs.trained import Trained

T = TypeVar("T")

SCORED = "Held-out points are means over all held-out images, or during training over 2,000 of them if there are more."
ESTIMATED = " Terms marked as estimated come from one batch: they can fall below 0 even where the true value cannot."
PREPARING = "Preparing the data and the untrained model."
# Room above the mean image's loss, where an untrained model starts.
HEADROOM = 0.15
# Room below and above floors of losses that can be negative, in distances between these floors.
ROOM_BELOW, ROOM_ABOVE = 3.0, 1.0


def pictures(run: Run, snapshot: Snapshot, prefix: str = "live") -> None:
    """Draws ``snapshot``; ``prefix`` names the containers, as ``live-loss``, and tells two runs on a page apart."""
    if run.exhibit is None or snapshot.newest is None:
        if snapshot.preparing:
            waiting(run, snapshot, prefix)
        return
    # The canvases keep their place and their keys; by this name they know that another run is shown.
    name = f"{prefix}-{run.id}-{id(run)}"
    left, right = st.columns([3, 2])
    door = door_of(run)
    with left, st.container(key=f"{prefix}-loss"):
        loss(run, snapshot, name, prefix)
    with right:
        door.beside(run, snapshot, name, prefix)
    door.below(run, snapshot, name, prefix)
    if snapshot.at_rest:
        rewind(moments_of(snapshot), name, prefix)


def door_of(run: Run) -> Door:
    """What draws the exhibit of a prepared run."""
    kind = run.data.train.kind
    return doors[kind]() if kind in doors else Door()


def answer(pool: Pool, run: Run, question: Callable[[Trained], T], meanwhile: str, of_data: bool = False) -> T | None:
    """What ``question`` finds of a prepared run at rest, or of its data alone; None, and a word, until it is found."""
    if run.exhibit is None:
        st.info(PREPARING)
        return None
    found = pool.ask(run, question, of_data)
    if found.done():
        return result(pool, run, found)

    moving.awaiting(run, found, meanwhile)
    return None


def result(pool: Pool, run: Run, found: Answer[T]) -> T | None:
    """What an answer that is done has found; None, a sentence and a button to ask again where it failed."""
    from aecore.runs.answers import AnswerError

    try:
        return found.result()
    except AnswerError as error:
        st.error(str(error))
        st.button("Ask again", key=f"ask-again-{id(found)}", on_click=pool.forget, args=(run, found))
        return None


def rewind(moments: Sequence[Moment], name: str, prefix: str) -> None:
    """The scrubber over ``moments`` of all that is drawn under ``name``."""
    if len(moments) > 1:
        labels = [f"epoch {m.epoch:.1f}, step {m.step:,}, {m.seconds:.1f} s" for m in moments]
        scrubber(name, labels, key=f"{prefix}-scrubber")


def metric_title(name: str) -> str:
    """A loss term's or metric's name in plain words."""
    known = {
        "kl": "KL",
        "elbo": "evidence bound (ELBO), higher is better",
        "dimension_kl": "dimension-wise KL",
        "index_code_mi": "index-code mutual information",
    }
    return known.get(name, name.replace("_", " "))


def waiting(run: Run, snapshot: Snapshot, prefix: str) -> None:
    """What a run that is not prepared is doing."""
    with st.container(key=f"{prefix}-waiting"):
        feed.follow(_loading, [run], [snapshot], key=f"{prefix}-loading")


def _loading(snapshots: tuple[Snapshot, ...]) -> Drawing:
    done, total = snapshots[0].loading
    if total > done:
        return progress_drawing(done / total, f"Loading the data set: {done / total:.0%}")
    return progress_drawing(0.0, PREPARING)


def moments_of(snapshot: Snapshot) -> tuple[Moment, ...]:
    """What is kept of the run, and its newest look where that is later."""
    kept = snapshot.history.moments
    return kept if kept and kept[-1].step >= snapshot.newest.step else (*kept, snapshot.newest)


def shown_of(snapshot: Snapshot) -> tuple[Moment, ...]:
    """The moments that are drawn: the newest look while the run moves, all that is kept once it rests."""
    return (snapshot.newest,) if snapshot.moving else moments_of(snapshot)


def first_of(snapshot: Snapshot, moments: Sequence[Moment]) -> int:
    """Which frame of the run the first of ``moments`` is."""
    return 0 if len(moments) > 1 else len(snapshot.history.moments) - 1


def loss(run: Run, snapshot: Snapshot, name: str, prefix: str) -> None:
    """The loss terms of a run, on train and held-out images."""
    shown, door, many = run.exhibit, door_of(run), run.data.train.many
    marked = ESTIMATED if any(own.endswith(", estimated") for own in shown.units.values()) else ""
    about = f"{door.about_floors(shown)}Held-out {many} are never trained on.{marked}"
    st.markdown(f"**Loss**, {unit_of(shown)}{door.about_loss(shown)}", help=about)
    feed.follow(_loss, [run], [snapshot], run, name, key=f"{prefix}-loss-view")


def _loss(snapshots: tuple[Snapshot, ...], run: Run, name: str) -> Drawing:
    (snapshot,) = snapshots
    shown, moments = run.exhibit, moments_of(snapshot)
    unit = unit_of(shown)
    lines = [
        Line(_titled(term, shown.units, unit), label, values, group)
        for group, term in enumerate(snapshot.history.terms)
        for split, label in (("train", "train"), ("heldout", "held-out"))
        if np.isfinite(values := np.array([getattr(m, split).get(term, np.nan) for m in moments])).any() or not group
    ]
    epochs = np.array([m.epoch for m in moments])
    bottom, top = _loss_axis(run, snapshot)
    return loss_drawing(
        name,
        epochs,
        lines,
        shown.floors,
        axes=Axes(total=snapshot.epochs, top=top, unit=unit, bottom=bottom),
    )


def unit_of(shown: Exhibit) -> str:
    """The unit of the term that stands beside the floors."""
    return next(iter(shown.units.values()))


def _titled(name: str, units: dict[str, str], unit: str) -> str:
    """A term's title, with its unit where that is not the axis's; an estimate is marked as one."""
    own, _, estimated = units.get(name, "nats").partition(", ")
    marks = [own.partition(" per ")[0]] * (own != unit) + [estimated] * bool(estimated)
    return f"{metric_title(name)} ({', '.join(marks)})" if marks else metric_title(name)


def _loss_axis(run: Run, snapshot: Snapshot) -> tuple[float, float]:
    """Ends of the loss axis, known before training."""
    floors = [floor.value for floor in run.exhibit.floors]
    first = snapshot.history.moments[0].heldout[next(iter(run.exhibit.units))]
    return loss_axis(floors, first, run.exhibit.below_zero)


def loss_axis(floors: Sequence[float], first: float, below_zero: bool) -> tuple[float, float]:
    """Ends of an axis for losses that begin at ``first`` and are held against ``floors``.

    Where losses can be negative the floors' distance sets the scale, and what begins far above them is off the axis: an
    untrained model's thousand nats would leave no room to tell the floors from each other.
    """
    apart = max(floors) - min(floors) if floors else 0.0
    if below_zero and apart:
        return min(floors) - ROOM_BELOW * apart, max(floors) + ROOM_ABOVE * apart
    highest = max([*floors, first])
    lowest = min([*floors, first])
    bottom = lowest - (highest - lowest) if below_zero else 0.0
    return bottom, highest + HEADROOM * (highest - bottom)
