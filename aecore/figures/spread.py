"""How numbers of models are spread, beside what is assumed of them. Letters: M models, B bins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from aecore.figures.base import describe, empty_figure, number, some
from aecore.figures.palette import class_colour, class_marker

# A density so far below the highest one drawn is left out: a log axis would be all tails.
LEAST = 1e-5


@dataclass(frozen=True)
class Prior:
    """A density that is assumed of numbers, from [B] values to [B], and what it is called."""

    name: str
    density: Callable[[np.ndarray], np.ndarray]


def densities(
    what: str,
    names: Sequence[str],
    middles: Sequence[np.ndarray],
    found: Sequence[np.ndarray],
    priors: Mapping[int, Prior],
) -> go.Figure:
    """The density ``found`` [B] at ``middles`` [B] of each of M models' numbers, on a log axis.

    Dashed, what is assumed of some of them, by their place. On a log axis a normal density is a parabola and a Laplace
    density two straight lines.
    """
    figure = empty_figure(what, "density")
    top = max((float(one.max(initial=0)) for one in found), default=0.0)
    said = []
    for index, (name, values, heights) in enumerate(zip(names, middles, found, strict=True)):
        colour = class_colour(index)
        drawn = np.where(heights > LEAST * top, heights, np.nan)
        # With markers, because a bin between empty ones has no line: all activations may be 0.
        figure.add_scatter(
            x=values,
            y=drawn,
            name=name,
            mode="lines+markers",
            line={"color": colour, "width": 2.5},
            marker={"symbol": class_marker(index), "size": 4},
        )
        highest = float(values[heights.argmax()]) if len(heights) else np.nan
        said.append(f"{name}: highest at {number(highest)}, values up to {number(float(values.max(initial=0)))} drawn")
        if index in priors:
            assumed = priors[index].density(values)
            figure.add_scatter(
                x=values,
                y=np.where(assumed > LEAST * top, assumed, np.nan),
                name=priors[index].name,
                mode="lines",
                line={"color": colour, "width": 1.5, "dash": "dash"},
            )
    figure.update_traces(hovertemplate="%{x:.3g}: %{y:.3g}")
    figure.update_yaxes(type="log", dtick=1)
    return describe(figure, f"Density of every {what} of {some(len(names), 'model')}", said)
