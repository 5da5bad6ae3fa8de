"""The door of images: the map of their codes, and what the model makes of some of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from aecore.ui import feed, live, network, unit
from aecore.ui.browser import Drawing, images_drawing, map_drawing
from aecore.ui.door import Door

if TYPE_CHECKING:
    from aecore.exhibits.images import Images
    from aecore.runs.run import Run
    from aecore.runs.snapshot import Snapshot


class ImagesDoor(Door):
    def about_loss(self, shown: Images) -> str:
        return f", summed over pixels{'' if shown.inputs is None else ', from the images as given'}"

    def about_floors(self, shown: Images) -> str:
        """PCA has none where a code has as many numbers as images have pixels."""
        mean, *pca = shown.floors
        said = f"Dashed: the loss, on all held-out images, of always answering with the training data's {mean.title}"
        if pca:
            said += f", and of {pca[0].title} (clipped to [0, 1] for cross-entropy)"
        if pca and shown.inputs is not None:
            said += ", its components from clean images, its inputs damaged as the model's are"
        return f"{said}. {live.SCORED} "

    def beside(self, run: Run, snapshot: Snapshot, name: str, prefix: str) -> None:
        map_of_codes(run, snapshot, name, prefix)

    def below(self, run: Run, snapshot: Snapshot, name: str, prefix: str) -> None:
        left, right = st.columns([2, 3])
        with left:
            reconstructions(run, snapshot, name, prefix)
        with right:
            asked = network.drawn(run, snapshot, name, prefix)
        if asked is not None:
            unit.drawn(run, snapshot, prefix, asked)


def map_of_codes(run: Run, snapshot: Snapshot, name: str, prefix: str) -> None:
    """The codes of held-out images, under ``name``, which the scrubber goes by."""
    with st.container(key=f"{prefix}-map"):
        shown = run.exhibit
        st.markdown(f"**Map of codes**, {len(shown.looked_at):,} held-out images, {_projection(run.model.latent)}")
        feed.follow(_map, [run], [snapshot], run, name, key=f"{prefix}-map-view")


def _map(snapshots: tuple[Snapshot, ...], run: Run, name: str) -> Drawing:
    (snapshot,) = snapshots
    shown, latent, moments = run.exhibit, run.model.latent, live.shown_of(snapshot)
    # One scale for all that is shown together: rewinding must not move the axes.
    half_width = max(float(m.shown["half_width"]) for m in moments)
    places = np.stack([m.shown["places"] for m in moments])
    axes = {1: ("code dimension 1", "spread out by class"), 2: ("code dimension 1", "code dimension 2")}
    if latent == 1:
        classes = len(shown.class_names)
        spread = ((shown.looked_at.labels + 0.5) / classes * 2 - 1) * half_width * 0.95
        places = np.stack([places[:, :, 0], np.broadcast_to(spread, places.shape[:2])], axis=2)
    return map_drawing(
        name,
        places,
        shown.looked_at.labels,
        shown.class_names,
        limits=np.full(len(moments), half_width),
        axes=axes.get(latent, ("principal direction 1", "principal direction 2")),
        first_frame=live.first_of(snapshot, moments),
    )


def _projection(latent: int) -> str:
    if latent == 1:
        return "spread out by class"
    return "as they are" if latent == 2 else f"2 main directions of {latent}"


def reconstructions(run: Run, snapshot: Snapshot, name: str, prefix: str) -> None:
    """Held-out images and what the model makes of them, under ``name``."""
    from aecore.exhibits.images import SIGMAS, WHITE_SIGMA

    with st.container(key=f"{prefix}-reconstructions"):
        st.markdown("**Held-out images** and what the model makes of them")
        feed.follow(_reconstructions, [run], [snapshot], run, name, key=f"{prefix}-images-view")
        if snapshot.newest is not None and SIGMAS in snapshot.newest.shown:
            off = f"black is 0, white {WHITE_SIGMA} or more"
            st.caption(f"σ: by how much the decoder expects each pixel to be off; {off}.")


def _reconstructions(snapshots: tuple[Snapshot, ...], run: Run, name: str) -> Drawing:
    from aecore.exhibits.images import SIGMAS

    (snapshot,) = snapshots
    shown, moments = run.exhibit, live.shown_of(snapshot)
    rows = [("original", shown.originals[None])]
    if shown.inputs is not None:
        rows.append(("given", shown.inputs[None]))
    rows.append(("rebuilt", np.stack([m.shown["pictures"] for m in moments])))
    if moments and all(SIGMAS in m.shown for m in moments):
        rows.append(("σ", np.stack([m.shown[SIGMAS] for m in moments])))
    return images_drawing(name, rows, first_frame=live.first_of(snapshot, moments))
