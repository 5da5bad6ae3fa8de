"""Losses over the epochs, or other figures over anything else: K of them, and F frames of the scrubber."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aecore.figures.floor import Floor
from aecore.figures.palette import class_colour
from aecore.ui.browser.drawing import Drawing, live
from aecore.ui.browser.payload import positive, vector


@dataclass(frozen=True)
class Line:
    """A loss over the epochs. Lines of one group share a hue; NaN is a gap."""

    title: str
    split: str  # "train" or "held-out"; empty where there is no such difference
    values: np.ndarray  # [K]
    group: int = 0


@dataclass(frozen=True)
class Axes:
    """Fixed axes: from 0 to ``total`` of what ``x`` names, and from ``bottom`` to ``top`` in ``unit``."""

    total: float
    top: float
    unit: str
    bottom: float = 0.0
    x: str = "epoch"


def loss_drawing(
    run: str,
    epochs: np.ndarray,
    lines: Sequence[Line],
    floors: Sequence[Floor] = (),
    *,
    axes: Axes,
    frame_epochs: np.ndarray | None = None,
    what: str = "Loss",
) -> Drawing:
    """Losses over ``epochs`` [K], or another figure, ``what``, over what the axes' ``x`` names.

    ``frame_epochs`` [F] tells at which epoch each frame of the scrubber was taken; without it frame k is epoch k.
    """
    epochs = vector(epochs)
    values = np.stack([vector(line.values) for line in lines]) if lines else np.empty((0, len(epochs)), np.float32)
    if values.shape[1] != len(epochs):
        raise ValueError(f"every line needs one value an epoch: {len(epochs)} epochs, {values.shape[1]} values")
    bottom, top = axes.bottom, axes.top
    header = {
        "run": run,
        "what": what,
        "x": axes.x,
        "total": positive(axes.total),
        "bottom": float(bottom) if math.isfinite(bottom) else 0.0,
        "top": top if math.isfinite(top) and top > bottom else bottom + 1.0,
        "unit": axes.unit,
        "lines": [
            {"title": line.title, "split": line.split, "colour": class_colour(line.group), "group": line.group}
            for line in lines
        ],
        "floors": [{"title": f.title, "value": float(f.value)} for f in floors if math.isfinite(f.value)],
    }
    frames = epochs if frame_epochs is None else vector(frame_epochs)
    return Drawing("loss", header, {"epochs": epochs, "values": values, "frameEpochs": frames})


live_loss = live(loss_drawing)
