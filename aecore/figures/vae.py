"""Inside a variational autoencoder. Letter: L code dimensions."""

from __future__ import annotations

import base64
import io

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from aecore.figures.base import GREY, describe, empty_figure, finite, number, some
from aecore.figures.palette import class_colour

# More bars than these are too thin on a phone.
MOST_BARS = 64
# Code dimensions whose distributions are drawn as curves, and where these are looked at, in sigmas.
MOST_CURVES, FINE = 3, np.linspace(-4, 4, 81)


def posterior_bars(mean: np.ndarray, sigma: np.ndarray, kl: np.ndarray, used: np.ndarray) -> go.Figure:
    """The mean of each code dimension of one image as a bar, its sigma as a whisker; numbers not in use are grey."""
    mean, sigma, kl, used = (np.asarray(values)[:MOST_BARS] for values in (mean, sigma, kl, used))
    figure = empty_figure("code dimension", "mean and sigma of its distribution")
    figure.add_bar(
        x=np.arange(1, len(mean) + 1),
        y=finite(mean),
        error_y={"type": "data", "array": finite(sigma), "thickness": 2, "width": 4, "color": GREY},
        marker_color=[class_colour(0) if one else "rgba(140, 140, 140, 0.4)" for one in used],
        customdata=np.stack([finite(sigma), finite(kl)], axis=1),
        hovertemplate="dimension %{x}: mean %{y:.2f}, sigma %{customdata[0]:.2f}, KL %{customdata[1]:.2f} nats",
        showlegend=False,
    )
    if len(mean) <= 10:
        figure.update_xaxes(dtick=1, tick0=1)
    words = [
        f"dimension {i + 1}: mean {number(m)}, sigma {number(s)}"
        for i, (m, s) in enumerate(zip(mean, sigma, strict=True))
    ]
    return describe(figure, f"The distribution over codes of one image, {some(len(mean), 'code dimension')}", words[:4])


def prior_and_posteriors(mean: np.ndarray, sigma: np.ndarray, kl: np.ndarray) -> go.Figure:
    """The prior, and q(z | x) of the code dimensions of one image that tell most, the area between them filled.

    ``mean``, ``sigma`` and ``kl`` are [L], the last in nats.
    """
    most = np.argsort(-np.nan_to_num(kl), kind="stable")[:MOST_CURVES]
    reach = float(max(3, *(np.abs(mean[i]) + 3 * sigma[i] for i in most)))
    z = np.unique(np.concatenate([np.linspace(-reach, reach, 241), *(mean[i] + sigma[i] * FINE for i in most)]))
    prior = _normal(z, 0, 1)
    figure = empty_figure("code", "density")
    for i in most:
        # Filled down to the curve before it, which is the prior again.
        figure.add_scatter(x=z, y=prior, mode="lines", line={"width": 0}, hoverinfo="skip", showlegend=False)
        figure.add_scatter(
            x=z,
            y=_normal(z, mean[i], sigma[i]),
            name=f"dimension {i + 1}: KL {kl[i]:.2f} nats",
            mode="lines",
            line={"color": class_colour(i), "width": 2.5},
            fill="tonexty",
            hovertemplate="%{x:.2f}: %{y:.2f}",
        )
    figure.add_scatter(x=z, y=prior, name="prior N(0, 1)", mode="lines", line={"color": GREY, "width": 2.5})
    said = [f"dimension {i + 1}: N({number(mean[i])}, {number(sigma[i])}²), KL {kl[i]:.2f} nats" for i in most]
    return describe(figure, "The prior of a code dimension and its distribution for one image", said)


def _normal(z: np.ndarray, mean: float, sigma: float) -> np.ndarray:
    """The density of N(mean, sigma^2)."""
    return np.exp(-(((z - mean) / sigma) ** 2) / 2) / (sigma * np.sqrt(2 * np.pi))


def quantile_sheet(pictures: np.ndarray, names: tuple[str, str]) -> go.Figure:
    """Pictures uint8 [n, n, H, W], the first row on top, over the quantiles from 0 to 100 % of two code dimensions."""
    side, _, height, width = pictures.shape
    mosaic = pictures.swapaxes(1, 2).reshape(side * height, side * width)
    file = io.BytesIO()
    Image.fromarray(mosaic).save(file, "png")
    figure = empty_figure(*(f"{name}, quantile of the prior in %" for name in names))
    # One picture for plotly, from corner to corner of the axes: as a heat map it would be 170,000 numbers.
    source = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
    figure.add_layout_image(
        source=source, xref="x", yref="y", x=0, y=100, sizex=100, sizey=100, sizing="stretch", layer="above"
    )
    figure.update_xaxes(range=[0, 100], constrain="domain", fixedrange=True)
    figure.update_yaxes(range=[0, 100], scaleanchor="x", constrain="domain", fixedrange=True)
    figure.update_layout(height=480)
    words = [f"{names[0]} from left to right, {names[1]} from below, in equal shares of the prior"]
    return describe(figure, f"{side} by {side} decoded pictures", words)
