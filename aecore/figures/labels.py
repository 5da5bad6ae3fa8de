"""Which class an image is of, as bars. Letters: C classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from aecore.figures.base import describe, empty_figure, number
from aecore.figures.palette import class_colour


def probabilities(names: Sequence[str], shares: np.ndarray, costs: np.ndarray, unit: str) -> go.Figure:
    """P(y | x) of each class, ``shares`` [C], with what the image costs as one of it, ``costs`` [C] in ``unit``."""
    figure = empty_figure("told class", "P(class | image)")
    figure.add_bar(
        x=list(names),
        y=shares,
        marker_color=[class_colour(i) for i in range(len(names))],
        customdata=costs,
        hovertemplate=f"told %{{x}}: %{{y:.1%}}, %{{customdata:.2f}} {unit}<extra></extra>",
        showlegend=False,
    )
    figure.update_xaxes(type="category")
    figure.update_yaxes(range=[0, 1], tickformat=".0%")
    figure.update_layout(height=260)
    most = np.argsort(-shares)[:3]
    said = [f"{names[i]}: {shares[i]:.1%}, {number(costs[i])} {unit}" for i in most]
    return describe(figure, f"The probability of each of {len(names)} classes, the three highest", said)
