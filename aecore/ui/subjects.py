"""What a tab is about, asked in the sidebar and read from links: a data set and a seed, or a whole spec."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aecore.names import Names
from aecore.settings import Knob, knobs
from aecore.ui import form, pick

if TYPE_CHECKING:
    from aecore.ui.tabs import Tab


class Subject(ABC):
    """What a tab is about, which most tabs of a page have in common."""

    # What stands in for the usual members, by choice.
    defaults: Mapping[str, str] = {}

    @abstractmethod
    def ask(self, kind: type[Tab], names: Names) -> dict[str, Any]:
        """Its values by name, from widgets in the sidebar, those that a tab of ``kind`` leaves open."""

    @abstractmethod
    def read(self, kind: type[Tab], texts: dict[str, str]) -> tuple[dict[str, str], list[str]]:
        """A link's parameters that are its own, cleaned, and a sentence for each that was not taken.

        Takes what it knows, allowed or not, out of ``texts``.
        """

    @abstractmethod
    def shared(self, kind: type[Tab], values: Mapping[str, Any]) -> dict[str, str]:
        """What of its values goes into a link, as texts."""


class DataAndSeed(Subject):
    """A data set and a seed."""

    def ask(self, kind: type[Tab], names: Names) -> dict[str, Any]:
        from aecore.runs.choices import source_knobs

        picked: dict[str, Any] = {} if kind.about is None else {"data": kind.about}
        if not picked:
            pick.ask_choice("data", picked, names, needs=kind.needs)
        for name, knob in source_knobs(picked["data"]).items():
            picked[name] = form.ask(knob, names)
        return picked | {"seed": form.ask(_seed(), names)}

    def read(self, kind: type[Tab], texts: dict[str, str]) -> tuple[dict[str, str], list[str]]:
        from aecore.runs.choices import choice_knob, source_knobs
        from aecore.runs.spec import take

        flat: dict[str, Any] = {}
        ignored: list[str] = []
        data = choice_knob("data", {})
        if kind.about is None and "data" in texts:
            take(data, texts.pop("data"), flat, ignored)
        own = (*source_knobs(kind.about or flat.get("data", data.default)).values(), _seed())
        for knob in own:
            if knob.name in texts:
                take(knob, texts.pop(knob.name), flat, ignored)
        return {knob.name: knob.text(flat[knob.name]) for knob in (data, *own) if knob.name in flat}, ignored

    def shared(self, kind: type[Tab], values: Mapping[str, Any]) -> dict[str, str]:
        from aecore.runs.choices import choice_knob, source_knobs

        known = {"data": choice_knob("data", {}), **source_knobs(values["data"]), "seed": _seed()}
        told = {name: value for name, value in values.items() if name != "data" or kind.about is None}
        return {known[name].name: known[name].text(value) for name, value in told.items()}


class WholeSpec(Subject):
    """A whole spec, as the page Train asks for, with ``defaults`` of its own."""

    def __init__(self, **defaults: str):
        self.defaults = defaults

    def ask(self, kind: type[Tab], names: Names) -> dict[str, Any]:
        from aecore.runs.choices import CHOICES

        picked: dict[str, str] = {}
        for choice in CHOICES:
            pick.ask_choice(choice, picked, names, self.defaults.get(choice), needs=kind.needs)
        return pick.ask_rest(picked, names)

    def read(self, kind: type[Tab], texts: dict[str, str]) -> tuple[dict[str, str], list[str]]:
        from aecore.runs.spec import read_texts

        spec, ignored = read_texts(self.defaults | texts)
        taken, asked = spec.texts(), [name for name in texts if name in spec.knobs]
        texts.clear()
        return {name: taken[name] for name in asked}, ignored

    def shared(self, kind: type[Tab], values: Mapping[str, Any]) -> dict[str, str]:
        from aecore.runs.choices import CHOICES, knobs_of

        known = knobs_of({choice: values[choice] for choice in CHOICES if choice in values})
        return {name: known[name].text(value) for name, value in values.items()}


def _seed() -> Knob:
    from aecore.training import Training

    return next(knob for knob in knobs(Training) if knob.name == "seed")
