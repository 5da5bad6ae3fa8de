"""How numbers are spread, as a density to hold against one that is assumed of them. Letters: B bins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Bins, an odd number, so that one has 0 in its middle; and the share of the numbers that they reach over.
BINS, INSIDE = 61, 0.999


@dataclass(frozen=True, eq=False)
class Histogram:
    """``middles`` [B] of equal bins around 0, ``density`` [B] of all numbers in them, their root mean square ``size``.

    What lies beyond the bins counts as a number and is in none of them; ``zeros`` is the share that is exactly 0.
    """

    middles: np.ndarray
    density: np.ndarray
    size: float
    zeros: float


def histogram(values: np.ndarray) -> Histogram:
    """The histogram of ``values`` of any shape, of which those that are not finite are left out."""
    flat = np.asarray(values, np.float64).ravel()
    flat = flat[np.isfinite(flat)]
    reach = float(np.quantile(np.abs(flat), INSIDE)) if len(flat) else 0.0
    edges = np.linspace(-1, 1, BINS + 1) * (reach or 1.0)
    counts = np.histogram(flat, edges)[0]
    density = counts / (max(len(flat), 1) * (edges[1] - edges[0]))
    size = float(np.sqrt(np.square(flat).mean())) if len(flat) else 0.0
    return Histogram((edges[1:] + edges[:-1]) / 2, density, size, float((flat == 0).mean()) if len(flat) else 0.0)
