"""What is watched of a model while it learns: prepared once a run, looked at again and again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from aecore.figures.floor import Floor
from aecore.model import Model

if TYPE_CHECKING:
    from aecore.dataset import Dataset
    from aecore.runs.spec import Spec


@dataclass(frozen=True)
class Moment:
    """A run after ``step`` steps.

    ``train`` and ``heldout`` are raw loss terms by name: ``train`` averaged over the batches since the moment
    before (NaN where there was none), ``heldout`` over the held-out examples that a look scores, or over all where the
    run is finished; a look without scores has none.
    ``figures`` are what every model of the same data can be compared by, whatever its loss; its exhibit says what.
    ``shown`` are the arrays that its exhibit draws, by name, of the same shapes at each moment of a run.
    """

    step: int
    epoch: float
    seconds: float
    train: Mapping[str, float] = field(default_factory=dict)
    heldout: Mapping[str, float] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)
    shown: Mapping[str, np.ndarray] = field(default_factory=dict)

    def scored_on_all(self, metrics: Mapping[str, float]) -> Moment:
        """This moment with the held-out losses and figures of ``metrics``, which are those of all examples."""
        heldout, figures = (
            {name: metrics.get(f"heldout_{name}", value) for name, value in known.items()}
            for known in (self.heldout, self.figures)
        )
        return replace(self, heldout=heldout, figures=figures)


class Exhibit(ABC):
    """What is shown of a run beside its losses, and what it is measured by. A member of ``aecore.exhibits``.

    It is named as the ``kind`` of the examples that are learned; what it is given stays as it is.
    """

    # What every model is measured by at each moment, on held-out examples, by name, with its unit.
    figures: ClassVar[Mapping[str, str]] = {}
    # The unit of each loss term and metric, by its name; the term that stands beside the floors comes first.
    units: Mapping[str, str]
    # What something simple reaches on all held-out examples, which a finished run is scored on.
    floors: tuple[Floor, ...]
    # Whether losses can be below 0.
    below_zero: bool

    @classmethod
    @abstractmethod
    def prepare(cls, spec: Spec, data: Dataset, model: Model) -> Exhibit:
        """What a run of ``spec`` shows."""

    @abstractmethod
    def look(self, model: Model, now: Moment, before: Moment | None, scores: bool = True) -> Moment:
        """``now`` with what is shown of the model as it is, and with held-out losses and figures where it ``scores``.

        ``before`` is the last moment kept: what is drawn of the two should not jump.
        """

    @abstractmethod
    def metrics(self, model: Model, data: Dataset) -> dict[str, float]:
        """Figures of a trained model by name, ``heldout_`` or ``train_`` saying on which examples."""

    def verdict(self, model: Model, data: Dataset, metrics: Mapping[str, float], spec: Spec, steps: int) -> str:
        """One sentence where a model with these ``metrics`` has learned too little; else nothing."""
        return ""
