"""One unit of a network, looked into: what excites it, how often, and what is rebuilt without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from aecore.ui import engine, live
from aecore.ui.browser import Scene, Strip, live_images, live_traversals
from aecore.ui.chart import chart

if TYPE_CHECKING:
    from aecore.questions.unit import Unit
    from aecore.runs.run import Run
    from aecore.runs.snapshot import Snapshot


@dataclass(frozen=True)
class Clicked:
    """The unit numbered ``unit`` of the layer numbered ``stage``, of the code where that is -1.

    ``which`` of the row's images was in view.
    """

    stage: int
    unit: int
    which: int


# Of the held-out values of a code dimension, how much a strip leaves out at each end.
ENDS = 0.02


def drawn(run: Run, snapshot: Snapshot, prefix: str, clicked: Clicked) -> None:
    """What the unit that was ``clicked`` is about."""
    from aecore.questions.unit import AskUnit

    stage, unit = clicked.stage, clicked.unit
    with st.container(key=f"{prefix}-unit"):
        st.markdown(f"**{_name(run, stage, unit)}**")
        if snapshot.moving:
            st.caption("Pause to look into it: while the model learns, what it is about changes.")
            return
        found = live.answer(engine.pool(), run, AskUnit(stage, unit), "Looking at every held-out image.")
        if found is None:
            return
        left, right = st.columns(2)
        with left:
            _excited(run, found, f"{run.id}-{stage}-{unit}", prefix)
        with right:
            st.caption(_worth(found))
            rows = [("rebuilt", found.rebuilt[None]), ("with it off", found.without[None])]
            live_images(f"{run.id}-{stage}-{unit}-off", rows, first_frame=0, key=f"{prefix}-without")
            if stage < 0:
                _moved(run, snapshot, prefix, clicked, found.values)


def _excited(run: Run, found: Unit, name: str, prefix: str) -> None:
    """When it is on: the images that excite it most, and how often it puts out what."""
    from aecore.figures.unit import outputs

    most = f"{len(found.exciting)} of the {len(found.values):,} held-out images excite it most"
    rows = [("excite it", found.exciting[None])]
    if found.weights is not None:
        rows.append(("its weights", found.weights[None, None]))
        most += "; its weights to or from the pixels: white is above 0, black below"
    st.caption(f"{most}.")
    live_images(name, rows, first_frame=0, key=f"{prefix}-exciting")
    if np.isfinite(found.values).all():
        chart(outputs(found.values), f"{prefix}-outputs")


def _name(run: Run, stage: int, unit: int) -> str:
    if stage < 0:
        return f"Code dimension {unit + 1}"
    layer = run.exhibit.network.layers[stage]
    what = {1: "Unit", 3: "Map"}.get(len(layer.shape), "Unit")
    return f"{what} {unit + 1} of {layer.shape[0]:,}, {layer.part}, {layer.kind}"


def _worth(found: Unit) -> str:
    """What switching it off does, in the figures of the row below."""
    of = f"Squared error of these {len(found.rebuilt)} images, summed over pixels, on average"
    return f"{of}: {found.loss:.2f}; with it held at 0: {found.loss_without:.2f}."


def _moved(run: Run, snapshot: Snapshot, prefix: str, clicked: Clicked, values: np.ndarray) -> None:
    """A handle that moves this code dimension of the image in view."""
    from aecore.measures.classes import guessed
    from aecore.questions.drawn import place
    from aecore.questions.packed import decoder_of

    packed = live.answer(engine.pool(), run, decoder_of, "Packing the decoder.")
    if packed is None:
        return
    if packed.portable is None:
        st.info(packed.reason)
        return
    low, high = (float(end) for end in np.quantile(values, [ENDS, 1 - ENDS]))
    if not low < high:
        st.caption("It is the same for every held-out image, so there is nothing to move.")
        return
    image = run.exhibit.row[clicked.which, 0].cpu().numpy()
    told = guessed(run.model, image[None])
    strip = Strip(clicked.unit, f"dimension {clicked.unit + 1}", "as far as held-out codes reach", low, high)
    label = None if packed.portable.labels is None or told is None else int(told[0])
    with st.container(key=f"{prefix}-moved"):
        live_traversals(
            f"unit-{run.id}-{snapshot.step}-{clicked.unit}-{clicked.which}",
            [Scene(packed.portable, place(run.trained, image).numbers[0], [strip], label)],
            steps=7,
            unit="",
            key=f"{prefix}-strip",
        )
