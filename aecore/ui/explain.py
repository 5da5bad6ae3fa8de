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
