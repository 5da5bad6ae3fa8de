"""What a page says about what it shows: the formula, its letters and its source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from aecore.autoencoder import Autoencoder


def formula(variant: type[Autoencoder]) -> None:
    """What a variant minimises, and who wrote it down first."""
    st.markdown(f"**What is minimised** ({variant.title})")
    st.latex(variant.formula)
    st.caption(f"{variant.letters} Source: {variant.source}.")


def pca() -> None:
    """What PCA minimises."""
    st.markdown("**What is minimised** (PCA)")
    st.latex(
        r"\min_{U:\; U^\top U = I}\; \frac{1}{n} \sum_{i=1}^{n} "
        r"\big\| (x_i - \bar{x}) - U U^\top (x_i - \bar{x}) \big\|^2"
    )
    st.caption(
        "x: an image of d pixels; x̄: the mean image; U: k directions at right angles, the leading eigenvectors of the "
        "images' covariance. A linear autoencoder with squared error has the same minimum and need not keep its "
        "columns at right angles. Sources: Pearson 1901; Hotelling 1933; Baldi and Hornik 1989; Lucas et al. 2019."
    )
