"""A value to beat, which is drawn as a dashed line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Floor:
    """What something simple reaches on the same examples: the mean image, PCA with as many components."""

    title: str
    value: float
