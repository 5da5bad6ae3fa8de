"""What is watched of each kind of examples, one a file. ``exhibit_of`` a run finds its own by the kind it learns."""

from __future__ import annotations

from aecore.dataset import Dataset
from aecore.exhibit import Exhibit
from aecore.model import Model
from aecore.registry import Registry
from aecore.runs.spec import Spec

exhibits: Registry[type[Exhibit]] = Registry("aecore.exhibits", "aecore.exhibit.Exhibit", "exhibit")

# What is watched where a kind has no exhibit of its own.
PLAIN = "losses"


def exhibit_of(spec: Spec, data: Dataset, model: Model) -> Exhibit:
    """What a run of ``spec`` shows, prepared; of 60,000 images it takes about a second, once a data set."""
    kind = data.train.kind
    return exhibits[kind if kind in exhibits else PLAIN].prepare(spec, data, model)
