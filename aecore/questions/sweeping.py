"""A sweep: one spec with one setting over a list of values, everything else held still."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from aecore.runs.choices import knobs_of
from aecore.runs.spec import Spec
from aecore.settings import SettingsError

# The setting of a data set that says how many images there are to train on.
IMAGES = "images"


def points(spec: Spec, name: str, values: Sequence[Any]) -> tuple[dict[Any, Spec], list[str]]:
    """``spec`` with the setting ``name`` at each of ``values``, and a sentence for each value that cannot be.

    Where the number of training images is swept, so are epochs: every value gets as many steps, or one would compare
    short training with long.
    """
    found: dict[Any, Spec] = {}
    refused: list[str] = []
    for value in values:
        try:
            found[value] = spec.changed(**{name: value})
        except SettingsError as error:
            refused.append(str(error))
    if name == IMAGES and name in spec.source_settings():
        found = _equal_steps(spec, found)
    return found, refused


def steps_of(spec: Spec) -> int:
    """The training steps of a spec whose data set has a setting for the number of images."""
    how = spec.training
    return math.ceil(spec.source_settings()[IMAGES] / how.batch_size) * how.epochs


def _equal_steps(spec: Spec, found: Mapping[Any, Spec]) -> dict[Any, Spec]:
    """The specs with as many steps as ``spec`` has; fewer, for all, where a few images would take too many epochs."""
    most = knobs_of(spec.names)["epochs"].high
    per_epoch = {value: steps_of(one.changed(epochs=1)) for value, one in found.items()}
    steps = min([steps_of(spec), *(most * each for each in per_epoch.values())])
    return {value: one.changed(epochs=max(1, round(steps / per_epoch[value]))) for value, one in found.items()}
