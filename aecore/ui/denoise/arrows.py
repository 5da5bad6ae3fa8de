"""Why it works: points of a curve in the plane, and where each model moves any place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from pydantic import Field

from aecore.settings import Settings
from aecore.ui import live, sections
from aecore.ui.browser import live_arrows

if TYPE_CHECKING:
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.spec import Spec

# More numbers than pixels: nothing but damage or penalty keeps a model from copying. With noise from 0.02 to 0.1 the
# cosine is at least 0.93 on all curves, in 6 seconds; rates from 2e-2 on now and then end at the mean.
HOW = {
    "likelihood": "gaussian",
    "width": 32,
    "depth": 4,
    "latent": 16,
    "epochs": 500,
    "batch_size": 200,
    "learning_rate": 1.5e-2,
    "precision": "fp32",
}
# Points of the data that are drawn; they come in turn from all along the curve.
DOTS = 500
NAMES = {"denoising": "Denoising", "contractive": "Contractive", "plain": "Plain"}


class Arrows(sections.Section):
    look_for = (
        "Images of two pixels are points of the plane, so all that a model does can be drawn. A denoiser learns to "
        "step back to the data: its arrows point where there is more of it. A plain autoencoder copies: short arrows."
    )
    about = "curves"

    class Settings(Settings):
        level: float = Field(
            0.05, ge=0.01, le=0.2, description="Standard deviation of the noise, as a share of the square's side."
        )
        contraction: float = Field(
            0.01, ge=1e-4, le=10, description="Weight of the contractive penalty.", json_schema_extra={"log": True}
        )

    def specs(self) -> dict[str, Spec]:
        from aecore.runs.spec import Spec

        shared = {**self.given, **HOW}
        return {
            "denoising": Spec(**shared, variant="denoising", corruption="gaussian", level=self.settings.level),
            "contractive": Spec(**shared, variant="contractive", contraction=self.settings.contraction),
            "plain": Spec(**shared, variant="plain"),
        }

    def draw(self, pool: Pool, seats: Mapping[str, Seat]) -> None:
        places = {key: place for key, place in zip(seats, st.columns(len(seats)), strict=True)}
        name = "arrows-" + "-".join(seat.run.id for seat in seats.values())
        resting = all(seat.view.state not in ("preparing", "running", "queued") for seat in seats.values())
        for key, seat in seats.items():
            with places[key], st.container(key=f"{key}-arrows"):
                st.markdown(f"**{NAMES[key]}**")
                self._column(pool, seat, name, key, resting)
        view = next(iter(seats.values())).view
        if resting and view.newest is not None:
            live.rewind(live.moments_of(view), name, "arrows")
        st.caption(
            "Thin: where the model moves a place. Wide and pale: where the best denoiser would move it, along the "
            "gradient of the log density of the data blurred by the noise (Alain and Bengio 2014); only where training "
            "shows noise at all, within three standard deviations of the data. Cosine: 1 where both point the same way."
        )

    def _column(self, pool: Pool, seat: Seat, name: str, key: str, resting: bool) -> None:
        from aecore.runs.denoise import AskAgreement, AskBestSteps

        run, view = seat.run, seat.view
        if view.newest is None:
            live.waiting(view)
            return
        moments = live.moments_of(view) if resting else (view.newest,)
        level = self.settings.level
        right = live.answer(pool, run, AskBestSteps(level), "Finding the best steps.", of_data=True)
        live_arrows(
            name,
            run.data.train.images[:DOTS, 0],
            run.exhibits.probed[:, 0],
            np.stack([moment.rebuilt for moment in moments]),
            right,
            first_frame=0 if len(moments) > 1 else len(view.history.moments) - 1,
            key=f"{key}-field",
        )
        if resting:
            agreement = live.answer(pool, run, AskAgreement(level), "Comparing with the gradient.")
            if agreement is not None:
                cosine, length = agreement
                st.markdown(
                    f"Mean cosine with the gradient **{cosine:.2f}**, steps **{length:.2f}** times as long as the "
                    "best, at 1,000 held-out points with noise"
                )
