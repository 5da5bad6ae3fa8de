"""How a run becomes a file that somebody takes along: what the file is called, what it needs of the run, its bytes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from aecore.settings import SettingsError

if TYPE_CHECKING:
    from aecore.runs.history import History
    from aecore.runs.snapshot import Snapshot
    from aecore.runs.trained import Trained


class ExportError(SettingsError):
    """A run cannot be written so; one sentence."""


class Export(ABC):
    """A run as a file of one format. A member of ``aecore.exports``.

    It is a button below each run, and a suffix that ``aecore.exports.write`` and ``--out`` go by.
    """

    # What its button says, and its place among the others, from the left.
    title: ClassVar[str]
    order: ClassVar[float]
    # One sentence: what the file holds, and who reads it.
    help: ClassVar[str]
    # How names of such files end, in lower case. Of two that fit, such as .csv and .codes.csv, the longer is meant.
    suffix: ClassVar[str]
    mime: ClassVar[str] = "application/octet-stream"
    icon: ClassVar[str] = ":material/download:"
    # Whether it is of a run that is trained to its end, and how many moments its history must have.
    of_finished: ClassVar[bool] = True
    moments: ClassVar[int] = 1

    @abstractmethod
    def of(self, trained: Trained, history: History) -> bytes:
        """The file, of a run that lacks nothing. ExportError where this model, unlike others, cannot be written so."""

    def lacks(self, snapshot: Snapshot) -> str:
        """What keeps a run of this ``snapshot`` from being written, in a few words; nothing where it can be."""
        if self.of_finished and not snapshot.finished:
            return "the run is not trained to its end"
        known = len(snapshot.history.moments)
        return f"it needs {self.moments} snapshots of the run, and there are {known}" if known < self.moments else ""
