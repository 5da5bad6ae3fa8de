"""What a spec is made of: the choices from registries, what goes with what, and the settings that each brings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from aecore.architectures import architectures
from aecore.corruptions import corruptions
from aecore.dataset import with_labelled
from aecore.kinds.choice import Choice
from aecore.likelihood import likelihoods
from aecore.model import Model
from aecore.registry import Registry
from aecore.settings import Knob, Settings, SettingsError, knobs
from aecore.sources import sources
from aecore.training import Training
from aecore.variants import variants

# The four choices, each from a registry: name -> (registry, default, meaning).
# The variant comes first: it says what goes with it.
CHOICES: dict[str, tuple[Registry, str, str]] = {
    "variant": (variants, "plain", "What is trained."),
    "data": (sources, "mnist-5k", "The data to learn from."),
    "architecture": (architectures, "dense", "What encoder and decoder are made of."),
    "corruption": (corruptions, "gaussian", "How the inputs are damaged."),
}

# Whose settings keep their plain names, where two parts have one of the same name.
BEFORE = ("training", "architecture", "corruption", "variant", "data")


@dataclass(frozen=True)
class Part:
    """One choice with the settings it brings; training settings are a part without a choice."""

    choice: str
    member: type
    settings: type[Settings]

    @property
    def inherited(self) -> set[str]:
        """The settings that its whole family has."""
        family = CHOICES[self.choice][0].base.Settings if self.choice in CHOICES else self.settings
        return set(family.model_fields)


def offered(choice: str, picked: Mapping[str, str]) -> tuple[str, ...]:
    """The members of a choice's registry that go with the variant ``picked`` before; none where it takes none.

    SettingsError for a variant that is not registered.
    """
    names = tuple(CHOICES[choice][0])
    return names if choice == "variant" else _going(choice, _variant(picked), names)


def _variant(picked: Mapping[str, str]) -> type[Model]:
    return variants[picked.get("variant", CHOICES["variant"][1])]


# Made once: a page asks a dozen times, and each member would be looked up each time.
@cache
def _going(choice: str, variant: type[Model], names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the members ``names`` that go with ``variant``."""
    if choice == "corruption":
        return names if variant.corrupts else ()
    registry = CHOICES[choice][0]
    goes = variant.takes if choice == "architecture" else lambda source: issubclass(source.gives, variant.learns)
    return tuple(name for name in names if goes(registry[name]))


def choice_knob(choice: str, picked: Mapping[str, str]) -> Knob:
    """The pick of one of those that are ``offered``, as a knob; of all where none is.

    SettingsError for a variant that is not registered.
    """
    registry, default, meaning = CHOICES[choice]
    names = offered(choice, picked) or tuple(registry)
    return Knob(choice, Choice(names), default if default in names else names[0], meaning, common=True)


def parts(picked: Mapping[str, str]) -> Iterator[Part]:
    """The parts that a pick of names is made of; no architecture or corruption where the variant takes none.

    SettingsError for a name that is not registered, and for one that does not go with the variant.
    """
    for choice, (registry, _, _) in CHOICES.items():
        if not offered(choice, picked):
            continue
        knob = choice_knob(choice, picked)
        name = picked.get(choice, knob.default)
        member = registry[name]
        if not knob.allows(name):
            variant = picked.get("variant", CHOICES["variant"][1])
            raise SettingsError(f"{variant} needs the {choice} {' or '.join(knob.choices)}, got {name}")
        labelled = choice == "data" and _variant(picked).needs_labels
        yield Part(choice, member, with_labelled(member.Settings) if labelled else member.Settings)
    yield Part("training", Training, Training)


def knobs_of(picked: Mapping[str, str]) -> dict[str, Knob]:
    """Every knob of a pick by name, the choices first, then each part's settings in order."""
    made = tuple(parts(picked))
    found = {part.choice: choice_knob(part.choice, picked) for part in made if part.choice in CHOICES}
    for own in own_knobs(made):
        found |= {knob.name: knob for knob in own.values()}
    return found


def own_knobs(made: tuple[Part, ...]) -> list[dict[str, Knob]]:
    """The knobs of each part by the name of their field.

    A knob is called as its field; where two parts have a field of one name, what whole families have keeps it, then
    what stands first in ``BEFORE``, and the other's is called ``variant.width``.
    """
    return _own_knobs(made, tuple(likelihoods))


@cache
def _own_knobs(made: tuple[Part, ...], likelihoods: tuple[str, ...]) -> list[dict[str, Knob]]:
    """The same, kept for as long as there are the same ``likelihoods``, which settings name."""
    owner: dict[str, str] = dict.fromkeys(CHOICES, "")
    for inherited in (True, False):
        for part in sorted(made, key=lambda part: BEFORE.index(part.choice)):
            for knob in knobs(part.settings):
                if (knob.name in part.inherited) == inherited:
                    owner.setdefault(knob.name, part.choice)
    return [
        {
            knob.name: knob if owner[knob.name] == part.choice else replace(knob, name=f"{part.choice}.{knob.name}")
            for knob in knobs(part.settings)
        }
        for part in made
    ]


def source_knobs(name: str) -> dict[str, Knob]:
    """The knobs of a data set, by what any spec takes them as: ``data.noise``, or plainly what all data sets have.

    They are called as in a spec of which nothing is known but that it is trained.
    """
    member = CHOICES["data"][0][name]
    part = Part("data", member, member.Settings)
    own, _ = own_knobs((part, Part("training", Training, Training)))
    return {field if field in part.inherited else f"data.{field}": knob for field, knob in own.items()}


def unqualified(made: tuple[Part, ...], flat: Mapping[str, Any]) -> dict[str, Any]:
    """``flat`` with ``data.noise`` as it is called in a spec of these parts, which is ``noise`` where that is free."""
    known = {part.choice: own for part, own in zip(made, own_knobs(made), strict=True)}
    found = {}
    for name, value in flat.items():
        choice, _, field = name.partition(".")
        own = known.get(choice, {})
        found[own[field].name if field in own else name] = value
    return found
