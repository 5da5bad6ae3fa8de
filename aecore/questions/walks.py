"""The way from one code to another, and how far what lies on it is from all training images.

Letters: L code dimensions, S steps of a path.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from aecore.capabilities import Conditional
from aecore.figures.grey import grey
from aecore.measures.classes import embed_as, generate_as
from aecore.measures.paths import nearest_distances, spherical, straight
from aecore.questions.latent import image_of
from aecore.runs.trained import Trained

# Real images whose distance from the training images a walk's is held against.
MOST_USUAL = 100


@dataclass(frozen=True)
class Walk:
    """A path of S codes between two images' codes: ``pictures`` [S, H, W] uint8 of what they decode to.

    ``distances`` [S] tells how far each is from the training image nearest to it, over all pixels; ``nearest``
    [S, H, W] uint8 is that image. ``usual`` is the same distance, on average, of the first ``usual_of`` held-out
    images. ``told`` says which classes a model was told that takes one.
    """

    pictures: np.ndarray
    distances: np.ndarray
    nearest: np.ndarray
    usual: float
    told: str = ""
    usual_of: int = MOST_USUAL


# An end of a walk: an image's number, or the numbers of a code.
End = int | tuple[float, ...]


@dataclass(frozen=True)
class AskWalk:
    """Asks for the way from ``a`` to ``b``, ``how``: straight or spherical, in so many ``steps``.

    A model that takes a class is told that of the image at the nearer end, the first class where no end is an image.
    """

    a: End
    b: End
    how: Literal["straight", "spherical"]
    steps: int

    def __call__(self, trained: Trained) -> Walk:
        (start, first), (end, last) = (_code_at(trained, end) for end in (self.a, self.b))
        path = {"straight": straight, "spherical": spherical}[self.how](start, end, self.steps)
        first = (0 if last is None else last) if first is None else first
        last = first if last is None else last
        labels = np.where(np.arange(self.steps) <= (self.steps - 1) / 2, first, last)
        pictures, train = generate_as(trained.model, path, labels), trained.data.train.images
        distances, found = nearest_distances(pictures, train)
        usual, _ = nearest_distances(trained.data.test.images[:MOST_USUAL], train)
        told = _told(trained, first, last) if isinstance(trained.model, Conditional) else ""
        return Walk(grey(pictures), distances, grey(train[found]), float(usual.mean()), told, len(usual))


def _told(trained: Trained, first: int, last: int) -> str:
    """Which classes a model is told on the way."""
    names = trained.data.class_names
    if first == last:
        return f"It is told the class {names[first]}."
    return f"It is told the class {names[first]} up to the middle and {names[last]} from there on."


def _code_at(trained: Trained, end: End) -> tuple[np.ndarray, int | None]:
    """The code at an end of a walk, and the class where that is an image."""
    if isinstance(end, tuple):
        return np.array(end, np.float32), None
    image, label = image_of(trained, end)
    return embed_as(trained.model, image, label)[0], int(label[0])
