"""Traversals: one code dimension moves, the others stay, and the image follows the finger."""

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
from aecore.ui.needs import Numbered, Posterior
from aecore.ui.one import OneRun

if TYPE_CHECKING:
    from aecore.questions.vae import AskQuantiles
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.run import Run

# Pictures along each side of the sheet over the prior.
SIDE = 15
# Prior sigmas with a tick under each strip.
MARKS = (-2, -1, 0, 1, 2)


class Traverse(OneRun):
    order = 2
    look_for = (
        "One strip per code dimension, largest mean KL first: drag its handle and only that dimension "
        "moves. What does each change in the picture, and do those of small KL change anything?"
    )

    needs = (*OneRun.needs, Posterior(), Numbered(("image",)))

    class Settings(Settings):
        start: Literal["image", "origin"] = Field(
            "image", description="The code to start from: an image's, or all zeros."
        )
        image: int = Field(7, ge=0, le=69_999, description="The image to start from, held-out ones first.")
        reach: float = Field(3.0, ge=0.5, le=6, description="Reach of each strip to both sides, in the prior's sigmas.")

    def rested(self, pool: Pool, seat: Seat) -> None:
        from aecore.questions.packed import decoder_of
        from aecore.questions.vae import AskMoves, AskQuantiles, in_use, moves_said, rates, start_of

        run, own = seat.run, self.settings
        known = live.answer(pool, run, rates, "Measuring every code dimension.")
        packed = live.answer(pool, run, decoder_of, "Packing the decoder.")
        if packed is not None and packed.portable is None:
            st.info(packed.reason)
            return
        moves = live.answer(pool, run, AskMoves(own.image, own.start == "origin", own.reach), "Moving each dimension.")
        if known is None or packed is None or moves is None:
            return
        decoder = packed.portable
        base, label = start_of(run.trained, own.image, own.start == "origin")
        told = decoder.labels is not None
        order = np.argsort(-known.kl)
        with st.container(key="live-traversals"):
            live_traversals(
                f"traversals-{run.id}-{seat.snapshot.step}-{own.start}-{own.image}",
                [Scene(decoder, base, strips_of(known.kl, known.used, own.reach), label if told else None)],
                marks=MARKS,
                key="traverse-strips",
            )
        st.caption(
            f"{in_use(known.used)} (variance of the posterior mean over the held-out images above 0.01); KL in nats, "
            f"mean over {len(run.data.test):,} held-out images, {known.kl.sum():.2f} in all. "
            f"{moves_said(known.used, moves.errors)}{f' It is told the class {run.data.class_names[label]}.' * told}"
        )
        if run.model.latent > 1:
            sheet = AskQuantiles(int(order[0]), int(order[1]), SIDE, own.image, own.start == "origin")
            _over_quantiles(pool, run, sheet)


def strips_of(kl: np.ndarray, used: np.ndarray, reach: float) -> list[Strip]:
    """A strip for each code dimension, its mean ``kl`` [L] said, the largest first, ``reach`` sigmas to both sides."""
    return [
        Strip(int(number), f"dimension {number + 1}", f"KL {kl[number]:.2f} nats", -reach, reach, not used[number])
        for number in np.argsort(-kl)
    ]


def _over_quantiles(pool: Pool, run: Run, sheet: AskQuantiles) -> None:
    """What the two dimensions that tell most make together, over the prior."""
    if (found := live.answer(pool, run, sheet, "Decoding the sheet.")) is None:
        return
    others = ", all others fixed" if run.model.latent > 2 else ""
    st.markdown(f"**The two of largest KL, together**: the prior's quantiles of each{others}")
    names = (f"dimension {sheet.across + 1}", f"dimension {sheet.up + 1}")
    chart(figures.quantile_sheet(found.pictures, names), "quantiles")
    st.caption("Every picture stands for an equal share of the codes sampled from the prior.")
