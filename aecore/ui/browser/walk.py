"""What lies around a code that somebody draws: the way to a place, the posterior's samples, the nearest images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aecore.ui.browser.decoder import decoder_part
from aecore.ui.browser.drawing import Drawing, live

if TYPE_CHECKING:
    from aecore.portable import Portable

# Steps of a way, and samples of a posterior.
STEPS, SAMPLES = 9, 10


@dataclass(frozen=True, eq=False)
class Known:
    """Images whose codes are known: ``codes`` [K, L], ``images`` uint8 [K, H, W], ``labels`` [K]."""

    codes: np.ndarray
    images: np.ndarray
    labels: np.ndarray
    class_names: Sequence[str]


def walk_drawing(name: str, pen: str, decoder: Portable, known: Known, *, places: bool, seed: int = 0) -> Drawing:
    """Rows of pictures around the code that an easel tells under the name ``pen``, following it.

    Among the ``known`` images the nearest are found, and to each of them one can walk; where ``places`` of the map are
    codes, to any place. ``seed`` chooses the samples.
    """
    codes, images, labels = known.codes, known.images, known.labels
    if not len(codes) == len(images) == len(labels):
        raise ValueError(f"there must be one code and label an image, got {len(codes)}, {len(labels)}, {len(images)}")
    if codes.shape[1] != decoder.inputs:
        raise ValueError(f"codes must have {decoder.inputs} numbers as the decoder's, got {codes.shape[1]}")
    part, weights = decoder_part(decoder)
    header = {
        "run": name,
        "pen": pen,
        "decoder": part,
        "places": places,
        "steps": STEPS,
        "samples": SAMPLES,
        "seed": seed,
        "classes": [str(class_name) for class_name in known.class_names],
    }
    arrays = {"codes": np.asarray(codes, np.float32), "labels": np.asarray(labels, np.int16), "images": images}
    return Drawing("walk", header, {**arrays, **weights})


live_walk = live(walk_drawing)
