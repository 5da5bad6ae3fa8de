"""What a decoder expects to be off by beside what it is off by. Letters: N images."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from aecore.figures.base import GREY, describe, empty_figure, finite, number, some
from aecore.figures.palette import class_colour


def expected_and_found(expected: np.ndarray, found: np.ndarray) -> go.Figure:
    """A dot for each of N images: the error of a pixel that is ``expected`` [N] and the one ``found`` [N]."""
    expected, found = finite(expected), finite(found)
    figure = empty_figure("expected error of a pixel (σ)", "error found")
    figure.add_scatter(
        x=expected,
        y=found,
        mode="markers",
        name="held-out images",
        marker={"color": class_colour(0), "size": 5, "opacity": 0.6},
        hovertemplate="expected %{x:.3f}, found %{y:.3f}<extra></extra>",
    )
    reach = float(np.nanmax(np.concatenate([expected, found, [0.0]])))
    figure.add_scatter(
        x=[0, reach],
        y=[0, reach],
        mode="lines",
        name="as expected",
        line={"color": GREY, "dash": "dash"},
        hoverinfo="skip",
    )
    figure.update_xaxes(rangemode="tozero").update_yaxes(rangemode="tozero")
    known = np.isfinite(expected) & np.isfinite(found)
    above = int((found > expected).sum())
    means = "no finite value"
    if known.any():
        means = f"on average {number(expected[known].mean())} expected, {number(found[known].mean())} found"
    what = f"Error of a pixel, expected and found, of {some(len(found), 'image')}"
    return describe(figure, what, [means, f"{above} farther off than expected"])
