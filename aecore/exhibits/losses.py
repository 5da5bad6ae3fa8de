"""Losses on held-out examples and nothing else: what is watched of any kind of data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from aecore.dataset import Dataset
from aecore.examples import Examples
from aecore.exhibit import Exhibit, Moment
from aecore.figures.floor import Floor
from aecore.measures.quality import mean_terms, term_units
from aecore.model import Model
from aecore.runs.spec import Spec


@dataclass(frozen=True)
class Losses(Exhibit):
    """``scored`` are the held-out examples that losses are taken on."""

    scored: Examples
    units: Mapping[str, str]
    floors: tuple[Floor, ...] = ()
    below_zero: bool = False

    @classmethod
    def prepare(cls, spec: Spec, data: Dataset, model: Model) -> Losses:
        return cls(data.test, term_units(model, data.test))

    def look(self, model: Model, now: Moment, before: Moment | None, scores: bool = True) -> Moment:
        return replace(now, heldout=mean_terms(model, self.scored)) if scores else now

    def metrics(self, model: Model, data: Dataset) -> dict[str, float]:
        return {
            f"{name}_{term}": value
            for name, part in (("heldout", data.test), ("train", data.train))
            for term, value in mean_terms(model, part).items()
        }
