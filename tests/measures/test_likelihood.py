"""The importance-weighted bound, against exact likelihoods: of linear-Gaussian models, and integrals over one code."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from conftest import is_sentence
from torch.distributions import Bernoulli, MultivariateNormal, Normal, kl_divergence

from aecore.autoencoder import Autoencoder
from aecore.dataset import Facts, Split
from aecore.measures import likelihood
from aecore.measures.likelihood import Estimate, binarised, log_likelihood, widened
from aecore.measures.quality import elbo
from aecore.runs.spec import Spec
from aecore.variants import variants
from aecore.variational import HasPosterior, Posterior

IMAGES = np.random.default_rng(0).random((230, 8, 8), np.float32)
# Conditional ones are refused.
WITH_POSTERIOR = [name for name in variants if issubclass(variants[name], HasPosterior) and name != "cvae"]


def model_of(variant: str = "vae", **flat) -> Autoencoder:
    """An untrained model whose decoder makes more of a code than it does at first."""
    known = {"variant": variant, "latent": 3, "width": 16, "depth": 1}
    model = Spec(**known | flat).model(Facts(np.full((8, 8), 0.5, np.float32)))
    with torch.no_grad():
        for weights in model.decoder.parameters():
            weights.mul_(3)
    return model


# Linear-Gaussian models: x = U z + b + noise, where q(z | x) can be the true posterior, or that made wider.


class Linear:
    """A linear VAE with orthogonal columns of U, set by hand, and what is exact of it for IMAGES."""

    def __init__(self, kind: str, widen: float):
        self.model = Spec(variant="vae", architecture="linear", likelihood=kind, latent=2).model(
            Facts(np.full((8, 8), 0.5, np.float32))
        )
        basis = torch.linalg.qr(torch.randn(64, 2, generator=torch.Generator().manual_seed(0))).Q
        columns = basis * torch.tensor([2.0, 1.0])
        variance = 0.5 if kind == "gaussian" else self.model.likelihood.log_variance.exp().item()
        precisions = 1 + columns.square().sum(0) / variance
        with torch.no_grad():
            self.model.decoder[0].weight.copy_(columns)
            means = columns.T / variance / precisions[:, None]
            self.model.encoder[-1].weight.copy_(torch.cat([means, torch.zeros(2, 64)]))
            self.model.encoder[-1].bias.copy_(torch.cat([torch.zeros(2), widen - precisions.log()]))
            columns = columns.double()
            found = MultivariateNormal(torch.full((64,), 0.5), columns @ columns.T + variance * torch.eye(64))
            self.per_image = found.log_prob(torch.from_numpy(IMAGES).flatten(1)).numpy()
            q = self.model.posterior(torch.from_numpy(IMAGES)[:, None])
            true, near = Normal(q.mean, precisions.rsqrt()), Normal(q.mean, (q.log_variance / 2).exp())
            self.elbo = float((self.per_image - kl_divergence(near, true).sum(1).numpy()).mean())


def elbo_of(model: Autoencoder, seed: int) -> float:
    return elbo(model, Split(IMAGES.copy(), np.zeros(len(IMAGES), np.int64)), seed)


@pytest.fixture(params=["gaussian", "gaussian-learned"])
def wide(request) -> Linear:
    return Linear(request.param, widen=1.5)


@pytest.mark.parametrize("kind", ["gaussian", "gaussian-learned"])
@pytest.mark.parametrize("samples", [1, 7])
def test_under_the_true_posterior_every_draw_gives_each_images_exact_likelihood(kind, samples, monkeypatch):
    # Two codes of each image at once, so that seven are no whole number of parts.
    monkeypatch.setattr(likelihood, "AT_ONCE", 200)
    linear = Linear(kind, widen=0.0)
    found = log_likelihood(linear.model, IMAGES, samples).per_image
    assert found.dtype == np.float64
    # The highest log-variance bends even low ones by a thousandth.
    assert found == pytest.approx(linear.per_image, abs=5e-3)


def test_under_another_posterior_a_thousand_samples_give_the_exact_likelihood(wide):
    apart = log_likelihood(wide.model, IMAGES, 1000).per_image - wide.per_image
    error = apart.std() / math.sqrt(len(apart))
    assert error < 0.01
    # By the delta method the bound is low by half the variance of its weights' mean.
    assert apart.mean() == pytest.approx(-apart.var() / 2, abs=4 * error)


def test_more_samples_bring_it_up_and_never_over_the_exact_likelihood(wide):
    exact = wide.per_image.mean()
    means = [log_likelihood(wide.model, IMAGES, samples).mean for samples in (1, 10, 100)]
    assert means == sorted(means)
    assert means[0] < exact - 0.5
    assert exact - 0.1 < means[-1] < exact + 0.02


@pytest.mark.parametrize("ask", [lambda model, seed: log_likelihood(model, IMAGES, 1, seed).mean, elbo_of])
def test_one_sample_is_the_elbo_on_average_and_so_is_qualitys(wide, ask):
    draws = np.array([ask(wide.model, seed) for seed in range(200)])
    error = draws.std() / math.sqrt(len(draws))
    assert error < 0.02
    assert draws.mean() == pytest.approx(wide.elbo, abs=4 * error)


# Any variant: over one code dimension, p(x) is an integral that a fine grid gives.


def integral(model: Autoencoder, images: torch.Tensor) -> np.ndarray:
    """[N] log of the integral of p(x | z) p(z) over z in R for images [N, 64], by torch's densities."""
    codes = torch.linspace(-8, 8, 4001)[:, None]
    with torch.no_grad():
        outputs = model.decode(codes).flatten(1)
        if model.settings.likelihood == "bernoulli":
            p = Bernoulli(logits=outputs, validate_args=False)
        else:
            p = Normal(outputs, model.sigma(codes).flatten(1))
        found = [torch.logsumexp(p.log_prob(x).sum(1) + Normal(0.0, 1.0).log_prob(codes[:, 0]), 0) for x in images]
    return torch.stack(found).numpy() + math.log(16 / 4000)


@pytest.mark.parametrize("variant", WITH_POSTERIOR)
def test_every_variants_bound_comes_to_the_integral_over_its_codes(variant):
    model, images = model_of(variant, latent=1), binarised(IMAGES[:20], 1)
    found, known = log_likelihood(model, images, 20_000).per_image, integral(model, torch.from_numpy(images).flatten(1))
    assert found == pytest.approx(known, abs=0.2)
    assert found.mean() == pytest.approx(known.mean(), abs=0.03)


# How it is computed.


def test_never_more_codes_than_the_bound_are_decoded_at_once(monkeypatch):
    model, sizes = model_of(), []
    decode = model.decode
    monkeypatch.setattr(model, "decode", lambda codes: sizes.append(len(codes)) or decode(codes))
    log_likelihood(model, IMAGES, 33)
    assert sum(sizes) == len(IMAGES) * 33
    assert max(sizes) == likelihood.AT_ONCE


def test_the_same_seed_gives_the_same_and_another_seed_another():
    model = model_of()
    first, again, other = (log_likelihood(model, IMAGES, 5, seed).per_image for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.any(first == other)


def test_an_image_among_others_has_codes_of_its_own():
    twice = log_likelihood(model_of(), np.repeat(IMAGES[:1], 150, axis=0), 2).per_image
    assert len(np.unique(twice)) == 150


def test_it_says_how_many_images_are_done():
    seen = []
    log_likelihood(model_of(), IMAGES, 2, report=lambda done, total: seen.append((done, total)))
    assert seen == [(100, 230), (200, 230), (230, 230)]


def test_mean_and_standard_error_are_over_images():
    found = Estimate(np.array([-90.0, -100, -110]))
    assert found.mean == -100
    assert found.standard_error == pytest.approx(10 / math.sqrt(3))


# Black or white.


def test_a_pixel_is_black_or_white_with_its_grey_as_probability():
    greys = np.array([0, 0.1, 0.5, 0.9, 1], np.float32)
    drawn = binarised(np.broadcast_to(greys, (40_000, 1, 5)), 0)
    assert drawn.dtype == np.float32
    assert np.array_equal(np.unique(drawn), [0, 1])
    assert drawn.mean((0, 1))[[0, 4]].tolist() == [0, 1]
    assert drawn.mean((0, 1)) == pytest.approx(greys, abs=0.015)


def test_binarised_images_are_drawn_by_the_seed_and_scored_as_such():
    assert np.array_equal(binarised(IMAGES, 5), binarised(IMAGES, 5))
    assert (binarised(IMAGES, 5) != binarised(IMAGES, 6)).mean() > 0.2
    model = model_of()
    black_or_white, grey = (log_likelihood(model, IMAGES, 5, 5, binarise=choice).per_image for choice in (True, False))
    assert np.array_equal(black_or_white, log_likelihood(model, binarised(IMAGES, 5), 5, 5).per_image)
    assert not np.any(black_or_white == grey)


# Refusals.


@pytest.mark.parametrize(("variant", "why"), [("plain", "no posterior"), ("cvae", "given its class only")])
def test_a_model_without_a_likelihood_is_refused_in_a_sentence(variant, why):
    with pytest.raises(TypeError, match=why) as refusal:
        log_likelihood(model_of(variant), IMAGES, 5)
    assert is_sentence(str(refusal.value))


def test_no_samples_are_refused():
    with pytest.raises(ValueError, match="samples must be at least 1, got 0"):
        log_likelihood(model_of(), IMAGES, 0)


def test_a_wider_posterior_has_the_same_mean_and_is_no_wider_than_the_prior():
    sigmas = torch.tensor([[0.01, 0.5, 1.0]])
    wider = widened(Posterior(torch.ones(1, 3), 2 * sigmas.log()), 5)
    assert torch.equal(wider.mean, torch.ones(1, 3))
    known = (1 + (sigmas**-2 - 1) / 25).rsqrt()
    assert torch.allclose((wider.log_variance / 2).exp(), known)
    assert known[0, 0] == pytest.approx(0.05, rel=2e-3)
