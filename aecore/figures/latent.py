"""Codes as they lie: where a new one lands, how the variance is shared, how the numbers hang together.

Letters: N images, L code dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from aecore.figures.base import GREY, describe, empty_figure, finite, number, some
from aecore.figures.palette import class_colour, class_marker

# Beyond these a matrix of numbers is a blur on a phone.
MOST_NUMBERS = 64
CIRCLE = np.linspace(0, 2 * np.pi, 73)


def landing(
    places: np.ndarray,
    labels: np.ndarray,
    class_names: Sequence[str],
    place: np.ndarray,
    spread: np.ndarray | None,
    axes: tuple[str, str],
    name: str = "your image",
    other: str = "held-out image",
) -> go.Figure:
    """The ``place`` [2] of what is called ``name`` among ``places`` [N, 2], each that of one ``other``.

    Around it one and two sigma of ``spread`` [2, 2], in axis units.
    """
    figure = empty_figure(*axes)
    for label, class_name in enumerate(class_names):
        of_class = places[labels == label]
        figure.add_scattergl(
            x=of_class[:, 0],
            y=of_class[:, 1],
            name=str(class_name),
            mode="markers",
            marker={"color": class_colour(label), "symbol": class_marker(label), "size": 5, "opacity": 0.55},
            hoverinfo="name",
        )
    sigmas = "no spread"
    if spread is not None and np.isfinite(spread).all():
        widths = np.sqrt(np.maximum(np.diag(spread), 0))
        sigmas = f"one sigma is {number(widths[0])} across and {number(widths[1])} up"
        for count in (1, 2):
            ring = place[:, None] + count * _root(spread) @ np.stack([np.cos(CIRCLE), np.sin(CIRCLE)])
            figure.add_scatter(
                x=ring[0],
                y=ring[1],
                name=f"{count} sigma",
                mode="lines",
                line={"color": GREY, "width": 2.5, "dash": "solid" if count == 1 else "dot"},
                hoverinfo="name",
            )
    figure.add_scatter(
        x=[place[0]],
        y=[place[1]],
        name=name,
        mode="markers",
        marker={"symbol": "x-thin", "size": 13, "line": {"color": class_colour(3), "width": 3}},
        hovertemplate="%{x:.2f}, %{y:.2f}",
    )
    figure.update_layout(height=460, yaxis={"scaleanchor": "x", "scaleratio": 1})
    where = f"({number(place[0])}, {number(place[1])})"
    return describe(figure, f"{name.capitalize()} among {some(len(places), other)}", [f"it lies at {where}", sigmas])


def _root(spread: np.ndarray) -> np.ndarray:
    """[2, 2] a square root of a covariance, which may be flat."""
    values, vectors = np.linalg.eigh(spread)
    return vectors * np.sqrt(np.maximum(values, 0))


def shares(found: np.ndarray) -> go.Figure:
    """The share of the codes' variance that each of L numbers has, ``found`` [L], as bars in the numbers' own order."""
    percent = finite(found) * 100
    figure = empty_figure("code dimension", "share of the variance, %")
    figure.add_bar(
        x=np.arange(1, len(percent) + 1),
        y=percent,
        marker_color=class_colour(0),
        hovertemplate="dimension %{x}: %{y:.2f} %",
        showlegend=False,
    )
    figure.update_yaxes(rangemode="tozero")
    figure.update_xaxes(**_whole(len(percent)))
    largest = int(np.nanargmax(percent)) + 1 if np.isfinite(percent).any() else 0
    words = [f"dimension {largest} has the most, {number(percent[largest - 1])} %"] if largest else ["none has any"]
    return describe(figure, f"Shares of the variance of {some(len(percent), 'code dimension')}", words)


def correlations(found: np.ndarray, in_use: np.ndarray | None = None) -> go.Figure:
    """The correlation of each of the first 64 code dimensions with each, ``found`` [L, L], from -1 to 1, as a heat map.

    Those not ``in_use`` [L] are left blank: what hardly varies correlates by chance.
    """
    shown = finite(found)[:MOST_NUMBERS, :MOST_NUMBERS].copy()
    idle = np.zeros(len(shown), bool) if in_use is None else ~np.asarray(in_use)[:MOST_NUMBERS]
    shown[idle], shown[:, idle] = np.nan, np.nan
    numbers = np.arange(1, len(shown) + 1)
    figure = empty_figure("code dimension", "code dimension")
    figure.add_heatmap(
        x=numbers,
        y=numbers,
        z=shown,
        zmin=-1,
        zmax=1,
        # Blue and orange, which colour-blind eyes part; white, no correlation, in the middle.
        colorscale=[[0, "#0078b4"], [0.5, "#ffffff"], [1, "#f09600"]],
        colorbar={"title": {"text": "r"}, "thickness": 12},
        hovertemplate="%{x} and %{y}: %{z:.2f}",
    )
    figure.update_yaxes(autorange="reversed", scaleanchor="x", **_whole(len(shown)))
    figure.update_xaxes(**_whole(len(shown)))
    others = np.abs(shown[~np.eye(len(shown), dtype=bool)])
    others = others[np.isfinite(others)]
    found_words = [f"two different dimensions correlate by {number(others.max())} at most"] if len(others) else []
    first = f", the first {len(shown)} shown" if len(found) > len(shown) else ""
    if idle.any():
        found_words.append(f"{some(int(idle.sum()), 'dimension')} not in use left blank")
    return describe(figure, f"Correlations between {some(len(found), 'code dimension')}{first}", found_words)


def _whole(count: int) -> dict[str, int]:
    """Ticks at whole numbers alone, where plotly would put halves between few of them."""
    return {"dtick": 1, "tick0": 1} if count <= 10 else {}
