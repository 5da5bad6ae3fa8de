"""What the page PCA says of the case in view is what its charts draw: each sentence, in each of its branches."""

from __future__ import annotations

import re

import numpy as np
import pytest

from aecore.exhibits.images import subspace_of
from aecore.figures.pca import excess_of
from aecore.figures.race import Descent
from aecore.measures.pca import pca_of
from aecore.questions import pca as ask
from aecore.runs.spec import Spec
from aecore.ui.pca import words

SMALL = {"data": "digits", "images": 100, "likelihood": "gaussian", "epochs": 3, "width": 16, "depth": 1}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (8.0, "m 8.00, 20% less"),
        (12.5, "m 12.50, 25% more"),
        (10.05, "m 10.05, the same within 1 %"),
        (np.nan, "m nan"),
    ],
)
def test_more_less_or_as_much(value, said):
    assert words.against("m", value, 10.0) == said


def test_components_that_hold_half():
    assert "first 1 component holds 60%" in words.components(np.array([6.0, 3.0, 1.0]))
    assert "first 2 components hold 70%" in words.components(np.array([4.0, 3.0, 2.0, 1.0]))
    assert "90 % takes 3." in words.components(np.array([4.0, 3.0, 2.0, 1.0]))
    assert "no variance" in words.components(np.zeros(3))


def test_centring():
    assert "nearly the mean image itself (cosine 0.990)" in words.centring(0.99)
    assert "are others (the first has a cosine of 0.200" in words.centring(0.2)


def test_span_and_axes():
    assert words.span(np.array([1.5, 0.5]), 2.0) == "Largest angle 1.50 degrees, median 1.00: under the goal of 2."
    assert "not under the goal" in words.span(np.array([2.5, 0.5]), 2.0)
    assert "diverged" in words.span(np.full(2, np.nan), 2.0)
    assert words.axes(np.array([0.5, 1.5]), 2.0) == "Its own axes are PCA's, 1.5 degrees off at most."
    assert words.axes(np.array([12.5, 1.0]), 2.0).startswith("Of its own axes 1 of 2 are PCA's; the farthest is 12.5")
    assert words.axes(np.array([12.5, 30.0]), 2.0) == "Its own axes are not PCA's: from 12.5 to 30.0 degrees off."
    assert words.axes(np.full(2, np.nan), 2.0) == ""


def test_ties():
    assert "it is also the one closest to a tie, 1.0 %" in words.ties(np.array([0.1, 5.0]), np.array([50.0, 1.0]))
    other = words.ties(np.array([5.0, 0.1]), np.array([50.0, 1.0]))
    assert "Farthest from the span is component 1, by 5.00" in other
    assert "closest to a tie is component 2" in other
    assert words.ties(np.array([1.0]), np.array([1.0])) == ""
    assert words.ties(np.array([1.0, np.nan]), np.array([1.0, 2.0])) == ""


def test_price():
    models = {"linear": {2: 40.0, 10: 20.1}, "dense": {2: 30.0, 10: 10.0}}
    assert words.price([2, 10], [41.0, 20.0], models) == (
        "With 10 code dimensions PCA loses 20.00 per held-out image; linear 20.10, the same within 1 %; "
        "dense 10.00, 50% less."
    )
    assert "With 2 code dimensions" in words.price([2, 10], [41.0, 20.0], models | {"conv": {2: 50.0}})
    assert "conv 50.00, 22% more" in words.price([2, 10], [41.0, 20.0], models | {"conv": {2: 50.0}})
    assert words.price([2, 10], [41.0, 20.0], {}) == ""
    assert words.price([2], [41.0], {"conv": {10: 5.0}}) == ""


def test_curved():
    assert words.curved(0.1, 0.02).endswith("0.020: nearer.")
    assert words.curved(0.1, 0.3).endswith("farther.")
    assert words.curved(0.1, 0.1).endswith("no nearer.")
    assert "diverged" in words.curved(0.1, np.nan)


def test_cut_off():
    said = words.cut_off({"PCA": np.array([10.0, 5.0, 2.0]), "plain": np.array([10.0, 14.0, 1.0])})
    assert "first 1 of 2 dimensions, squared error per image: PCA 5.0, plain 14.0." in said
    assert "lowers it, or leaves it unchanged, for PCA." in said
    assert "For plain, 1 dimension of 2 raises it." in said
    assert "For" not in words.cut_off({"PCA": np.array([10.0, 5.0, 2.0])})


def test_agreement():
    apart = words.agreement({"pixels": np.array([0.3, 0.31]), "codes": np.array([0.5, 0.52])})
    assert "best for codes (0.51); pixels has 0.30" in apart or "best for codes (0.51); pixels has 0.31" in apart
    assert "No start of the others reaches its worst" in apart
    overlap = words.agreement({"pixels": np.array([0.3, 0.51]), "codes": np.array([0.5, 0.52])})
    assert "Its starts and those of pixels overlap" in overlap


@pytest.fixture(scope="module")
def runs(shared):
    both = SMALL | {"latent": 4}
    return {variant: shared(Spec(**both, variant=variant)) for variant in ("nested", "plain")}


def test_what_ordered_says_is_what_it_draws(runs):
    """The errors at half the code, recomputed from the models."""
    errors = {name: ask.truncated(run).errors for name, run in runs.items()}
    said = words.cut_off(errors)
    images = runs["plain"].data.test.images
    codes = runs["plain"].model.embed(images)
    codes[:, 2:] = runs["plain"].model.embed(runs["plain"].data.train.images).mean(0)[2:]
    # Few pixels leave [0, 1]: the page's error is of outputs as they are.
    clipped = np.square(runs["plain"].model.generate(codes) - images).sum((1, 2)).mean()
    assert float(re.search(r"plain (\d+\.\d)", said)[1]) == pytest.approx(clipped, rel=0.05)
    for name, found in errors.items():
        rises = (np.diff(found) > words.SAME * found[0]).sum()
        assert (f"For {name}, {rises} dimension" in said) == bool(rises)


def test_what_the_subspace_says_is_what_it_draws(shared):
    how = {"architecture": "linear", "epochs": 60, "learning_rate": 1e-2}
    run = shared(Spec(data="digits", images=100, likelihood="gaussian", latent=3, **how))
    found, variances = subspace_of(run.history.moments[-1]), pca_of(run.data).variances
    assert f"Largest angle {found.span.max():.2f} degrees" in words.span(found.span, 2.0)
    assert ("not under" in words.span(found.span, 2.0)) == (found.span.max() >= 2)
    said = words.ties(found.reach, excess_of(variances, 3))
    assert f"Farthest from the span is component {found.reach.argmax() + 1}" in said
    gaps = variances[:3] / variances[3] - 1
    assert f"{100 * gaps.min():.1f} % above component 4" in said


def test_what_clusters_say_is_what_they_draw(runs):
    found = ask.Grouping(5)(runs["plain"])
    scores = {group.title: group.clusters.rand for group in found.groups}
    said = words.agreement(scores)
    best = max(scores, key=lambda name: scores[name].mean())
    assert f"best for {best} ({scores[best].mean():.2f})" in said
    reached = any(scores[name].max() >= scores[best].min() for name in scores if name != best)
    assert ("overlap" in said) == reached


def test_a_race_says_when_each_model_passes_pca_and_who_does_not():
    pca = [Descent("PCA", 2, np.array([0.05]), np.array([40.0])), Descent("PCA", 8, np.array([0.05]), np.array([20.0]))]
    seconds = np.array([0.0, 1.0, 3.0])
    runs = [
        Descent("dense", 2, seconds, np.array([60.0, 41.0, 30.0])),
        Descent("conv", 8, seconds, np.array([60.0, 50.0, np.nan])),
        Descent("dense", 64, seconds, np.array([60.0, 1.0, 1.0])),
    ]
    known = "dense of 2 is below it after 3.0 s (60 times as long); conv of 8 is not below it after 3.0 s."
    assert words.race(pca, runs) == f"PCA took 0.05 s for all sizes; {known}"
    assert words.race(pca, runs[2:]) == ""
