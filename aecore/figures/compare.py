"""Models side by side: what their units do, how they bend space, how a setting changes them.

Letters: M models, N images, L units of a code, K singular values, V values of a setting. What is not finite is a gap.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from aecore.figures.base import (
    add_level,
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

# More bars than these are too thin on a phone.
BINS = 40
# Below this share of the largest, a singular value is rounding and no direction of the code.
ROUNDING = 1e-6


def on_histogram(names: Sequence[str], on_per_image: Sequence[np.ndarray]) -> go.Figure:
    """For each of M models, the share of its images against the number of units on: ``on_per_image`` [N] each."""
    counts = [np.asarray(on, np.int64) for on in on_per_image]
    together = np.concatenate([*counts, np.empty(0, np.int64)])
    lowest, highest = (together.min(), together.max()) if len(together) else (0, 0)
    width = -(-(highest - lowest + 1) // BINS)
    firsts = np.arange(lowest, highest + 1, width)
    said = [f"{first}" if width == 1 else f"{first} to {first + width - 1}" for first in firsts]
    figure = empty_figure("code dimensions active in one image", "share of images")
    for index, (name, on) in enumerate(zip(names, counts, strict=True)):
        figure.add_bar(
            x=firsts + (width - 1) / 2,
            y=np.bincount((on - lowest) // width, minlength=len(firsts)) / max(len(on), 1),
            name=name,
            marker_color=class_colour(index),
            customdata=said,
            hovertemplate="%{customdata} active: %{y:.1%} of the images",
        )
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    found = [
        f"{name}: from {on.min()} to {on.max()}, on average {number(on.mean())}" if len(on) else f"{name}: no images"
        for name, on in zip(names, counts, strict=True)
    ]
    return describe(figure, f"Code dimensions active in one image, {some(len(names), 'model')}", found)


def mean_activation(names: Sequence[str], means: Sequence[np.ndarray], targets: Sequence[float]) -> go.Figure:
    """For each of M models, the mean activation ``means`` [L] of its units, largest first; dashed, each target rho."""
    figure = empty_figure("code dimension, the most active first", "mean activation")
    found = []
    for index, (name, values) in enumerate(zip(names, means, strict=True)):
        # Sorting puts what is not finite at the end, whichever way round: turn the sign, not the order.
        falling = -np.sort(-finite(values))
        add_line(figure, index, name, falling)
        found.append(f"{name}: {from_to(falling)}")
    for rho in targets:
        add_level(figure, rho, f"target {rho:g}", max((len(values) for values in means), default=1))
        found.append(f"target: {rho:g}")
    return describe(
        figure, f"Mean activation of the code dimensions, largest first, {some(len(names), 'model')}", found
    )


def spectrum(names: Sequence[str], values: Sequence[np.ndarray]) -> go.Figure:
    """For each of M models, its singular values ``values`` [N, K] as their mean over images; dashed, 1."""
    figure = empty_figure("index, the largest first", "mean singular value")
    means = [finite(np.mean(found, axis=0)) if len(found) else np.empty(0) for found in values]
    for index, (name, mean) in enumerate(zip(names, means, strict=True)):
        mean[~(mean > ROUNDING * mean.max(initial=0, where=np.isfinite(mean)))] = np.nan
        add_line(figure, index, name, mean)
    add_level(figure, 1, "1: distances kept", max((len(mean) for mean in means), default=1))
    drawn = np.concatenate([*means, [1.0]])
    ticks = log_ticks(np.nanmin(drawn), np.nanmax(drawn))
    figure.update_yaxes(type="log", tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks])
    found = [
        f"{name}: {from_to(mean)}, {(mean > 1).sum()} of {len(mean)} above 1"
        for name, mean in zip(names, means, strict=True)
    ]
    return describe(figure, f"Mean singular values, largest first, {some(len(names), 'model')}", found)


def sweep_curves(
    title: str, values: Sequence[float], series: Sequence[tuple[str, Sequence[float], bool]], unit: str, log_x: bool
) -> go.Figure:
    """What became of each of the V ``values`` of the setting ``title``; a series is its name, its [V], and if dashed.

    ``log_x`` is honoured where all values are positive: 0 has no place on a log axis.
    """
    # From 0, or a difference of a hundredth would look like one of all.
    figure = empty_figure(title, unit).update_yaxes(rangemode="tozero")
    order = np.argsort(values)
    values = np.asarray(values, float)[order]
    said = []
    for index, (name, found, dashed) in enumerate(series):
        results = finite(found)[order]
        add_line(figure, index, name, results, values, dashed)
        said.append(f"{name}: {from_to(results)}")
    if log_x and (values > 0).all():
        # The values themselves as ticks: plotly's own between powers of ten would read 2 and 5.
        ticks = {"tickvals": values, "ticktext": [f"{value:g}" for value in values]}
        figure.update_xaxes(type="log", **ticks)
    # The values are not said: where they are choices, these are numbers that stand for them.
    what = f"Curves of {unit} against {title}, from the first of {some(len(values), 'value')} to the last"
    return describe(figure, what, said)


def train_heldout_bars(names: Sequence[str], train: Sequence[float], heldout: Sequence[float], unit: str) -> go.Figure:
    """Two bars for each of M models, in ``unit``: on the images it learned from and on those held out.

    They lie, because names of models stand side by side on no phone.
    """
    figure = empty_figure(unit, "model")
    splits = {"train": finite(train), "held-out": finite(heldout)}
    for index, (name, values) in enumerate(splits.items()):
        figure.add_bar(
            x=values,
            y=np.arange(len(names)),
            name=name,
            orientation="h",
            marker_color=class_colour(index),
            texttemplate="%{x:.3~g}",
            textposition="outside",
            cliponaxis=False,
            hovertemplate=f"%{{x:.4g}} {unit}",
        )
    name_rows(figure, names, 62)
    found = [
        f"{name}: {number(learned)} on training images, {number(held)} on held-out ones"
        for name, learned, held in zip(names, *splits.values(), strict=True)
    ]
    return describe(figure, f"Bars of {unit}, {some(len(names), 'model')}", found)
