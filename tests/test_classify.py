"""From P(X | Y) to P(Y | X): every label tried, the bars and the sentence beside them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from aecore.figures.labels import probabilities
from aecore.figures.vae import prior_and_posteriors
from aecore.measures.quality import squared_error
from aecore.questions.labels import AskLabels, explained, right
from aecore.runs.run import train_spec
from aecore.runs.spec import Spec
from aecore.ui.vae.classify import said
from aecore.variational import kl_from_standard_normal

pytestmark = pytest.mark.learns


@pytest.fixture(scope="module")
def told():
    return train_spec(Spec(data="digits", variant="cvae", epochs=15)).trained


@pytest.fixture(scope="module")
def found(told):
    return AskLabels(7)(told)


def test_what_explains_best_is_what_the_model_answers(told, found):
    image = torch.from_numpy(told.data.test.images[7:8].copy())[:, None]
    with torch.no_grad():
        costs = [float(told.model._loss_as(image, torch.tensor([c]))) for c in range(10)]
        assert np.allclose(found.costs, costs, rtol=1e-5)
        assert int(told.model.classify(image)) == found.costs.argmin()
        answers = told.model.classify(torch.from_numpy(told.data.test.images.copy())[:, None]).numpy()
    known = right(told)
    assert known.share == pytest.approx((answers == told.data.test.labels).mean())
    # Trained for seconds it is far better than chance, which is 0.1.
    assert known.share > 0.7
    assert len(known.errors) == len(told.data.test)
    assert known.errors.mean() == pytest.approx(squared_error(told.model, told.data.test), rel=0.5)


def test_an_image_of_no_known_class_is_explained_as_well_and_told_so(told, found):
    image = told.data.test.images[7]
    drawn = explained(told, image)
    assert np.array_equal(drawn.costs, found.costs)
    assert "of whatever class it is" in said(drawn, told.data.class_names)
    assert np.isfinite(explained(told, np.zeros_like(image)).costs).all()


def test_probabilities_are_bayes_rule(found):
    odds = np.exp(-(found.costs.astype(float) - found.costs.min()))
    assert np.allclose(found.probabilities, odds / odds.sum())


def test_the_sentence_is_of_the_bars_beside_it(told, found):
    names = told.data.class_names
    words = said(found, names)
    best = found.costs.argmin()
    assert f"**{names[best]}**" in words
    assert ("its own" in words) == (best == found.label)
    assert f"at {found.costs.min():.1f}" in words
    figure = probabilities(names, found.probabilities, found.costs, "nats per image")
    assert np.array_equal(figure.data[0].y, found.probabilities)
    assert f"{names[best]}: {found.probabilities[best]:.1%}" in figure.layout.meta["alt"]


@pytest.mark.parametrize("latent", [1, 2, 40])
def test_curves_are_densities_and_their_kl_is_the_closed_form(latent):
    """Numerically, the integral of q log(q / p) is what the legend says (Kingma and Welling 2014, appendix B)."""
    rng = np.random.default_rng(0)
    mean, sigma = rng.normal(size=latent), np.exp(rng.normal(size=latent) - 1)
    kl = kl_from_standard_normal(torch.from_numpy(mean), torch.from_numpy(2 * np.log(sigma))).numpy()
    figure = prior_and_posteriors(mean, sigma, kl)
    prior = figure.data[-1]
    named = [line for line in figure.data if line.name and line.name.startswith("dimension")]
    assert len(named) == min(latent, 3)
    for line in named:
        assert np.trapezoid(line.y, line.x) == pytest.approx(1, abs=2e-3)
        told = float(line.name.split("KL ")[1].split()[0])
        with np.errstate(divide="ignore", invalid="ignore"):
            inside = np.where(line.y > 0, line.y * np.log(line.y / prior.y), 0)
        assert np.trapezoid(inside, line.x) == pytest.approx(told, abs=0.02)
    assert max(kl) == pytest.approx(float(named[0].name.split("KL ")[1].split()[0]), abs=0.006)
