"""A photographed digit made into a drawing, bright on dark, whatever the light, the pen and the kind of file."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from aecore.intake.drawing import FAINT
from aecore.intake.sheet import sheets

if TYPE_CHECKING:
    from PIL import Image

# A JPEG is decoded no larger than needed, so that a phone's largest may come: 64 megapixels in some 20 MB.
MOST_BYTES, MOST_PIXELS = 10_000_000, 40_000_000
MOST_BYTES_OF_JPEG, MOST_PIXELS_OF_JPEG = 32_000_000, 66_000_000
# A JPEG may go over all its pixels again in each scan, and a scan may take but a few bytes; cameras write about ten.
MOST_SCANS = 64
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "AVIF")
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
# A digit covers less than this share of its sheet.
MOST_INK = 0.35
# How far two digits stand apart at least, as a share of the higher one's height.
APART = 0.12
# Pixels that a drawn box may be open by.
GAP = 4
# Pieces of ink smaller than this share of the largest are specks.
SPECK = 0.05

# How files begin that people take for pictures, and what they are; those in a box of type ftyp go by its brands.
OTHERS = {
    b"%PDF": "The file is a PDF and no picture, so send a screenshot of the digit.",
    b"PK\x03\x04": "The file is a zip archive and no picture, so unpack it and send the picture inside.",
}
HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1", b"mif2"}
AVIF = {b"avif", b"avis"}

FIX = "take a picture of one digit drawn with a dark pen on light paper"


class PhotoError(ValueError):
    """What was given is no photo of a digit; one sentence that names the thing, the rule and the fix."""


def read_photo(data: bytes) -> np.ndarray:
    """[H, W] float32 in [0, 1], bright on dark, at most 512 pixels a side: the ink of a digit photographed in ``data``.

    ``data`` is a file: PNG, JPEG, GIF, WebP or BMP (and AVIF where Pillow reads it), of which an animated one counts as
    its first picture. It is turned as its EXIF orientation says. What lies around a sheet of paper or a board is left
    out. The ground is what surrounds the drawing, ink what is darker or what is brighter than it; uneven light is taken
    off, and with it specks, a box around the digit and, where other ink is left, what reaches in from the edges.
    PhotoError for what is no such file, is too large, or shows no digit or several.
    """
    ink = _read(_grey(_opened(data)))
    if _side_by_side(ink > FAINT) > 1:
        raise PhotoError(
            "The picture shows several drawings side by side where one digit is read, so take a picture of one alone."
        )
    return ink


def _read(grey: np.ndarray) -> np.ndarray:
    """[H, W] the ink on the sheet that a picture of brightness ``grey`` [H, W] shows, or in all of the picture."""
    for where, sheet in sheets(grey):
        try:
            inside = _ink(sheet)
        except PhotoError:
            # It was no sheet, or nothing is on it.
            continue
        if (inside > FAINT).mean() < MOST_INK:
            ink = np.zeros_like(inside, shape=grey.shape)
            ink[where] = inside
            return ink
    return _ink(grey)


def _opened(data: bytes) -> Image.Image:
    """The picture in ``data`` with nothing decoded but its header."""
    from PIL import Image, UnidentifiedImageError

    if not data:
        raise PhotoError(f"The file is empty where a picture should be, so {FIX}.")
    most = MOST_BYTES_OF_JPEG if data.startswith(b"\xff\xd8") else MOST_BYTES
    if len(data) > most:
        raise PhotoError(
            f"The file has {len(data) / 1e6:.1f} MB where at most {most / 1e6:.0f} are read, so send a smaller picture."
        )
    if reason := _no_picture(data):
        raise PhotoError(reason)
    # A warning only where warnings are errors; where they are not, the count of pixels refuses what it warned of.
    bombs = Image.DecompressionBombError, Image.DecompressionBombWarning
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except bombs as error:
        raise PhotoError(_too_many("far more", MOST_PIXELS)) from error
    except UnidentifiedImageError as error:
        raise PhotoError(
            "The file is no picture that can be read, whatever its name ends in, so send a PNG, JPEG, GIF, WebP or BMP."
        ) from error
    except Exception as error:
        raise _damaged() from error
    most = MOST_PIXELS_OF_JPEG if image.format in ("JPEG", "MPO") else MOST_PIXELS
    if image.width * image.height > most:
        raise PhotoError(_too_many(f"{image.width * image.height / 1e6:.1f}", most))
    # In the pixels' own bytes the mark of a scan cannot occur.
    scans = data.count(b"\xff\xda") if image.format in ("JPEG", "MPO") else 1
    if scans > MOST_SCANS:
        raise PhotoError(
            f"The picture goes over its pixels in {scans} scans where at most {MOST_SCANS} are read, so save it again."
        )
    return image


def _no_picture(data: bytes) -> str:
    """Why a file cannot be read whatever its name ends in, as far as it tells by its beginning; else nothing."""
    from PIL import features

    if data[4:8] == b"ftyp":
        length = min(max(int.from_bytes(data[:4]), 16), 256)
        brands = {data[place : place + 4] for place in (8, *range(16, length, 4))}
        if brands & AVIF and features.check("avif"):
            return ""
        if brands & AVIF:
            return "The picture is an AVIF, which this server cannot read, so save it as a JPEG and send that."
        if brands & HEIC:
            return (
                "The picture is a HEIC, as iPhones and some other phones save them, which cannot be read here, so "
                "choose Most Compatible under Camera, Formats in the phone's settings, or save the picture as a JPEG."
            )
        return "The file is a film and no picture, so send a photo of the digit."
    return next((reason for magic, reason in OTHERS.items() if data.startswith(magic)), "")


def _too_many(megapixels: str, most: int) -> str:
    return f"The picture has {megapixels} megapixels where at most {most / 1e6:.0f} are read, so send a smaller one."


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
    inside = _framed(pieces, inside)
    return (inside if inside.any() else large)[pieces]


def _side_by_side(inked: np.ndarray) -> int:
    """How many drawings as high as a digit stand beside each other where ``inked`` [H, W]."""
    from scipy.ndimage import find_objects, label

    boxes = find_objects(label(inked, np.ones((3, 3)))[0])
    highest = max((rows.stop - rows.start for rows, _ in boxes), default=0)
    high = sorted((columns.start, columns.stop) for rows, columns in boxes if rows.stop - rows.start > highest / 2)
    count, reached = 0, -np.inf
    for start, stop in high:
        # Two strokes of one digit stand closer than two digits.
        count += start - reached > APART * highest
        reached = max(reached, stop)
    return count


def _framed(pieces: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """[K] which of the pieces [H, W] that are ``counted`` [K] are left without a box drawn around others."""
    from scipy.ndimage import binary_closing, binary_fill_holes, find_objects

    left = counted.copy()
    left[0] = False
    for number, box in enumerate(find_objects(pieces), 1):
        if not left[number] or left.sum() < 2:
            continue
        ring = np.pad(pieces[box] == number, GAP)
        within = (binary_fill_holes(binary_closing(ring, iterations=GAP)) & ~ring)[GAP:-GAP, GAP:-GAP]
        inner = np.unique(pieces[box][within])
        inner = inner[left[inner]]
        if len(inner) and all((pieces == other).sum() == (within & (pieces[box] == other)).sum() for other in inner):
            left[:] = False
            left[inner] = True
    return left
