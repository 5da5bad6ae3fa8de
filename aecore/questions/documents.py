"""What a denoiser of convolutions makes of a whole page, at the page's own size. Letter: K levels of damage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aecore.figures.grey import grey
from aecore.measures.restoration import psnr
from aecore.questions.denoise import damaged, levels
from aecore.runs.trained import Trained
from aecore.sources.text import page

# Height and width: as broad as a screen.
SHAPE = (240, 360)


@dataclass(frozen=True)
class Pages:
    """One page before and after, at ``levels`` [K] of damage: ``damaged`` and ``restored`` uint8 [K, H, W].

    ``before`` and ``after`` [K] are PSNR in dB, of the mean squared error over the page's pixels.
    """

    levels: np.ndarray
    damaged: np.ndarray
    restored: np.ndarray
    before: np.ndarray
    after: np.ndarray


@dataclass(frozen=True)
class AskPages:
    """Asks for page number ``number`` with ``damage``, which a run that takes images of any size restores."""

    damage: str
    number: int

    def __call__(self, trained: Trained) -> Pages:
        clean = page(self.number, *SHAPE)[None]
        # Every second level: a page is a hundred times as large as an image.
        found = levels(self.damage)[::2]
        given = [damaged(clean, self.damage, level, seed=self.number) for level in found]
        made = [trained.model.reconstruct(one) for one in given]
        return Pages(
            found,
            *(grey(np.concatenate(pages)) for pages in (given, made)),
            *(np.array([psnr(one, clean) for one in pages]) for pages in (given, made)),
        )
