"""Error against seconds: PCA is fitted at once, autoencoders come down while they train. Letters: K moments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from aecore.figures.base import describe, empty_figure, finite, log_ticks, number, some
from aecore.figures.palette import class_colour, class_marker


@dataclass(frozen=True)
class Descent:
    """The held-out ``errors`` [K] per image of a model called ``name`` with a code of ``size`` after ``seconds`` [K].

    Of a model that is fitted at once, K is 1.
    """

    name: str
    size: int
    seconds: np.ndarray
    errors: np.ndarray


def race(descents: Sequence[Descent]) -> go.Figure:
    """Squared error per image against seconds, both on log axes, a line for each of the ``descents``.

    Those of one name have one colour; the number at the end of a line is the size of its code.
    """
    figure = empty_figure("seconds of training", "squared error per image")
    names = list(dict.fromkeys(descent.name for descent in descents))
    found, drawn, times = [], [], []
    for place, descent in enumerate(descents):
        index = names.index(descent.name)
        seconds, errors = np.asarray(descent.seconds, float), finite(descent.errors)
        # A log axis has no place for the untrained model, which took no seconds.
        kept = (seconds > 0) & (errors > 0)
        seconds, errors = seconds[kept], errors[kept]
        figure.add_scatter(
            x=seconds,
            y=errors,
            name=descent.name,
            legendgroup=descent.name,
            showlegend=all(one.name != descent.name for one in descents[:place]),
            mode="lines+markers+text",
            line={"color": class_colour(index), "width": 2},
            marker={"symbol": class_marker(index), "size": [4] * (len(errors) - 1) + [9]},
            text=[""] * (len(errors) - 1) + [str(descent.size)],
            textposition="middle right",
            cliponaxis=False,
            hovertemplate=f"{descent.name}, code size {descent.size}<br>after %{{x:.2f}} s: %{{y:.4g}}<extra></extra>",
        )
        if len(errors):
            found.append(f"{descent.name} of {descent.size}: {number(errors[-1])} after {number(seconds[-1])} seconds")
            drawn += [errors.min(), errors.max()]
            times += [seconds.min(), seconds.max()]
    for update, values in ((figure.update_xaxes, times), (figure.update_yaxes, drawn)):
        ticks = log_ticks(min(values), max(values)) if values else []
        update(type="log", tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks])
    return describe(figure, f"Squared error per image by seconds of training, {some(len(descents), 'model')}", found)
