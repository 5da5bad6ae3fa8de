"""Documents: pages of text with stains and folds, cleaned whole by a denoiser that learned from small cuttings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import streamlit as st
from pydantic import Field

from aecore.settings import Settings
from aecore.ui import live, subjects
from aecore.ui.browser import live_wipe, scrubber
from aecore.ui.denoise.tested import level_labels
from aecore.ui.one import OneRun

if TYPE_CHECKING:
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.spec import Spec

# The levels of damage in training. Letters are thin: cells of 2 x 2 pixels keep them, and blocks see farther.
LEVELS = {"stains": 0.5, "folds": 0.9}
HOW = {
    "variant": "denoising-grid",
    "depth": 1,
    "width": 32,
    "blocks": 2,
    "batch_size": 50,
    "learning_rate": 5e-3,
}


class Documents(OneRun):
    order = 6
    subject = subjects.DataAndSeed()
    about = "text"
    look_for = (
        "The network has only seen patches of 32 x 32 pixels. It consists of convolutions alone, so a whole page goes "
        "through it at once. Drag the divider over the page, and the slider for more or less damage."
    )

    class Settings(Settings):
        damage: Literal["stains", "folds"] = Field("stains", description="Corruption of patches and page.")
        page_number: int = Field(0, ge=0, le=9_999, description="Page to clean; none was used for training.")
        epochs: int = Field(6, ge=1, le=100, description="Passes over the training patches.")

    def specs(self) -> dict[str, Spec]:
        from aecore.runs.spec import Spec

        own = self.settings
        return {"run": Spec(**self.given, **HOW, corruption=own.damage, level=LEVELS[own.damage], epochs=own.epochs)}

    def rested(self, pool: Pool, seat: Seat) -> None:
        from aecore.questions.documents import AskPages

        run, own = seat.run, self.settings
        found = live.answer(pool, run, AskPages(own.damage, own.page_number), "Cleaning the page.")
        if found is None:
            return
        name = f"page-{run.id}-{seat.snapshot.step}-{own.page_number}"
        labels = level_labels(found.levels, found.before, found.after)
        start = int(np.abs(found.levels - LEVELS[own.damage]).argmin())
        scrubber(name, labels, key="page-scrubber", name="Level", start=start)
        with st.container(key="live-page"):
            live_wipe(name, found.damaged, found.restored, ("damaged", "restored"), key="page-wipe")
        st.caption(
            f"Peak signal-to-noise ratio, from the mean squared error over all pixels of the page; damaged means "
            f"doing nothing. Trained at level {LEVELS[own.damage]:g} on patches of other pages."
        )
