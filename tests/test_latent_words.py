"""What the page Latent space says of the case in view is what it draws: each sentence, in each of its branches."""

from __future__ import annotations

import re

import numpy as np
import pytest

from aecore.figures import latent as figures
from aecore.measures.codes import used, variance_shares
from aecore.questions import latent as ask
from aecore.questions.walks import AskWalk
from aecore.runs.spec import Spec
from aecore.ui.latent import words

SMALL = {"data": "digits", "images": 100, "width": 16, "depth": 1, "epochs": 5}


@pytest.fixture(scope="module")
def runs(shared):
    return {v: shared(Spec(**SMALL, variant=v, latent=8)) for v in ("vae", "plain", "sparse-l1")}


def way(*values: float) -> np.ndarray:
    return np.array(values)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (way(1, 3, 2), "comes to 3.00 between the ends, at step 1 of 2, above both ends (2.00 at most): a rise"),
        (way(1, 1.5, 2), "below its farther end (2.00): no rise"),
        (way(1, 2, 2), "as far as its farther end (2.00): no rise"),
        (way(1, np.inf, 2), "its output is not an image"),
    ],
)
def test_one_walk_is_told_by_its_farthest_step(found, said):
    assert said in words.walks({"A": found}, 2.5)
    assert "Here" not in words.walks({"A": found}, 2.5)


def test_a_walk_beyond_or_within_what_real_images_have():
    assert "and beyond what held-out images have on average (2.50)" in words.walks({"A": way(1, 3, 2)}, 2.5)
    assert "and within what held-out images have on average (3.50)" in words.walks({"A": way(1, 3, 2)}, 3.5)


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (way(1, 3, 1), way(1, 2, 1), "Here B has the lower peak; A is nearer to a training image at 0 of 3"),
        (way(1, 2, 1), way(1, 3, 1), "Here A has the lower peak; A is nearer to a training image at 1 of 3"),
        (
            way(1, 2, 1),
            way(2, 2, 1),
            "Here both peak equally high; A is nearer to a training image at 1 of 3 steps, B at 0",
        ),
    ],
)
def test_two_walks_are_compared(one, other, said):
    assert said in words.walks({"A": one, "B": other}, 5.0)
    assert "Here" not in words.walks({"A": one, "B": np.full(3, np.nan)}, 5.0)


def test_a_slice_moves_the_widest_dimensions_unless_others_are_asked_for():
    shares = np.array([0.1, 0.0, 0.6, 0.3])
    assert words.dimensions(0, 0, shares) == (3, 4)
    assert words.dimensions(0, 3, shares) == (4, 3)
    assert words.dimensions(2, 0, shares) == (2, 3)
    assert words.dimensions(1, 2, shares) == (1, 2)
    assert words.dimensions(0, 0, np.full(4, np.nan)) == (1, 2)


def test_a_slice_along_what_is_not_in_use_says_so():
    in_use = np.array([True, False, False, True])
    assert words.slice_use((1, 4), in_use) == ""
    assert words.slice_use((1, 2), in_use).startswith(
        "Code dimension 2 is not in use: over the images it hardly varies."
    )
    assert "Code dimensions 2, 3 are not in use: over the images they hardly vary. In use: 1, 4." in words.slice_use(
        (2, 3), in_use
    )
    assert words.slice_use((1, 2), np.zeros(4, bool)).startswith("No dimension of this code is in use")


def test_dots_of_a_slice():
    assert "nothing else is fixed" in words.slice_dots(2)
    assert "another class" in words.slice_dots(2, "3")
    assert "this image's values there" in words.slice_dots(3)


@pytest.mark.parametrize(
    ("axes", "latent", "said"),
    [
        (("code dimension 1", "spread out by class"), 1, words.SPREAD_OUT),
        (("code dimension 1", "code dimension 2"), 2, "These are the codes themselves"),
        (("principal direction 1", "principal direction 2"), 5, "PCA keeps the two directions"),
        (("UMAP 1", "UMAP 2"), 5, "UMAP keeps neighbours"),
    ],
)
def test_a_map_says_what_it_does_not_say(axes, latent, said):
    text = words.trust(axes, latent, 0.9, 0.5, 100, 100)
    assert said in text
    assert ("trustworthiness 0.900" in text) == (latent > 2)
    assert "of the first" not in text
    assert "50.0% of the first 50" in words.trust(axes, latent, 0.9, 0.5, 100, 50)


def test_correlations_of_what_is_not_in_use_are_blank_and_said():
    found = np.array([[1, 0.9, 0.2], [0.9, 1, 0.1], [0.2, 0.1, 1.0]])
    assert words.correlated(found, np.ones(3, bool)) == "Most correlated are dimensions 1 and 2: r = 0.90."
    said = words.correlated(found, np.array([True, False, True]))
    assert said == "Most correlated are dimensions 1 and 3: r = 0.20. Not in use, so left blank: 2."
    assert "nothing to correlate" in words.correlated(found, np.array([True, False, False]))
    assert "diverged" in words.correlated(found * np.nan, np.ones(3, bool))
    drawn = figures.correlations(found, np.array([True, False, True])).data[0].z
    assert np.isnan(drawn[1]).all()
    assert np.isnan(drawn[:, 1]).all()
    assert drawn[0, 2] == 0.2


def test_what_moves_while_a_run_is_rewound():
    assert "The axes stay" in words.rewound(2)
    assert "two main directions of 5 dimensions" in words.rewound(5)


@pytest.mark.parametrize(("a", "b"), [(0, 13), (3, 200), (7, 7)])
def test_what_between_says_is_what_it_draws(runs, a, b):
    """From the pictures themselves: distances to the training images, their peaks and who is nearer how often."""
    walks = {v: AskWalk(a, b, "straight", 13)(runs[v]) for v in ("vae", "plain")}
    said = words.walks({name: walk.distances for name, walk in walks.items()}, walks["vae"].usual)
    known = {}
    for name, run in runs.items():
        if name in walks:
            ends = run.model.embed(run.data.test.images[[a, b]])
            path = np.linspace(0, 1, 13)[:, None] * (ends[1] - ends[0]) + ends[0]
            pictures = run.model.generate(path.astype(np.float32))
            away = np.linalg.norm(pictures[:, None] - run.data.train.images[None], axis=(2, 3)).min(1)
            known[name] = away
            peak = re.search(rf"\*\*{name}\*\* comes to ([\d.]+)", said)[1]
            assert float(peak) == pytest.approx(away[1:-1].max(), abs=6e-3)
    nearer = (known["vae"] < known["plain"]).sum()
    assert f"vae is nearer to a training image at {nearer} of 13 steps" in said


@pytest.mark.parametrize("variant", ["vae", "plain", "sparse-l1"])
def test_a_slice_at_its_defaults_moves_what_varies_most(runs, variant):
    run = runs[variant]
    codes = ask.AskPoints(460)(run).codes
    two = words.dimensions(0, 0, variance_shares(codes))
    variances = codes.astype(np.float64).var(0)
    assert {number - 1 for number in two} == set(np.argsort(-variances)[:2])
    in_use = used(codes, ask.least_variance(run.model, codes))
    idle = [number for number in two if variances[number - 1] <= ask.least_variance(run.model, codes)]
    assert bool(words.slice_use(two, in_use)) == bool(idle)


@pytest.mark.parametrize("variant", ["vae", "plain", "sparse-l1"])
def test_the_figures_say_what_is_in_use_and_correlate_no_other(runs, variant):
    found = ask.AskFigures(460)(runs[variant])
    codes = runs[variant].model.embed(ask.images_of(runs[variant], 460)[0]).astype(np.float64)
    assert np.array_equal(found.used, codes.var(0) > found.least)
    drawn = figures.correlations(found.correlations, found.used).data[0].z
    assert np.array_equal(np.isfinite(drawn).any(0), found.used)
    if found.used.sum() > 1:
        one, other = map(
            int, re.search(r"dimensions (\d+) and (\d+)", words.correlated(found.correlations, found.used)).groups()
        )
        known = np.abs(np.corrcoef(codes[:, found.used].T) - np.eye(found.used.sum())).max()
        assert abs(np.corrcoef(codes[:, one - 1], codes[:, other - 1])[0, 1]) == pytest.approx(known, abs=1e-4)
