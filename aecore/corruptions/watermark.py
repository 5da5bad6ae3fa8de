from functools import lru_cache

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from pydantic import Field
from torch import Tensor

from aecore.corruption import Corruption

TEXT = "SAMPLE "
# A grey that is seen on black and on white.
GREY = 0.7
# Height of the letters' font as a share of the image's shorter side, and in pixels at least: smaller ones are a blur.
FONT, LEAST = 0.32, 7
# From line to line in heights of the font, the slant in degrees, and how many times finer than pixels it is drawn.
SPACING, SLANT, FINER = 1.6, 25, 3


class Watermark(Corruption):
    """x~ = (1 - level m) x + level m v, m in [0, 1] being a slanted text at a random place, v its grey."""

    title = "Watermark"
    summary = "Lays translucent grey text over each image, at a random place."

    class Settings(Corruption.Settings):
        level: float = Field(
            0.6,
            ge=0,
            le=1,
            description="Opacity of the text, from 0 (invisible) to 1 (hides what is below).",
            json_schema_extra={"common": True},
        )

    def damage(self, images: Tensor, rng: torch.Generator) -> Tensor:
        height, width = images.shape[2:]
        text = torch.from_numpy(_text(height, width)).to(images)
        top, left = torch.rand(2, len(images), 1, 1, 1, generator=rng, device=images.device)
        rows, columns = _window(top, height, len(text)), _window(left, width, len(text[0]))
        return torch.lerp(images, images.new_tensor(GREY), self.settings.level * text[rows.mT, columns])


def _window(draw: Tensor, side: int, whole: int) -> Tensor:
    """[B, 1, 1, ``side``] the pixels in a row that ``draw`` [B, 1, 1, 1], in [0, 1), picks out of ``whole``."""
    return (draw * (whole - side + 1)).long() + torch.arange(side, device=draw.device)


@lru_cache(maxsize=16)
def _text(height: int, width: int) -> np.ndarray:
    """[H + R, W + R] float32 in [0, 1] slanted lines of text, where R pixels are the length of a word."""
    size = round(FINER * max(LEAST, FONT * min(height, width)))
    font = ImageFont.load_default(size)
    word = FINER * round(font.getlength(TEXT) / FINER)
    rows, columns = FINER * height + word, FINER * width + word
    # Longer than the area's diagonal, so that none of its corners is empty when the text is turned.
    side = rows + columns
    canvas = Image.new("L", (side, side))
    pen = ImageDraw.Draw(canvas)
    for number, top in enumerate(range(0, side, round(SPACING * size))):
        # Each line begins at another letter, so that the words make no columns.
        start = -word * (1 + 0.4 * number % 1)
        pen.text((start, top), TEXT * (3 + side // word), 255, font, stroke_width=round(size / 30))
    turned = canvas.rotate(SLANT, Image.Resampling.BICUBIC)
    left, top = rows // 2, columns // 2
    return np.asarray(turned.crop((left, top, left + columns, top + rows)).reduce(FINER), np.float32) / 255
