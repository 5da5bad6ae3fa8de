"""Traversals: one code number moves, the others stay, and the image follows the finger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import streamlit as st
from pydantic import Field

from aecore.figures import vae as figures
from aecore.settings import Settings
from aecore.ui import live
from aecore.ui.browser import Scene, Strip, live_traversals
from aecore.ui.chart import chart
from aecore.ui.one import OneRun, portable_of

if TYPE_CHECKING:
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.run import Run

# Pictures along each side of the sheet over the prior.
SIDE = 15
# Prior sigmas with a tick under each strip.
MARKS = (-2, -1, 0, 1, 2)


class Traverse(OneRun):
    look_for = (
        "A strip for every code number: drag its handle and only that number moves. The strips are sorted by how much "
        "the number tells, its mean KL; those that are not in use change nothing."
    )

    class Settings(Settings):
        start: Literal["image", "origin"] = Field(
            "image", description="The code to start from: an image's, or all zeros."
        )
        image: int = Field(7, ge=0, le=69_999, description="The image to start from, held-out ones first.")
        reach: float = Field(
            3.0, ge=0.5, le=6, description="How far each strip goes to both sides, in the prior's sigmas."
        )

    def rested(self, pool: Pool, seat: Seat) -> None:
        from aecore.runs.latent import images_of
        from aecore.runs.vae import rates
        from aecore.variational import HasPosterior

        run, own = seat.run, self.settings
        if not isinstance(run.model, HasPosterior):
            st.info(f"{run.model.title} has no prior to measure a traversal by; choose a variational autoencoder.")
            return
        known = live.answer(pool, run, rates, "Measuring every code number.")
        decoder = live.answer(pool, run, portable_of, "Packing the decoder.")
        if known is None or decoder is None:
            return
        if isinstance(decoder, str):
            st.info(decoder)
            return
        images, labels = images_of(run, own.image + 1)
        image = min(own.image, len(images) - 1)
        base = np.zeros(run.model.latent, np.float32)
        if own.start == "image":
            base = run.model.embed(images[image : image + 1])[0]
        order = np.argsort(-known.kl)
        held = image if own.start == "image" else None
        label = int(labels[image]) if decoder.labels is not None else None
        with st.container(key="live-traversals"):
            live_traversals(
                f"traversals-{run.id}-{seat.view.step}-{own.start}-{image}",
                [Scene(decoder, base, strips_of(known.kl, known.used, own.reach), label)],
                marks=MARKS,
                key="traverse-strips",
            )
        st.caption(
            f"{known.used.sum():,} of {len(known.used):,} code numbers are in use (variance of the posterior mean over "
            f"the held-out images above 0.01); KL in nats, mean over {len(run.data.test):,} held-out images, "
            f"{known.kl.sum():.2f} in all."
        )
        if run.model.latent > 1:
            _over_quantiles(pool, run, int(order[0]), int(order[1]), held)


def strips_of(kl: np.ndarray, used: np.ndarray, reach: float) -> list[Strip]:
    """A strip for each code number, its mean ``kl`` [L] said, the largest first, ``reach`` sigmas to both sides."""
    return [
        Strip(int(number), f"number {number + 1}", f"KL {kl[number]:.2f} nats", -reach, reach, not used[number])
        for number in np.argsort(-kl)
    ]


def _over_quantiles(pool: Pool, run: Run, across: int, up: int, image: int | None) -> None:
    """What the two numbers that tell most make together, over the prior."""
    from aecore.runs.vae import AskQuantiles

    found = live.answer(pool, run, AskQuantiles(across, up, SIDE, image), "Decoding the sheet.")
    if found is None:
        return
    others = ", all others as they are" if run.model.latent > 2 else ""
    st.markdown(f"**The two that tell most, together**: the prior's quantiles of each{others}")
    chart(figures.quantile_sheet(found, (f"number {across + 1}", f"number {up + 1}")), "quantiles")
    st.caption("Every picture stands for an equal share of the codes that the prior draws.")
