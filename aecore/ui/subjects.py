"""What a tab is about, asked in the sidebar and read from links: a data set and a seed, or a whole spec."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aecore.names import Names
from aecore.settings import Knob, knobs
from aecore.ui import form, pick

if TYPE_CHECKING:
    from aecore.ui.sections import Section


class Subject(ABC):
    """What a view is about, which most views of a page have in common."""

    # What stands in for the usual members, by choice.
    defaults: Mapping[str, str] = {}

    @abstractmethod
    def ask(self, kind: type[Section], names: Names) -> dict[str, Any]:
        """Its values by name, from widgets in the sidebar, those that a view of ``kind`` leaves open."""

    @abstractmethod
    def read(self, kind: type[Section], texts: dict[str, str]) -> tuple[dict[str, str], list[str]]:
        """A link's parameters that are its own, cleaned, and a sentence for each that was not taken.

        Takes what it knows, allowed or not, out of ``texts``.
        """

    def shared(self, kind: type[Section], values: Mapping[str, Any]) -> Mapping[str, Any]:
        """What of its values goes into a link."""
        return values


class DataAndSeed(Subject):
    """A data set and a seed."""

    def ask(self, kind: type[Section], names: Names) -> dict[str, Any]:
        from aecore.runs.choices import source_knobs

        picked: dict[str, Any] = {} if kind.about is None else {"data": kind.about}
        if not picked:
            pick.ask_choice("data", picked, names, needs=kind.needs)
        for name, knob in source_knobs(picked["data"]).items():
            picked[name] = form.ask(knob, names)
        return picked | {"seed": form.ask(_seed(), names)}

    def read(self, kind: type[Section], texts: dict[str, str]) -> tuple[dict[str, str], list[str]]:
        from aecore.runs.choices import choice_knob, source_knobs
        from aecore.runs.spec import as_text, take

        flat: dict[str, Any] = {}
        ignored: list[str] = []
        data = choice_knob("data", {})
        if kind.about is None and "data" in texts:
            take(data, texts.pop("data"), flat, ignored)
        for knob in (*source_knobs(kind.about or flat.get("data", data.default)).values(), _seed()):
            if knob.name in texts:
                take(knob, texts.pop(knob.name), flat, ignored)
        return {name: as_text(value) for name, value in flat.items()}, ignored

    def shared(self, kind: type[Section], values: Mapping[str, Any]) -> Mapping[str, Any]:
        from aecore.runs.choices import source_knobs

        known = source_knobs(values["data"])
        called = {known[name].name if name in known else name: value for name, value in values.items()}
        return {name: value for name, value in called.items() if name != "data" or kind.about is None}


class WholeSpec(Subject):
    """A whole spec, as the page Train asks for, with ``defaults`` of its own."""

    def __init__(self, **defaults: str):
        self.defaults = defaults

    def ask(self, kind: type[Section], names: Names) -> dict[str, Any]:
        from aecore.runs.choices import CHOICES

        picked: dict[str, str] = {}
        for choice in CHOICES:
            pick.ask_choice(choice, picked, names, self.defaults.get(choice), needs=kind.needs)
        return pick.ask_rest(picked, names)

    def read(self, kind: type[Section], texts: dict[str, str]) -> tuple[dict[str, str], list[str]]:
        from aecore.runs.spec import as_text, read_texts

        spec, ignored = read_texts(self.defaults | texts)
        values, asked = spec.flat(), list(texts)
        texts.clear()
        return {name: as_text(values[name]) for name in asked if name in values}, ignored


def _seed() -> Knob:
    from aecore.training import Training

    return next(knob for knob in knobs(Training) if knob.name == "seed")
