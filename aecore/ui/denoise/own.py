"""A digit of one's own: drawn, damaged by hand, and restored as the hand moves, in the browser."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Literal

import numpy as np
import streamlit as st
from pydantic import Field

from aecore.settings import Settings
from aecore.ui import live, photo
from aecore.ui.browser import live_easel
from aecore.ui.browser.easel import in_the_middle
from aecore.ui.denoise.tested import DENOISING
from aecore.ui.needs import Pictures
from aecore.ui.one import OneRun, heldout_number

if TYPE_CHECKING:
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.run import Run


class Own(OneRun):
    order = 2
    subject = DENOISING
    look_for = (
        "Damage an image with brush, eraser, noise or a hole, or draw your own: it is restored as you go. Try what the "
        "model has never seen, such as a star or a letter: does it come back unchanged?"
    )

    needs = (*OneRun.needs, Pictures())

    class Settings(Settings):
        start: Literal["image", "empty", "photo"] = Field(
            "image", description="Start from a held-out image, an empty field, or a photo of your own digit."
        )
        image: int = Field(0, ge=0, le=9_999, description="The held-out image to start from.")

    def rested(self, pool: Pool, seat: Seat) -> None:
        from aecore.capabilities import FillsIn
        from aecore.questions.packed import restorer_of

        run, own = seat.run, self.settings
        packed = live.answer(pool, run, restorer_of, "Packing the model.")
        if packed is None:
            return
        if packed.portable is None:
            st.info(packed.reason)
            return
        image = None
        if own.start == "image":
            image = run.data.test.images[heldout_number(run, own.image)]
        elif own.start == "photo" and (image := photo.uploaded(run.data.shape, "own-photo")) is None:
            return
        tool = "hole" if isinstance(run.model, FillsIn) else "draw" if image is None else "noise"
        with st.container(key="live-easel"):
            # Not by the run: the same drawing can then be tried on another model.
            name = f"{own.start}-{0 if image is None else zlib.crc32(image.tobytes())}"
            live_easel(name, packed.portable, image, tool=tool, hole=_hole(run), key="own-easel")


def _hole(run: Run) -> tuple[int, int, int, int] | None:
    """The hole that the run is trained with, in the middle where it moves: from the top and the left, and its sides."""
    from aecore.training import generator

    trained, mean = run.spec.flat(), run.model.mean
    if "hole_height" not in trained:
        return None
    hidden = run.model.hide(mean, generator(0, "hole", device=mean.device))[0, 0].cpu().numpy() == 0
    rows, columns = (np.flatnonzero(hidden.any(axis)) for axis in (1, 0))
    if trained["moving"]:
        return in_the_middle(*hidden.shape, len(rows), len(columns))
    return int(rows[0]), int(columns[0]), len(rows), len(columns)
