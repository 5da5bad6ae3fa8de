"""Masked: five models fill in the same hidden pixels, two of them networks, three with one matrix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from pydantic import Field

from aecore.settings import Settings
from aecore.ui import live, sections, waiting
from aecore.ui.browser import Floor, Line, live_images, live_loss, scrubber

if TYPE_CHECKING:
    from aecore.runs.filled import Filled
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.spec import Spec

LINEAR = {"architecture": "linear"}
MODELS = {
    "Network": {"variant": "masked"},
    "Network with flags": {"variant": "masked", "flags": True},
    "Scaled": {"variant": "masked-linear-scaled", **LINEAR},
    "Least squares": {"variant": "masked-linear-lsq", **LINEAR},
    "Unrolled": {"variant": "masked-linear-unrolled", **LINEAR},
}


class Masked(sections.Section):
    look_for = (
        "Pixels are hidden, at first half of them, and filled in from the rest. Drag the share: all five models are "
        "shown the same pixels of the same digits. Flags tell a network which pixels are hidden and which are black."
    )

    class Settings(Settings):
        hidden_share: float = Field(0.5, ge=0.05, le=0.95, description="Share of the pixels hidden in training.")
        latent: int = Field(32, ge=1, le=256, description="Numbers in a code.")
        epochs: int = Field(15, ge=1, le=200, description="How often every training image is seen, by each model.")

    def specs(self) -> dict[str, Spec]:
        from aecore.runs.spec import Spec

        shared = {**self.given, **self.settings.model_dump(), "likelihood": "gaussian"}
        return {name: Spec(**shared, **own) for name, own in MODELS.items()}

    def draw(self, pool: Pool, seats: Mapping[str, Seat]) -> None:
        from aecore.runs.filled import filled

        done = {name: seat for name, seat in seats.items() if seat.view.state == "finished"}
        if len(done) < len(seats):
            waiting.tell(seats, "the digits are filled in when all are trained")
            return
        found = {name: live.answer(pool, seat.run, filled, "Filling in.") for name, seat in done.items()}
        if all(one is not None for one in found.values()):
            _draw("-".join(seat.run.id for seat in seats.values()), found)


def _draw(name: str, found: Mapping[str, Filled]) -> None:
    from aecore.runs.filled import SHARES

    first = next(iter(found.values()))
    labels = [
        f"{share:.0%} hidden, best: {min(found, key=lambda model, k=k: found[model].errors[k])}"
        for k, share in enumerate(SHARES)
    ]
    scrubber(name, labels, key="share-scrubber", name="Share of hidden pixels", start=len(SHARES) // 2)
    rows = [("original", first.original), ("shown", first.shown)]
    rows += [(model, one.filled) for model, one in found.items()]
    with st.container(key="live-reconstructions"):
        live_images(name, rows, first_frame=0, key="filled-images")
    with st.container(key="live-loss"):
        st.markdown("**Squared error of a hidden pixel**, mean over held-out images, lower is better")
        live_loss(
            name,
            SHARES,
            [Line(model, "", one.errors, group) for group, (model, one) in enumerate(found.items())],
            [Floor("the mean image", float(np.mean(first.floors)))],
            total=1,
            top=float(first.floors.max()) * 1.5,
            unit="per pixel",
            key="filled-errors",
            what="Error",
            x="share hidden",
        )
    st.caption(
        "Seen pixels are shown as they are, hidden ones as each model has them. Scaled: one matrix, what is seen made "
        "louder. Least squares: the code that fits what is seen best. Unrolled: that code after a few steps towards it."
    )
