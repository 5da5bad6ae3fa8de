"""The map of codes: walk in it, point into it, choose from it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import streamlit as st
from pydantic import Field

from aecore.ui import live, tabs
from aecore.ui.browser import live_images
from aecore.ui.browser.atlas import AtlasState, Colouring, Decoding, MapPoints, Plane, live_atlas
from aecore.ui.latent import words
from aecore.ui.latent.between import STEPS, draw_walks
from aecore.ui.latent.marks import CLASSES, ONE_OR_TWO, hidden_classes, kept_marks, remember_hidden, text_of
from aecore.ui.one import OneRun, Points

if TYPE_CHECKING:
    from aecore.portable import Portable
    from aecore.questions.latent import Flat
    from aecore.questions.latent import Points as Found
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.run import Run

# Room around the outermost codes, as a share of their spread.
ROOM = 0.05
# What the fixed axes always hold to either side of 0: the standard normal prior, out to where it has nothing.
PRIOR = 5.0
# Selected images that are shown.
SHOWN = 40


class Map(OneRun):
    order = 1
    look_for = (
        "Every dot is an image at its code. Move the pointer: with one or two code dimensions the place under it is "
        "decoded at once, even where no image lies; with more, the map is a projection and shows the nearest image."
    )

    # The marks a and b, and the classes not shown.
    remembers = {"marks": ONE_OR_TWO, "hidden": CLASSES}

    class Settings(Points):
        projection: Literal["pca", "umap"] = Field(
            "pca", description="Projection of codes of more than two dimensions."
        )
        axes: Literal["fitted", "fixed"] = Field(
            "fitted", description="Fitted to the codes, or fixed for every model, so that maps can be compared."
        )

    def rested(self, pool: Pool, seat: Seat) -> None:
        from aecore.questions.latent import AskFlat, AskPoints
        from aecore.questions.packed import Packed, decoder_of

        run, own = seat.run, self.settings
        found = live.answer(pool, run, AskPoints(own.points), "Encoding the images.")
        flat = live.answer(pool, run, AskFlat(own.projection, own.points), "Projecting the codes.")
        if found is None or flat is None:
            return
        packed = Packed(None)
        if run.model.latent <= 2:
            packed = live.answer(pool, run, decoder_of, "Packing the decoder.")
            if packed is None:
                return
        name = f"atlas-{run.id}-{seat.snapshot.step}-{own.projection}-{own.points}"
        with st.container(key="live-map"):
            limits = fitted(flat.places) if own.axes == "fitted" else _fixed(flat.places)
            chosen = _atlas(name, run, found, flat, limits, packed.portable)
        st.caption(words.trust(flat.axes, run.model.latent, flat.trust, flat.accuracy, len(found.codes), flat.measured))
        if packed.reason:
            st.info(packed.reason)
        _walk(pool, run, chosen)
        _gallery(run, found, chosen.selected)


def _atlas(
    name: str,
    run: Run,
    found: Found,
    flat: Flat,
    limits: tuple[float, float, float, float],
    decoder: Portable | None,
) -> AtlasState:
    names = run.data.class_names
    latent = run.model.latent
    plane = Plane(np.zeros(latent, np.float32), 0, 1 if latent == 2 else None)
    chosen = live_atlas(
        name,
        MapPoints(
            flat.places[None],
            limits=limits,
            axes=flat.axes,
            colourings=[
                Colouring("class", found.labels, names),
                Colouring("cluster", found.clusters, [f"{i + 1}" for i in range(len(names))]),
                Colouring("error", found.errors, unit="squared error"),
                Colouring("split", (~found.heldout).astype(int), ["held-out", "training"]),
                *_factors(run, found),
            ],
            images=found.originals,
            rebuilt=found.rebuilt,
        ),
        None if decoder is None else Decoding(decoder, plane, names),
        first=AtlasState(picked=kept_marks(flat.places), hidden=hidden_classes(names)),
        key="latent-atlas",
    )
    remember_hidden(chosen.hidden)
    tabs.remember("marks", text_of(chosen.picked))
    return chosen


def _factors(run: Run, found: Found) -> list[Colouring]:
    """The factors that the images were made from, where these are known."""
    if found.factors is None:
        return []
    columns = zip(run.data.factor_names, found.factors.T, strict=True)
    return [Colouring(name, values.astype(np.float32), unit="step") for name, values in columns]


def _fixed(places: np.ndarray) -> tuple[float, float, float, float]:
    """A square around 0 in the steps of all maps, the same for any two models whose codes are of a like size.

    It always holds the standard normal prior, beside which one sees codes that have hardly left 0.
    """
    from aecore.exhibits.images import half_width

    side = half_width(places, before=PRIOR)
    return -side, side, -side, side


def fitted(places: np.ndarray) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of a square around all but the farthest places."""
    low, high = np.nanquantile(places, [0.001, 0.999], axis=0)
    half = max(float((high - low).max()) * (0.5 + ROOM), 1e-3)
    x, y = (low + high) / 2
    return x - half, x + half, y - half, y + half


def _walk(pool: Pool, run: Run, chosen: AtlasState) -> None:
    """The way between two marks: decoded here, and beside a second model where both are images."""
    from aecore.questions.walks import AskWalk

    ends = [_end(mark, run.model.latent) for mark in chosen.picked]
    if len(ends) < 2:
        st.caption("Click two places to mark a and b and walk from one to the other; draw a box or a lasso to select.")
        return
    if None in ends:
        st.info("On a projection only images can be walked between: mark a and b at dots.")
        return
    walk = live.answer(pool, run, AskWalk(*ends, "straight", STEPS), "Walking.")
    if walk is not None:
        draw_walks(run.id, {run.spec.member("variant").title: walk})
    if all(isinstance(end, int) for end in ends):

        def beside() -> None:
            tabs.put(view="between", a=ends[0], b=ends[1])

        label = f"Walk from image {ends[0]:,} to image {ends[1]:,} beside a second model"
        if st.button(label, icon=":material/route:", on_click=beside):
            # The tab is picked outside of what is redrawn here.
            st.rerun()


def _end(mark: Mapping[str, Any], latent: int) -> int | tuple[float, ...] | None:
    """An end of a walk: an image or a code; on a projection a place is no code."""
    if mark["point"] is not None:
        return mark["point"]
    return (mark["x"], mark["y"])[:latent] if latent <= 2 else None


def _gallery(run: Run, found: Found, selected: list[int]) -> None:
    if not selected:
        return
    rows = np.array(selected)
    st.markdown(f"**Selected**: {len(rows):,} images")
    counts = np.bincount(found.labels[rows], minlength=len(run.data.class_names))
    said = ", ".join(f"{name}: {count:,}" for name, count in zip(run.data.class_names, counts, strict=True) if count)
    st.markdown(f"Of each class {said}. Mean squared error {found.errors[rows].mean():.2f} per image.")
    shown = rows[rows < len(found.originals)]
    if len(shown):
        mean = found.originals[shown].mean(0).round().astype(np.uint8)
        few = shown[:SHOWN]
        if len(few) < len(rows):
            st.caption(f"Below, the mean of {len(shown):,} of them, and {len(few)} with their reconstructions.")
        pictures = [("mean", mean[None, None]), ("original", found.originals[few][None])]
        pictures.append(("rebuilt", found.rebuilt[few][None]))
        with st.container(key="selected-images"):
            live_images(f"gallery-{hash(tuple(selected))}", pictures, first_frame=0, key="selected-gallery")
    st.download_button(
        "Selection",
        lambda: _csv(found, rows),
        f"{run.id}-selection.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        help="Number, label, split, error and code of every selected image, as CSV.",
    )


def _csv(found: Found, rows: np.ndarray) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["image", "label", "heldout", "squared_error", *(f"z{i + 1}" for i in range(found.codes.shape[1]))])
    for row in rows:
        numbers = (f"{value:.6g}" for value in found.codes[row])
        writer.writerow([row, found.labels[row], int(found.heldout[row]), f"{found.errors[row]:.4f}", *numbers])
    return text.getvalue()
