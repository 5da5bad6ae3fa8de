"""Several different numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args, get_origin

from aecore.kind import Kind, bound, is_number, numeral, read_number

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


@dataclass(frozen=True)
class Several(Kind):
    """``betas: tuple[Annotated[float, Field(ge=0, le=100)], ...] = Field((1, 2), min_length=2, max_length=10)``."""

    low: float
    high: float
    fewest: int
    most: int

    declared = "tuple of floats"
    swept = False

    @classmethod
    def of(cls, field: FieldInfo) -> Several | None:
        item, *rest = get_args(field.annotation) or (None,)
        number, *at_type = get_args(item) or (item,)
        if get_origin(field.annotation) is not tuple or number is not float or rest != [...]:
            return None
        # What bounds the numbers stands at their type.
        numbers = [mark for more in at_type for mark in more.metadata]
        low, high, most = bound(numbers, "ge"), bound(numbers, "le"), bound(field.metadata, "max_length")
        if low is None or high is None or not most:
            raise TypeError("needs ge, le and max_length: a form cannot be unbounded")
        return cls(low, high, bound(field.metadata, "min_length") or 0, most)

    @property
    def rule(self) -> str:
        return f"{self.fewest} to {self.most} different numbers from {self.low:g} to {self.high:g}"

    @property
    def outside(self) -> tuple[Any, ...]:
        allowed = self.at(1)
        return (*allowed, (self.low + self.high) / 3), (*allowed[1:], self.high + 1), (*allowed[1:], self.low - 1)

    def allows(self, value: Any) -> bool:
        if not isinstance(value, tuple) or not all(map(is_number, value)):
            return False
        different = len(set(value)) == len(value)
        return different and self.fewest <= len(value) <= self.most and all(self.low <= v <= self.high for v in value)

    def read(self, text: str) -> tuple[float, ...]:
        return tuple(read_number(part, float) for part in text.split(","))

    def text(self, value: tuple[float, ...]) -> str:
        return ", ".join(map(numeral, value))

    def at(self, share: float) -> tuple[float, ...]:
        count = max(1, self.fewest + round(share * (self.most - self.fewest)))
        between = (self.low + (self.high - self.low) * (place + share) / count for place in range(count))
        return tuple(min(number, self.high) for number in between)
