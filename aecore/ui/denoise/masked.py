"""Masked: five models fill in the same hidden pixels, two of them networks, three with one matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from pydantic import Field

from aecore.figures.floor import Floor
from aecore.settings import Settings
from aecore.ui import live, tabs, waiting
from aecore.ui.browser import Axes, Line, live_images, live_loss, scrubber

if TYPE_CHECKING:
    from aecore.questions.filled import Filled
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


class Masked(tabs.Tab):
    order = 5
    look_for = (
        "Some pixels, at first half, are hidden and filled in from the rest. Drag the share: all five models see the "
        "same pixels of the same images. Flags tell a network which pixels are hidden and which are black."
    )

    class Settings(Settings):
        hidden_share: float = Field(0.5, ge=0.05, le=0.95, description="Share of the pixels hidden in training.")
        latent: int = Field(32, ge=1, le=256, description="Code size: dimensions of a code.")
        epochs: int = Field(15, ge=1, le=200, description="Passes over the training images, by each model.")

    def specs(self) -> dict[str, Spec]:
        from aecore.runs.spec import Spec

        shared = {**self.given, **self.settings.model_dump(), "likelihood": "gaussian"}
        return {name: Spec(**shared, **own) for name, own in MODELS.items()}

    def draw(self, pool: Pool, seats: Mapping[str, Seat]) -> None:
        from aecore.questions.filled import filled

        waiting.tell(seats, "each model's digits are filled in as soon as it is trained")
        done = waiting.trained(seats)
        asked = {name: live.answer(pool, seat.run, filled, f"{name}: filling in.") for name, seat in done.items()}
        found = {name: one for name, one in asked.items() if one is not None}
        if found:
            _draw("-".join(done[name].run.id for name in found), found)


def _draw(name: str, found: Mapping[str, Filled]) -> None:
    from aecore.questions.filled import SHARES, best_at

    first, of = next(iter(found.values())), "" if len(found) == len(MODELS) else f" of {len(found)}"
    best = best_at({model: one.errors for model, one in found.items()})
    labels = [f"{share:.0%} hidden, best{of}: {model}" for share, model in zip(SHARES, best, strict=True)]
    scrubber(name, labels, key="share-scrubber", name="Share of hidden pixels", start=len(SHARES) // 2)
    if len(found) > 1:
        st.markdown(ranges(SHARES, best))
    rows = [("original", first.original), ("shown", first.shown)]
    rows += [(model, one.filled) for model, one in found.items()]
    with st.container(key="live-reconstructions"):
        live_images(name, rows, first_frame=0, key="filled-images")
    with st.container(key="live-loss"):
        st.markdown("**Squared error of a hidden pixel**, mean over up to 200 held-out images, lower is better")
        live_loss(
            name,
            SHARES,
            # A model keeps its colour while the others come.
            [Line(model, "", one.errors, list(MODELS).index(model)) for model, one in found.items()],
            [Floor("the mean image, mean over all shares", float(np.mean(first.floors)))],
            axes=Axes(total=1, top=float(first.floors.max()) * 1.5, unit="per pixel", x="share hidden"),
            key="filled-errors",
            what="Error",
        )
    st.caption(
        "Visible pixels are shown as they are, hidden ones as each model fills them in. Scaled: one matrix, with the "
        "visible pixels scaled up. Least squares: the code that fits the visible pixels best. Unrolled: a few steps "
        "of descent towards that code."
    )


def ranges(shares: Sequence[float], best: Sequence[str]) -> str:
    """Between which ``shares`` each model is the ``best``, as Markdown: computed of them."""
    parts: list[str] = []
    for model, group in groupby(zip(shares, best, strict=True), key=lambda pair: pair[1]):
        inside = [share for share, _ in group]
        span = f"{inside[0]:.0%}" if len(inside) == 1 else f"{inside[0]:.0%} to {inside[-1]:.0%}"
        parts.append(f"**{model}** ({span} hidden)")
    return f"**What this shows:** hidden pixels are filled in with the least error by {', '.join(parts)}."
