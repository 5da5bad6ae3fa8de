"""Images unlike those that a model learned from, and what it makes of them: who copies, copies anything.

Letters: N images of H x W pixels from 0 to 1.
"""

from __future__ import annotations

import string
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from aecore.autoencoder import Autoencoder

# The smallest side, in pixels, on which a letter can be read.
LEGIBLE = 8
# The height of the type, as a share of the image's.
TYPE = 0.8
HELD_OUT, NOISE = "held-out", "noise"


@dataclass(frozen=True)
class Kind:
    """What a model makes of one kind of images: ``given`` and ``rebuilt`` [N, H, W].

    ``error`` is the squared error of an image, summed over pixels, mean over the N; ``mean_image`` that of answering
    with the mean image of the training data, ``left`` the first as a share of the second: 0 where all is copied.
    """

    given: np.ndarray
    rebuilt: np.ndarray
    error: float
    mean_image: float

    @property
    def left(self) -> float:
        return self.error / self.mean_image if self.mean_image else float("nan")


def strangers(images: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """[N, H, W] float32 each, by what they are: the ``images`` themselves, changed in ways, letters, and noise.

    ``mixed`` takes every pixel from another image: each is as often bright as before, and knows of no neighbour.
    ``noise`` is uniform. No letters where an image is too small to read one.
    """
    count, height, width = images.shape
    rng = np.random.default_rng(seed)
    found = {
        HELD_OUT: images,
        "upside down": images[:, ::-1, ::-1],
        "inverted": 1 - images,
        "mixed": rng.permuted(images.reshape(count, -1), axis=0).reshape(images.shape),
        NOISE: rng.random(images.shape),
    }
    if min(height, width) >= LEGIBLE:
        found["letters"] = letters(count, height, width)
    return {name: np.ascontiguousarray(made, np.float32) for name, made in found.items()}


def letters(count: int, height: int, width: int) -> np.ndarray:
    """[count, height, width] float32 the letters of the alphabet in turn, white on black, in the middle."""
    font = ImageFont.load_default(TYPE * height)
    found = np.zeros((count, height, width), np.float32)
    for index in range(count):
        letter = Image.new("L", (width, height))
        middle = (width / 2, height / 2)
        ImageDraw.Draw(letter).text(middle, string.ascii_uppercase[index % 26], 255, font, anchor="mm")
        found[index] = np.asarray(letter, np.float32) / 255
    return found


def meet(model: Autoencoder, images: np.ndarray, seed: int) -> dict[str, Kind]:
    """What ``model`` makes of each kind of strangers to ``images`` [N, H, W], by its name."""
    mean = model.mean[0, 0].cpu().numpy()
    found = {}
    for name, given in strangers(images, seed).items():
        rebuilt = model.reconstruct(given)
        errors = (float(np.square(guess - given, dtype=np.float64).sum((1, 2)).mean()) for guess in (rebuilt, mean))
        found[name] = Kind(given, rebuilt, *errors)
    return found
