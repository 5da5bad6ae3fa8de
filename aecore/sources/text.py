"""Pieces of printed pages, and whole pages: lines of plain words, black on white."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from pydantic import Field

from aecore.dataset import Dataset, Report, Source, Split, split

SEED = 1455
LEARNED, HELD_OUT = 20_000, 600
# Pages that images to train on are cut from and that held-out ones are; ``page`` has a part of its own.
PAGES = (30, 6)
PART = len(PAGES)
# Height and width of a piece, and the least share of it that is ink: nothing is learned from margins.
SIDE, LEAST = 32, 0.08
# Heights of the font, in pixels; from page to page the next.
SIZES = {"small print": 9, "plain print": 11, "large print": 14}
# From line to line in heights of the font, the width of the margin as a share of the page's, and how many degrees a
# page is turned at most.
SPACING, MARGIN, TURN = 1.4, 0.06, 2.0
VOCABULARY = (
    "the and of to in is it we you can see one two all day new old way line page word book letter paper night river "
    "house garden morning winter street window friend mother people water little small great under after where "
    "every another always never began went found read wrote gave kept opened"
)
WORDS = VOCABULARY.split()


class Text(Source):
    title = "Printed text"
    summary = (
        "Pieces of printed pages, 32 x 32, in three sizes of type: up to 20,000 to train on, and 600 of other pages "
        "held out. Made here."
    )

    class Settings(Source.Settings):
        images: int = Field(4_000, ge=100, le=LEARNED, description="Training images; 600 more are held out.")

    def load(self, report: Report) -> Dataset:
        count = self.settings.images
        train, test = _part(0, PAGES[0], count), _part(1, PAGES[1], HELD_OUT)
        report(count + HELD_OUT, count + HELD_OUT)
        return Dataset(name="text", train=train, test=test, class_names=tuple(SIZES))


def page(seed: int, height: int = 320, width: int = 240) -> np.ndarray:
    """[H, W] float32 in [0, 1] a printed page, slightly turned: ink is 0, paper 1. No image of the source is of it."""
    return sheet(PART, seed, height, width)


def sheet(part: int, number: int, height: int = 320, width: int = 240) -> np.ndarray:
    """[H, W] float32 in [0, 1] page ``number`` of a part; every third is of the same size of type."""
    rng = np.random.default_rng((SEED, part, number))
    size = list(SIZES.values())[number % len(SIZES)]
    font = ImageFont.load_default(size)
    whole = Image.new("L", (width, height), 255)
    draw, margin = ImageDraw.Draw(whole), round(MARGIN * width)
    for top in np.arange(margin, height - margin - size, SPACING * size):
        draw.text((margin, top), _line(font, width - 2 * margin, rng), 0, font)
    turned = whole.rotate(rng.uniform(-TURN, TURN), Image.Resampling.BICUBIC, fillcolor=255)
    return np.asarray(turned, np.float32) / 255


def _line(font: ImageFont.FreeTypeFont, width: int, rng: np.random.Generator) -> str:
    """As many words as are no longer than ``width`` pixels; some end, or begin, a sentence."""
    line = ""
    while True:
        word = WORDS[rng.integers(len(WORDS))]
        begins = rng.random() < 0.15
        longer = f"{line}{'. ' if begins and line else ' '}{word.capitalize() if begins else word}".strip()
        if font.getlength(longer) > width:
            return line
        line = longer


def _part(part: int, pages: int, count: int) -> Split:
    """The first ``count`` images of a part, one from each of its pages in turn, so that sizes of type are balanced."""
    rows = np.arange(count)
    images = np.empty((count, SIDE, SIDE), np.float32)
    for number in range(pages):
        of_page = rows[number::pages]
        images[of_page] = _pieces(sheet(part, number), len(of_page), np.random.default_rng((SEED, part, number, 1)))
    return split(images, rows % pages % len(SIZES))


def _pieces(whole: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """[count, SIDE, SIDE] cut from a page [H, W] at random places where there is ink."""
    windows = np.lib.stride_tricks.sliding_window_view(whole, (SIDE, SIDE))
    # How much ink is above and to the left of each corner gives how much is between four.
    sums = np.pad((1 - whole).cumsum(0, float).cumsum(1), ((1, 0), (1, 0)))
    inked = sums[SIDE:, SIDE:] - sums[:-SIDE, SIDE:] - sums[SIDE:, :-SIDE] + sums[:-SIDE, :-SIDE]
    places = np.argwhere(inked >= LEAST * SIDE**2)
    chosen = places[(rng.random(count) * len(places)).astype(int)]
    return windows[chosen[:, 0], chosen[:, 1]]
