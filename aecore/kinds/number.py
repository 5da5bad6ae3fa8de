"""A number with digits after the point."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aecore.kind import Ranged, is_number, numeral, read_number

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


@dataclass(frozen=True)
class Number(Ranged):
    """``beta: float = Field(1.0, ge=0, le=100)``."""

    declared = "float"
    widget = "number"

    @classmethod
    def of(cls, field: FieldInfo) -> Number | None:
        return cls.bounded(field) if field.annotation is float else None

    @property
    def rule(self) -> str:
        return f"from {self.low:g} to {self.high:g}"

    @property
    def outside(self) -> tuple[Any, ...]:
        return math.nextafter(self.low, -math.inf), math.nextafter(self.high, math.inf), math.nan, math.inf, -math.inf

    def allows(self, value: Any) -> bool:
        return is_number(value) and self.low <= value <= self.high

    def read(self, text: str) -> float:
        return read_number(text, float)

    def text(self, value: float) -> str:
        return numeral(value)

    def at(self, share: float) -> float:
        # Not low + share * (high - low), which can miss the last by its last digit.
        between = (1 - share) * self.low + share * self.high
        return float(min(max(between, self.low), self.high))

    def step(self, default: float) -> float:
        """About a fortieth of the range, and of a rate a fifth of its default."""
        return default / 5 if self.log else min(0.5, self.high / 40)

    def rounded(self, number: float) -> float:
        return float(f"{number:.2g}")
