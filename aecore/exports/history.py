"""The losses over training."""

from __future__ import annotations

from aecore.export import Export
from aecore.runs.history import History
from aecore.runs.trained import Trained


class Losses(Export):
    title, order = "History", 2
    help = "Every loss term at every moment kept, as CSV."
    suffix, mime = ".csv", "text/csv"
    of_finished, moments = False, 2

    def of(self, trained: Trained, history: History) -> bytes:
        return history.csv().encode()
