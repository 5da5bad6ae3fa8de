"""The 8 x 8 digits that come inside scikit-learn."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from aecore.dataset import Dataset, Report, Source, first_of_each, split
from aecore.libraries import loaded

# Of each digit, the last in file order: a fifth of the 1,797.
HELD_OUT = 36


class Digits(Source):
    title = "Digits, 8 x 8"
    summary = "Small handwritten digits, 8 x 8: 1,437 to train on and 36 of each digit held out. Trains in a moment."

    class Settings(Source.Settings):
        images: int = Field(1_437, ge=100, le=1_437, description="Training images; 360 more are held out.")

    def load(self, report: Report) -> Dataset:
        found = loaded("sklearn.datasets").load_digits()
        images, labels = found.images / 16, found.target
        held_out = np.concatenate([np.flatnonzero(labels == digit)[-HELD_OUT:] for digit in range(10)])
        learned = np.delete(np.arange(len(labels)), held_out)
        train = learned[first_of_each(labels[learned], len(learned))][: self.settings.images]
        test = held_out[first_of_each(labels[held_out], HELD_OUT)]
        report(len(labels), len(labels))
        return Dataset(
            name="digits",
            train=split(images[train], labels[train]),
            test=split(images[test], labels[test]),
            class_names=tuple("0123456789"),
        )
