"""Settings, declared once: a field's default, range and meaning feed form, link, flag, reference and error."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, GetCoreSchemaHandler, ValidationError

from aecore.kind import Kind, kind_of, kinds
from aecore.sentences import SettingsError, shorten

__all__ = ["SCHEMA", "VERSION_NAMES", "Among", "Knob", "Settings", "SettingsError", "build", "knobs", "shorten"]

# The version of the settings as links and files write them, ``v`` in a link. Raised when an old link would mean
# another model.
SCHEMA = 1

# What links and files call it.
VERSION_NAMES = ("v", "schema")


class Settings(BaseModel):
    """Frozen settings; a subclass declares fields with ``Field(default, ge=, le=, description=)``.

    What a field can be, the files of ``aecore.kinds`` say. ``json_schema_extra={"log": True}`` marks a number whose
    orders of magnitude matter; ``{"common": True}`` one that a form shows first, the rest being folded;
    ``{"penalty": True}`` the weight of a penalty that keeps a model from learning where it is too large;
    ``{"later": True}`` one that runs kept before know nothing of, whose ids it does not change as long as it has its
    default; ``{"was": {old: new}}`` what links of before call a value.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True)
class Among:
    """Marks a text as the name of a member of a registry: ``Annotated[str, Among(likelihoods)]``.

    ``goes`` says of a member whether it is one of those that can be chosen.
    """

    registry: Mapping[str, type]
    goes: Callable[[type], bool] = lambda member: True

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name in self.registry if self.goes(self.registry[name]))

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return handler.generate_schema(Annotated[source, AfterValidator(self._checked)])

    def _checked(self, name: str) -> str:
        if name not in self.names:
            raise ValueError(f"there is no {name}")
        return name


@dataclass(frozen=True)
class Knob:
    """One setting, read off its declaration."""

    name: str
    kind: Kind
    default: Any
    meaning: str
    common: bool = False
    # Whether it weighs a penalty that can keep a model from learning.
    penalty: bool = False
    # Whether it came after specs had been kept: at its default it is left out of what identifies one.
    later: bool = False
    # What links of before call a value, and what it is called now.
    was: tuple[tuple[str, str], ...] = ()

    @property
    def title(self) -> str:
        return self.name.replace("_", " ").replace(".", " ").capitalize()

    @property
    def choices(self) -> tuple[str, ...]:
        """What can be picked, of a kind that has choices."""
        return self.kind.choices

    @property
    def low(self) -> float:
        """The least number, of a kind that has one."""
        return self.kind.low

    @property
    def high(self) -> float:
        """The greatest number, of a kind that has one."""
        return self.kind.high

    @property
    def rule(self) -> str:
        """What values are allowed, in English: ``from 0 to 100``."""
        return self.kind.rule

    def allows(self, value: Any) -> bool:
        return self.kind.allows(value)

    def text(self, value: Any) -> str:
        """``value`` as links and command lines write it."""
        return self.kind.text(value)

    def read(self, text: str) -> Any:
        """The value that ``text`` (from a link or a command line) stands for; SettingsError if none."""
        try:
            value = self.kind.read(dict(self.was).get(text, text))
        except ValueError:
            raise self.error(text) from None
        if not self.allows(value):
            raise self.error(text)
        return value

    def error(self, value: Any) -> SettingsError:
        return SettingsError(f"{self.name} must be {self.rule}, got {shorten(value)}")


def knobs(settings: type[Settings]) -> Iterator[Knob]:
    """Every field of a settings class, in the order declared."""
    members = tuple(kinds.values())
    for name, field in settings.model_fields.items():
        where, extra = f"{settings.__qualname__}.{name}", field.json_schema_extra or {}
        try:
            kind = kind_of(field, members)
        except TypeError as error:
            raise TypeError(f"{where} {error}") from error
        if not field.description:
            raise TypeError(f"{where} needs a description")
        if name in VERSION_NAMES:
            raise TypeError(f"{where}: links and files call the version of settings so")
        marks = {mark: bool(extra.get(mark)) for mark in ("common", "penalty", "later")}
        was = tuple(extra.get("was", {}).items())
        yield Knob(name, kind, field.default, kind.meaning(field.description), **marks, was=was)


def build(settings: type[Settings], values: dict[str, Any]) -> Settings:
    """``settings(**values)``, or a SettingsError of one sentence in place of pydantic's report."""
    try:
        return settings(**values)
    except ValidationError as report:
        first = report.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else settings.__qualname__
        known = {knob.name: knob for knob in knobs(settings)}
        if name in known:
            raise known[name].error(values.get(name)) from None
        raise SettingsError(f"there is no setting {shorten(name)}; there are {', '.join(known)}") from None
