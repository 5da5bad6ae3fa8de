"""A decoder with a sigma of its own: the density by hand, and whether sigma is by how much it is off."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.distributions import Independent, Normal, kl_divergence

from aecore.autoencoder import Autoencoder
from aecore.dataset import Batch, Facts
from aecore.measures.quality import elbo, mean_terms
from aecore.runs.spec import Spec
from aecore.settings import SettingsError
from aecore.sources import load
from aecore.training import TrainerState, generator, train
from aecore.variants.vae_sigma import LOWEST_LOG_VARIANCE
from aecore.variational import HIGHEST_LOG_VARIANCE


def uniform(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=generator(seed))


def model_of(**flat) -> Autoencoder:
    return Spec(variant="vae-sigma", **{"width": 16} | flat).model(Facts(uniform(8, 8, seed=9).numpy()))


@pytest.fixture(scope="module")
def digits():
    return load("digits")


@pytest.fixture(scope="module")
def trained(digits) -> Autoencoder:
    spec = Spec(variant="vae-sigma", data="digits", width=128, depth=1, latent=4)
    model = spec.model(digits.facts)
    for _ in train(digits.train, spec.training, TrainerState(model, spec.training)):
        pass
    return model


@torch.no_grad()
def squared_over_variance(model: Autoencoder, images: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """[N] (x - mu)^2 and sigma^2 of images [N, H, W], the first as its mean over pixels, one code drawn an image."""
    rows = torch.from_numpy(images.copy())[:, None]
    codes = model.posterior(rows).sample(generator(0))
    return (model.decode(codes) - rows).square().flatten(1).mean(1), model.log_variance(codes).exp()


def test_the_reconstruction_is_a_normal_density_with_its_constants():
    model, images = model_of(latent=3), uniform(20, 1, 8, 8)
    codes = 3 * uniform(20, 3, seed=1) - 1
    sigma = (model.log_variance(codes) / 2).exp()
    known = -Independent(Normal(model.decode(codes), sigma[:, None, None, None]), 3).log_prob(images)
    found = model.reconstruction(codes, images)
    assert len(sigma.unique()) == 20
    assert found.value.item() == pytest.approx(known.mean().item(), rel=1e-5)
    assert (found.weight, found.unit) == (1, "nats")


def test_the_terms_are_the_two_of_the_bound():
    model, images = model_of(), uniform(20, 1, 8, 8)
    terms = model.terms(Batch(images, torch.zeros(20, dtype=torch.int64)), 0.0, generator(3))
    posterior = model.posterior(images)
    q = Normal(posterior.mean, (posterior.log_variance / 2).exp())
    assert terms["kl"].value.item() == pytest.approx(kl_divergence(q, Normal(0.0, 1.0)).sum(1).mean().item(), abs=1e-6)
    drawn = model.reconstruction(posterior.sample(generator(3)), images)
    assert terms["reconstruction"].value.item() == drawn.value.item()
    assert [term.weight for term in terms.values()] == [1, 1]


def test_the_elbo_has_no_further_constant(digits, trained):
    terms = mean_terms(trained, digits.test)
    assert elbo(trained, digits.test) == pytest.approx(-terms["reconstruction"] - terms["kl"], rel=1e-9)


def test_sigma_is_by_how_much_pixels_are_off(digits, trained):
    squared, variance = squared_over_variance(trained, digits.train.images)
    assert float((squared / variance).mean()) == pytest.approx(1, abs=0.1)


def test_sigma_is_larger_where_the_image_is_further_off(digits, trained):
    squared, variance = squared_over_variance(trained, digits.test.images)
    assert np.corrcoef(squared.log(), variance.log())[0, 1] > 0.5
    sure = variance < variance.median()
    assert squared[sure].mean() < 0.8 * squared[~sure].mean()


def test_log_variances_are_bounded_and_between_untouched():
    model = model_of()
    with torch.no_grad():
        model.deviation[-1].weight.zero_()
        bounds = {-1e4: LOWEST_LOG_VARIANCE, -6.0: -6.0, -2.0: -2.0, 1.0: 1.0, 1e4: HIGHEST_LOG_VARIANCE}
        for raw, reached in bounds.items():
            model.likelihood.log_variance.fill_(raw)
            found = model.log_variance(uniform(5, 2))
            assert torch.allclose(found, torch.full((5,), reached), atol=0.01)
    assert math.exp(LOWEST_LOG_VARIANCE / 2) == pytest.approx(1 / 256)


def test_images_that_are_all_alike_do_not_let_sigma_collapse():
    model = model_of()
    images = model.mean.repeat(16, 1, 1, 1)
    optimiser = torch.optim.Adam(model.parameters(), 0.05)
    for step in range(150):
        optimiser.zero_grad()
        loss = next(model.objectives(Batch(images, torch.zeros(16, dtype=torch.int64)), 0.5, generator(step))).loss
        loss.backward()
        optimiser.step()
        assert torch.isfinite(loss)
    assert model.log_variance(model.encode(images)).min() >= LOWEST_LOG_VARIANCE


def test_its_likelihood_is_its_own():
    with pytest.raises(SettingsError, match="likelihood must be one of gaussian-learned, got bernoulli"):
        model_of(likelihood="bernoulli")
