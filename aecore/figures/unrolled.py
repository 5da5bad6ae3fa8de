"""How far a few steps of descent come along each singular direction. Letters: K numbers of steps, L directions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from aecore.figures.base import describe, empty_figure, finite, from_to
from aecore.figures.palette import class_colour, class_marker


def shrinkage(steps: Sequence[int], expected: np.ndarray, measured: np.ndarray) -> go.Figure:
    """The share of the least-squares code after each of K ``steps``, along L directions, largest singular value first.

    ``expected`` [K, L] as lines, ``measured`` [K, L] as markers.
    """
    figure = empty_figure("singular direction, the largest first", "share of the least-squares code")
    said = []
    for index, (step, line, dots) in enumerate(zip(steps, expected, measured, strict=True)):
        x, name = np.arange(1, len(line) + 1), f"T = {step}"
        colour = class_colour(index)
        figure.add_scatter(
            x=x, y=finite(line), name=f"{name}, 1 − (1 − ηs²)ᵀ", mode="lines", line={"color": colour, "width": 2}
        )
        figure.add_scatter(
            x=x,
            y=finite(dots),
            name=f"{name}, measured",
            mode="markers",
            marker={"symbol": class_marker(index), "size": 8, "color": colour},
        )
        said.append(f"{name}: {from_to(finite(line))} by the formula, {from_to(finite(dots))} measured")
    figure.update_traces(hovertemplate="direction %{x}: %{y:.3f}")
    return describe(figure, f"How much of the code each of {expected.shape[1]} directions has", said)
