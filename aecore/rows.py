"""Rows of a table as a model is given them: what they must be, and in which unit.

Letters: n rows of d features.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from aecore import arrays
from aecore.settings import SettingsError

# How far from [0, 1] still counts as in it: a scaler to that range overshoots by rounding.
HAIR = 1e-6
# Values are near an end of [0, 1], in so large a share at least, where a posterior's codes pay for a Bernoulli.
NEAR, AT_ENDS = 0.05, 0.25


def check_rows(X: Any) -> None:
    """ValueError for what are no rows [n, d] of real numbers, in one sentence where scikit-learn has none."""
    try:
        given = getattr(X, "shape", None)
        sizes = given if isinstance(given, tuple) else np.asarray(X).shape
    except ValueError:
        raise ValueError("X must be rows [n, d] of one length, got rows of different lengths") from None
    if not sizes:
        raise ValueError(f"X must be rows [n, d] of numbers, got {arrays.kind(X)}")
    if len(sizes) == 1:
        raise ValueError(
            f"Reshape your data: X must be rows [n, d], got [{sizes[0]}]; X.reshape(1, -1) is one row, "
            "X.reshape(-1, 1) one feature"
        )
    if len(sizes) > 2:
        fix = f"X.reshape(len(X), -1), and image_shape=({sizes[1]}, {sizes[2]}) where neighbours count"
        raise ValueError(f"X must be rows [n, d], got {list(sizes)}: give {fix}")
    if getattr(X, "dtype", None) is not None and np.iscomplexobj(X):
        raise ValueError("Complex data not supported: X must be real numbers")


def scaling(X: np.ndarray, as_they_are: bool) -> tuple[np.ndarray, float]:
    """Mean [d] and scale that the model's rows are taken by; all zeros, and 1, where they are taken ``as_they_are``."""
    if as_they_are:
        return np.zeros(X.shape[1]), 1.0
    mean = X.mean(0, dtype=np.float64)
    centred = X - mean
    # Squares of very large or very small numbers leave the range of floats: measure by the largest first.
    largest = float(np.abs(centred).max())
    # A constant feature leaves nothing but rounding; dividing by that would blow it up.
    if largest <= 8 * np.finfo(X.dtype).eps * float(np.abs(X).max()):
        return mean, 1.0
    return mean, largest * math.sqrt(np.square(centred / largest).mean())


def fits_bernoulli(X: np.ndarray, posterior: bool) -> bool:
    """Whether values are probabilities: in [0, 1]; a code's own cost is paid back only where many are near an end."""
    if not in_unit_interval(X):
        return False
    return not posterior or bool(((X < NEAR) | (X > 1 - NEAR)).mean() >= AT_ENDS)


def in_unit_interval(X: np.ndarray) -> bool:
    return bool(X.min() >= -HAIR and X.max() <= 1 + HAIR)


def not_probabilities(X: np.ndarray) -> SettingsError:
    return SettingsError(
        f"bernoulli needs values from 0 to 1, got {X.min():g} to {X.max():g}: scale them or choose gaussian"
    )
