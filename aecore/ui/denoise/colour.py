"""Colour: grey pictures coloured by a context encoder, whose hole is all that is colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st
from pydantic import Field

from aecore.settings import Settings
from aecore.ui import live, subjects
from aecore.ui.browser import live_images
from aecore.ui.one import OneRun

if TYPE_CHECKING:
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.spec import Spec

# Of the three planes one below the other, brightness is at the top.
HOLE = {"moving": False, "hole_top": 1 / 3, "hole_height": 2 / 3, "hole_left": 0.0, "hole_width": 1.0}
HOW = {"variant": "context", "likelihood": "gaussian", "latent": 64, "hole_weight": 5.0, "learning_rate": 5e-3}


class Colour(OneRun):
    order = 7
    subject = subjects.DataAndSeed()
    about = "coloured"
    look_for = (
        "Brightness shows what is there, and that determines the colour: sun, house or tree, plain or striped. A "
        "picture is three planes, brightness above two of colour, so colouring means predicting the bottom from the "
        "top."
    )

    class Settings(Settings):
        epochs: int = Field(60, ge=1, le=200, description="Passes over the training images.")

    def specs(self) -> dict[str, Spec]:
        from aecore.runs.spec import Spec

        return {"run": Spec(**self.given, **HOW, **HOLE, epochs=self.settings.epochs)}

    def rested(self, pool: Pool, seat: Seat) -> None:
        from aecore.questions.coloured import coloured

        run = seat.run
        found = live.answer(pool, run, coloured, "Colouring.")
        if found is None:
            return
        rows = [("given", found.given), ("coloured", found.made), ("true", found.true)]
        with st.container(key="live-reconstructions"):
            name = f"colour-{run.id}-{seat.snapshot.step}"
            live_images(name, [(title, row[None]) for title, row in rows], first_frame=0, key="colour-images")
        st.markdown(
            f"Squared error of the colours **{found.error:.4f}**, mean over held-out scenes and both planes; "
            f"{found.undone:.4f} left grey, {found.mean:.4f} with the mean image's colours."
        )
        st.caption(
            "One plane of luma and two of chroma (ITU-R BT.601), in [0, 1]. Brightness is kept as given; here an "
            "object's brightness says nothing about its colour, but its shape and stripes do."
        )
