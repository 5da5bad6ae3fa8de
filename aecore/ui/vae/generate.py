"""Images that never were: decoded from codes drawn, with the training image nearest to each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import streamlit as st
from pydantic import Field

from aecore.settings import Settings
from aecore.ui import live
from aecore.ui.browser import live_images
from aecore.ui.needs import Need
from aecore.ui.one import OneRun

if TYPE_CHECKING:
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.trained import Trained

COUNT = 40


class Label(Need):
    """A class of the number that the setting ``label`` gives."""

    def missing(self, run: Trained, settings: Generate.Settings) -> str:
        classes = len(run.data.class_names)
        if settings.label < classes:
            return ""
        return f"There are {classes} classes here: take a label from 0 to {classes - 1}, or -1 for each in turn."


class Generate(OneRun):
    order = 3
    look_for = (
        "Codes are drawn that belong to no image, and decoded. Below each sample is the training image nearest to it: "
        "were they the same, the model would remember rather than draw."
    )

    needs = (*OneRun.needs, Label())

    class Settings(Settings):
        source: Literal["prior", "posterior"] = Field(
            "prior",
            description="Where codes are drawn: the prior, or a mixture fitted to codes of training images.",
        )
        temperature: float = Field(1.0, ge=0, le=2, description="Factor on the prior's sigma; below 1 it plays safe.")
        draw: int = Field(0, ge=0, le=9_999, description="Another number, other codes.")
        label: int = Field(-1, ge=-1, le=99, description="The class, for a model that takes one; -1 is each in turn.")

    def rested(self, pool: Pool, seat: Seat) -> None:
        from aecore.capabilities import Conditional
        from aecore.questions.vae import SOME, AskSamples

        run, own = seat.run, self.settings
        if own.label >= 0 and not isinstance(run.model, Conditional):
            st.info(f"{run.model.title} is told no class; choose the conditional VAE to draw one class.")
        question = AskSamples(own.source, own.temperature, own.draw, COUNT, own.label)
        found = live.answer(pool, run, question, "Drawing.")
        if found is None:
            return
        rows = [("samples", found.pictures[None]), ("nearest real", found.nearest[None])]
        with st.container(key="live-reconstructions"):
            live_images(f"samples-{run.id}-{hash(question)}", rows, first_frame=0, key="generated-samples")
        st.caption(
            f"{COUNT} samples; the nearest training image is {found.distances.mean():.2f} away on average, Euclidean "
            f"over pixels, {found.distances.min():.2f} at least: 0 would be a copy. Held-out images are "
            f"{found.usual:.2f} away from theirs on average, the first {SOME} of them."
        )
        if own.source == "posterior" and own.temperature != 1:
            st.info("The temperature is the prior's: codes drawn from the mixture are as they are at 1.")
