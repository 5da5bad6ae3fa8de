"""A whole number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aecore.kind import Ranged, is_number, numeral, read_number

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from aecore.kind import Widget

# Of a longer range, nobody finds a value on a slider.
LONGEST_SLIDER = 20


@dataclass(frozen=True)
class Whole(Ranged):
    """``latent: int = Field(2, ge=1, le=1024)``."""

    declared = "int"

    @classmethod
    def of(cls, field: FieldInfo) -> Whole | None:
        return cls.bounded(field) if field.annotation is int else None

    @property
    def widget(self) -> Widget:
        return "slider" if self.high - self.low <= LONGEST_SLIDER else "number"

    @property
    def rule(self) -> str:
        return f"a whole number from {self.low} to {self.high}"

    @property
    def outside(self) -> tuple[Any, ...]:
        return self.low - 1, self.high + 1, self.low + 0.5

    def allows(self, value: Any) -> bool:
        return is_number(value) and isinstance(value, int) and self.low <= value <= self.high

    def read(self, text: str) -> int:
        return read_number(text, int)

    def text(self, value: int) -> str:
        return numeral(value)

    def at(self, share: float) -> int:
        return self.low + round(share * (self.high - self.low))

    def step(self, default: int) -> int:
        return 1

    def rounded(self, number: float) -> int:
        return round(number)
