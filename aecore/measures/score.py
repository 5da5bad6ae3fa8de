"""Where a density rises, and whether arrows point there: what a denoising autoencoder's steps are measured against.

Letters: N points of D numbers, M data points.
"""

from __future__ import annotations

import numpy as np

from aecore import arrays

# Distances held at once: what bounds the memory.
AT_ONCE = 1_000_000
# Arrows no longer than this are rounding: float32 tells numbers near 1 apart by 1e-7.
ROUNDING = 1e-6


def smoothed_score(points: np.ndarray, data: np.ndarray, sigma: float) -> np.ndarray:
    """[N, D] float64 the gradient of log p_sigma at points [N, D], exactly; p_sigma is the data [M, D] blurred.

    p_sigma(x) = 1/M sum_i N(x; x_i, sigma^2 I), whose gradient is sum_i w_i (x_i - x) / sigma^2 with
    w = softmax(-|x - x_i|^2 / (2 sigma^2)). Of all ways to undo noise from N(0, sigma^2 I) the one of least squared
    error, r, is r(x) = x + sigma^2 d log p_sigma(x) / dx, for any sigma (Miyasawa 1961; Tweedie's formula). Alain and
    Bengio 2014, theorem 1, has the limit: for data of density p, (r(x) - x) / sigma^2 -> d log p(x) / dx as sigma -> 0.
    """
    from scipy.spatial.distance import cdist
    from scipy.special import softmax

    # There may be no points at all.
    one = min(1, len(points), len(data))
    arrays.alike(points[:one], data[:one], ("points", "data points"))
    points, data = points.astype(np.float64), data.astype(np.float64)
    found = np.empty_like(points)
    size = max(1, AT_ONCE // len(data))
    for first in range(0, len(points), size):
        part = points[first : first + size]
        weights = softmax(cdist(part, data, "sqeuclidean") / (-2 * sigma**2), axis=1)
        found[first : first + size] = (weights @ data - part) / sigma**2
    return found


def cosines(arrows: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """[N] float64 the cosine of the angle between each of arrows [N, D] and its own of wanted [N, D].

    0, as at a right angle, where either points nowhere: it is no longer than ROUNDING, or not finite.
    """
    arrays.alike(arrows, wanted, ("arrows", "wanted"))
    return (_directions(arrows) * _directions(wanted)).sum(1).clip(-1, 1)


def _directions(arrows: np.ndarray) -> np.ndarray:
    """[N, D] float64 arrows [N, D] at length 1; 0 for those that point nowhere."""
    arrows = arrows.astype(np.float64)
    lengths = np.linalg.norm(arrows, axis=1, keepdims=True)
    pointing = (lengths > ROUNDING) & np.isfinite(lengths)
    return np.divide(arrows, lengths, out=np.zeros_like(arrows), where=pointing)
