"""Kinds of settings: how a declaration is read, which values it allows, how they are written and asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

from aecore.registry import Registry

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

# What a form can ask with. ``select`` offers the kind's ``choices``; ``slider`` and ``number`` run from its ``low`` to
# its ``high`` by its ``step``; ``toggle`` is on or off; ``text`` is read as in a link.
Widget = Literal["select", "slider", "number", "toggle", "text"]

K = TypeVar("K", bound="Kind")
N = TypeVar("N", int, float)


class Kind(ABC):
    """A kind of setting, with what one declaration says of its values. A member of ``aecore.kinds``.

    A frozen dataclass, because settings are told apart by it. Its values are what JSON can hold.
    """

    # How such a setting is declared: ``float``.
    declared: ClassVar[str]
    # Which widget of a form asks for it.
    widget: ClassVar[Widget] = "text"
    # The text that it is given by where a command line names it alone; None where that is a mistake.
    alone: ClassVar[str | None] = None
    # Whether a sweep can run over it: not where its texts have commas, which part the values of a sweep.
    swept: ClassVar[bool] = True

    @classmethod
    @abstractmethod
    def of(cls: type[K], field: FieldInfo) -> K | None:
        """The kind that ``field`` declares; None if it declares another.

        TypeError, which goes on from the field's name, where something is missing: ``needs both ge and le``.
        """

    @property
    @abstractmethod
    def rule(self) -> str:
        """What values are allowed, in English, after ``must be``: ``from 0 to 100``."""

    @abstractmethod
    def allows(self, value: Any) -> bool:
        """Whether ``value``, whatever it is, is one of the setting's."""

    @abstractmethod
    def read(self, text: str) -> Any:
        """The value that ``text`` stands for, allowed or not; ValueError if none."""

    def text(self, value: Any) -> str:
        """``value`` as links and command lines write it, which ``read`` reads again."""
        return str(value)

    def said(self, value: Any) -> str:
        """``value`` in a sentence, after the setting's name."""
        return self.text(value)

    def meaning(self, description: str) -> str:
        """What the setting means, by its ``description`` and what is known of its values."""
        return description

    @abstractmethod
    def at(self, share: float) -> Any:
        """The allowed value that lies ``share`` of the way from the first, at 0, to the last, at 1."""

    @property
    @abstractmethod
    def outside(self) -> tuple[Any, ...]:
        """Values that are nearly allowed, for the tests that every setting meets."""

    def spread(self, default: Any) -> list[Any]:
        """A few values from the first to the last, for a sweep of a setting that is usually ``default``."""
        return list(dict.fromkeys(self.at(place / 5) for place in range(6)))


kinds: Registry[type[Kind]] = Registry("aecore.kinds", "aecore.kind.Kind", "kind of setting")


def kind_of(field: FieldInfo, members: Iterable[type[Kind]]) -> Kind:
    """Which of ``members`` a setting is of, with what its declaration says; TypeError unless exactly one knows it."""
    found = [kind for member in members if (kind := member.of(field)) is not None]
    if len(found) == 1:
        return found[0]
    if found:
        raise TypeError(f"is declared as {' and as '.join(kind.declared for kind in found)}")
    raise TypeError(f"is of no kind of setting; there are {', '.join(member.declared for member in members)}")


@dataclass(frozen=True)
class Ranged(Kind):
    """A number from ``low`` to ``high``; what whole numbers and others have in common."""

    low: float
    high: float
    # Whether orders of magnitude matter more than differences.
    log: bool = False

    @classmethod
    def bounded(cls, field: FieldInfo) -> Ranged:
        """The kind with the ends that ``field`` declares."""
        low, high = bound(field.metadata, "ge"), bound(field.metadata, "le")
        if low is None or high is None:
            raise TypeError("needs both ge and le: a form cannot be unbounded")
        return cls(low, high, bool((field.json_schema_extra or {}).get("log")))

    @abstractmethod
    def step(self, default: Any) -> Any:
        """What one press of plus adds, of the type that the widget's value has."""

    @abstractmethod
    def rounded(self, number: float) -> Any:
        """A number near ``number`` that is short to write, allowed or not."""

    def spread(self, default: Any) -> list[Any]:
        """A few values over the range, by orders of magnitude around the default where the range has many."""
        if self.log or self.high > 100 * max(self.low, 1):
            start = default or self.high / 1000
            values = [start * 4.0**k for k in range(-2, 4)]
        else:
            values = [self.low + (self.high - self.low) * k / 5 for k in range(6)]
        near = dict.fromkeys(self.rounded(min(max(value, self.low), self.high)) for value in values)
        return [value for value in near if self.allows(value)]


def bound(marks: Iterable[Any], rule: str) -> Any:
    """What the first of a declaration's ``marks`` that has such a ``rule`` says, as of ``ge`` 0; None if none has."""
    return next((getattr(mark, rule) for mark in marks if hasattr(mark, rule)), None)


def is_number(value: Any) -> bool:
    """Whether ``value`` is a number; True and False are none here."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def numeral(number: float) -> str:
    """``number`` as people write it: ``4`` for 4.0, and every digit of 0.1."""
    whole = isinstance(number, float) and number.is_integer()
    return str(int(number) if whole else number)


def read_number(text: str, of: type[N]) -> N:
    """The number that ``text`` stands for; ValueError if none."""
    if "_" in text:
        # Python reads 1_0 as 10; a person who meant that would not know.
        raise ValueError("a number has no underscore in it")
    return of(text)
