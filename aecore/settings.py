"""Settings, declared once: a field's default, range and meaning feed form, link, flag, reference and error."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, GetCoreSchemaHandler, ValidationError

# The version of the settings as links and files write them, ``v`` in a link. Raised when an old link would mean
# another model.
SCHEMA = 1

# What links and files call it.
VERSION_NAMES = ("v", "schema")

Kind = Literal["int", "float", "choice", "flag", "list"]


class SettingsError(ValueError):
    """One sentence that names the setting, the rule, the value and, where there is one, the fix."""


class Settings(BaseModel):
    """Frozen settings; a subclass declares fields with ``Field(default, ge=, le=, description=)``.

    ``json_schema_extra={"log": True}`` marks a number whose orders of magnitude matter;
    ``json_schema_extra={"common": True}`` one that a form shows first, the rest being folded; ``{"penalty": True}`` the
    weight of a penalty that keeps a model from learning where it is too large; ``{"later": True}`` one that runs kept
    before know nothing of, whose ids it does not change as long as it has its default; ``{"was": {old: new}}`` what
    links of before call a choice. A list of numbers is a
    ``tuple[Annotated[float, Field(ge=, le=)], ...]`` with ``min_length`` and ``max_length``.
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
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    # How many numbers a list may have at least and at most.
    fewest: int = 0
    most: int = 0
    # Whether orders of magnitude matter more than differences.
    log: bool = False
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
    def rule(self) -> str:
        """What values are allowed, in English: ``from 0 to 100``."""
        match self.kind:
            case "choice":
                return "one of " + ", ".join(self.choices)
            case "flag":
                return "true or false"
            case "int":
                return f"a whole number from {self.low} to {self.high}"
            case "list":
                return f"{self.fewest} to {self.most} different numbers from {self.low:g} to {self.high:g}"
            case _:
                return f"from {self.low:g} to {self.high:g}"

    def allows(self, value: Any) -> bool:
        match self.kind:
            case "choice":
                return value in self.choices
            case "flag":
                return isinstance(value, bool)
            case "int":
                return isinstance(value, int) and self.low <= value <= self.high
            case "list":
                different = len(set(value)) == len(value)
                return different and self.fewest <= len(value) <= self.most and all(map(self._within, value))
            case _:
                return self._within(value)

    def _within(self, value: float) -> bool:
        return self.low <= value <= self.high

    def read(self, text: str) -> Any:
        """The value that ``text`` (from a link or a command line) stands for; SettingsError if none."""
        if "_" in text and self.kind in ("int", "float", "list"):
            # Python reads 1_0 as 10; a person who meant that would not know.
            raise self.error(text)
        try:
            match self.kind:
                case "flag":
                    value = {"true": True, "false": False}[text.strip().lower()]
                case "choice":
                    value = dict(self.was).get(text, text)
                case "int":
                    value = int(text)
                case "list":
                    value = tuple(float(part) for part in text.split(","))
                case _:
                    value = float(text)
        except (KeyError, ValueError):
            raise self.error(text) from None
        if not self.allows(value):
            raise self.error(text)
        return value

    def error(self, value: Any) -> SettingsError:
        return SettingsError(f"{self.name} must be {self.rule}, got {shorten(value)}")


def shorten(value: Any, limit: int = 40) -> str:
    """``value`` as text fit for a sentence: printable characters only, at most ``limit`` of them."""
    text = "".join(c if c.isprintable() else "?" for c in str(value)[: limit + 1])
    return text if len(text) <= limit else text[: limit - 1] + "…"


def knobs(settings: type[Settings]) -> Iterator[Knob]:
    """Every field of a settings class, in the order declared."""
    for name, field in settings.model_fields.items():
        extra = field.json_schema_extra or {}
        is_list = get_origin(field.annotation) is tuple
        # What bounds a list's numbers stands at their type.
        numbers = get_args(get_args(field.annotation)[0])[1:] if is_list else ()
        bounds = [*field.metadata, *(bound for number in numbers for bound in number.metadata)]
        low, high, fewest, most = (
            next((getattr(bound, rule) for bound in bounds if hasattr(bound, rule)), none)
            for rule, none in (("ge", None), ("le", None), ("min_length", 0), ("max_length", 0))
        )
        choices: tuple[str, ...] = ()
        among = next((mark for mark in field.metadata if isinstance(mark, Among)), None)
        if get_origin(field.annotation) is Literal:
            kind, choices = "choice", get_args(field.annotation)
        elif among is not None:
            kind, choices = "choice", among.names
        elif field.annotation is bool:
            kind = "flag"
        elif is_list or field.annotation in (int, float):
            kind = "list" if is_list else field.annotation.__name__
            if low is None or high is None or (is_list and not most):
                needs = "ge, le and max_length" if is_list else "both ge and le"
                raise TypeError(f"{settings.__qualname__}.{name} needs {needs}: a form cannot be unbounded")
        else:
            allowed = "int, float, bool, Literal, str Among a registry or tuple of floats"
            raise TypeError(f"{settings.__qualname__}.{name}: a setting is {allowed}")
        if not field.description:
            raise TypeError(f"{settings.__qualname__}.{name} needs a description")
        if name in VERSION_NAMES:
            raise TypeError(f"{settings.__qualname__}.{name}: links and files call the version of settings so")
        marks = [bool(extra.get(mark)) for mark in ("log", "common", "penalty", "later")]
        was = tuple(extra.get("was", {}).items())
        meaning = field.description
        if among is not None:
            meaning = f"{meaning.rstrip('.')}: {', '.join(f'{among.registry[n].title} ({n})' for n in choices)}."
        yield Knob(name, kind, field.default, meaning, low, high, choices, fewest, most, *marks, was)


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
