"""One of several words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from aecore.kind import Kind
from aecore.settings import Among

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


# Members of a registry whose titles are told beside their names: nobody reads a longer list in a help text.
MOST_TOLD = 8


@dataclass(frozen=True)
class Choice(Kind):
    """``precision: Literal["float32", "bfloat16"]``, or the name of a member of a registry."""

    choices: tuple[str, ...]
    # What each is called, where its meaning has to say so.
    titles: tuple[str, ...] = ()

    declared = "Literal, str Among a registry"
    widget = "select"

    @classmethod
    def of(cls, field: FieldInfo) -> Choice | None:
        if get_origin(field.annotation) is Literal:
            return cls(get_args(field.annotation))
        among = next((mark for mark in field.metadata if isinstance(mark, Among)), None)
        if among is None:
            return None
        names = among.names
        told = len(names) <= MOST_TOLD
        return cls(names, tuple(among.registry[name].title for name in names) if told else ())

    @property
    def rule(self) -> str:
        return "one of " + ", ".join(self.choices)

    @property
    def outside(self) -> tuple[Any, ...]:
        return f"{self.choices[0]} ", "", "none of these"

    def allows(self, value: Any) -> bool:
        return value in self.choices

    def read(self, text: str) -> str:
        return text

    def meaning(self, description: str) -> str:
        if not self.titles:
            return description
        told = ", ".join(f"{title} ({name})" for name, title in zip(self.choices, self.titles, strict=True))
        return f"{description.rstrip('.')}: {told}."

    def at(self, share: float) -> str:
        return self.choices[min(int(share * len(self.choices)), len(self.choices) - 1)]

    def spread(self, default: str) -> list[str]:
        return list(self.choices)
