"""Unrolled: a code found in T steps of descent, and how far each singular direction of the decoder has come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from pydantic import Field

from aecore.figures.floor import Floor
from aecore.settings import Settings
from aecore.ui import live, tabs, waiting
from aecore.ui.browser import Axes, Line, live_images, live_loss, scrubber
from aecore.ui.chart import chart

if TYPE_CHECKING:
    from aecore.questions.unrolled import Unrolled as Found
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.spec import Spec

# Numbers of steps whose shrinkages are drawn, beside that of training.
SOME_STEPS = (1, 10, 40)


class Unrolled(tabs.Tab):
    order = 5.5
    look_for = (
        "Some pixels are hidden, and a code that fits the rest is looked for in T steps downhill from 0. Drag T: "
        "what is there after one step, and what do later steps add? Which directions come first?"
    )

    class Settings(Settings):
        hidden_share: float = Field(0.5, ge=0.05, le=0.95, description="Share of the pixels hidden.")
        latent: int = Field(16, ge=1, le=256, description="Code size: dimensions of a code.")
        iterations: int = Field(5, ge=1, le=40, description="Steps T in training.")
        step_size: float = Field(
            1.0, ge=0.01, le=1.95, description="Step size η, in units of 1 over the largest singular value squared."
        )
        epochs: int = Field(15, ge=1, le=200, description="Passes over the training images.")

    def specs(self) -> dict[str, Spec]:
        from aecore.runs.spec import Spec

        shared = {**self.given, **self.settings.model_dump()}
        how = {"variant": "masked-linear-unrolled", "architecture": "linear", "likelihood": "gaussian"}
        return {"run": Spec(**shared, **how)}

    def draw(self, pool: Pool, seats: Mapping[str, Seat]) -> None:
        from aecore.questions.unrolled import AskUnrolled

        waiting.tell(seats, "its steps are shown one by one")
        for seat in waiting.trained(seats).values():
            question = AskUnrolled(self.settings.hidden_share)
            found = live.answer(pool, seat.run, question, "Following the steps.")
            if found is not None:
                _draw(f"unrolled-{seat.run.id}", found, self.settings.iterations)


def _draw(name: str, found: Found, trained: int) -> None:
    from aecore.figures.unrolled import shrinkage
    from aecore.questions.unrolled import STEPS

    labels = [f"T = {step}{', as in training' if step == trained else ''}" for step in STEPS]
    scrubber(name, labels, key="steps-scrubber", name="Steps T", start=trained)
    rows = [("original", found.original[None]), ("shown", found.shown[None]), ("filled in", found.filled)]
    with st.container(key="live-reconstructions"):
        live_images(name, rows, first_frame=0, key="steps-images")
    with st.container(key="live-loss"):
        st.markdown("**Squared error of a hidden pixel**, mean over up to 200 held-out images, lower is better")
        floors = [Floor("least squares", found.best), Floor("the mean image", found.floor)]
        # Least squares may be far off where few pixels are seen: the curve is what is looked at.
        top = 1.2 * max(float(found.errors.max()), found.floor)
        axes = Axes(total=int(STEPS[-1]), top=top, unit="per pixel", x="steps T")
        live_loss(
            name,
            STEPS,
            [Line("after T steps", "", found.errors, 0)],
            floors,
            axes=axes,
            key="steps-errors",
            what="Error",
        )
    st.markdown(said(found, trained))
    chosen = sorted({*SOME_STEPS, trained})
    chart(shrinkage(chosen, found.expected[chosen], found.measured[chosen]), "shrinkage")
    st.caption(
        f"Of the first image. s: a singular value of the rows of B that are seen, here from {found.singular.max():.2f} "
        f"to {found.singular.min():.2f}; η: the step size. The share of the least-squares code that is there after T "
        "steps is 1 − (1 − ηs²)ᵀ, the less the smaller ηs² is."
    )


def said(found: Found, trained: int) -> str:
    """At which T hidden pixels are filled in best, and how well the formula tells the shrinkages."""
    from aecore.questions.unrolled import STEPS

    best = int(found.errors.argmin())
    off = float(np.nanmax(np.abs(found.expected - found.measured)))
    where = "the number it was trained with" if STEPS[best] == trained else f"trained with T = {trained}"
    more = "better" if found.errors[best] < found.best else "no better"
    return (
        f"Hidden pixels are filled in best after **T = {STEPS[best]}** ({where}), with an error of "
        f"{found.errors[best]:.4f}: {more} than by least squares ({found.best:.4f}). Formula and measurement differ by "
        f"{off:.1e} at most."
    )
