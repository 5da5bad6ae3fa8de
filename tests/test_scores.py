"""Scores of runs on held-out images: bounds against what they must lie below, words both ways, and their tab."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from browsing import expect, fits, status
from combinations import AUTOENCODERS
from conftest import is_sentence

from aecore.figures.palette import CLASS_COLOURS
from aecore.figures.scores import bounds_by_samples
from aecore.measures.quality import elbo
from aecore.questions import scores as ask
from aecore.runs.run import Run
from aecore.runs.spec import Spec
from aecore.variants import variants
from aecore.variational import HasPosterior

SMALL = {"data": "digits", "images": 300, "width": 16, "depth": 1}


@pytest.fixture(scope="module")
def run(shared) -> Run:
    """One that stores more than it should, so that its encoder is too sure of its codes."""
    return shared(Spec(**SMALL, variant="vae", latent=1, beta=0.01, epochs=40))


@pytest.fixture(scope="module")
def found(run) -> dict[str, ask.Scores]:
    return ask.AskScores(100)(run).by_name


def exact(run: Run, images: np.ndarray) -> np.ndarray:
    """[N] log p(x) of images [N, H, W] under a model of one code dimension: the integral over it, on a fine grid."""
    codes = torch.linspace(-8, 8, 4001)[:, None]
    with torch.no_grad():
        logits = run.model.decode(codes).flatten(1)
        given = torch.from_numpy(images.copy()).flatten(1) @ logits.T - torch.nn.functional.softplus(logits).sum(1)
    prior = -(codes[:, 0].square() + math.log(2 * math.pi)) / 2
    return (given + prior).double().logsumexp(1).numpy() + math.log(16 / 4000)


# The question.


@pytest.mark.parametrize("reading", ["grey", "binarised"])
def test_bounds_rise_with_the_codes_drawn_and_stay_below_the_likelihood(run, found, reading):
    images = run.data.test.images[:100]
    if reading == "binarised":
        images = ask.binarised(images, ask.SEED)
    rises, errors = ask.mean_and_error(np.diff(found[reading].bounds, axis=0))
    assert (rises > -2 * errors).all()
    assert rises.sum() > 0.5
    below, error = ask.mean_and_error(exact(run, images) - found[reading].bounds[-1])
    assert -3 * error < below < 0.5


def test_wider_codes_bring_a_bound_up_whose_encoder_is_too_sure(run, found):
    one = found["grey"]
    likelihood = exact(run, run.data.test.images[:100])
    below, error = ask.mean_and_error(likelihood - one.wide)
    assert -3 * error < below < (likelihood - one.bounds[-1]).mean() / 2
    assert one.best is one.wide
    low = replace(one, wide=one.wide - 100)
    assert np.array_equal(low.best, one.bounds[-1])


def test_annealing_comes_nearer_than_a_bound_whose_encoder_is_too_sure(run, found):
    """It asks no encoder, and stays at or below the integral over the one dimension, on average."""
    one = found["grey"]
    likelihood = exact(run, run.data.test.images[:10])
    below, error = ask.mean_and_error(likelihood - one.annealed)
    assert -3 * error < below < 0.5
    assert below < (likelihood - one.bounds[0, :10]).mean()
    assert one.too_low == pytest.approx(float((one.annealed - one.best[:10]).mean()))


def test_one_code_is_the_elbo(run):
    one = ask.AskScores(len(run.data.test))(run).by_name["grey"]
    draws = np.array([elbo(run.model, run.data.test, seed) for seed in range(20)])
    assert one.bounds[0].mean() == pytest.approx(draws.mean(), abs=5 * draws.std())


def test_reconstruction_is_of_the_same_images_and_binarised_ones_score_otherwise(run, found):
    images = run.data.test.images[:100]
    known = np.square(run.model.reconstruct(images) - images).sum((1, 2))
    assert found["grey"].squared == pytest.approx(known, rel=1e-5)
    assert found["grey"].bounds.shape == (4, 100)
    assert not np.any(found["grey"].bounds == found["binarised"].bounds)
    assert not np.any(found["grey"].squared == found["binarised"].squared)


def test_it_tells_how_far_it_is_and_equal_questions_are_one(run, monkeypatch):
    shares: list[float] = []
    assert ask.AskScores(15)(run, shares.append).by_name["binarised"].wide.shape == (15,)
    assert shares == pytest.approx([10 / 30, 15 / 30, 25 / 30, 1])
    assert ask.AskScores(15) == ask.AskScores(15)
    assert hash(ask.AskScores(15)) == hash(ask.AskScores(15))
    assert ask.AskScores(15) != ask.AskScores(16)


def test_under_a_density_there_are_no_binarised_pixels(shared):
    run = shared(Spec(**SMALL, variant="vae-sigma", epochs=1))
    assert list(ask.AskScores(10)(run).by_name) == ["grey"]


@pytest.mark.parametrize("name", AUTOENCODERS)
def test_a_variant_is_scored_or_told_what_it_lacks(name):
    said = ask.lack(variants[name])
    assert bool(said) == (not issubclass(variants[name], HasPosterior) or name == "cvae")
    assert not said or is_sentence(f"{variants[name].title} {said}.")


# The words.


def scores(squared: float, bound: float, above: float = 0.0) -> ask.Scores:
    """Of 50 images which differ much more among themselves than two models do; annealing is so far ``above``."""
    spread = np.linspace(-40, 40, 50)
    bounds = np.tile(bound + spread, (4, 1))
    return ask.Scores(bounds, bounds[-1] - 1, spread, squared + spread, bounds[-1, :10] + above)


def test_the_finding_says_who_wins_at_what_either_way():
    copier, knower = scores(10, -150), scores(20, -100)
    disagree = "By this the better copier is the worse model of images."
    said = ask.finding(["A", "B"], [copier, knower])
    assert "On reconstruction **A** wins: a squared error of 10.0 against 20.0, 10.0 ± 0.0 apart." in said
    assert "By bounds on likelihood **B** wins: a bound in nats of -100.0 against -150.0, 50.0 ± 0.0 apart;" in said
    assert "it finds no bound too low by more than a nat" in said
    assert said.endswith(disagree)
    turned = ask.finding(["A", "B"], [knower, copier])
    assert "reconstruction **B** wins" in turned
    assert "on the first 10 of the images, **A** wins: nats of" in turned
    assert turned.endswith(disagree)
    assert ask.finding(["A", "B"], [scores(10, -100), scores(20, -150)]).endswith("One model wins on both.")


def test_what_may_be_chance_is_no_win():
    one, other = scores(10, -100), scores(20, -100)
    other.bounds[-1] += np.resize([3, -3], 50)
    said = ask.finding(["A", "B"], [one, other])
    assert "By bounds on likelihood neither wins: a bound in nats of -100.0 and -100.0" in said
    assert said.endswith("a nat.")


def test_how_much_of_the_distance_is_a_bounds_looseness_is_told_as_far_as_it_is_known():
    """Bounds 144 nats apart, of which annealing finds 110 to be the looseness of one: it decides who wins."""
    said = ask.finding(["A", "B"], [scores(10, -250, 110), scores(20, -106)])
    assert "**B** wins: a bound in nats of -106.0 against -250.0, 144.0 ± 0.0 apart" in said
    assert "34.0 ± 0.0 apart: the bound of A is too low there by at least 110.0 nats." in said
    turned = ask.finding(["A", "B"], [scores(10, -250, 150), scores(20, -106)])
    assert turned.endswith("One model wins on both.")
    assert scores(10, -250, 110).too_low == pytest.approx(110)


def test_scores_with_an_image_beyond_all_numbers_are_not_finite():
    one = scores(10, -100)
    assert one.finite
    assert not replace(one, wide=np.r_[one.wide[1:], -np.inf]).finite


# The figure.


def test_each_bound_is_a_line_with_its_errors_over_the_count_of_codes():
    figure = bounds_by_samples((1, 10, 1000), ["A", "B"], [[-9, -8, -7.5], [-5, np.nan, -4]], [[1, 2, 3]] * 2)
    first, second = figure.data
    assert (list(first.x), list(first.y), list(first.error_y.array)) == ([1, 10, 1000], [-9, -8, -7.5], [1, 2, 3])
    assert [trace.line.color for trace in figure.data] == list(CLASS_COLOURS[:2])
    assert list(second.customdata[:, 0]) == [1, 10, 1000]
    assert (np.array(second.x) > first.x).all()
    assert figure.layout.xaxis.type == "log"
    assert list(figure.layout.xaxis.ticktext) == ["1", "10", "1,000"]
    assert figure.layout.yaxis.title.text == "bound on log p(x), nats per image"
    assert figure.layout.meta["alt"] == (
        "Bound on log p(x) by 1 to 1,000 codes per image, 2 models. A: from -9 to -7.5 nats; B: from -5 to -4 nats."
    )


# The tab.

LINK = "vae?view=scores&data=digits&images=300&width=16&depth=1&epochs=2&scored=10"


@pytest.mark.browser
def test_a_link_opens_two_models_scored_and_nothing_is_cut_off(visit):
    page = visit(f"{LINK}&latent=3&v=1")
    expect(status(page)).to_contain_text("finished: all 2")
    for reading in ("grey", "binarised"):
        column = page.locator(f".st-key-scores-{reading}")
        expect(column.get_by_role("cell", name="bound by 1,000 codes")).to_be_visible()
        expect(column.get_by_role("columnheader", name="Variational autoencoder, beta 0.001")).to_be_visible()
        expect(column.get_by_text("By annealed importance sampling")).to_be_visible()
        expect(column.locator(".js-plotly-plot")).to_be_visible()
    expect(page.get_by_text("Mean over 10 held-out images")).to_be_visible()
    fits(page)


@pytest.mark.browser
def test_a_plain_model_is_told_what_it_lacks(visit):
    page = visit(f"{LINK}&variant=plain&beside=none&v=1")
    expect(page.get_by_text("The variant Plain autoencoder has no distribution over codes")).to_be_visible()
    expect(page.locator(".st-key-scores-grey")).to_have_count(0)
