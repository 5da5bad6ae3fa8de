"""A spec is everything that determines a trained model, and its id; a link is a spec whatever is written in it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from combinations import sampled
from conftest import is_sentence
from hypothesis import given, settings
from hypothesis import strategies as st

from aecore.dataset import Facts
from aecore.kind import numeral
from aecore.runs.choices import CHOICES, choice_knob, knobs_of
from aecore.runs.spec import SCHEMA, Spec, read_texts
from aecore.settings import SettingsError

ROOT = Path(__file__).parents[1]


@st.composite
def specs(draw) -> Spec:
    """Any spec: every choice and every setting drawn from all that is allowed."""
    flat: dict[str, object] = {}
    for choice in CHOICES:
        flat[choice] = draw(st.sampled_from(choice_knob(choice, flat).choices))
    known = knobs_of(flat)
    flat = {choice: name for choice, name in flat.items() if choice in known}
    for name, knob in known.items():
        if name in CHOICES or draw(st.booleans()):
            continue
        flat[name] = knob.kind.at(draw(st.floats(0, 1)))
    return Spec(**flat)


def test_names_are_routed_to_where_they_belong():
    spec = Spec(
        data="digits", variant="vae", architecture="dense", latent=3, beta=4.0, width=32, epochs=7, seed=5, images=300
    )
    assert spec.names == {"data": "digits", "variant": "vae", "architecture": "dense"}
    assert spec.source_settings() == {"images": 300}
    assert (spec.training.epochs, spec.training.seed) == (7, 5)
    model = spec.model(Facts(np.zeros((8, 8), np.float32)))
    assert (model.latent, model.settings.beta, model.encoder[1].out_features) == (3, 4.0, 32)
    assert spec.flat()["beta"] == 4.0


def test_the_names_that_stay_are_there():
    names = set(knobs_of({"variant": "denoising"})) | set(knobs_of({"variant": "vae"}))
    stay = """data variant architecture corruption level likelihood latent width depth beta epochs batch_size
    learning_rate weight_decay seed precision"""
    assert names >= set(stay.split())


def test_the_defaults_are_those_of_the_classroom():
    assert Spec().names == {"data": "mnist-5k", "variant": "plain", "architecture": "dense"}
    assert Spec(variant="denoising").names["corruption"] == "gaussian"


def test_defaults_said_or_not_give_the_same_id():
    for variant in CHOICES["variant"][0]:
        spec = Spec(variant=variant)
        said = Spec(**spec.flat())
        assert said == spec
        assert said.id == spec.id
        assert hash(said) == hash(spec)


def test_the_order_of_keywords_does_not_matter():
    flat = {"variant": "vae", "beta": 2.0, "latent": 3, "seed": 4, "width": 16}
    assert Spec(**flat).id == Spec(**dict(reversed(flat.items()))).id


def test_equal_numbers_give_the_same_id():
    assert Spec(variant="vae", beta=4).id == Spec(variant="vae", beta=4.0).id
    assert Spec(latent=2).id == Spec(latent=2.0).id


def test_the_two_zeros_give_the_same_id():
    assert Spec(variant="vae", beta=-0.0).id == Spec(variant="vae", beta=0.0).id


def test_numpys_numbers_are_numbers():
    assert Spec(latent=np.int64(2), learning_rate=np.float64(3e-3)).id == Spec().id


@given(specs(), specs())
def test_different_specs_have_different_ids(one, other):
    assert (one == other) == (one.id == other.id) == (one.flat() == other.flat())


@pytest.mark.parametrize("name", sorted(set(knobs_of({"variant": "vae"})) - set(CHOICES)))
def test_each_setting_changes_the_id(name):
    knob = knobs_of({"variant": "vae"})[name]
    other = next(value for value in (knob.kind.at(0), knob.kind.at(1)) if value != knob.default)
    assert Spec(variant="vae", **{name: other}).id != Spec(variant="vae").id


@pytest.mark.starts
@pytest.mark.parametrize("hashseed", ["0", "12345"])
def test_an_id_is_the_same_in_every_process(hashseed):
    program = "from aecore.runs.spec import Spec; print(Spec(variant='denoising', level=0.25, learning_rate=1e-3).id)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": hashseed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == Spec(variant="denoising", level=0.25, learning_rate=1e-3).id


@given(specs())
def test_json_both_ways(spec):
    again = Spec.from_json(spec.json())
    assert again == spec
    assert again.id == spec.id
    assert again.json() == spec.json()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "5",
        "[]",
        '"vae"',
        "{}",
        '{"schema": 999}',
        '{"schema": "1"}',
        '{"schema": null}',
        '{"schema": 1, "beta": "x", "variant": "vae"}',
        '{"schema": 1, "variant": "nothing"}',
        '{"schema": 1, "variant": 5}',
        '{"schema": 1, "variant": ["vae"]}',
        '{"schema": 1, "self": 1}',
        '{"schema": 1, "latent": NaN}',
        "{" * 100_000,
        "[" * 100_000,
        "\x00",
    ],
    ids=lambda text: text[:30] or "empty",
)
def test_a_text_that_is_no_spec_is_refused_in_one_sentence(text):
    with pytest.raises(SettingsError) as refusal:
        Spec.from_json(text)
    assert is_sentence(str(refusal.value))


@pytest.mark.parametrize(
    ("flat", "words"),
    [
        ({"betta": 1}, ["no setting betta"]),
        ({"beta": 1}, ["plain", "no setting beta"]),
        ({"variant": "vae", "beta": 400}, ["beta must be from 0 to 100, got 400"]),
        ({"variant": "vea"}, ["did you mean vae"]),
        ({"latent": 0}, ["latent must be a whole number from 1 to 1024, got 0"]),
        ({"latent": 2.5}, ["latent", "whole number", "2.5"]),
        ({"likelihood": "poisson"}, ["likelihood", "bernoulli", "poisson"]),
        ({"corruption": "masking"}, ["no setting corruption"]),
        ({"data": "digits", "images": 2000}, ["images", "1437", "2000"]),
        ({"__class__": 1}, ["__class__"]),
        ({"self": 1}, ["self"]),
    ],
    ids=str,
)
def test_a_name_or_value_not_allowed_is_refused_in_one_sentence(flat, words):
    with pytest.raises(SettingsError) as refusal:
        Spec(**flat)
    assert is_sentence(str(refusal.value))
    for word in words:
        assert word in str(refusal.value)


def test_a_changed_spec_differs_in_what_was_changed_only():
    spec = Spec(variant="vae", beta=2.0)
    other = spec.changed(seed=3)
    assert other.flat() == spec.flat() | {"seed": 3}
    assert spec.training.seed == 0


def test_a_variant_that_needs_an_architecture_gets_it_and_refuses_others():
    assert Spec(variant="vq-vae").names["architecture"] == "conv"
    with pytest.raises(SettingsError) as refusal:
        Spec(variant="vq-vae", architecture="dense")
    assert str(refusal.value) == "vq-vae needs the architecture conv, got dense"
    spec, ignored = read_texts({"variant": "vq-vae", "architecture": "dense", "width": "8"})
    assert spec.names["architecture"] == "conv"
    assert ignored == ["ignored architecture=dense: it must be one of conv; using conv"]


REFUSED = [
    ({"variant": "sparse-kl", "rho": 0.0}, "rho must be from 0.001 to 0.999, got 0.0"),
    ({"variant": "sparse-kl", "rho": 1.0}, "rho must be from 0.001 to 0.999, got 1.0"),
    ({"variant": "context", "hole_height": 1.2}, "hole_height must be from 0.05 to 1, got 1.2"),
    ({"variant": "iwae", "samples": 0}, "samples must be a whole number from 1 to 50, got 0"),
    ({"variant": "masked-linear-unrolled", "iterations": 0}, "iterations must be a whole number from 1 to"),
    ({"architecture": "conv", "tied": True}, "plain on conv has no setting tied"),
    ({"variant": "beta-tcvae", "beta": 0.5}, "beta must be from 1 to"),
]


@pytest.mark.parametrize(("flat", "said"), REFUSED, ids=lambda value: str(value)[:40])
def test_settings_that_make_no_sense_are_refused_in_a_sentence(flat, said):
    with pytest.raises(SettingsError) as refusal:
        Spec(**flat)
    assert str(refusal.value).startswith(said)
    assert is_sentence(str(refusal.value))


@pytest.mark.parametrize(
    ("flat", "said"),
    [
        ({"variant": "context", "moving": False, "hole_top": 0.8, "hole_height": 0.4}, "hole_top must be at most 0.6"),
        ({"variant": "cvae", "tied": True}, "tied"),
        ({"variant": "cvae", "latent": 10, "tied": True}, "tied"),
    ],
)
def test_what_only_the_model_can_tell_is_refused_when_it_is_made(flat, said):
    with pytest.raises(SettingsError, match=said) as refusal:
        Spec(**flat).model(Facts(np.zeros((28, 28), np.float32)))
    assert is_sentence(str(refusal.value))


def test_a_code_as_large_as_the_image_is_allowed_and_explained():
    facts = Facts(np.zeros((28, 28), np.float32))
    assert "no bottleneck" in Spec(latent=784).model(facts).remark()
    assert Spec(latent=783).model(facts).remark() == ""
    assert Spec(variant="sparse-l1", latent=1024).model(facts).remark() == ""


def test_its_repr_makes_it_again():
    spec = Spec(variant="denoising", corruption="masking", level=0.3)
    assert eval(repr(spec), {"Spec": Spec}) == spec


def test_one_name_is_one_setting_in_every_combination():
    for variant in CHOICES["variant"][0]:
        for architecture in choice_knob("architecture", {"variant": variant}).choices:
            for corruption in CHOICES["corruption"][0]:
                knobs_of({"variant": variant, "architecture": architecture, "corruption": corruption})


# Links.


@given(specs())
def test_a_full_link_says_nothing_and_opens_the_same(spec):
    texts = spec.texts()
    assert all(isinstance(text, str) for text in texts.values())
    again, ignored = read_texts(texts)
    assert ignored == []
    assert again.id == spec.id


def test_a_link_in_any_order_opens_the_same():
    texts = Spec(variant="vae", architecture="conv", beta=3.5).texts()
    assert read_texts(dict(reversed(texts.items())))[0].id == read_texts(texts)[0].id


def test_an_empty_link_is_the_default():
    assert read_texts({}) == (Spec(), [])


def test_numbers_are_written_as_people_write_them():
    texts = Spec(variant="vae", beta=4.0, learning_rate=0.003).texts()
    assert texts["beta"] == "4"
    assert texts["learning_rate"] == "0.003"
    assert texts["v"] == str(SCHEMA)
    assert [numeral(value) for value in (2, 0.1, 1.0, 1e-05, -0.0)] == ["2", "0.1", "1", "1e-05", "0"]


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"variant": "vae", "beta": "999"}, ["beta", "999", "from 0 to 100", "using 1"]),
        ({"beta": "1"}, ["beta", "plain"]),
        ({"variant": "vea"}, ["variant", "vea", "using plain"]),
        ({"latent": "many"}, ["latent", "many", "whole number"]),
        ({"latent": "2.5"}, ["latent", "2.5", "whole number"]),
        ({"corruption": "masking"}, ["corruption", "plain"]),
        ({"level": "0.5"}, ["level"]),
        ({"colour": "red"}, ["colour"]),
        ({"v": "999"}, ["version 999"]),
        ({"v": ""}, ["version"]),
        ({"architecture": "linear", "width": "32"}, ["width", "linear"]),
        ({"Latent": "3"}, ["Latent"]),
    ],
    ids=str,
)
def test_what_a_link_asks_for_and_does_not_get_is_said_once(texts, words):
    spec, ignored = read_texts(texts)
    assert isinstance(spec, Spec)
    (sentence,) = ignored
    assert is_sentence(sentence)
    for word in words:
        assert word in sentence


HOSTILE_TEXTS = [
    "",
    " ",
    "nan",
    "NaN",
    "inf",
    "-inf",
    "Infinity",
    "1e999",
    "-1e999",
    "-1",
    "1e308",
    "9" * 400,
    "9" * 5_000,
    "0x10",
    "1_0",
    "٣",
    "1" + "0" * 30,
    "\x00",
    "a\x00b",
    "\ud800",
    "\u202e2",
    "ﷺ" * 50,
    "💥",
    "x" * 10_000,
    "'; DROP TABLE runs; --",
    "<script>alert(1)</script>",
    "${jndi:ldap://a}",
    "../../etc/passwd",
    "__import__('os')",
    "\r\nSet-Cookie: a=b",
    "[1]",
    "null",
    "true",
    "%00",
    "vae ",
    "VAE",
]
HOSTILE_NAMES = [
    "__class__",
    "__init__",
    "self",
    "settings",
    "model_config",
    "schema",
    "Beta",
    "beta ",
    "bеta",  # noqa: RUF001 - a Cyrillic letter
    "beta[]",
    "",
    "\x00",
    "x" * 10_000,
    "<b>",
    "a\nb",
    "sensibility",
]
NAMES = sorted({name for variant in CHOICES["variant"][0] for name in knobs_of({"variant": variant})} | {"v"})


def check_link(texts: dict[str, str]) -> None:
    """A link gives a spec, and a sentence for exactly what was not taken."""
    spec, ignored = read_texts(texts)
    flat, written = spec.flat(), spec.texts()
    for sentence in ignored:
        assert is_sentence(sentence), sentence
    assert len(set(ignored)) == len(ignored) or any(len(text) > 30 for text in texts)
    taken = {name for name in texts if name in flat and written[name] == texts[name]}
    equal = {name for name in texts if name in flat and _number(texts[name]) == flat[name] != None}  # noqa: E711
    flags = {name for name in texts if name in flat and texts[name].strip().lower() == written[name]}
    version = {"v"} if texts.get("v") == str(SCHEMA) else set()
    assert len(ignored) == len(set(texts) - taken - equal - flags - version)
    # The whole of it can be shared again.
    assert read_texts(spec.texts()) == (spec, [])


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


@pytest.mark.parametrize("name", sampled(NAMES, 3))
def test_hostile_texts_of_every_setting(name):
    for text in HOSTILE_TEXTS:
        check_link({name: text})
        check_link({"variant": "denoising", "architecture": "conv"} | {name: text})


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=lambda name: ascii(name[:20]))
def test_hostile_names(name):
    for text in ("1", "x" * 10_000, "\x00"):
        check_link({name: text})


def test_all_at_once():
    check_link(dict.fromkeys([*NAMES, *HOSTILE_NAMES], "\x00<b>"))
    check_link(dict.fromkeys(NAMES, "1e999"))


anything = st.text(max_size=60) | st.floats().map(str) | st.integers().map(str) | st.sampled_from(HOSTILE_TEXTS)


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from([*NAMES, *HOSTILE_NAMES]) | st.text(max_size=12), anything, max_size=12))
def test_any_link_gives_a_spec_and_a_sentence_for_each_thing_not_taken(texts):
    check_link(texts)


@settings(max_examples=100)
@given(specs(), st.sampled_from(NAMES), anything)
def test_a_good_link_with_one_thing_wrong(spec, name, text):
    check_link(spec.texts() | {name: text})
