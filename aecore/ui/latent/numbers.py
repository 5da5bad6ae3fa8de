"""What codes are like, in numbers: which of them are used, how they hang together, who is near whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from aecore.figures import latent as figures
from aecore.ui import live
from aecore.ui.chart import chart
from aecore.ui.one import OneRun, Points

if TYPE_CHECKING:
    from aecore.runs.latent import Figures
    from aecore.runs.pool import Pool, Seat


class Numbers(OneRun):
    look_for = (
        "Is every code number used, do two of them say the same, and do images with near codes belong together? Each "
        "figure says what it is taken on and in what unit."
    )

    class Settings(Points):
        pass

    def rested(self, pool: Pool, seat: Seat) -> None:
        from aecore.runs.latent import AskFigures

        found = live.answer(pool, seat.run, AskFigures(self.settings.points), "Measuring the codes.")
        if found is None:
            return
        st.markdown(_table(found))
        left, right = st.columns(2)
        with left:
            st.markdown("**Share of the variance** of the codes that each number has")
            chart(figures.shares(found.shares), "shares")
        with right:
            st.markdown("**Correlation** between code numbers")
            chart(figures.correlations(found.correlations), "correlations")


def _table(found: Figures) -> str:
    latent, images = len(found.shares), f"{found.images:,} images, held-out ones first"
    rows = [
        ("code numbers in use", f"{found.used.sum():,} of {latent:,}", "a variance above 0.01 over the images"),
        (
            "effective dimension",
            f"{found.dimension:.2f}",
            "participation ratio of the covariance: how many directions of equal spread would be as wide",
        ),
        (
            "neighbours' class",
            f"{found.accuracy:.1%}",
            "share of images whose 10 nearest codes have its class, by majority",
        ),
        ("k-means agreement", f"{found.rand.mean():.2f}", "adjusted Rand index with the labels, mean of five starts"),
    ]
    if latent > 2:
        rows.append(("trustworthiness", f"{found.trust:.3f}", "of PCA's map: 1 where all neighbours on it are real"))
    lines = [f"| {images} | | |", "|---|---:|---|", *(f"| {name} | {value} | {what} |" for name, value, what in rows)]
    return "\n".join(lines)
