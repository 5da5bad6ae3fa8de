"""The drawing of an autoencoder, which stands still."""

from __future__ import annotations

import streamlit as st

from aecore.figures.diagram import autoencoder_svg


def diagram() -> None:
    """The drawing of an autoencoder, in the theme's text colour; st.html would take the SVG out."""
    st.components.v2.component(
        "aecore.diagram", html=f'<div style="color: var(--st-text-color)">{autoencoder_svg()}</div>'
    )()
