"""What codes are like, in numbers: which of them are used, how they hang together, who is near whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from aecore.figures import latent as figures
from aecore.ui import live
from aecore.ui.chart import chart
from aecore.ui.latent import words
from aecore.ui.one import OneRun, Points

if TYPE_CHECKING:
    from aecore.questions.latent import Figures
    from aecore.runs.pool import Pool, Seat


class Numbers(OneRun):
    order = 5
    look_for = (
        "Is every code dimension used, do any two say the same, and do images with nearby codes belong together? "
        "Each metric states its unit and which images it is measured on."
    )

    class Settings(Points):
        pass

    def rested(self, pool: Pool, seat: Seat) -> None:
        from aecore.questions.latent import AskFigures

        found = live.answer(pool, seat.run, AskFigures(self.settings.points), "Measuring the codes.")
        if found is None:
            return
        st.markdown(_table(found))
        left, right = st.columns(2)
        with left:
            st.markdown("**Share of the variance** of the codes that each dimension has")
            chart(figures.shares(found.shares), "shares")
        with right:
            st.markdown("**Correlation** between code dimensions in use")
            chart(figures.correlations(found.correlations, found.used), "correlations")
            st.markdown(words.correlated(found.correlations, found.used))


def _table(found: Figures) -> str:
    latent, images = len(found.shares), f"{found.images:,} images, held-out ones first"
    rows = [
        (
            "dimensions in use",
            f"{found.used.sum():,} of {latent:,}",
            f"a variance above {found.least:.2g} over the images",
        ),
        (
            "effective dimension",
            f"{found.dimension:.2f}",
            "participation ratio of the covariance: how many directions of equal spread would be as wide",
        ),
        (
            "neighbours' class",
            f"{found.accuracy:.1%}",
            f"share of {_images(found)} whose 10 nearest codes have its class, by majority",
        ),
        ("k-means agreement", f"{found.rand.mean():.2f}", "adjusted Rand index with the labels, mean of five starts"),
    ]
    if latent > 2:
        rows.append(
            (
                "trustworthiness",
                f"{found.trust:.3f}",
                f"of PCA's map of up to 2,000 of {_images(found)}: 1 where all neighbours on it are real",
            )
        )
    lines = [f"| {images} | | |", "|---|---:|---|", *(f"| {name} | {value} | {what} |" for name, value, what in rows)]
    return "\n".join(lines)


def _images(found: Figures) -> str:
    """The images that neighbours are counted on."""
    return f"the first {found.measured:,} images" if found.measured < found.images else "the images"
