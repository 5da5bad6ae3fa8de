"""What a unit of a network puts out. Letters: N images."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from aecore.figures.base import describe, empty_figure, from_to
from aecore.figures.palette import class_colour

BINS = 30


def outputs(values: np.ndarray) -> go.Figure:
    """How often a unit puts out what, over held-out images: ``values`` [N]."""
    figure = empty_figure("what the unit puts out", "held-out images")
    counts, edges = np.histogram(values, BINS)
    middles = (edges[:-1] + edges[1:]) / 2
    figure.add_bar(
        x=middles, y=counts, marker={"color": class_colour(0)}, hovertemplate="%{x:.3f}: %{y}<extra></extra>"
    )
    figure.update_layout(bargap=0.05, showlegend=False, height=220)
    return describe(figure, f"Outputs of a unit over {len(values):,} held-out images", [from_to(np.sort(values))])
