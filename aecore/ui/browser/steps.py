"""Live views that show one operation step by step on a few numbers: all of it happens in the browser."""

from __future__ import annotations

import numpy as np

from aecore.figures.palette import class_colour
from aecore.ui.browser.drawing import Drawing, mount

# Tenths, so that sums stay short. The lower part of a drawn 7 on 7 x 7 pixels, and a stroke on 4 x 4.
LARGE = (
    np.array(
        [
            [0, 0, 0, 0, 0, 0, 0],
            [0, 5, 9, 10, 10, 8, 0],
            [0, 2, 3, 3, 9, 9, 0],
            [0, 0, 0, 3, 10, 4, 0],
            [0, 0, 1, 9, 8, 0, 0],
            [0, 0, 6, 10, 2, 0, 0],
            [0, 0, 8, 7, 0, 0, 0],
        ],
        np.float32,
    )
    / 10
)
SMALL = np.array([[4, 8, 8, 0], [0, 0, 8, 4], [0, 4, 8, 0], [0, 8, 4, 0]], np.float32) / 10

# Whole numbers, each over a divisor.
KERNELS = {
    "vertical edge": ([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], 1),
    "horizontal edge": ([[-1, -2, -1], [0, 0, 0], [1, 2, 1]], 1),
    "blur": ([[1, 2, 1], [2, 4, 2], [1, 2, 1]], 16),
    "average": ([[1, 1, 1], [1, 1, 1], [1, 1, 1]], 9),
}


def convolution_drawing() -> Drawing:
    """A 3x3 convolution with stride 2 and padding 1 on 7 x 7 pixels, and its transposed one on 4 x 4, step by step."""
    header = {
        "kernels": [{"title": title, "divisor": divisor} for title, (_, divisor) in KERNELS.items()],
        "colours": {"above": class_colour(1), "below": class_colour(0)},
    }
    kernels = np.array([weights for weights, _ in KERNELS.values()], np.float32)
    return Drawing("convolution", header, {"large": LARGE, "small": SMALL, "kernels": kernels})


def convolution(key: str) -> None:
    """Puts that on the page."""
    mount(convolution_drawing(), key)
