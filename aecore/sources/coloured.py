"""Coloured scenes as grey images of three planes, brightness above colour: to colour is to fill in the lower two."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw
from pydantic import Field

from aecore.dataset import Dataset, Report, Source, Split, split

SEED = 1861
LEARNED, HELD_OUT = 20_000, 600
# Height and width of a scene, and how many times finer than its pixels it is drawn.
SIDE, FINER = 28, 4
FINE = SIDE * FINER
# From stripe to stripe and the width of an outline, in fine pixels.
PERIOD, OUTLINE = 16, 3
# How bright a thing is at least, of its lightest colour, and every other stripe of it, of the thing itself.
DARKEST, STRIPE = 0.6, 0.75


class Hues(NamedTuple):
    """The lightest colour of a thing, red, green and blue of 255, where it is plain and where it is striped."""

    plain: tuple[int, int, int]
    striped: tuple[int, int, int]


SKY = Hues((115, 180, 255), (255, 155, 115))
GROUND = Hues((90, 170, 65), (215, 180, 75))
# One of them is in each scene: a disc, a square or a triangle. Its classes are plain and striped.
THINGS = (
    Hues((255, 215, 50), (240, 80, 200)),
    Hues((220, 60, 50), (70, 100, 230)),
    Hues((40, 140, 50), (230, 130, 30)),
)
CLASSES = ("sun", "balloon", "house", "barn", "tree", "tent")

# From red, green and blue to brightness and what it falls short of blue and of red (ITU-R BT.601, scaled as in JPEG).
FROM_RGB = np.array(
    [[0.299, 0.587, 0.114], [-0.299 / 1.772, -0.587 / 1.772, 0.5], [0.5, -0.587 / 1.402, -0.114 / 1.402]]
)
OFFSET = np.array([0, 0.5, 0.5])


class Coloured(Source):
    title = "Coloured scenes"
    summary = (
        "A sun, a house or a tree under the sky, brightness on top and below it two planes of colour that can be "
        "inferred: up to 20,000 to train on and 600 held out. Made here."
    )

    class Settings(Source.Settings):
        images: int = Field(3_000, ge=100, le=LEARNED, description="Training images; 600 more are held out.")

    def load(self, report: Report) -> Dataset:
        count = self.settings.images
        train, test = _part(0, count), _part(1, HELD_OUT)
        report(count + HELD_OUT, count + HELD_OUT)
        return Dataset(name="coloured", train=train, test=test, class_names=CLASSES)


def planes(colours: np.ndarray) -> np.ndarray:
    """[N, 3H, W] float32 in [0, 1] the planes of pictures [N, H, W, 3] uint8, one below the other.

    Brightness Y is at the top; below it are Cb and Cr, how blue and how red, 0.5 where there is no colour.
    """
    apart = colours / 255 @ FROM_RGB.T + OFFSET
    return np.concatenate(np.moveaxis(apart, 3, 0), axis=1).astype(np.float32)


def rgb(stacked: np.ndarray) -> np.ndarray:
    """[N, H, W, 3] uint8 the pictures whose ``planes`` are ``stacked`` [N, 3H, W], or the nearest that a screen has."""
    apart = np.stack(np.split(stacked, 3, axis=1), axis=3)
    colours = (apart - OFFSET) @ np.linalg.inv(FROM_RGB).T
    return np.round(255 * colours.clip(0, 1)).astype(np.uint8)


def _part(part: int, count: int) -> Split:
    """The first ``count`` images of a part, the classes in turn; each has chance of its own."""
    labels = np.arange(count) % len(CLASSES)
    scenes = [_scene(label, np.random.default_rng((SEED, part, row))) for row, label in enumerate(labels)]
    return split(planes(np.stack(scenes)), labels)


def _scene(label: int, rng: np.random.Generator) -> np.ndarray:
    """[28, 28, 3] uint8 one scene of a class."""
    horizon = int(rng.uniform(0.55, 0.75) * FINE)
    scene = _filled(SKY, rng.random() < 0.5, rng)
    scene.paste(_filled(GROUND, rng.random() < 0.5, rng), (0, horizon))
    thing, striped = divmod(label, 2)
    half = rng.uniform(0.17, 0.25) * FINE
    middle = rng.uniform(half, FINE - half)
    # A disc is in the sky, the others stand on the ground.
    foot = rng.uniform(2 * half, horizon) if thing == 0 else horizon + rng.uniform(0.05, 0.2) * FINE
    # The outline is seen even where a thing is as bright as what is behind it.
    scene.paste((0, 0, 0), mask=_form(thing, middle, foot, half))
    inner = _form(thing, middle, foot - OUTLINE, half - OUTLINE)
    scene.paste(_filled(THINGS[thing], striped == 1, rng), mask=inner)
    return np.asarray(scene.reduce(FINER))


def _form(thing: int, middle: float, foot: float, half: float) -> Image.Image:
    """A mask of where a thing is, twice ``half`` wide and high and standing on ``foot``, in fine pixels."""
    mask = Image.new("1", (FINE, FINE))
    draw, left, top, right = ImageDraw.Draw(mask), middle - half, foot - 2 * half, middle + half
    if thing == 0:
        draw.ellipse((left, top, right, foot), 1)
    elif thing == 1:
        draw.rectangle((left, top, right, foot), 1)
    else:
        draw.polygon([(left, foot), (middle, top), (right, foot)], 1)
    return mask


def _filled(hues: Hues, striped: bool, rng: np.random.Generator) -> Image.Image:
    """A scene's area, in fine pixels, of one hue and as bright as chance has it, which tells nothing of the hue."""
    colour = rng.uniform(DARKEST, 1) * np.array(hues.striped if striped else hues.plain)
    filled = Image.new("RGB", (FINE, FINE), tuple(colour.astype(int)))
    if striped:
        darker = tuple((STRIPE * colour).astype(int))
        for top in range(0, FINE, PERIOD):
            filled.paste(darker, (0, top, FINE, top + PERIOD // 2))
    return filled
