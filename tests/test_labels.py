"""Classes as people name them: kept as they are, or refused in one sentence; what a conditional model decodes."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest
import torch
from combinations import AUTOENCODERS
from conftest import is_sentence
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from aecore.classes import classes_of, numbered
from aecore.dataset import MOST_CLASSES
from aecore.estimator import Autoencoder
from aecore.settings import SettingsError
from aecore.variants import variants

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

LABELLED = [name for name in variants if variants[name].needs_labels]
every_labelled = pytest.mark.parametrize("variant", LABELLED)
ROWS = 24
X = np.random.default_rng(0).random((ROWS, 6))
THREE = np.arange(ROWS) % 3

# Three classes of each kind, by number, and what ``classes_`` is to be.
KINDS = {
    "from 0": ([0, 1, 2], np.array),
    "gaps and minus": ([-3, 7, 10**12], np.array),
    "beyond int64": ([1, 2, 2**70], lambda y: np.array(y, object)),
    "whole floats": ([0.0, 3.0, 7.0], np.array),
    "text": (["four", "one", "two"], np.array),
    "text as objects": (["four", "one", "two"], lambda y: np.array(y, object)),
    "bytes": ([b"a", b"b", b"c"], np.array),
    "bytes as objects": ([b"a", b"b", b"c"], lambda y: np.array(y, object)),
    "a list of text": (["four", "one", "two"], list),
    "a list of numbers": ([3, 7, 10**12], list),
    "one column": ([5, 6, 7], lambda y: np.array(y)[:, None]),
    "small whole numbers": ([1, 2, 255], lambda y: np.array(y, np.uint8)),
    "a tensor": ([1, 2, 9], torch.tensor),
    "a series": ([1, 2, 9], pd.Series),
    "categories": (["a", "b", "c"], lambda y: pd.Series(y, dtype="category")),
    "numbers that may lack": ([1, 2, 9], lambda y: pd.Series(y, dtype="Int64")),
    "a table of one column": (["a", "b", "c"], lambda y: pd.DataFrame({"y": y})),
    "days": ([datetime.date(2020, 1, d) for d in (1, 2, 3)], lambda y: np.array(y, "datetime64[D]")),
}
# What is no class of each row, and what is said.
NONE = {
    "a row short": (THREE[:-1], r"inconsistent numbers of samples: \[23, 24\]"),
    "a column a class": (np.eye(3)[THREE], r"one class a row, \[24\], got \[24, 3\]: .* y.argmax\(1\)"),
    "measured": (X[:, 0], "must be classes .* got 0.6"),
    "halves": (THREE / 2, "must be classes .* got 0.5"),
    "infinite": (np.where(THREE == 1, np.inf, THREE), "must be classes .* got inf"),
    "nan": (np.where(THREE == 1, np.nan, THREE), "got None or nan for 8 of 24 rows"),
    "None": ([None if c else "a" for c in THREE], "got None or nan for 16 of 24 rows"),
    "lacking": (pd.Series(THREE, dtype="Int64").mask(THREE == 2), "got None or nan for 8 of 24 rows"),
    "masked": (np.ma.masked_equal(THREE, 2), "y must be whole, got masked values"),
    "text and numbers": (["a" if c else 1 for c in THREE], "one kind, such as text alone, got int and str"),
    "complex": (THREE + 1j, "must be classes"),
    "lists": ([[1], [2, 3]] * 12, "must be classes"),
    "one class": (np.full(ROWS, "b"), "two classes at least, got 'b' alone"),
    "one flag": (np.zeros(ROWS, bool), "two classes at least, got False alone"),
    "a number": (3, r"one class a row, \[24\], got an? int"),
    "nothing": (None, "needs labels: give y"),
}


def quick(**more) -> Autoencoder:
    return Autoencoder(**{"epochs": 1, "settings": {"width": 8, "depth": 1}} | more)


@every_labelled
@pytest.mark.parametrize("kind", KINDS)
def test_classes_of_any_kind_are_kept(variant, kind):
    names, container = KINDS[kind]
    y = container([names[c] for c in THREE])
    model = quick(variant=variant).fit(X, y)
    assert model.classes_.tolist() == np.unique(np.array(names, getattr(np.asarray(y), "dtype", None))).tolist()
    assert len(model.classes_) == model.model_.classes == 3
    # The same as of the numbers from 0 on, for they are numbered in their order.
    plain = quick(variant=variant).fit(X, THREE)
    np.testing.assert_array_equal(model.transform(X), plain.transform(X))
    assert model.score(X, y) == plain.score(X, THREE)


@every_labelled
@pytest.mark.parametrize("kind", NONE)
def test_what_is_no_class_of_each_row_is_refused_in_one_sentence(variant, kind):
    y, sentence = NONE[kind]
    with pytest.raises(ValueError, match=sentence) as refusal:
        quick(variant=variant).fit(X, y)
    assert is_sentence(str(refusal.value))


def test_flags_are_two_classes():
    model = quick(variant="cvae").fit(X, THREE == 1)
    assert model.classes_.tolist() == [False, True]


@given(st.lists(st.integers(-(2**80), 2**80) | st.booleans(), min_size=2, max_size=20))
def test_whole_numbers_of_any_size_come_back(values):
    if len(set(values)) > 1:
        classes = classes_of(values, len(values), 1000)
        assert classes[numbered(values, len(values), classes)].tolist() == values


@given(st.lists(st.text(max_size=5) | st.binary(max_size=3) | st.integers() | st.floats() | st.none(), max_size=12))
def test_any_list_is_taken_or_refused_in_one_sentence(values):
    said, classes = "", None
    try:
        classes = classes_of(values, len(values), 5)
    except SettingsError as refusal:
        said = str(refusal)
    if classes is None:
        assert is_sentence(said)
        return
    assert 2 <= len(classes) <= 5
    assert classes[numbered(values, len(values), classes)].tolist() == values


def test_classes_without_end_are_refused_before_room_is_made_for_them():
    many = np.arange(MOST_CLASSES + 1)
    with pytest.raises(SettingsError, match="1,000 different classes at most, got 1,001"):
        quick(variant="cvae").fit(np.zeros((len(many), 2)) + many[:, None], many)


@pytest.mark.parametrize("variant", [name for name in AUTOENCODERS if name not in LABELLED][:3])
def test_a_variant_that_asks_for_no_labels_takes_any_target_and_learns_no_classes(variant):
    model = quick(variant="cvae").fit(X, THREE).set_params(variant=variant)
    for y in (X[:, 0], np.full(ROWS, "a"), THREE + 1j, X, [None] * ROWS):
        model.fit(X, y)
        assert not hasattr(model, "classes_")


@every_labelled
def test_a_class_that_only_the_held_out_rows_have_is_named(variant):
    model = quick(variant=variant).fit(X, np.array(["a", "b"])[THREE % 2])
    with pytest.raises(SettingsError, match="y has the class 'c', which was not among those learned, 'a', 'b'") as one:
        model.score(X, np.array(["a", "b", "c"])[THREE])
    assert is_sentence(str(one.value))
    with pytest.raises(SettingsError, match="y has the classes 0, 1, 2, which were not among"):
        model.score(X, THREE)
    # Rows sorted by class, cut in three: each part has a class of its own.
    with pytest.raises(SettingsError, match="y has the class 0, which was not among those learned, 1, 2"):
        cross_val_score(quick(variant=variant), X, np.sort(THREE), cv=KFold(3), error_score="raise")


@every_labelled
def test_labels_go_through_pipelines_searches_and_scores(variant):
    y = np.array(["a", "b", "c"])[THREE]
    line = make_pipeline(MinMaxScaler(), quick(variant=variant))
    found = GridSearchCV(line, {"autoencoder__n_components": [1, 2]}, cv=StratifiedKFold(2), error_score="raise").fit(
        X, y
    )
    assert np.isfinite(found.cv_results_["mean_test_score"]).all()
    assert found.best_estimator_[-1].classes_.tolist() == ["a", "b", "c"]


def test_codes_are_decoded_as_the_class_that_is_asked_for_or_as_the_mean_over_classes():
    model = quick(variant="cvae", likelihood="bernoulli", epochs=30).fit(X, np.array(["a", "b", "c"])[THREE])
    codes = model.transform(X)
    each = {name: model.inverse_transform(codes, name) for name in "abc"}
    assert np.abs(each["a"] - each["b"]).max() > 1e-3
    np.testing.assert_allclose(model.inverse_transform(codes, ["c"] * ROWS), each["c"])
    mixed = model.inverse_transform(codes, np.array(["a", "b", "c"])[THREE])
    np.testing.assert_allclose(mixed, np.stack(list(each.values()))[THREE, np.arange(ROWS)])
    np.testing.assert_allclose(model.inverse_transform(codes), np.mean(list(each.values()), axis=0), atol=1e-6)
    # Generate is the same of the torch model, whose classes are numbers.
    np.testing.assert_allclose(model.model_.generate(codes, THREE)[:, 0], mixed, atol=1e-5)
    for y, sentence in (
        ("d", "y has the class 'd'"),
        (["a"], r"\[24\], got \[1\]"),
        ([["a"]] * 2, r"got \[2, 1\]|got \[2\]"),
    ):
        with pytest.raises(SettingsError, match=sentence):
            model.inverse_transform(codes, y)
    with pytest.raises(SettingsError, match="plain takes no classes: leave y out"):
        quick().fit(X).inverse_transform(codes, "a")
