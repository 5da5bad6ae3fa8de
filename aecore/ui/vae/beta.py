"""What beta does: the same model at eight weights of the KL term, all of it switched at once by one slider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import numpy as np
import streamlit as st
from pydantic import Field

from aecore.settings import Settings
from aecore.ui import live, tabs, waiting
from aecore.ui.browser import Scene, live_bars, live_images, live_path, live_traversals, scrubber
from aecore.ui.vae.traverse import MARKS, strips_of

if TYPE_CHECKING:
    from aecore.questions.trade import Trade
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.run import Run
    from aecore.runs.spec import Spec

Betas = tuple[Annotated[float, Field(ge=0, le=100)], ...]
# Large batches: on mnist-5k eight models of 20 epochs are trained in 19 seconds on two cores, not in 28.
HOW = {"batch_size": 250, "learning_rate": 5e-3}
# How far traversals go to both sides, in the prior's sigmas.
REACH = 3.0
BETAS = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
# The slider stays in sight from all that it switches.
STICKY = """<style>
.st-key-beta-scrubber { position: sticky; top: 4.1rem; z-index: 2; }
.st-key-beta-traversals { --kept-above: 5.75rem; }
</style>"""


class Beta(tabs.Tab):
    order = 4
    look_for = (
        "Beta weights the KL term: the larger it is, the more reconstruction loss each nat of a code must save. Drag "
        "the slider: everything below is for the same beta. Which code dimensions does a large one give up?"
    )

    class Settings(Settings):
        betas: Betas = Field(BETAS, min_length=2, max_length=10, description="The betas to train.")
        latent: int = Field(10, ge=1, le=64, description="Code size: dimensions of a code.")
        epochs: int = Field(20, ge=1, le=200, description="Passes over the training images, for each beta.")

    def specs(self) -> dict[float, Spec]:
        from aecore.runs.spec import Spec

        own = self.settings
        shared = {**self.given, **HOW, "variant": "vae", "latent": own.latent, "epochs": own.epochs}
        return {beta: Spec(**shared, beta=beta) for beta in sorted(own.betas)}

    def draw(self, pool: Pool, seats: Mapping[float, Seat]) -> None:
        from aecore.questions.trade import trade

        waiting.tell(seats, "every beta becomes a run, shown as soon as it is trained", lambda beta: f"beta {beta:g}")
        done, found = waiting.trained(seats), {}
        for beta, seat in done.items():
            if (one := live.answer(pool, seat.run, trade, f"Measuring beta {beta:g}.")) is not None:
                found[beta] = one
        if found:
            _switch("-".join(done[beta].run.id for beta in found), done[min(found)].run, found)


def _switch(name: str, run: Run, found: Mapping[float, Trade]) -> None:
    """One slider over what is ``found`` of each beta, and all that it switches; ``run`` is one of those compared."""
    from aecore.questions.trade import trade_off

    betas, trades = list(found), list(found.values())
    said = [
        f"beta {beta:g}: KL {t.kl:.2f}, reconstruction {t.reconstruction:.1f} nats"
        for beta, t in zip(betas, trades, strict=True)
    ]
    if len(betas) > 1:
        st.markdown(trade_off(betas, trades))
        st.html(STICKY)
        scrubber(name, said, key="beta-scrubber", name="Beta", start=betas.index(1.0) if 1.0 in betas else 0)
    else:
        st.markdown(f"**B{said[0][1:]}**, held-out.")
    with st.container(key="live-reconstructions"):
        live_images(
            name,
            [
                ("original", run.exhibit.originals[None]),
                ("rebuilt", np.stack([t.row for t in trades])),
                ("drawn", np.stack([t.samples[:10] for t in trades])),
                ("drawn", np.stack([t.samples[10:] for t in trades])),
            ],
            first_frame=0,
            key="beta-images",
        )
    left, right = st.columns(2)
    with left, st.container(key="live-loss"):
        st.markdown("**KL of each code dimension**, mean over the held-out images, largest first")
        kl, used = (np.stack([getattr(t.per_number, word) for t in trades]) for word in ("kl", "used"))
        live_bars(name, kl, used, what="KL", unit="nats", key="beta-bars")
    with right, st.container(key="beta-trade"):
        st.markdown("**Rate against distortion**, held-out images, a point for each beta")
        rates, distortions = [t.kl for t in trades], [t.reconstruction for t in trades]
        labels, axes = [f"{beta:g}" for beta in betas], ("rate: KL", "distortion: reconstruction")
        live_path(name, rates, distortions, labels, name="beta", axes=axes, unit="nats per image", key="beta-path")
    _traversals(name, trades)
    pixels, latent = run.data.train.images[0].size, run.model.latent
    st.caption(
        f"Losses are sums over {pixels} pixels and {latent} code dimensions. Papers that average both write beta as "
        f"beta x {latent} / {pixels}: beta 1 here is {latent / pixels:.4f} there (Higgins et al. 2017). A code "
        "dimension is in use where the variance of its posterior mean over the held-out images is above 0.01."
    )


def _traversals(name: str, trades: Sequence[Trade]) -> None:
    st.markdown("**One code dimension at a time**, from the code of the first image above")
    scenes = []
    for trade in trades:
        if trade.decoder.portable is None:
            st.info(trade.decoder.reason)
            return
        of_each = trade.per_number
        scenes.append(Scene(trade.decoder.portable, trade.code, strips_of(of_each.kl, of_each.used, REACH)))
    with st.container(key="live-traversals"):
        live_traversals(name, scenes, marks=MARKS, key="beta-traversals")
