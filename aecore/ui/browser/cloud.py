"""Clouds of points in space, side by side and turned together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aecore.ui.browser.drawing import Drawing, live
from aecore.ui.browser.payload import steps

SHADES = 255  # Colours from low to high; the number after the last of them says that there is no value.


@dataclass(frozen=True)
class Panel:
    """One cloud. The axes span the cube [0, 1]^3; points outside show as far as the view reaches, NaN is nowhere."""

    title: str
    note: str | Sequence[str]  # below the cloud; F of them where it tells a number of the frame shown
    points: np.ndarray  # [1 or F, N, 3]


def cloud_drawing(
    run: str, panels: Sequence[Panel], values: np.ndarray, *, value_title: str, first_frame: int
) -> Drawing:
    """Clouds of N points each, coloured by ``values`` [1 or F, N] in [0, 1], turned together; NaN is grey.

    What has one frame stands still while the scrubber moves the rest.
    """
    values = np.asarray(values, np.float32)
    clouds = [np.asarray(panel.points, np.float32) for panel in panels]
    notes = [[panel.note] if isinstance(panel.note, str) else list(panel.note) for panel in panels]
    for panel, points in zip(panels, clouds, strict=True):
        if points.shape[1:] != (values.shape[1], 3):
            raise ValueError(f"{panel.title} must be [F, {values.shape[1]}, 3] as the values, got {list(points.shape)}")
    lengths = {len(given) for given in (values, *clouds, *notes)}
    if len(lengths - {0, 1}) > 1:
        said = ", ".join(map(str, sorted(lengths)))
        raise ValueError(f"clouds, notes and values must have 1 or F frames, got {said}")
    header = {
        "run": run,
        "first": int(first_frame),
        "frames": max(map(len, (values, *clouds))),
        "valueTitle": value_title,
        "panels": [{"title": panel.title, "notes": texts} for panel, texts in zip(panels, notes, strict=True)],
    }
    arrays = {f"cloud{i}": _places(points) for i, points in enumerate(clouds)}
    return Drawing("cloud", header, {"values": _shades(values), **arrays})


live_cloud = live(cloud_drawing)


def _places(points: np.ndarray) -> np.ndarray:
    """Points [F, N, 3] as 16-bit steps from the cube's middle, 2**14 to a face.

    What is farther out than half an edge is nowhere: held at the end of the range, it would be drawn at a false place.
    """
    middled = points - 0.5
    return steps(2 * np.where(np.abs(middled) < 1, middled, np.nan), np.ones(len(points)))


def _shades(values: np.ndarray) -> np.ndarray:
    """Values [F, N] as the numbers of their colours, uint8."""
    shades = np.rint(np.clip(values, 0, 1) * (SHADES - 1))
    return np.where(np.isnan(shades), SHADES, shades).astype(np.uint8)
