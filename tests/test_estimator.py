"""The estimator is one of scikit-learn's, on any real rows, and its scores mean what they say."""

from __future__ import annotations

import inspect
import math
import pickle

import numpy as np
import pytest
import torch
from combinations import AUTOENCODERS
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import aecore
from aecore.dataset import Facts, Split
from aecore.estimator import Autoencoder
from aecore.runs.choices import choice_knob, knobs_of
from aecore.runs.spec import Spec
from aecore.settings import SettingsError, knobs
from aecore.training import TrainerState, Training, train
from aecore.variants import variants

# Most of what follows trains for a few steps only, and is told so; the warning has tests of its own.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# One epoch of one small layer: the checks ask for the manners of an estimator, not for what it learns.
QUICK = {"epochs": 1, "settings": {"width": 16, "depth": 1}}

# What takes a linear autoencoder of a few hundred rows to its optimum.
CONVERGED = {"epochs": 60, "batch_size": 32, "learning_rate": 0.1, "precision": "fp32"}


# Asks for an environment variable that must be set before scipy is imported.
array_api = pytest.mark.filterwarnings("ignore:.*SCIPY_ARRAY_API:sklearn.exceptions.SkipTestWarning")


@array_api
@parametrize_with_checks([Autoencoder(variant="vae", **QUICK)])
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


@pytest.mark.wide
@array_api
@parametrize_with_checks(
    [
        Autoencoder(),
        # One of each kind: a code, a damaged input, two players.
        *(Autoencoder(variant=name, **QUICK) for name in ("plain", "denoising", "factor-vae")),
        Autoencoder(likelihood="gaussian-learned", precision="fp32", **QUICK),
    ]
)
def test_scikit_learns_own_checks_of_each_kind(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def digits():
    """[400, 64] digits in [0, 1] and their labels."""
    X, y = load_digits(return_X_y=True)
    return X[:400] / 16, y[:400]


@pytest.fixture(scope="module")
def cloud():
    """[300, 6] normal rows of which two directions carry nearly all, at an odd place and scale."""
    rng = np.random.default_rng(0)
    flat = rng.normal(size=(300, 2)) * (3, 2) @ rng.normal(size=(2, 6)) + 0.7 * rng.normal(size=(300, 6))
    return flat + 5


def quick(**more) -> Autoencoder:
    return Autoencoder(**{"epochs": 3, "settings": {"width": 32, "depth": 1}} | more)


def test_the_shared_defaults_are_the_declared_ones():
    given = {name: p.default for name, p in inspect.signature(Autoencoder).parameters.items()}
    declared = Spec().flat()
    shared = set(given) & set(declared) - {"likelihood"}
    found = {name: given[name] for name in shared if given[name] is not None}
    assert found == {name: declared[name] for name in found}
    assert {knob.name for knob in knobs(Training)} < shared
    # These have two names, or are chosen by the number of rows.
    assert shared - set(found) == {"latent", "seed", "epochs"}
    model = Autoencoder(settings=QUICK["settings"]).fit(np.eye(20).repeat(120, 0))
    assert (model.model_.latent, model.n_iter_) == (declared["latent"], declared["epochs"])
    codes = Autoencoder(settings=QUICK["settings"], seed=declared["seed"]).fit(np.eye(20)).transform(np.eye(20))
    np.testing.assert_array_equal(codes, Autoencoder(settings=QUICK["settings"]).fit(np.eye(20)).transform(np.eye(20)))


@pytest.mark.parametrize("variant", AUTOENCODERS)
def test_shapes_and_names(variant, digits):
    X, y = digits
    architecture = choice_knob("architecture", {"variant": variant}).default
    known = knobs_of({"variant": variant, "architecture": architecture})
    small = {name: value for name, value in {"width": 32, "depth": 1}.items() if name in known}
    model = quick(variant=variant, architecture=architecture, latent=3, image_shape=(8, 8), settings=small).fit(X, y)
    codes, numbers = model.transform(X), model.model_.latent
    assert codes.shape == (400, numbers)
    assert model.inverse_transform(codes).shape == X.shape
    assert math.isfinite(model.score(X, y))
    assert list(model.get_feature_names_out()) == [f"autoencoder{k}" for k in range(numbers)]
    assert (model.n_features_in_, model.n_iter_) == (64, 3)
    assert all(len(values) == 3 and np.isfinite(values).all() for values in model.history_.values())


@pytest.mark.parametrize("variant", [name for name in variants if variants[name].needs_labels])
def test_a_variant_that_goes_by_labels_says_so_where_there_are_none(variant, digits):
    X, _ = digits
    with pytest.raises(SettingsError, match=f"{variant} needs labels: give y"):
        quick(variant=variant).fit(X)


def test_equal_seeds_give_equal_results_whatever_the_threads(digits):
    X, _ = digits
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        once = quick(variant="vae").fit(X)
        assert torch.get_num_threads() == 2
        torch.set_num_threads(1)
        again = quick(variant="vae").fit(X)
    finally:
        torch.set_num_threads(threads)
    np.testing.assert_array_equal(once.transform(X), again.transform(X))
    assert once.score(X) == pytest.approx(again.score(X))
    assert not np.array_equal(once.transform(X), quick(variant="vae", seed=1).fit(X).transform(X))


def test_neither_fit_nor_score_touches_the_global_chance(digits):
    X, _ = digits
    before, numpys = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    quick(variant="vae").fit(X).score(X)
    assert torch.equal(before, torch.random.get_rng_state())
    np.testing.assert_array_equal(numpys, np.random.get_state()[1])  # noqa: NPY002


def test_bernoulli_rows_are_trained_on_as_they_are(digits):
    X, y = digits
    mine = quick(image_shape=(8, 8), precision="fp32").fit(X, y)
    data = Split(X.astype(np.float32).reshape(-1, 8, 8), y.astype(np.int64))
    spec = Spec(epochs=3, width=32, depth=1, precision="fp32")
    model = spec.model(Facts(data.images.mean(0)))
    list(train(data, spec.training, TrainerState(model, spec.training)))
    np.testing.assert_allclose(mine.transform(X), model.embed(data.images), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("rows", "likelihood"), [(np.eye(9), "bernoulli"), (3 * np.eye(9), "gaussian")])
def test_the_likelihood_is_read_off_the_rows(rows, likelihood):
    assert quick().fit(rows).likelihood_ == likelihood


def test_a_scaler_that_overshoots_by_rounding_still_means_bernoulli(cloud):
    scaled = MinMaxScaler().fit_transform(cloud) * (1 + 1e-12)
    assert scaled.max() > 1
    assert quick().fit(scaled).likelihood_ == "bernoulli"


def test_bernoulli_decodes_into_the_unit_interval_and_gaussian_does_not(digits, cloud):
    far = np.array([[30.0, -30.0], [-30.0, 30.0]])
    bernoulli = quick().fit(digits[0]).inverse_transform(far)
    assert bernoulli.min() >= 0
    assert bernoulli.max() <= 1
    assert quick().fit(cloud).inverse_transform(far).max() > 1


def test_a_linear_autoencoder_does_what_pca_does(cloud):
    model = Autoencoder(architecture="linear", **CONVERGED).fit(cloud)
    pca = PCA(2).fit(cloud)
    floor = -np.square(cloud - pca.inverse_transform(pca.transform(cloud))).sum(1).mean()
    assert floor * 1.05 < model.score(cloud) <= floor * (1 - 1e-9)


@pytest.mark.parametrize(("scale", "shift"), [(1e6, -3e7), (1e-8, 0.0)])
def test_units_do_not_matter_and_scores_follow_them(cloud, scale, shift):
    for variant in ("plain", "vae"):
        here, there = quick(variant=variant, precision="fp32"), quick(variant=variant, precision="fp32")
        there.set_params(likelihood="gaussian").fit(cloud * scale + shift)
        here.fit(cloud)
        np.testing.assert_allclose(here.transform(cloud), there.transform(cloud * scale + shift), rtol=0.02, atol=0.02)
        wanted = here.score(cloud) * scale**2 if variant == "plain" else here.score(cloud) - 6 * math.log(scale)
        assert there.score(cloud * scale + shift) == pytest.approx(wanted, rel=0.01)


def test_the_bound_stays_below_the_log_likelihood_and_near_it(cloud):
    """Of a linear VAE with learned variance the log-likelihood is at most that of probabilistic PCA."""
    model = Autoencoder(variant="vae", architecture="linear", likelihood="gaussian-learned", **CONVERGED).fit(cloud)
    best = PCA(2).fit(cloud).score(cloud)
    assert best - 0.5 < model.score(cloud) < best + 0.1


def test_training_raises_the_score(digits, cloud):
    for X, variant in ((digits[0], "plain"), (digits[0], "vae"), (cloud, "plain"), (cloud, "vae")):
        assert quick(variant=variant, epochs=25).fit(X).score(X) > quick(variant=variant, epochs=1).fit(X).score(X)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_number_types_are_kept(cloud, kind):
    X = cloud.astype(kind)
    model = quick().fit(X)
    assert model.transform(X).dtype == kind
    assert model.inverse_transform(model.transform(X)).dtype == kind


def test_the_rows_given_stay_as_they_are(digits):
    X, y = digits[0].astype(np.float32), digits[1].astype(np.int64)
    before = X.copy()
    quick(variant="vae").fit(X, y).score(X, y)
    np.testing.assert_array_equal(X, before)
    X[0], y[0] = 0, 0


def test_in_a_pipeline_and_a_search(digits):
    X, y = digits
    line = make_pipeline(StandardScaler(), quick(variant="vae"))
    grid = {"autoencoder__latent": np.array([1, 4]), "autoencoder__settings": [{"beta": 0.5}, {"beta": 4.0}]}
    search = GridSearchCV(line, grid, cv=2, error_score="raise").fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_estimator_.transform(X).shape[1] == search.best_params_["autoencoder__latent"]


def test_conv_takes_rows_as_images(digits):
    X, _ = digits
    model = Autoencoder(architecture="conv", image_shape=(8, 8), epochs=1, settings={"width": 4, "depth": 1}).fit(X)
    assert model.inverse_transform(model.transform(X)).shape == X.shape


def test_a_clone_and_a_pickle_do_the_same(digits):
    X, _ = digits
    model = quick(variant="vae").fit(X)
    codes = model.transform(X)
    np.testing.assert_array_equal(clone(model).fit(X).transform(X), codes)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).transform(X), codes)  # noqa: S301 - our own bytes


def test_one_row_constant_rows_and_batches_larger_than_the_data():
    for X in (np.full((1, 3), 7.0), np.full((20, 3), 0.1 + 1e9), np.full((5, 1), 1e-300)):
        model = quick(batch_size=2048, likelihood="gaussian").fit(X)
        np.testing.assert_allclose(model.inverse_transform(model.transform(X)), X, rtol=1e-6, atol=0.5)
        assert math.isfinite(model.score(X))


REFUSED = [
    ({"variant": "vea"}, "did you mean vae"),
    ({"architecture": "dens"}, "did you mean dense"),
    ({"latent": 0}, "latent must be"),
    ({"epochs": 0}, "epochs must be a whole number from 1 to 500, got 0"),
    ({"likelihood": "poisson"}, "likelihood must be one of"),
    ({"seed": -1}, "seed must be"),
    ({"settings": {"beta": 4.0}}, "has no setting beta"),
    ({"variant": "vae", "settings": {"beta": 400}}, "beta must be from 0 to 100, got 400"),
    ({"settings": {"latent": 3}}, "latent has a keyword of its own"),
    ({"settings": {"data": "digits"}}, "there is no setting data here"),
    ({"settings": {"images": 200}}, "there is no setting images here"),
    ({"settings": {3: 4}}, "settings must map names to values"),
    ({"settings": "beta"}, "settings must map names to values"),
    ({"architecture": "conv"}, "image_shape must be"),
    ({"image_shape": (8, 9)}, "image_shape must multiply to the 64 features of a row, got 8x9"),
    ({"image_shape": (-8, -8)}, "image_shape must be"),
    ({"image_shape": 8}, "image_shape must be"),
    ({"image_shape": (4, 16), "architecture": "conv"}, "at least 8x8"),
]


@pytest.mark.parametrize(("keywords", "sentence"), REFUSED)
def test_what_is_not_allowed_is_said_in_one_sentence(keywords, sentence, digits):
    with pytest.raises(SettingsError, match=sentence) as caught:
        Autoencoder(**keywords).fit(digits[0])
    assert "\n" not in str(caught.value)


def test_bernoulli_refuses_what_is_no_probability(digits, cloud):
    with pytest.raises(SettingsError, match="bernoulli needs values from 0 to 1, got .* choose gaussian"):
        quick(likelihood="bernoulli").fit(cloud)
    model = quick(variant="vae").fit(digits[0])
    with pytest.raises(SettingsError, match="bernoulli needs"):
        model.score(digits[0] * 16)


def test_codes_of_another_length_are_refused(digits):
    with pytest.raises(ValueError, match="a code has 2 dimensions, got rows of 3"):
        quick().fit(digits[0]).inverse_transform(np.zeros((4, 3)))


def test_labels_of_another_length_are_refused(digits):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        quick().fit(digits[0], digits[1][:-1])


def test_before_fit_nothing_is_known():
    for ask in ("transform", "inverse_transform", "score"):
        with pytest.raises(NotFittedError):
            getattr(Autoencoder(), ask)(np.zeros((2, 2)))


def test_a_training_that_diverges_says_what_to_lower(digits, monkeypatch):
    monkeypatch.setattr("aecore.training._step", _not_a_number)
    with pytest.raises(SettingsError, match="lower the learning rate"):
        quick(batch_size=8).fit(digits[0])


def _not_a_number(progress, *_):
    progress.step += 1
    return {"reconstruction": torch.tensor(math.nan)}, torch.tensor(math.nan)


def test_it_is_the_public_one():
    assert aecore.Autoencoder is Autoencoder
