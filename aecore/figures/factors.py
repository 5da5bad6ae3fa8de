"""How far code dimensions stand for known factors. Letters: L code dimensions, F factors, S seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from aecore.figures.base import describe, empty_figure, finite, name_rows, number, some
from aecore.figures.palette import class_colour, class_marker

# Beyond these a row cannot hold what is written into it.
MOST_NUMBERS = 64


def scores(titles: Sequence[str], found: Mapping[str, np.ndarray]) -> go.Figure:
    """Scores from 0 to 1 with these titles, a row each: of each kind of model, by name, ``found`` [S, scores].

    A marker at the mean over the seeds, on a line from the least to the most. They lie, because titles stand side by
    side on no phone.
    """
    figure = empty_figure("score", "")
    words = []
    for index, (name, values) in enumerate(found.items()):
        values = np.stack([finite(of_seed) for of_seed in values])
        mean, least, most = values.mean(0), values.min(0), values.max(0)
        colour = class_colour(index)
        figure.add_scatter(
            x=mean,
            y=np.arange(len(titles)) + 0.6 * ((index + 0.5) / len(found) - 0.5),
            name=name,
            mode="markers",
            marker={"color": colour, "symbol": class_marker(index), "size": 9},
            error_x={
                "symmetric": False,
                "array": most - mean,
                "arrayminus": mean - least,
                "color": colour,
                "thickness": 2,
                "width": 3,
            },
            cliponaxis=False,
            customdata=np.stack([least, most], axis=1),
            hovertemplate="mean %{x:.3f}, from %{customdata[0]:.3f} to %{customdata[1]:.3f}",
        )
        said = ", ".join(f"{title} {number(one)}" for title, one in zip(titles, mean, strict=True))
        words.append(f"{name}, mean of {some(len(values), 'seed')}: {said}")
    figure.update_xaxes(range=[-0.03, 1.03], showgrid=True, zeroline=True)
    name_rows(figure, titles, 48)
    return describe(figure, f"Scores of {some(len(found), 'model')}", words)


def knowledge(known: np.ndarray, factor_names: Sequence[str]) -> go.Figure:
    """What each of the first 64 code dimensions knows of each factor, ``known`` [L, F] from 0 to 1, as a heat map."""
    shown = finite(known)[:MOST_NUMBERS]
    figure = empty_figure("factor", "code dimension")
    figure.add_heatmap(
        x=list(factor_names),
        y=np.arange(1, len(shown) + 1),
        z=shown,
        zmin=0,
        zmax=1,
        colorscale=[[0, "#ffffff"], [1, "#0078b4"]],
        colorbar={"title": {"text": "share"}, "thickness": 12},
        texttemplate="%{z:.2f}",
        hovertemplate="dimension %{y} knows %{z:.3f} of %{x}<extra></extra>",
    )
    figure.update_yaxes(autorange="reversed", showgrid=False, **({"dtick": 1, "tick0": 1} if len(shown) <= 20 else {}))
    figure.update_layout(height=max(340, 100 + 24 * len(shown)))
    first = f", the first {len(shown)} shown" if len(known) > len(shown) else ""
    what = f"What {some(len(known), 'code dimension')}{first} know of {some(len(factor_names), 'factor')}"
    return describe(figure, what, [_best_known(shown[:, i], name) for i, name in enumerate(factor_names)])


def _best_known(shares: np.ndarray, name: str) -> str:
    """Which number knows most of a factor, in words."""
    if not np.nanmax(shares, initial=0) > 0:
        return f"{name}: known to none"
    best = int(np.nanargmax(shares))
    return f"{name}: best known to dimension {best + 1}, {number(shares[best])} of it"
