"""Codes on a plane, coloured by class: M points in F frames. While a run trains it gets its newest frame alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aecore.figures.palette import class_colour, class_marker
from aecore.ui.browser.drawing import Drawing, live
from aecore.ui.browser.payload import steps, vector


def classes_named(names: Sequence[str]) -> list[dict[str, str]]:
    """What a view is told of classes: of each its name, colour and marker."""
    return [{"name": str(name), "colour": class_colour(i), "marker": class_marker(i)} for i, name in enumerate(names)]


def map_drawing(
    run: str,
    places: np.ndarray,
    labels: np.ndarray,
    class_names: Sequence[str],
    *,
    limits: np.ndarray,
    axes: tuple[str, str],
    first_frame: int,
) -> Drawing:
    """Points at ``places`` [F, M, 2] coloured by ``labels`` [M], on square axes of +-``limits`` [F] around 0."""
    places, limits = np.asarray(places, np.float32), vector(limits)
    labels = np.asarray(labels)
    frames, points, _ = places.shape
    if len(limits) != frames or len(labels) != points:
        raise ValueError(
            f"places [{frames}, {points}, 2] need {frames} limits and {points} labels, "
            f"got {len(limits)} and {len(labels)}"
        )
    limits = np.where(np.isfinite(limits) & (limits > 0), limits, 1).astype(np.float32)
    header = {
        "run": run,
        "first": int(first_frame),
        "axes": list(axes),
        "classes": classes_named(class_names),
    }
    arrays = {"places": steps(places, limits), "limits": limits, "labels": labels.astype(np.uint8)}
    return Drawing("map", header, arrays)


live_map = live(map_drawing)
