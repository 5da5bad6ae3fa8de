"""Whatever declares settings, read off its declaration: defaults, ranges, texts and errors."""

from __future__ import annotations

import math
import re
from importlib import import_module
from typing import Annotated, Any, Literal

import pytest
from combinations import OF_IMAGES
from conftest import is_sentence
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from aecore.kind import kinds
from aecore.kinds.choice import Choice
from aecore.kinds.flag import Flag
from aecore.kinds.number import Number
from aecore.kinds.several import Several
from aecore.kinds.whole import Whole
from aecore.runs.choices import CHOICES, choice_knob
from aecore.settings import Knob, Settings, SettingsError, build, knobs, shorten
from aecore.training import Training
from aecore.ui.pca.curved import Curved

CLASSES: dict[str, type[Settings]] = {"training": Training} | {
    f"{choice} {name}": registry[name].Settings for choice, (registry, *_) in CHOICES.items() for name in registry
}
for page in ("pca", "latent", "vae", "denoise"):
    tabs = import_module(f"aecore.ui.{page}").TABS
    CLASSES |= {f"{page} {name}": tab.Settings for name, tab in tabs.items()}


def declarations() -> dict[tuple[Knob, str, str], tuple[type[Settings], Knob]]:
    """Each declaration of a setting once, with a class that has it: what is inherited as it is declares nothing."""
    found = {}
    for owner in CLASSES.values():
        for knob in knobs(owner):
            # A class that checks more of its fields than their declarations say stands for itself.
            field, more = repr(owner.model_fields[knob.name]), repr(owner.__pydantic_decorators__)
            found.setdefault((knob, field, more), (owner, knob))
    return found


DECLARED = list(declarations().values())
every_knob = pytest.mark.parametrize(
    ("owner", "knob"), [pytest.param(*case, id=f"{case[0].__qualname__}: {case[1].name}") for case in DECLARED]
)
# What a text means is a matter of the kind, and of what it reads off its declaration.
every_kind = pytest.mark.parametrize("kind", kinds)

# What no setting is allowed to be, but one whose own kind says so.
ANYTHING = (
    "",
    "many",
    "none of these",
    "\x00",
    "9" * 10_000,
    "💥",
    "--",
    "[]",
    10.0**30,
    math.nan,
    math.inf,
    None,
    [None],
)


def of_kind(kind: str) -> st.SearchStrategy:
    """Declarations of a kind, each with its class."""
    return st.sampled_from([case for case in DECLARED if type(case[1].kind) is kinds[kind]])


def values_of(knob: Knob) -> st.SearchStrategy:
    """Values that a knob allows."""
    return st.floats(0, 1).map(knob.kind.at)


def outside(knob: Knob) -> list[Any]:
    """Values that a knob does not allow, the nearest first."""
    return [*knob.kind.outside, *(value for value in ANYTHING if not knob.allows(value))]


def hostile(knob: Knob) -> list[str]:
    """Texts that stand for no value of a knob."""
    return [str(value) for value in outside(knob) if isinstance(value, int | float | str)]


@every_knob
def test_the_default_is_allowed(owner, knob):
    assert knob.allows(knob.default)
    again = knob.read(knob.text(knob.default))
    assert again == knob.default
    assert type(again) is type(knob.default)
    assert getattr(build(owner, {knob.name: knob.default}), knob.name) == knob.default == getattr(owner(), knob.name)


@every_knob
def test_both_ends_are_allowed(owner, knob):
    for end in (knob.kind.at(0), knob.kind.at(1)):
        assert knob.allows(end)
        assert getattr(build(owner, {knob.name: end}), knob.name) == end
        assert knob.read(knob.text(end)) == end


@every_knob
def test_a_sweep_can_be_over_it(owner, knob):
    values = knob.kind.spread(knob.default)
    assert len({knob.text(value) for value in values}) == len(values) > 0
    for value in values:
        assert knob.allows(value)
        assert getattr(build(owner, {knob.name: value}), knob.name) == value


@every_knob
def test_a_refusal_is_one_sentence_with_name_rule_and_value(owner, knob):
    for value in outside(knob):
        assert not knob.allows(value)
        with pytest.raises(SettingsError) as refusal:
            build(owner, {knob.name: value})
        text = str(refusal.value)
        assert is_sentence(text), text
        assert knob.name in text
        assert knob.rule in text
        assert shorten(value) in text


@every_knob
def test_the_rule_says_the_bounds_as_they_are(owner, knob):
    assert is_sentence(knob.rule)
    if hasattr(knob.kind, "choices"):
        assert all(choice in knob.rule for choice in knob.choices)
    if hasattr(knob.kind, "low"):
        said = re.findall(r"[-+.e\d]*\d", knob.rule)
        assert [float(number) for number in said[-2:]] == [knob.low, knob.high]
        assert ("whole number" in knob.rule) == isinstance(knob.default, int)


@every_knob
def test_a_knob_can_be_put_in_words(owner, knob):
    assert is_sentence(knob.meaning)
    assert knob.meaning.endswith(".")
    assert is_sentence(knob.title)
    for value in knob.kind.spread(knob.default):
        assert is_sentence(knob.kind.said(value))
    # Orders of magnitude have no place for 0.
    assert not getattr(knob.kind, "log", False) or knob.low > 0


@every_kind
def test_a_text_is_read_as_the_value_it_was_written_from(kind):
    @given(st.data())
    def check(data):
        _, knob = data.draw(of_kind(kind))
        value = data.draw(values_of(knob))
        again = knob.read(knob.text(value))
        assert again == value
        assert type(again) is type(value)

    check()


@every_knob
def test_a_text_that_stands_for_no_value_is_refused_in_one_sentence(owner, knob):
    for text in hostile(knob):
        with pytest.raises(SettingsError) as refusal:
            knob.read(text)
        assert is_sentence(str(refusal.value)), str(refusal.value)
        assert knob.name in str(refusal.value)
        assert knob.rule in str(refusal.value)


@every_kind
def test_whatever_is_read_is_allowed(kind):
    @settings(max_examples=300)
    @given(st.data())
    def check(data):
        owner, knob = data.draw(of_kind(kind))
        near = values_of(knob).map(knob.text)
        text = data.draw(st.text() | st.floats().map(str) | st.integers().map(str) | near | near.map("{}0".format))
        try:
            value = knob.read(text)
        except SettingsError:
            return
        assert knob.allows(value)
        assert getattr(build(owner, {knob.name: value}), knob.name) == value

    check()


@pytest.mark.parametrize("owner", CLASSES.values(), ids=CLASSES)
def test_a_name_that_is_not_declared_is_refused_in_one_sentence(owner):
    for name in ("betta", "__class__", "a\nb", "x" * 10_000, "<b>"):
        with pytest.raises(SettingsError, match="there is no setting") as refusal:
            build(owner, {name: 1})
        assert is_sentence(str(refusal.value))


@pytest.mark.parametrize("owner", CLASSES.values(), ids=CLASSES)
def test_settings_cannot_be_changed(owner):
    settings = owner()
    for knob in knobs(owner):
        with pytest.raises(ValueError, match="frozen"):
            setattr(settings, knob.name, knob.default)


@pytest.mark.parametrize("choice", CHOICES)
def test_a_choice_offers_what_is_registered(choice):
    knob, registry = choice_knob(choice, {}), CHOICES[choice][0]
    # Of data sets those that the usual variant learns from.
    assert set(knob.choices) == set(OF_IMAGES if choice == "data" else registry)
    assert knob.default in registry


class _Unbounded(Settings):
    wide: float = Field(1.0, ge=0, description="Has no upper end.")


class _Bottomless(Settings):
    deep: int = Field(1, le=3, description="Has no lower end.")


class _Silent(Settings):
    quiet: int = Field(1, ge=0, le=3)


class _Text(Settings):
    name: str = Field("a", description="Text has no bounds.")


class _Optional(Settings):
    some: int | None = Field(None, ge=0, le=3, description="No widget shows nothing.")


class _List(Settings):
    sizes: list[int] = Field([1], description="A list.")


class _Endless(Settings):
    sizes: tuple[Annotated[float, Field(ge=0, le=3)], ...] = Field((1,), description="As many as one likes.")


class _Wild(Settings):
    sizes: tuple[float, ...] = Field((1,), max_length=3, description="Numbers without bounds.")


@pytest.mark.parametrize("owner", [_Unbounded, _Bottomless, _Silent, _Text, _Optional, _List, _Endless, _Wild])
def test_a_declaration_that_no_form_could_show_is_refused(owner):
    with pytest.raises(TypeError, match=next(iter(owner.model_fields))):
        list(knobs(owner))


class _Kinds(Settings):
    """Every kind of field."""

    count: int = Field(3, ge=1, le=9, description="Int.")
    share: float = Field(0.5, ge=0, le=1, description="Float.")
    rate: float = Field(0.1, ge=1e-4, le=1, description="Log.", json_schema_extra={"log": True, "common": True})
    kind: Literal["a", "b"] = Field("a", description="Choice.")
    tied: bool = Field(False, description="Flag.")
    sizes: tuple[Annotated[float, Field(ge=0, le=9)], ...] = Field(
        (1.0, 2.5), min_length=2, max_length=3, description="List."
    )


def test_the_kinds_are_read_off_their_declaration():
    assert list(knobs(_Kinds)) == [
        Knob("count", Whole(1, 9), 3, "Int."),
        Knob("share", Number(0, 1), 0.5, "Float."),
        Knob("rate", Number(1e-4, 1, log=True), 0.1, "Log.", common=True),
        Knob("kind", Choice(("a", "b")), "a", "Choice."),
        Knob("tied", Flag(), False, "Flag."),
        Knob("sizes", Several(0, 9, fewest=2, most=3), (1.0, 2.5), "List."),
    ]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("count", "3", 3),
        ("share", "1", 1.0),
        ("rate", "1e-3", 1e-3),
        ("kind", "b", "b"),
        ("tied", "TRUE", True),
        ("sizes", " 0.5,9 ,4", (0.5, 9.0, 4.0)),
    ],
)
def test_texts_of_the_kinds(name, text, value):
    assert {k.name: k for k in knobs(_Kinds)}[name].read(text) == value


@pytest.mark.parametrize("text", ["1", "1, 1", "1, 2, 3, 4", "1, 10", "1; 2", "1, nan", "1,", ""])
def test_a_list_has_its_length_and_different_numbers_within_bounds(text):
    sizes = {k.name: k for k in knobs(_Kinds)}["sizes"]
    with pytest.raises(SettingsError, match="^sizes must be 2 to 3 different numbers from 0 to 9, got "):
        sizes.read(text)


@pytest.mark.parametrize(("name", "values"), [("tied", [True, False]), ("sizes", [(0.1, 3.0)])])
def test_a_value_keeps_its_text_both_ways(name, values):
    knob = {k.name: k for k in knobs(_Kinds)}[name]
    assert [knob.read(knob.text(value)) for value in values] == values


@given(st.text(max_size=200))
def test_a_shortened_text_fits_a_sentence(text):
    short = shorten(text)
    assert len(short) <= 40
    assert short.isprintable()
    if text.isprintable() and len(text) <= 40:
        assert short == text


def test_a_choice_that_was_called_otherwise_is_read_from_old_links():
    (knob,) = (knob for knob in knobs(Curved.Settings) if knob.name == "colour")
    assert knob.read("code number 1") == knob.read("code dimension 1") == knob.default
    with pytest.raises(SettingsError, match="one of code dimension 1, place on the sheet"):
        knob.read("code number 2")
