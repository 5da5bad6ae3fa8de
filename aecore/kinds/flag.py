"""On or off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aecore.kind import Kind

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


@dataclass(frozen=True)
class Flag(Kind):
    """``tied: bool``."""

    declared = "bool"
    widget = "toggle"
    # A flag that is named alone is meant.
    alone = "true"
    rule = "true or false"
    outside = ("perhaps", 2)

    @classmethod
    def of(cls, field: FieldInfo) -> Flag | None:
        return cls() if field.annotation is bool else None

    def allows(self, value: Any) -> bool:
        return isinstance(value, bool)

    def read(self, text: str) -> bool:
        word = text.strip().lower()
        if word not in ("true", "false"):
            raise ValueError("neither true nor false")
        return word == "true"

    def text(self, value: bool) -> str:
        return "true" if value else "false"

    def said(self, value: bool) -> str:
        return "on" if value else "off"

    def at(self, share: float) -> bool:
        return share >= 0.5
