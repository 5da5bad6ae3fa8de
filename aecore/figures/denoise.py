"""Quality of restored images against the level of damage. Letters: K levels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from aecore.figures.base import add_line, describe, empty_figure, finite, from_to


def quality(levels: np.ndarray, found: Mapping[str, np.ndarray], what: str, models: int) -> go.Figure:
    """``what`` [K] of each restorer by its name, over ``levels`` [K]; the first ``models`` are drawn solid."""
    figure = empty_figure("level of damage", what)
    said = []
    for index, (name, values) in enumerate(found.items()):
        kept = finite(values)
        add_line(figure, index, name, kept, levels, dashed=index >= models)
        figure.data[-1].hovertemplate = f"{name}, level %{{x:.2f}}: %{{y:.3g}}"
        said.append(f"{name} {from_to(kept)}")
    figure.update_layout(height=520)
    return describe(figure, f"{what} against the level of damage, from {levels[0]:g} to {levels[-1]:g}", said)
