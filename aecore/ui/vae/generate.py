"""New images, decoded from sampled codes, with the training image nearest to each."""

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
        "Sample new codes and decode them. Below each sample is the training image nearest to it: if the two were "
        "the same, the model would only be recalling, not generating."
    )

    needs = (*OneRun.needs, Label())

    class Settings(Settings):
        source: Literal["prior", "posterior"] = Field(
            "prior",
            description="Distribution to sample from: the prior, or a mixture fitted to codes of training images.",
        )
        temperature: float = Field(
            1.0, ge=0, le=2, description="Factor on the prior's sigma; below 1, samples become more typical."
        )
        draw: int = Field(0, ge=0, le=9_999, description="Random seed of the sampled codes.")
        label: int = Field(
            -1, ge=-1, le=99, description="Class to generate, for a model that takes one; -1 is each in turn."
        )

    def rested(self, pool: Pool, seat: Seat) -> None:
        from aecore.capabilities import Conditional
        from aecore.questions.vae import SOME, AskSamples

        run, own = seat.run, self.settings
        if own.label >= 0 and not isinstance(run.model, Conditional):
            st.info(f"{run.model.title} takes no class; choose the conditional VAE to generate one class.")
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
            st.info("The temperature applies only to the prior: the mixture is always sampled at 1.")
