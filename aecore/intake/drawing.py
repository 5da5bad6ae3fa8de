"""What somebody draws, made into an image like those a model was trained on.

A browser makes the same of what is drawn in it (``easel_paint.js``); tests hold the two together.
"""

from __future__ import annotations

import numpy as np

# Of MNIST's 28 pixels a side, those that a digit is scaled to fit.
INNER = 20 / 28
# What is no brighter is not part of the drawing: the fringe of an anti-aliased stroke, or what JPEG leaves of black.
FAINT = 0.05
# What rounding may move a centre of mass by, in pixels.
ROUNDING = 1e-4


def as_mnist(drawing: np.ndarray, shape: tuple[int, int] = (28, 28)) -> np.ndarray | None:
    """[28, 28] float32 in [0, 1], or of another ``shape``: a drawing [H, W] made into an image as MNIST's were made.

    The drawing is bright on dark, uint8, or float in [0, 1]. It is cropped to its ink, scaled to fit 20 x 20 pixels
    with its aspect kept, and moved by whole pixels until its centre of mass is within half a pixel of pixel (14, 14),
    counted from 0, in each direction (LeCun et al. 1998; which pixel, and that it is a whole one, is seen in the data).
    It is moved less where ink would leave the field. None where there is no ink. Size does not matter, so a dot fills
    all 20 x 20 pixels, as a full canvas does.
    """
    grey = drawing / 255 if drawing.dtype == np.uint8 else drawing
    rows, columns = (np.flatnonzero((grey > FAINT).any(axis)) for axis in (1, 0))
    if not len(rows):
        return None
    scaled = _fitted(grey[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], shape)
    top, left = (_start(scaled.sum(1 - axis), shape[axis]) for axis in (0, 1))
    image = np.zeros(shape, np.float32)
    image[top : top + scaled.shape[0], left : left + scaled.shape[1]] = scaled
    return image


def _fitted(grey: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A drawing [H, W] scaled to touch the inner box of ``shape``; each pixel is the mean of what it covers."""
    from PIL import Image

    scale = min(INNER * side / drawn for side, drawn in zip(shape, grey.shape, strict=True))
    height, width = (max(1, round(scale * drawn)) for drawn in grey.shape)
    whole = Image.fromarray(grey.astype(np.float32)).resize((width, height), Image.Resampling.BOX)
    return np.asarray(whole).clip(0, 1)


def _start(mass: np.ndarray, side: int) -> int:
    """The first pixel for ``mass`` [n] on a side of ``side`` pixels, so that its centre is at the middle one."""
    centre = np.arange(len(mass)) @ mass / mass.sum()
    # Halves go down, where rounding is not to decide: what is symmetrical then has as much room on either side.
    start = np.ceil(side // 2 - centre - 0.5 - ROUNDING)
    return int(np.clip(start, 0, side - len(mass)))
