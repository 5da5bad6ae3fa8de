"""Numbers as the grey levels of a picture, uint8."""

from __future__ import annotations

import numpy as np


def grey(images: np.ndarray) -> np.ndarray:
    """uint8 of ``images`` in [0, 1]; what lies outside is cut off."""
    return (np.clip(images, 0, 1) * 255 + 0.5).astype(np.uint8)


def signed_grey(images: np.ndarray) -> np.ndarray:
    """uint8 of weights [..., H, W] of either sign: 0 is mid-grey, and each image reaches white or black."""
    largest = np.abs(images).max(axis=(-2, -1), keepdims=True, initial=0)
    return (127.5 + 127.5 * images / np.maximum(largest, 1e-12)).astype(np.uint8)
