"""A photographed digit made into a drawing, bright on dark, whatever the light, the pen and the kind of file."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from aecore.measures.drawing import FAINT

if TYPE_CHECKING:
    from PIL import Image

MOST_BYTES, MOST_PIXELS = 10_000_000, 40_000_000
# A JPEG may go over all its pixels again in each scan, and a scan may take but a few bytes; cameras write about ten.
MOST_SCANS = 64
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
# The longest side that a photo is reduced to, in pixels: a digit that takes a tenth of it still has 50.
SIDE = 512
# Standard deviation of the blur that takes off noise, as a share of the longest side.
SMOOTH = 1 / 500
# The ground is what is left of a picture without strokes thinner than this share of either side, looked for among so
# many pixels a side.
WINDOW, COARSE = 1 / 3, 128
# How far ink stands out from its ground at least, as a share of the ground's brightness, and how many times as far as
# a quarter of the pixels from a hundredth: measured, empty paper reached 6.5 and thin ink in much noise 10.
CONTRAST, NOISE = 0.1, 7
# Pieces of ink smaller than this share of the largest are specks.
SPECK = 0.05

FIX = "take a picture of one digit drawn with a dark pen on light paper"


class PhotoError(ValueError):
    """What was given is no photo of a digit; one sentence that names the thing, the rule and the fix."""


def read_photo(data: bytes) -> np.ndarray:
    """[H, W] float32 in [0, 1], bright on dark, at most 512 pixels a side: the ink of a digit photographed in ``data``.

    ``data`` is a file: PNG, JPEG, GIF, WebP or BMP, of which an animated one counts as its first picture. It is turned
    as its EXIF orientation says. The ground is what surrounds the drawing, ink what is darker or what is brighter than
    it; uneven light is taken off, and with it specks and, where other ink is left, what reaches in from the edges.
    PhotoError for what is no such file, is too large, or shows no digit.
    """
    return _ink(_grey(_opened(data)))


def _opened(data: bytes) -> Image.Image:
    """The picture in ``data`` with nothing decoded but its header."""
    from PIL import Image, UnidentifiedImageError

    if not data:
        raise PhotoError(f"The file is empty where a picture should be, so {FIX}.")
    if len(data) > MOST_BYTES:
        raise PhotoError(
            f"The file has {len(data) / 1e6:.1f} MB where at most {MOST_BYTES / 1e6:.0f} are read, so send a smaller "
            "picture."
        )
    # A warning only where warnings are errors; where they are not, the count of pixels refuses what it warned of.
    bombs = Image.DecompressionBombError, Image.DecompressionBombWarning
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except bombs as error:
        raise PhotoError(_too_many("far more")) from error
    except UnidentifiedImageError as error:
        raise PhotoError(
            "The file is no picture that can be read, whatever its name ends in, so send a PNG, JPEG, GIF, WebP or BMP."
        ) from error
    except Exception as error:
        raise _damaged() from error
    if image.width * image.height > MOST_PIXELS:
        raise PhotoError(_too_many(f"{image.width * image.height / 1e6:.1f}"))
    # In the pixels' own bytes the mark of a scan cannot occur.
    scans = data.count(b"\xff\xda") if image.format in ("JPEG", "MPO") else 1
    if scans > MOST_SCANS:
        raise PhotoError(
            f"The picture goes over its pixels in {scans} scans where at most {MOST_SCANS} are read, so save it again."
        )
    return image


def _too_many(megapixels: str) -> str:
    most = f"{MOST_PIXELS / 1e6:.0f}"
    return f"The picture has {megapixels} megapixels where at most {most} are read, so send a smaller one."


def _damaged() -> PhotoError:
    return PhotoError("The picture is damaged or cut off and cannot be read to its end, so save or send it again.")


def _grey(image: Image.Image) -> np.ndarray:
    """[H, W] float32 in [0, 1] the brightness of a picture, upright and reduced; what is transparent is ground."""
    from PIL import ImageOps

    try:
        # A JPEG is then decoded no larger than needed.
        image.draft("L", (SIDE, SIDE))
        if image.mode == "I;16":
            image = image.point(lambda value: value / 257)
        small = image.convert("RGBA" if image.has_transparency_data else "L")
        small.thumbnail((SIDE, SIDE))
        upright = np.asarray(ImageOps.exif_transpose(small).convert("LA"), np.float32) / 255
    except Exception as error:
        raise _damaged() from error
    brightness, opacity = upright[..., 0], upright[..., 1]
    return brightness * opacity + _behind(brightness, opacity) * (1 - opacity)


def _behind(brightness: np.ndarray, opacity: np.ndarray) -> float:
    """The grey of the ground behind a picture [H, W], seen where its ``opacity`` [H, W] is below 1."""
    seen = opacity > 0.5
    border = _border(seen)
    if border.mean() > 0.5:
        # The ground is drawn, at the border at least.
        return float(np.median(_border(brightness)[border]))
    # Only the ink is, and what it is drawn on is its opposite; without any, any ground will do.
    return float(not seen.any() or brightness[seen].mean() < 0.5)


def _border(picture: np.ndarray) -> np.ndarray:
    """[N] the outermost pixels of a picture [H, W]."""
    return np.concatenate([picture[0], picture[-1], picture[1:-1, 0], picture[1:-1, -1]])


def _ink(grey: np.ndarray) -> np.ndarray:
    """[H, W] float32 in [0, 1] how much ink there is at each pixel of a picture of brightness ``grey`` [H, W]."""
    from scipy.ndimage import gaussian_filter
    from skimage.filters import threshold_otsu

    smooth = gaussian_filter(grey, SMOOTH * max(grey.shape))
    ground, dark = _ground(smooth)
    if not dark:
        # The negative of bright on dark is dark on bright.
        smooth, ground = 1 - smooth, 1 - ground
    # As a share of the ground's brightness, so that a stroke in the shade counts as much as one in the light.
    contrast = (ground - smooth) / np.maximum(ground, CONTRAST)
    # Noise has made the ground too bright; most pixels are ground, and the palest quarter of all is in its midst.
    least, middle = np.quantile(contrast, (0.01, 0.25))
    contrast -= middle
    strong = contrast[contrast > max(CONTRAST, NOISE * (middle - least))]
    if not len(strong):
        raise PhotoError(
            f"The picture shows no digit, since nothing in it stands out clearly from its ground, so {FIX}."
        )
    threshold = threshold_otsu(strong)
    none, full = threshold / 2, np.median(strong[strong >= threshold])
    ink = ((contrast - none) / (full - none)).clip(0, 1)
    return np.where(_counted(ink > FAINT), ink, 0).astype(np.float32)


def _ground(picture: np.ndarray) -> tuple[np.ndarray, bool]:
    """[H, W] the brightness of what is drawn on, in a picture [H, W], and whether what is drawn is darker than that."""
    from PIL import Image
    from scipy.ndimage import binary_erosion, maximum_filter, minimum_filter

    height, width = picture.shape
    reduced = Image.fromarray(picture).resize((min(width, COARSE), min(height, COARSE)), Image.Resampling.BOX)
    coarse = np.asarray(reduced)
    window = [1 + 2 * round(WINDOW * side / 2) for side in coarse.shape]
    low, high = (extreme(coarse, window, mode="nearest") for extreme in (minimum_filter, maximum_filter))
    # Around the drawing there is as much contrast within a window as anywhere, and the border of that is ground.
    span = high - low
    around = span >= span.max() / 2
    border = around & ~binary_erosion(around)
    dark = bool(np.median((coarse - low)[border] / np.maximum(span[border], 1e-6)) > 0.5)
    ground = _closed(coarse, window) if dark else -_closed(-coarse, window)
    return np.asarray(Image.fromarray(ground).resize((width, height), Image.Resampling.BILINEAR)), dark


def _closed(picture: np.ndarray, window: list[int]) -> np.ndarray:
    """[H, W] a picture [H, W] without what is dark and too thin for the ``window``; the edge of a shadow stays.

    Whether the picture ends evenly or goes on as a slope beyond its edges, neither makes dark what is not.
    """
    from scipy.ndimage import grey_closing

    sides, inside = [(side, side) for side in window], tuple(slice(side, -side) for side in window)
    even, sloping = np.pad(picture, sides, "edge"), np.pad(picture, sides, "reflect", reflect_type="odd")
    return np.minimum(*(grey_closing(beyond, window)[inside] for beyond in (even, sloping)))


def _counted(inked: np.ndarray) -> np.ndarray:
    """[H, W] which of the pixels that are ``inked`` [H, W] belong to the digit."""
    from scipy.ndimage import label

    # Pixels that touch at a corner are of one piece.
    pieces, _ = label(inked, np.ones((3, 3)))
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    large = sizes > SPECK * sizes.max()
    inside = large.copy()
    inside[np.unique(_border(pieces))] = False
    return (inside if inside.any() else large)[pieces]
