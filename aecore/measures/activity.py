"""Which units of a code are at work: sparse models keep most of them still for any one image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aecore import arrays

SHARE_OF_LARGEST = 0.1


@dataclass(frozen=True, eq=False)
class Activity:
    """``on_per_image`` [N] units on, ``share_on_of_unit`` [L] of images, ``mean`` [L] activation of each unit.

    A unit is on for an image where its absolute activation exceeds ``threshold``; ``dead`` units are on for none.
    """

    on_per_image: np.ndarray
    share_on_of_unit: np.ndarray
    mean: np.ndarray
    dead: int
    threshold: float


def activity(codes: np.ndarray) -> Activity:
    """The activity of units in codes [N, L].

    A unit is on for an image where its absolute activation exceeds a tenth of the largest absolute activation of all
    units and images. So the scale of the codes does not matter, and where all codes are 0 nothing is on.
    """
    sizes = np.abs(arrays.matrix(codes, "codes", holes=True))
    threshold = SHARE_OF_LARGEST * float(sizes.max(initial=0))
    on = sizes > threshold
    images = max(len(codes), 1)
    on_of_unit = on.sum(0)
    return Activity(
        on_per_image=on.sum(1),
        share_on_of_unit=on_of_unit / images,
        mean=codes.sum(0, dtype=np.float64) / images,
        dead=int((on_of_unit == 0).sum()),
        threshold=threshold,
    )
