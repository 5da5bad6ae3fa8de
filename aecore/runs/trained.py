"""A run as questions see it: what is known of its spec, data and model, without threads, snapshots or a pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aecore.dataset import Dataset
from aecore.exhibit import Exhibit
from aecore.model import Model
from aecore.runs.spec import Spec


@dataclass(frozen=True, eq=False)
class Trained:
    """A prepared run at rest, trained or not yet; it pickles, so that a question can be answered elsewhere.

    ``metrics`` are those of a finished run, empty before. The model is the run's own, not a copy: of a run that goes
    on meanwhile, only what is asked of its data stays true.
    """

    spec: Spec
    data: Dataset
    model: Model
    exhibit: Exhibit
    metrics: Mapping[str, float]

    @property
    def id(self) -> str:
        return self.spec.id
