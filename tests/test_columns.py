"""The link of Compare, read and written: what is shared, what is a column's own, and what was asked for in vain."""

from __future__ import annotations

import pytest
from comparing import as_link
from conftest import is_sentence
from hypothesis import given
from hypothesis import strategies as st
from test_spec import HOSTILE_TEXTS

from aecore.runs.spec import Spec
from aecore.ui.columns import _texts_of, _understand
from aecore.ui.presets import COMPARE, SWEEPS

LETTERS = "abcd"


def test_what_is_shared_is_named_once_and_what_is_a_columns_own_by_its_letter():
    texts = _texts_of("b", Spec(variant="vae", beta=4.0, seed=7, weight_decay=0.01))
    assert texts["seed"] == "7"
    assert texts["b.beta"] == "4"
    assert texts["b.weight_decay"] == "0.01"
    assert "b.seed" not in texts
    assert "beta" not in texts
    assert "v" not in texts


def test_a_link_comes_back_from_what_it_was_written_from():
    specs = {
        "a": Spec(variant="plain", latent=9, seed=3),
        "b": Spec(variant="denoising", corruption="masking", level=0.3, seed=3),
        "c": Spec(variant="vae", architecture="conv", beta=2.0, seed=3),
    }
    link = {"columns": "3", "v": "1"}
    for letter, spec in specs.items():
        link |= _texts_of(letter, spec)
    taken, ignored = _understand(link)
    assert ignored == []
    assert taken == {name: text for name, text in link.items() if name != "v"}


def test_a_plain_setting_that_is_not_shared_is_meant_for_every_column():
    taken, ignored = _understand({"columns": "3", "latent": "5", "c.latent": "6"})
    assert (taken["a.latent"], taken["b.latent"], taken["c.latent"]) == ("5", "5", "6")
    assert "latent" not in taken
    assert ignored == []


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"columns": "5"}, "ignored columns=5: it must be one of 2, 3, 4"),
        ({"mode": "upside down"}, "ignored mode=upside down: it must be one of side by side, sweep"),
        ({"c.latent": "4"}, "ignored c.latent: the columns of this link are a, b"),
        ({"x.latent": "4"}, "ignored x.latent: the columns of this link are a, b"),
        ({"a.latent": "0"}, "column A: ignored latent=0: it must be a whole number from 1 to 1024; using 2"),
        ({"b.variant": "nonsense"}, "column B: ignored variant=nonsense"),
        ({"mode": "sweep", "values": "1," * 200}, "is longer than 200 characters"),
    ],
)
def test_what_is_asked_for_in_vain_is_said_in_a_sentence(asked, said):
    taken, ignored = _understand(asked)
    assert len(ignored) == 1
    assert said in ignored[0]
    assert is_sentence(ignored[0])
    assert not asked.items() <= taken.items() or "mode" in taken


NAMES = ["a.latent", "b.beta", "seed", "columns", "values", "e.f", ".", "a."]


@given(st.dictionaries(st.sampled_from(NAMES), st.text()))
def test_any_link_is_understood(asked):
    taken, ignored = _understand(asked)
    assert all("." not in name or name[0] in LETTERS for name in taken)
    assert len(ignored) <= 3 * len(asked)


@pytest.mark.parametrize("text", HOSTILE_TEXTS, ids=lambda text: ascii(text[:20]))
def test_hostile_texts_are_answered_in_sentences(text):
    _, ignored = _understand(dict.fromkeys(["a.latent", "b.variant", "columns", "seed"], text))
    # int() reads the digits of every script, so a few of these texts are numbers.
    assert len(ignored) >= 2
    assert all(is_sentence(sentence) for sentence in ignored)


@pytest.mark.parametrize("title", [*COMPARE, *SWEEPS])
def test_every_preset_asks_for_nothing_in_vain(title):
    _, ignored = _understand(as_link((COMPARE | SWEEPS)[title]))
    assert ignored == []
