"""What beta does: the same model at eight weights of the KL term, all of it switched at once by one slider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import numpy as np
import streamlit as st
from pydantic import Field

from aecore.figures import vae as figures
from aecore.settings import Settings
from aecore.ui import live, sections
from aecore.ui.browser import Line, live_images, live_loss, scrubber
from aecore.ui.chart import chart

if TYPE_CHECKING:
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.spec import Spec
    from aecore.runs.vae import Trade

Betas = tuple[Annotated[float, Field(ge=0, le=100)], ...]
# Large batches: on mnist-5k eight models of 20 epochs are trained in 19 seconds on two cores, not in 28.
HOW = {"batch_size": 250, "learning_rate": 5e-3}
BETAS = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


class Beta(sections.Section):
    look_for = (
        "Beta weighs the KL term. A small one spends nats on detail, a large one saves them until code numbers die one "
        "after the other. Train all, then drag: everything below is of the same beta."
    )

    class Settings(Settings):
        betas: Betas = Field(BETAS, min_length=2, max_length=10, description="The betas to train.")
        latent: int = Field(10, ge=1, le=64, description="Numbers in a code.")
        epochs: int = Field(20, ge=1, le=200, description="How often every training image is seen, for each beta.")

    def specs(self) -> dict[float, Spec]:
        from aecore.runs.spec import Spec

        own = self.settings
        shared = {**self.given, **HOW, "variant": "vae", "latent": own.latent, "epochs": own.epochs}
        return {beta: Spec(**shared, beta=beta) for beta in sorted(own.betas)}

    def draw(self, pool: Pool, seats: Mapping[float, Seat]) -> None:
        from aecore.runs.vae import trade

        done = {beta: seat for beta, seat in seats.items() if seat.view.state == "finished" and seat.run.metrics}
        if len(done) < len(seats):
            st.info("Press Train: every beta becomes a run; the slider is there when all are trained.")
            return
        found = {beta: live.answer(pool, seat.run, trade, "Comparing.") for beta, seat in done.items()}
        if all(one is not None for one in found.values()):
            _switch("-".join(seat.run.id for seat in seats.values()), seats, found)


def _switch(name: str, seats: Mapping[float, Seat], found: Mapping[float, Trade]) -> None:
    betas, trades = list(found), list(found.values())
    run = seats[betas[0]].run
    pixels, latent = run.data.train.images[0].size, run.model.latent
    said = [f"beta {beta:g}: KL {t.kl:.2f}, reconstruction {t.reconstruction:.1f} nats" for beta, t in found.items()]
    scrubber(name, said, key="beta-scrubber", name="Beta", start=betas.index(1.0) if 1.0 in betas else 0)
    with st.container(key="live-reconstructions"):
        live_images(
            name,
            [
                ("original", run.exhibits.originals[None]),
                ("rebuilt", np.stack([t.row for t in trades])),
                ("drawn", np.stack([t.samples[:10] for t in trades])),
                ("drawn", np.stack([t.samples[10:] for t in trades])),
            ],
            first_frame=0,
            key="beta-images",
        )
    left, right = st.columns(2)
    with left, st.container(key="live-loss"):
        st.markdown("**KL of each code number**, nats, mean over the held-out images, largest first")
        kls = -np.sort(-np.stack([t.per_number for t in trades]), axis=1)
        live_loss(
            name,
            np.arange(len(betas)),
            [Line(f"number {i + 1}", "", kls[:, i], i) for i in range(min(latent, 10))],
            total=len(betas) - 1,
            top=float(kls.max()) * 1.1,
            unit="nats per image",
            key="beta-kls",
            what="KL",
            x="place in the list of betas",
        )
    with right:
        st.markdown("**Rate against distortion**, held-out images")
        chart(figures.rate_distortion(betas, [t.kl for t in trades], [t.reconstruction for t in trades]), "trade")
    st.caption(
        f"Losses are sums over {pixels} pixels and {latent} code numbers. Papers that average both write beta as "
        f"beta x {latent} / {pixels}: beta 1 here is {latent / pixels:.4f} there (Higgins et al. 2017)."
    )
