"""Bounds on the likelihood. Letters: M models, K counts of codes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from aecore.figures.base import add_line, describe, empty_figure, finite, from_to, some

# What each model stands to the right of the one before, as a factor: error bars in one place hide one another.
APART = 1.12


def bounds_by_samples(
    samples: Sequence[int], names: Sequence[str], means: Sequence[np.ndarray], errors: Sequence[np.ndarray]
) -> go.Figure:
    """For each of M models, its bound on log p(x), ``means`` [K], by the number of codes drawn, with ``errors`` [K]."""
    figure = empty_figure("codes sampled per image", "bound on log p(x), nats per image")
    said = []
    for index, (name, mean, error) in enumerate(zip(names, means, errors, strict=True)):
        values, spread = finite(mean), finite(error)
        add_line(figure, index, name, values, np.asarray(samples) * APART**index)
        line = figure.data[-1]
        line.error_y = {"type": "data", "array": spread, "thickness": 2, "width": 4}
        line.customdata = np.stack([samples, spread], axis=1)
        line.hovertemplate = "%{customdata[0]:,} codes: %{y:.2f} ± %{customdata[1]:.2f}"
        said.append(f"{name}: {from_to(values, ' nats')}")
    figure.update_xaxes(type="log", tickvals=samples, ticktext=[f"{count:,}" for count in samples])
    what = f"Bound on log p(x) by {samples[0]:,} to {samples[-1]:,} codes per image, {some(len(names), 'model')}"
    return describe(figure, what, said)
