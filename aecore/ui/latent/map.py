"""The map of codes: walk in it, point into it, choose from it."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Literal

import numpy as np
import streamlit as st
from pydantic import Field

from aecore.ui import live
from aecore.ui.browser import live_images
from aecore.ui.browser.atlas import AtlasState, Colouring, Plane, live_atlas
from aecore.ui.one import OneRun, Points, portable_of

if TYPE_CHECKING:
    from aecore.portable import Portable
    from aecore.runs.latent import Flat
    from aecore.runs.latent import Points as Found
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.run import Run

# Room around the outermost codes, as a share of their spread.
ROOM = 0.05
# Selected images that are shown.
SHOWN = 40
WHAT_A_MAP_DOES_NOT_SAY = {
    "UMAP": "UMAP keeps neighbours and little else: how far apart its islands lie, how large and how dense they are, "
    "says nothing",
    "principal": "PCA keeps the two directions of largest spread: what lies close here may be far apart in the others",
    "code": "These are the codes themselves: distances are what they look like",
}


class Map(OneRun):
    look_for = (
        "Every dot is an image at its code. Move the pointer: with two code numbers the place under it is decoded at "
        "once, also where no image lies; with more, the map is a projection and shows the nearest image."
    )

    class Settings(Points):
        projection: Literal["pca", "umap"] = Field("pca", description="What lays out codes of more than two numbers.")

    def rested(self, pool: Pool, seat: Seat) -> None:
        from aecore.runs.latent import AskFlat, AskPoints

        run, own = seat.run, self.settings
        found = live.answer(pool, run, AskPoints(own.points), "Encoding the images.")
        flat = live.answer(pool, run, AskFlat(own.projection, own.points), "Laying the codes out.")
        if found is None or flat is None:
            return
        decoder = None
        if run.model.latent == 2:
            decoder = live.answer(pool, run, portable_of, "Packing the decoder.")
            if decoder is None:
                return
        name = f"atlas-{run.id}-{seat.view.step}-{own.projection}-{own.points}"
        with st.container(key="live-map"):
            chosen = _atlas(name, run, found, flat, None if isinstance(decoder, str) else decoder)
        st.caption(_trust(run, flat, len(found.codes)))
        if isinstance(decoder, str):
            st.info(decoder)
        _pick(chosen)
        _gallery(run, found, chosen.selected)


def _atlas(name: str, run: Run, found: Found, flat: Flat, decoder: Portable | None) -> AtlasState:
    return live_atlas(
        name,
        flat.places[None],
        limits=_limits(flat.places),
        axes=flat.axes,
        colourings=[
            Colouring("class", found.labels, run.data.class_names),
            Colouring("cluster", found.clusters, [f"{i + 1}" for i in range(len(run.data.class_names))]),
            Colouring("error", found.errors, unit="squared error"),
            Colouring("split", (~found.heldout).astype(int), ["held-out", "training"]),
        ],
        images=found.originals,
        rebuilt=found.rebuilt,
        decoder=decoder,
        plane=Plane(np.zeros(2, np.float32)) if decoder is not None else None,
        class_of=run.data.class_names if decoder is not None and decoder.labels is not None else None,
        key="atlas",
    )


def _limits(places: np.ndarray) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of a square around all but the farthest places."""
    low, high = np.nanquantile(places, [0.001, 0.999], axis=0)
    half = max(float((high - low).max()) * (0.5 + ROOM), 1e-3)
    x, y = (low + high) / 2
    return x - half, x + half, y - half, y + half


def _trust(run: Run, flat: Flat, count: int) -> str:
    """How far the map can be trusted, and what it does not say."""
    latent = run.model.latent
    said = [f"{count:,} images, {latent:,} code number{'s' * (latent > 1)}"]
    if latent > 2:
        said.append(f"trustworthiness {flat.trust:.3f} (1: all neighbours on the map are real)")
    said.append(f"10 nearest codes tell the class of {flat.accuracy:.1%}")
    kind = next(word for word in WHAT_A_MAP_DOES_NOT_SAY if word in flat.axes[0])
    sentences = ["; ".join(said), WHAT_A_MAP_DOES_NOT_SAY[kind]]
    if latent > 2:
        sentences.append("A place here stands for many codes, so the nearest image is shown; the view slice decodes")
    return ". ".join(sentences) + "."


def _pick(chosen: AtlasState) -> None:
    """Two picked points can be walked between."""
    points = [pick["point"] for pick in chosen.picked if pick["point"] is not None]
    if len(points) < 2:
        st.caption("Click two images and walk from one to the other; draw a box or a lasso to see a selection.")
        return

    def walk() -> None:
        st.session_state["view"] = "between"
        st.session_state["a"], st.session_state["b"] = points[:2]

    if st.button(f"Walk from image {points[0]:,} to image {points[1]:,}", icon=":material/route:", on_click=walk):
        # The view is picked outside of what is redrawn here.
        st.rerun()


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
        parts = [few[i : i + 20] for i in range(0, len(few), 20)]
        pictures = [("mean", mean[None, None])]
        for part in parts:
            pictures += [("original", found.originals[part][None]), ("rebuilt", found.rebuilt[part][None])]
        with st.container(key="live-reconstructions"):
            live_images(f"gallery-{hash(tuple(selected))}", pictures, first_frame=0, key="gallery")
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
