"""A plotly figure on a page, with the words for who cannot see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    import plotly.graph_objects as go


# Without plotly's own buttons, which lie over the legend on a phone: a drag zooms, a double click shows all again.
CONFIG = {"displayModeBar": False}


def chart(figure: go.Figure, key: str) -> None:
    """Draws ``figure``, whose alt text goes with it."""
    st.plotly_chart(figure, key=key, alt=figure.layout.meta["alt"], config=CONFIG)
