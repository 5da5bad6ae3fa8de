"""The sheet of paper, or the board, that a photo shows with something else around it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

# Pixels a side among which a sheet is looked for, and by how many its edge is cut off.
COARSE, EDGE = 128, 2
# A sheet takes at least this share of the picture, fills so much of the smallest rectangle around it (an ellipse 0.79),
# and is no more than so many times as long as wide.
LEAST, FILLED, LONGEST = 0.2, 0.85, 2.5
# How bright the darker of sheet and surroundings is at most, as a share of the brighter: with the sheet inside the
# picture, and where it reaches over the picture's edge, as a shadow's light side does; and what share of the edge it
# takes up at most in either case.
INSIDE, REACHING = (0.8, 0.12), (0.4, 0.8)


def sheets(grey: np.ndarray) -> Iterator[tuple[tuple[slice, slice], np.ndarray]]:
    """Where in a picture of brightness [H, W] a sheet lies, and the brightness [h, w] there as if it filled that part.

    Most likely first; none where the picture shows nothing but the sheet.
    """
    from PIL import Image
    from scipy.ndimage import binary_erosion, distance_transform_edt, median_filter
    from skimage.filters import threshold_otsu

    height, width = grey.shape
    size = min(width, COARSE), min(height, COARSE)
    coarse = np.asarray(Image.fromarray(grey.astype(np.float32)).resize(size, Image.Resampling.BOX))
    smooth = median_filter(coarse, 5, mode="nearest")
    if smooth.max() - smooth.min() < 1e-3:
        return
    bright = smooth > threshold_otsu(smooth)
    for part in (bright, ~bright):
        region = _largest(part)
        if not _is_sheet(region, coarse):
            continue
        region = binary_erosion(region, iterations=EDGE, border_value=1)
        mask = np.asarray(Image.fromarray(region).resize((width, height), Image.Resampling.NEAREST))
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        if len(rows) < 8 or len(columns) < 8:
            continue
        where = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        # What lies beside a sheet that is turned becomes as bright as the sheet next to it.
        nearest = distance_transform_edt(~mask[where], return_distances=False, return_indices=True)
        yield where, grey[where][tuple(nearest)]


def _largest(part: np.ndarray) -> np.ndarray:
    """[H, W] the largest piece of what is marked [H, W], without thin bridges, its holes filled."""
    from scipy.ndimage import binary_fill_holes, binary_opening, label

    pieces, count = label(binary_opening(np.pad(part, 3, "edge"), np.ones((3, 3)))[3:-3, 3:-3])
    if not count:
        return np.zeros_like(part)
    return binary_fill_holes(pieces == 1 + np.bincount(pieces.ravel())[1:].argmax())


def _is_sheet(region: np.ndarray, coarse: np.ndarray) -> bool:
    """Whether a region [H, W] of a picture [H, W] is a rectangle that stands out from all around it."""
    share = region.mean()
    if not LEAST <= share <= 0.95:
        return False
    border = np.concatenate([region[0], region[-1], region[1:-1, 0], region[1:-1, -1]]).mean()
    levels = sorted((float(np.median(coarse[region])), float(np.median(coarse[~region]))))
    ratio = levels[0] / max(levels[1], 1e-6)
    if not any(ratio <= most and border <= share for most, share in (INSIDE, REACHING)):
        return False
    area, sides = min((np.prod(sides), sides) for sides in map(tuple, _rectangles(region)))
    return bool(region.sum() / area >= FILLED and max(sides) / min(sides) <= LONGEST)


def _rectangles(region: np.ndarray) -> np.ndarray:
    """[A, 2] the sides of the rectangles around a region [H, W], at angles from 0 to 90 degrees."""
    places = np.argwhere(region) - 0.5 * np.array(region.shape)
    angles = np.radians(np.arange(0, 90, 3))
    along = places @ np.stack([np.cos(angles), np.sin(angles)])
    across = places @ np.stack([-np.sin(angles), np.cos(angles)])
    return np.stack([np.ptp(along, 0), np.ptp(across, 0)], 1) + 1
