"""Small tables through the estimator: what is taken, what defaults reach, what is said where nothing was learned."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from combinations import AUTOENCODERS
from conftest import is_sentence
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from aecore.estimator import Autoencoder
from aecore.fitting import STEPS
from aecore.measures.gain import gain
from aecore.runs.choices import knobs_of
from aecore.settings import SettingsError
from aecore.variants import variants
from aecore.variational import HasPosterior

QUICK = {"epochs": 1, "settings": {"width": 8, "depth": 1}}
short = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
IRIS = load_iris().data[np.random.default_rng(0).permutation(150)]
DIGITS = load_digits().data[np.random.default_rng(0).permutation(1797)] / 16
NOISE = np.random.default_rng(0).normal(size=(60, 6))
PLANE = NOISE[:, :2] @ np.random.default_rng(1).normal(size=(2, 6)) + 0.3 * NOISE
# Rows to learn from, and rows to be judged by.
TABLES = {
    "iris": (IRIS[:110], IRIS[110:]),
    "iris in [0, 1]": (MinMaxScaler().fit_transform(IRIS)[:110], MinMaxScaler().fit_transform(IRIS)[110:]),
    "30 of iris": (IRIS[:30], IRIS[30:]),
    "30 digits": (DIGITS[:30], DIGITS[1000:]),
    "100 digits": (DIGITS[:100], DIGITS[1000:]),
    "30 near a plane": (PLANE[:30], PLANE[30:]),
}


def left(model: Autoencoder, rows: np.ndarray, learned: np.ndarray) -> float:
    """The squared error on ``rows`` as a share of that of the mean of the rows ``learned`` from."""
    rebuilt = model.inverse_transform(model.transform(rows))
    return float(np.square(rows - rebuilt).sum() / np.square(rows - learned.mean(0)).sum())


@pytest.mark.learns
@pytest.mark.parametrize("variant", ["plain", "vae"])
@pytest.mark.parametrize("table", TABLES)
def test_defaults_beat_the_mean_on_rows_not_learned_from_and_warn_of_nothing(variant, table):
    learned, others = TABLES[table]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = Autoencoder(variant=variant).fit(learned)
    assert model.n_iter_ * -(-len(learned) // 100) >= STEPS
    assert left(model, others, learned) < 0.95


@pytest.mark.learns
@pytest.mark.parametrize("variant", AUTOENCODERS)
def test_no_variant_is_worse_than_the_mean_in_silence(variant):
    learned, others = TABLES["30 of iris"]
    architecture = {"vq-vae": "conv", "denoising-grid": "conv"}.get(variant)
    if architecture:
        pytest.skip("made for images")
    linear = {"architecture": "linear"} if variant.startswith("masked-linear") else {}
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model = Autoencoder(variant=variant, **linear).fit(learned, np.arange(30) % 3)
    if not said:
        assert left(model, learned, learned) < 0.98
    assert all(issubclass(one.category, ConvergenceWarning) and is_sentence(str(one.message)) for one in said)


@pytest.mark.parametrize("table", TABLES)
def test_training_that_was_too_short_is_told_with_what_to_raise(table):
    with pytest.warns(
        ConvergenceWarning, match=r"training was short: \d+ steps? leave .* raise epochs \(now 1\)"
    ) as told:
        Autoencoder(epochs=1).fit(TABLES[table][0])
    assert is_sentence(str(told[0].message))


def test_a_code_that_a_penalty_keeps_empty_is_told():
    with pytest.warns(ConvergenceWarning, match="nothing was learned: .* lower the weights of penalties"):
        Autoencoder(variant="vae", settings={"beta": 100}).fit(IRIS)


def test_many_rows_have_the_usual_epochs_and_asked_for_epochs_are_kept():
    assert Autoencoder(settings=QUICK["settings"]).fit(np.tile(IRIS, (8, 1))).n_iter_ == 25
    assert Autoencoder(epochs=70).fit(NOISE).n_iter_ == 70


@pytest.mark.parametrize("features", [3, 40])
def test_the_gain_of_pca_is_that_of_scikit_learn(features):
    from sklearn.decomposition import PCA

    rows = np.random.default_rng(0).normal(size=(20, features)) * np.arange(1, features + 1)
    rebuilt = PCA(2).fit(rows).inverse_transform(PCA(2).fit_transform(rows))
    found = gain(rows, rebuilt, 2)
    assert found.left == pytest.approx(found.left_by_pca)
    assert found.share == pytest.approx(1)
    assert gain(rows, np.broadcast_to(rows.mean(0), rows.shape), 2).share == pytest.approx(0, abs=1e-9)
    assert gain(rows * 0 + 1e9, rows * 0, 2).share == 1


@short
@pytest.mark.parametrize("variant", [name for name in variants if issubclass(variants[name], HasPosterior)])
@pytest.mark.parametrize("likelihood", ["auto", "bernoulli"])
def test_held_out_rows_beyond_what_was_learned_from_have_a_score(variant, likelihood):
    """As after a scaler that has seen the training rows only; one row far out in one feature, too."""
    if likelihood not in ("auto", *knobs_of({"variant": variant})["likelihood"].choices):
        pytest.skip("goes with another likelihood alone")
    scaler, labels = MinMaxScaler().fit(DIGITS[:200, 20:30]), np.arange(200) % 2
    model = Autoencoder(variant=variant, likelihood=likelihood, **QUICK).fit(
        scaler.transform(DIGITS[:200, 20:30]), labels
    )
    wide = scaler.transform(DIGITS[200:400, 20:30]) * 1.3 - 0.1
    assert wide.min() < -0.05
    assert np.isfinite(model.score(wide, labels))
    wide[3, 2] = 40.0
    assert np.isfinite(model.score(wide, labels))
    assert np.isfinite(model.transform(wide)).all()


@short
def test_what_lies_beyond_counts_as_the_nearest_end():
    model = Autoencoder(variant="vae", likelihood="bernoulli", **QUICK).fit(DIGITS[:50])
    assert model.likelihood_ == "bernoulli"
    beyond = DIGITS[50:90] * 1.2 - 0.1
    assert model.score(beyond) == pytest.approx(model.score(beyond.clip(0, 1)))


@short
def test_every_fold_of_a_scaled_table_has_a_score():
    line = make_pipeline(MinMaxScaler(), Autoencoder(variant="vae", **QUICK))
    assert np.isfinite(cross_val_score(line, PLANE, cv=5, error_score="raise")).all()


@short
def test_rows_on_another_scale_are_refused_by_a_bernoulli():
    model = Autoencoder(variant="vae", likelihood="bernoulli", **QUICK).fit(DIGITS[:50])
    for ask in (model.score, model.transform):
        with pytest.raises(SettingsError, match="bernoulli needs values from 0 to 1, got 0 to 255"):
            ask(DIGITS[:50] * 255)


# What rows may come as, and what is no rows.
SAME = {
    "a list": lambda X: X.tolist(),
    "a tensor": lambda X: torch.from_numpy(X).requires_grad_(),
    "objects": lambda X: X.astype(object),
    "no mask": np.ma.masked_array,
    "the other order": np.asfortranarray,
}
WRONG = {
    "one row": (lambda X: X[0], r"rows \[n, d\], got \[4\]; X.reshape\(1, -1\) is one row"),
    "images": (lambda X: X.reshape(-1, 2, 2), r"rows \[n, d\], got \[20, 2, 2\]: give X.reshape\(len\(X\), -1\)"),
    "a feature less": (lambda X: X[:, :3], "X has 3 features, but Autoencoder is expecting 4 features"),
    "nan": (lambda X: np.where(X > 5, np.nan, X), r"X must be finite numbers, got nan or infinity in \d+ of 80"),
    "infinite": (lambda X: np.where(X > 5, -np.inf, X), "X must be finite numbers"),
    "complex": (lambda X: X + 1j, "X must be real numbers"),
    "masked": (lambda X: np.ma.masked_greater(X, 5), "X must be whole, got masked values"),
    "ragged": (lambda X: [[1.0, 2.0], [1.0]], "rows of different lengths"),
    "text": (lambda X: [["a", "b", "c", "d"]], "could not convert string"),
    "none": (lambda X: None, "X must be rows .* got an? NoneType"),
    "a number": (lambda X: 3.0, "X must be rows .* got an? float"),
    "no row": (lambda X: X[:0], "0 sample"),
}


@short
def test_rows_are_taken_from_what_holds_them_or_refused_in_one_sentence():
    X = IRIS[:20]
    model = Autoencoder(**QUICK).fit(X)
    codes = model.transform(X)
    for name, as_given in SAME.items():
        np.testing.assert_array_equal(model.transform(as_given(X)), codes, err_msg=name)
        np.testing.assert_allclose(clone(model).fit(as_given(X)).transform(X), codes, atol=1e-5, err_msg=name)
    for name, (spoil, sentence) in WRONG.items():
        asks = [model.transform, model.score] + ([clone(model).fit] if name != "a feature less" else [])
        for ask in asks:
            with pytest.raises(ValueError, match=sentence) as refusal:
                ask(spoil(X))
            assert is_sentence(str(refusal.value)), name
    for wrong in (
        codes[0],
        codes[None],
        np.where(codes > 0, np.nan, codes),
        codes + 0j,
        codes.astype(str),
        codes * 1e30,
    ):
        with pytest.raises(ValueError) as refusal:
            model.inverse_transform(wrong)
        assert is_sentence(str(refusal.value))


@short
def test_scikit_learns_names_are_ours():
    ours = Autoencoder(latent=3, seed=5, **QUICK).fit(IRIS).transform(IRIS)
    for theirs in (
        Autoencoder(n_components=3, random_state=5, **QUICK),
        clone(Autoencoder(n_components=3, random_state=5, **QUICK)),
        Autoencoder(**QUICK).set_params(n_components=np.int64(3), random_state=5),
        Autoencoder(n_components=3, latent=3, seed=5, random_state=5, **QUICK),
    ):
        np.testing.assert_array_equal(theirs.fit(IRIS).transform(IRIS), ours)
        assert (theirs.get_params()["n_components"], theirs.get_params()["random_state"]) == (3, 5)
    found = GridSearchCV(Autoencoder(**QUICK), {"n_components": [1, 4]}, cv=2, error_score="raise").fit(IRIS)
    assert found.best_estimator_.transform(IRIS).shape[1] == found.best_params_["n_components"]
    assert Autoencoder(random_state=np.random.RandomState(3), **QUICK).fit(IRIS).n_iter_ == 1


@pytest.mark.parametrize(
    ("keywords", "sentence"),
    [
        (
            {"latent": 2, "n_components": 3},
            "n_components and latent are two names of one setting, got 3 and 2: give one",
        ),
        ({"seed": 0, "random_state": 1}, "random_state and seed are two names of one setting, got 1 and 0: give one"),
        ({"n_components": 0.95}, "n_components names latent: latent must be a whole number from 1 to 1024, got 0.95"),
        ({"random_state": -1}, "random_state names seed: seed must be"),
        ({"random_state": "a"}, "random_state names seed: seed must be"),
    ],
)
def test_two_names_with_two_values_and_values_not_allowed_are_refused(keywords, sentence):
    with pytest.raises(SettingsError, match=sentence) as refusal:
        Autoencoder(**keywords).fit(IRIS)
    assert is_sentence(str(refusal.value))


@short
def test_a_table_with_named_columns_goes_through_a_pipeline():
    frame = pd.DataFrame(IRIS, columns=list("abcd"))
    line = make_pipeline(StandardScaler(), Autoencoder(n_components=2, **QUICK)).fit(frame)
    assert list(line.get_feature_names_out()) == ["autoencoder0", "autoencoder1"]
