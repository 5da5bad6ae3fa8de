"""Principal components: how much they hold, how near a decoder comes to them, what a code of their size costs.

Letters: P pixels, k components, R representations, S seeds. What is not finite is a gap.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from aecore.figures.base import (
    GREY,
    add_line,
    describe,
    empty_figure,
    finite,
    from_to,
    log_ticks,
    name_rows,
    number,
    some,
)
from aecore.figures.palette import class_colour

# Where both axes of gaps begin, in degrees and in %: what is less is drawn here, because 0 has no place on a log axis.
LEAST = 0.01
# Below this share of the largest, a variance is rounding: covariances are summed in 32 bits.
ROUNDING = 1e-7
NO_GAP = "none with a variance is left out"
# More ticks than these are too close on a phone.
TICKS = 6


@dataclass(frozen=True)
class Curve:
    """``errors`` per image, summed over pixels, of one kind of model at codes of ``sizes`` numbers."""

    name: str
    sizes: Sequence[int]
    errors: Sequence[float]
    dashed: bool = False


def explained(variances: np.ndarray, most: int) -> go.Figure:
    """The share that each of the first ``most`` components has of all ``variances`` [P], largest first, and their sum.

    Where there is no variance to share, all is a gap.
    """
    variances = finite(variances)
    total = variances.sum()
    shares = variances[:most] / total if total > 0 else np.full(len(variances[:most]), np.nan)
    together = np.cumsum(shares)
    components = np.arange(1, len(shares) + 1)
    figure = empty_figure("component", "share of the variance, %")
    figure.add_bar(
        x=components,
        y=100 * shares,
        name="each",
        marker_color=class_colour(0),
        hovertemplate="component %{x}: %{y:.2f} %",
    )
    add_line(figure, 1, "together", 100 * together)
    figure.update_traces(hovertemplate="the first %{x} together: %{y:.2f} %", selector={"name": "together"})
    figure.update_yaxes(range=[0, 103])
    _component_axis(figure, len(shares))
    found = [f"Each: {from_to(100 * shares, ' %')}", f"together: {from_to(100 * together, ' %')}"]
    return describe(figure, f"Share of the variance, {some(len(shares), 'component')}", found)


def gaps(angles: np.ndarray, variances: np.ndarray) -> go.Figure:
    """Below the ``angles`` [k] between k components and a decoder's span, in degrees, how much each stands out.

    That is by how many % its variance, of ``variances`` [P] largest first, exceeds that of the first component left
    out. A component whose variance nearly ties with that one is found late: low below, high above.
    """
    angles, excess = finite(angles), excess_of(finite(variances), len(angles))
    figure = empty_figure("component", "angle, degrees")
    lower = {"anchor": "x", "automargin": True, "title": {"text": f"gap to component {len(angles) + 1}, %"}}
    figure.update_layout(height=440, showlegend=False, yaxis_domain=[0.54, 1], yaxis2={**lower, "domain": [0, 0.46]})
    _add_stems(figure, 0, "y", angles, "component %{x}: %{customdata:.3g} degrees")
    _add_stems(figure, 1, "y2", excess, "component %{x}: %{customdata:.3g} % above")
    top = 10 ** np.ceil(np.log10(np.nanmax(excess, initial=100)))
    _log_axis(figure.layout.yaxis, [*log_ticks(LEAST, 10), 90], 90)
    _log_axis(figure.layout.yaxis2, log_ticks(LEAST, top), top)
    _component_axis(figure, len(angles))
    # The components stand below both panels.
    figure.update_xaxes(anchor="y2")
    if not np.isfinite(excess).any():
        figure.add_annotation(x=0.5, y=0.5, xref="x domain", yref="y2 domain", text=NO_GAP, showarrow=False)
    what = f"Angle to the decoder's span and gap of the variance, {some(len(angles), 'component')}"
    return describe(figure, what, _gaps_in_words(angles, excess))


def _gaps_in_words(angles: np.ndarray, excess: np.ndarray) -> list[str]:
    known = np.flatnonzero(np.isfinite(angles))
    found = [f"Angles: {from_to(angles, ' degrees')}"]
    if len(known) > 1:
        worst = known[angles[known].argmax()]
        found.append(f"the largest: {number(angles[worst])} degrees of component {worst + 1}")
    gap = from_to(excess, " %") if np.isfinite(excess).any() else NO_GAP
    return [*found, f"gaps to component {len(angles) + 1}: {gap}"]


def excess_of(variances: np.ndarray, count: int) -> np.ndarray:
    """[count] by how many % each of the first variances exceeds that of the first component left out; nan where none.

    A variance that is only rounding counts as none.
    """
    if count >= len(variances) or not variances[count] > ROUNDING * variances[0]:
        return np.full(count, np.nan)
    return 100 * (variances[:count] / variances[count] - 1)


def _add_stems(figure: go.Figure, index: int, axis: str, values: np.ndarray, hover: str) -> None:
    """A marker at each of ``values``, on a stem from the axis' lower end."""
    drawn = np.maximum(values, LEAST)
    colour = class_colour(index)
    figure.add_scatter(
        x=np.arange(1, len(values) + 1),
        y=drawn,
        yaxis=axis,
        mode="markers",
        marker={"color": colour, "size": 9 if len(values) <= 20 else 4},
        error_y={
            "symmetric": False,
            "array": np.zeros(len(values)),
            "arrayminus": drawn - LEAST,
            "color": colour,
            "thickness": 1.5,
            "width": 0,
        },
        cliponaxis=False,
        customdata=values,
        hovertemplate=f"{hover}<extra></extra>",
    )


def _log_axis(axis: go.layout.YAxis, ticks: Sequence[float], top: float) -> None:
    ticks = ticks[:: -(-len(ticks) // TICKS)]
    axis.update(type="log", range=np.log10([LEAST, top]), tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks])


def _component_axis(figure: go.Figure, count: int) -> None:
    """Components 1 to ``count``, and no ticks between whole numbers."""
    figure.update_xaxes(range=[0.5, max(count, 1) + 0.5], dtick=1 if count <= 12 else None, showgrid=False)


def price(curves: Sequence[Curve], reference: Sequence[tuple[str, int, float]], pixels: int) -> go.Figure:
    """What a code's size buys: squared error per image, summed over its ``pixels``, against code size.

    A ``reference`` is a figure known from elsewhere: its name, its size and its error.
    """
    # From 0, or a small gain would look like all of it.
    figure = empty_figure("code size", "squared error per image").update_yaxes(rangemode="tozero")
    hover = "code size %{x}: %{y:.4g} per image, %{customdata:.3g} per pixel"
    found = []
    for index, curve in enumerate(curves):
        order = np.argsort(curve.sizes)
        sizes, errors = np.asarray(curve.sizes, int)[order], finite(curve.errors)[order]
        add_line(figure, index, curve.name, errors, sizes, curve.dashed)
        # What the others are held against lies on top of them: a linear autoencoder would hide it.
        figure.data[-1].update(customdata=errors / pixels, hovertemplate=hover, zorder=int(curve.dashed))
        found.append(f"{curve.name}: {_error_by_size(sizes, errors)}")
    sizes = sorted({size for curve in curves for size in curve.sizes} | {size for _, size, _ in reference})
    figure.update_xaxes(type="log", tickvals=sizes, ticktext=[f"{size}" for size in sizes])
    if reference:
        _add_points(figure, reference, pixels, (sizes[0] * sizes[-1]) ** 0.5, hover)
        found += [f"{name}, published: {number(error)} with {size}" for name, size, error in reference]
    return describe(figure, f"Squared error per image by code size, {some(len(curves), 'model')}", found)


def _error_by_size(sizes: np.ndarray, errors: np.ndarray) -> str:
    """The errors of the smallest and of the largest code that have one, in words."""
    known = np.flatnonzero(np.isfinite(errors))
    ends = dict.fromkeys([*known[:1], *known[-1:]])
    return " and ".join(f"{number(errors[end])} with {sizes[end]}" for end in ends) or "no finite value"


def _add_points(
    figure: go.Figure, points: Sequence[tuple[str, int, float]], pixels: int, middle: float, hover: str
) -> None:
    """Open markers with their names, on the side where there is room: errors fall, so not above to the left."""
    names, sizes, errors = zip(*points, strict=True)
    figure.add_scatter(
        x=sizes,
        y=finite(errors),
        name="published",
        mode="markers+text",
        marker={"symbol": "diamond-open", "size": 12, "color": GREY, "line": {"width": 2}},
        text=["<br>".join(textwrap.wrap(name, 24)) for name in names],
        textposition=["middle left" if size > middle else "top right" for size in sizes],
        cliponaxis=False,
        customdata=finite(errors) / pixels,
        hovertemplate=hover,
    )


def agreement(names: Sequence[str], scores: Sequence[np.ndarray], title: str) -> go.Figure:
    """For each of R representations, its score ``title`` with each of S seeds, ``scores`` [S], and their mean.

    They lie, because names stand side by side on no phone.
    """
    scores = [finite(of_seeds) for of_seeds in scores]
    means = np.array([found.mean() if len(found := s[np.isfinite(s)]) else np.nan for s in scores])
    figure = empty_figure(title, "representation")
    # One row's dots lie at slightly different heights, or equal scores would look like one.
    heights = [row + np.linspace(-0.14, 0.14, len(s) + 2)[1:-1] for row, s in enumerate(scores)]
    figure.add_scatter(
        x=np.concatenate([*scores, []]),
        y=np.concatenate([*heights, []]),
        name="one seed",
        mode="markers",
        marker={"color": class_colour(0), "size": 8},
        cliponaxis=False,
        hovertemplate="%{x:.3f}",
    )
    figure.add_scatter(
        x=means,
        y=np.arange(len(means)),
        name="mean",
        mode="markers+text",
        marker={"symbol": "line-ns", "size": 24, "line": {"color": class_colour(1), "width": 3}},
        texttemplate="%{x:.2f}",
        textposition="top center",
        cliponaxis=False,
        hovertemplate="mean %{x:.3f}",
    )
    lowest = np.nanmin(np.concatenate([*scores, [0.0]]))
    # Lines that the page's theme leaves out: nothing else here tells a score of 0 from one of 0.1.
    figure.update_xaxes(range=[lowest - 0.03, 1.03], showgrid=True, zeroline=True)
    name_rows(figure, names, 52)
    found = [
        f"{name}: {number(mean)}, the mean of {some(len(s), 'seed')}"
        for name, mean, s in zip(names, means, scores, strict=True)
    ]
    return describe(figure, f"Scores of {some(len(names), 'representation')}, {title}", found)
