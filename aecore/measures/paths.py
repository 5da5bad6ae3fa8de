"""Ways from one code to another, and how far what is decoded on them is from anything real.

Letters: S steps, L code dimensions, N real images of H x W pixels.
"""

from __future__ import annotations

import numpy as np

from aecore import arrays

# Real images compared at once: what bounds the memory.
PART = 1_000
# Directions less apart than this, or from being opposite, differ by rounding.
ROUNDING = 1e-6


def straight(a: np.ndarray, b: np.ndarray, steps: int) -> np.ndarray:
    """[steps, L] float32 codes at even steps on the straight line from a [L] to b [L], both included."""
    arrays.alike(a, b, ("a", "b"))
    share = np.linspace(0, 1, steps)[:, None]
    return ((1 - share) * a + share * b).astype(np.float32)


def spherical(a: np.ndarray, b: np.ndarray, steps: int) -> np.ndarray:
    """[steps, L] float32 codes from a [L] to b [L], turning evenly from one direction into the other (White 2016).

    Their lengths run evenly from one to the other, where a straight line comes nearer to 0 in between. Opposite
    directions have no one arc between them: the turn is then through the axis most nearly across. Where an end is 0,
    or codes are single numbers, there is no turning, and the line is straight.
    """
    arrays.alike(a, b, ("a", "b"))
    a, b = a.astype(np.float64), b.astype(np.float64)
    lengths = np.linalg.norm(a), np.linalg.norm(b)
    if not all(lengths) or len(a) == 1:
        return straight(a, b, steps)
    begin, end = a / lengths[0], b / lengths[1]
    aside = _across(end, begin)
    angle = np.arctan2(np.linalg.norm(aside), begin @ end)
    if np.linalg.norm(aside) < ROUNDING:
        aside = _across(np.eye(len(a))[np.abs(begin).argmin()], begin)
    aside /= np.linalg.norm(aside)
    share = np.linspace(0, 1, steps)[:, None]
    length = (1 - share) * lengths[0] + share * lengths[1]
    return (length * (np.cos(share * angle) * begin + np.sin(share * angle) * aside)).astype(np.float32)


def _across(direction: np.ndarray, other: np.ndarray) -> np.ndarray:
    """[L] the part of a direction [L] that is at right angles to the other [L], of length 1."""
    return direction - (direction @ other) * other


def nearest_distances(images: np.ndarray, real: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[S] how far each of images [S, H, W] is from the nearest of real [N, H, W], and [S] which that is.

    The distance is Euclidean over pixels. Of images as near it is the first; for an image with nan it is infinite.
    """
    from scipy.spatial.distance import cdist

    arrays.alike(images[:1], real[:1], ("images", "real ones"))
    rows = images.reshape(len(images), -1)
    distances, indices = np.full(len(rows), np.inf), np.zeros(len(rows), np.int64)
    for first in range(0, len(real), PART):
        part = real[first : first + PART]
        found = cdist(rows, part.reshape(len(part), -1))
        nearest = found.argmin(1)
        nearer = found.min(1) < distances
        distances[nearer] = found.min(1)[nearer]
        indices[nearer] = first + nearest[nearer]
    return distances, indices
