"""Models side by side: what their units do, how they bend space, how a setting changes them.

Letters: M models, N images, L units of a code, K singular values, V values of a setting. What is not finite is a gap.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from aecore.figures.palette import class_colour, class_marker

# More bars than these are too thin on a phone.
BINS = 40
# Below this share of the largest, a singular value is rounding and no direction of the code.
ROUNDING = 1e-6
# As legible on a white page as on a dark one.
GREY = "#8c8c8c"


def on_histogram(names: Sequence[str], on_per_image: Sequence[np.ndarray]) -> go.Figure:
    """For each of M models, the share of its images against the number of units on: ``on_per_image`` [N] each."""
    counts = [np.asarray(on, np.int64) for on in on_per_image]
    together = np.concatenate([*counts, np.empty(0, np.int64)])
    lowest, highest = (together.min(), together.max()) if len(together) else (0, 0)
    width = -(-(highest - lowest + 1) // BINS)
    firsts = np.arange(lowest, highest + 1, width)
    said = [f"{first}" if width == 1 else f"{first} to {first + width - 1}" for first in firsts]
    figure = _figure("units on in one image", "share of images")
    for index, (name, on) in enumerate(zip(names, counts, strict=True)):
        figure.add_bar(
            x=firsts + (width - 1) / 2,
            y=np.bincount((on - lowest) // width, minlength=len(firsts)) / max(len(on), 1),
            name=name,
            marker_color=class_colour(index),
            customdata=said,
            hovertemplate="%{customdata} units on: %{y:.1%} of the images",
        )
    return figure.update_yaxes(tickformat=".0%", rangemode="tozero")


def mean_activation(names: Sequence[str], means: Sequence[np.ndarray], rho: float | None) -> go.Figure:
    """For each of M models, the mean activation ``means`` [L] of its units, largest first; dashed, the target rho."""
    figure = _figure("unit, the most active first", "mean activation")
    for index, (name, values) in enumerate(zip(names, means, strict=True)):
        # Sorting puts what is not finite at the end, whichever way round: turn the sign, not the order.
        _add_line(figure, index, name, -np.sort(-_finite(values)))
    if rho is not None:
        _add_level(figure, rho, f"target {rho:g}", max((len(values) for values in means), default=1))
    return figure


def spectrum(names: Sequence[str], values: Sequence[np.ndarray]) -> go.Figure:
    """For each of M models, its singular values ``values`` [N, K] as their mean over images; dashed, 1."""
    figure = _figure("index, the largest first", "mean singular value")
    means = [_finite(np.mean(found, axis=0)) if len(found) else np.empty(0) for found in values]
    for index, (name, mean) in enumerate(zip(names, means, strict=True)):
        mean[~(mean > ROUNDING * mean.max(initial=0, where=np.isfinite(mean)))] = np.nan
        _add_line(figure, index, name, mean)
    _add_level(figure, 1, "1: distances kept", max((len(mean) for mean in means), default=1))
    drawn = np.concatenate([*means, [1.0]])
    ticks = _log_ticks(np.nanmin(drawn), np.nanmax(drawn))
    return figure.update_yaxes(type="log", tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks])


def sweep_curves(
    title: str, values: Sequence[float], series: Sequence[tuple[str, Sequence[float], bool]], unit: str, log_x: bool
) -> go.Figure:
    """What became of each of the V ``values`` of the setting ``title``; a series is its name, its [V], and if dashed.

    ``log_x`` is honoured where all values are positive: 0 has no place on a log axis.
    """
    # From 0, or a difference of a hundredth would look like one of all.
    figure = _figure(title, unit).update_yaxes(rangemode="tozero")
    order = np.argsort(values)
    values = np.asarray(values, float)[order]
    for index, (name, found, dashed) in enumerate(series):
        _add_line(figure, index, name, _finite(found)[order], values, dashed)
    if log_x and (values > 0).all():
        # The values themselves as ticks: plotly's own between powers of ten would read 2 and 5.
        ticks = {"tickvals": values, "ticktext": [f"{value:g}" for value in values]}
        figure.update_xaxes(type="log", **ticks)
    return figure


def train_heldout_bars(names: Sequence[str], train: Sequence[float], heldout: Sequence[float], unit: str) -> go.Figure:
    """Two bars for each of M models, in ``unit``: on the images it learned from and on those held out.

    They lie, because names of models stand side by side on no phone.
    """
    figure = _figure(unit, "model")
    # Numbers, because plotly would put two models of one name in one place.
    rows = np.arange(len(names))
    for index, (name, values) in enumerate((("train", train), ("held-out", heldout))):
        figure.add_bar(
            x=_finite(values),
            y=rows,
            name=name,
            orientation="h",
            marker_color=class_colour(index),
            texttemplate="%{x:.3~g}",
            textposition="outside",
            cliponaxis=False,
            hovertemplate=f"%{{x:.4g}} {unit}",
        )
    labels = ["<br>".join(textwrap.wrap(name, 16)) for name in names]
    figure.update_yaxes(tickvals=rows, ticktext=labels, autorange="reversed", showgrid=False)
    return figure.update_layout(height=110 + 62 * max(len(names), 1))


def _figure(x: str, y: str) -> go.Figure:
    """An empty figure with titled axes that takes its text colour from the page."""
    # Colours in the template, not in the layout, give way to the page's theme; legible on both where there is none.
    axis = {"gridcolor": "rgba(140, 140, 140, 0.3)", "zerolinecolor": GREY, "linecolor": GREY}
    clear = "rgba(0, 0, 0, 0)"
    layout = {"font": {"color": GREY}, "paper_bgcolor": clear, "plot_bgcolor": clear, "xaxis": axis, "yaxis": axis}
    return go.Figure(
        layout={
            "template": go.layout.Template(layout=layout),
            "height": 340,
            "margin": {"l": 8, "r": 16, "t": 8, "b": 8},
            "xaxis": {"title": {"text": x}, "automargin": True},
            "yaxis": {"title": {"text": y}, "automargin": True},
            # Above the axes: beside them it would take half a phone's width.
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "title": {"text": ""}},
            "showlegend": True,
            "bargap": 0.15,
        }
    )


def _add_line(
    figure: go.Figure, index: int, name: str, y: np.ndarray, x: np.ndarray | None = None, dashed: bool = False
) -> None:
    """A line with markers through ``y`` at ``x``, else at 1, 2, 3, ...; colour and marker tell it from the others."""
    figure.add_scatter(
        x=np.arange(1, len(y) + 1) if x is None else x,
        y=y,
        name=name,
        mode="lines+markers",
        line={"color": class_colour(index), "width": 2.5, "dash": "dash" if dashed else "solid"},
        marker={"symbol": class_marker(index), "size": 7 if len(y) <= 20 else 3},
        hovertemplate="%{x}: %{y:.4g}",
    )


def _add_level(figure: go.Figure, level: float, name: str, end: int) -> None:
    """A dashed line at ``level`` from 1 to ``end``."""
    line = {"color": GREY, "width": 2, "dash": "dash"}
    figure.add_scatter(x=[1, end], y=[level, level], name=name, mode="lines", line=line, hoverinfo="skip")


def _finite(values: Sequence[float]) -> np.ndarray:
    """``values`` as floats, with nan, which is drawn as a gap, for what is missing or infinite."""
    found = np.array(values, float)
    found[~np.isfinite(found)] = np.nan
    return found


def _log_ticks(lowest: float, highest: float) -> list[float]:
    """Powers of ten that reach from ``lowest`` to ``highest``, and where those are few, 2 and 5 times them."""
    first, last = int(np.floor(np.log10(lowest))), int(np.ceil(np.log10(highest)))
    steps = (1, 2, 5) if last - first <= 2 else (1,)
    return [step * 10.0**power for power in range(first, last + 1) for step in steps]
