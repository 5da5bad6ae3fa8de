"""A digit of one's own: where it lands, what becomes of it, and how sure a VAE is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from pydantic import Field

from aecore.figures import latent as figures
from aecore.figures.grey import grey
from aecore.ui import live
from aecore.ui.browser import live_images
from aecore.ui.chart import chart
from aecore.ui.one import OneRun, Points

if TYPE_CHECKING:
    from aecore.runs.drawn import Ground, Placed
    from aecore.runs.latent import Points as Found
    from aecore.runs.pool import Pool, Seat

# The canvas and its pen, in pixels: a pen of 22 on 280 is as thick as MNIST's strokes on 28.
SIDE, PEN = 280, 22
SAMPLES = 10


class Drawn(OneRun):
    look_for = (
        "Draw a digit with mouse or finger. It is centred and scaled as MNIST's are, encoded and rebuilt: what was "
        "never in the data comes back as the nearest thing the model knows."
    )

    class Settings(Points):
        sample: int = Field(0, ge=0, le=999, description="Another number, other codes drawn from a VAE's posterior.")

    def rested(self, pool: Pool, seat: Seat) -> None:
        from aecore.measures.drawing import as_mnist, ink
        from aecore.runs.drawn import ground, place
        from aecore.runs.latent import AskPoints

        run = seat.run
        found = live.answer(pool, run, AskPoints(self.settings.points), "Encoding the images.")
        on = live.answer(pool, run, ground, "Finding the plane to see it on.")
        if found is None or on is None:
            return
        left, right = st.columns([1, 2])
        with left:
            rgba = _canvas()
        image = None if rgba is None else as_mnist(ink(rgba), run.data.shape)
        with right:
            if image is None:
                st.info("Nothing is drawn yet: draw a digit on the black field, white on black, as large as it is.")
                return
            placed = place(run, on, found, image, SAMPLES, self.settings.sample)
            _pictures(found, image, placed, run.data.class_names)
            st.markdown(_said(on, placed))
        chart(
            figures.landing(on.places, on.labels, run.data.class_names, placed.place, placed.spread, on.axes), "landing"
        )
        if placed.spread is not None:
            across, up = np.sqrt(np.diag(placed.spread))
            st.caption(
                f"The ellipses are one and two sigma of the posterior, {across:.3f} across and {up:.3f} up in units "
                "of the axes; they hold 39 and 86 % of the codes drawn from it."
            )


def _canvas() -> np.ndarray | None:
    """What is drawn, [H, W, 4] uint8."""
    st.markdown("**Draw a digit** here")
    # Imported late: its component can be registered in a running app alone.
    from streamlit_drawable_canvas import st_canvas

    return st_canvas(
        stroke_width=PEN,
        stroke_color="#ffffff",
        background_color="#000000",
        height=SIDE,
        width=SIDE,
        return_image_data=True,
        key="pen-canvas",
    ).image_data


def _pictures(found: Found, image: np.ndarray, placed: Placed, class_names: tuple[str, ...]) -> None:
    near = placed.neighbours[placed.neighbours < len(found.originals)]
    rows = [("as MNIST has it", grey(image)[None, None]), ("rebuilt", placed.rebuilt[None, None])]
    if len(near):
        rows.append(("nearest codes", found.originals[near][None]))
    if len(placed.samples):
        rows.append(("drawn from its posterior", placed.samples[None]))
    with st.container(key="live-reconstructions"):
        live_images(f"drawn-{hash(image.tobytes())}", rows, first_frame=0, key="drawn-images")
    classes = ", ".join(class_names[label] for label in found.labels[placed.neighbours])
    st.caption(f"The {len(placed.neighbours)} images with the nearest codes are of the classes {classes}.")


def _said(on: Ground, placed: Placed) -> str:
    from aecore.measures.drawing import error_quantile

    share = error_quantile(placed.error, on.errors)
    return (
        f"Squared error **{placed.error:.1f}**, summed over pixels: more than that of {share:.0%} of the "
        f"{len(on.errors):,} held-out images, whose mean is {on.errors.mean():.1f}."
    )
