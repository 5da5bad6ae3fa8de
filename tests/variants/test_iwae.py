"""IWAE: its bound against torch's densities, the VAE's bound, and a likelihood known in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.distributions import Bernoulli, MultivariateNormal, Normal

from aecore.dataset import Batch, Facts
from aecore.runs.spec import Spec
from aecore.settings import SettingsError
from aecore.training import generator
from aecore.variants import iwae

IMAGES = torch.from_numpy(np.random.default_rng(0).random((6, 1, 8, 8), np.float32))
BATCH = Batch(IMAGES, torch.zeros(6, dtype=torch.int64))


def model_of(samples: int, variant: str = "iwae", **more):
    """An untrained model whose decoder makes more of a code than it does at first."""
    flat = {"variant": variant, "latent": 3, "width": 16, "depth": 1} | ({"samples": samples} if samples else {}) | more
    model = Spec(**flat).model(Facts(np.full((8, 8), 0.5, np.float32)))
    with torch.no_grad():
        for weights in model.decoder.parameters():
            weights.mul_(3)
    return model


def values(model, seed: int, batch: Batch = BATCH) -> dict[str, float]:
    with torch.no_grad():
        return {name: term.value.item() for name, term in model.terms(batch, 0.5, generator(seed)).items()}


@pytest.mark.parametrize("samples", [1, 4])
def test_the_bound_is_that_of_torchs_densities(samples):
    model = model_of(samples)
    found = values(model, 7)
    with torch.no_grad():
        posterior = model.posterior(IMAGES)
        q = Normal(posterior.mean, (posterior.log_variance / 2).exp())
        noise = torch.randn((samples, 6, 3), generator=generator(7))
        log_weights = torch.zeros(samples, 6)
        for i in range(samples):
            codes = q.loc + q.scale * noise[i]
            p = Bernoulli(logits=model.decode(codes), validate_args=False)
            ratio = Normal(0.0, 1.0).log_prob(codes) - q.log_prob(codes)
            log_weights[i] = p.log_prob(IMAGES).sum((1, 2, 3)) + ratio.sum(1)
        known = -log_weights.double().exp().mean(0).log().mean()
    assert found["bound"] == pytest.approx(known.item(), rel=1e-5)


def test_with_one_sample_it_is_the_vaes_bound_on_average():
    model, vae = model_of(1), model_of(0, "vae")
    vae.load_state_dict(model.state_dict())
    ours, theirs = ([values(one, seed) for seed in range(400)] for one in (model, vae))
    for mine, his in zip(ours, theirs, strict=True):
        # The same draws of the same codes: only the KL term is drawn here and in closed form there.
        assert mine["reconstruction"] == pytest.approx(his["reconstruction"], rel=1e-5)
        assert mine["kl"] == pytest.approx(his["kl"], rel=1e-5)
    drawn = np.array([mine["bound"] for mine in ours])
    known = np.array([vae.negative_elbo(his) for his in theirs])
    error = (drawn - known).std() / math.sqrt(400)
    assert drawn.mean() == pytest.approx(known.mean(), abs=4 * error)


def test_more_samples_bring_the_bound_down():
    means = []
    for samples in (1, 3, 10, 50):
        model = model_of(samples)
        means.append(np.mean([values(model, seed)["bound"] for seed in range(100)]))
    assert means == sorted(means, reverse=True)
    assert means[0] - means[-1] > 0.1


def linear_gaussian(samples: int, widen: float):
    """x = U z + b + noise with orthogonal columns of U, whose posterior is known, and q that posterior, widened."""
    model = Spec(variant="iwae", architecture="linear", likelihood="gaussian-learned", latent=2, samples=samples).model(
        Facts(np.full((8, 8), 0.5, np.float32))
    )
    columns = torch.linalg.qr(torch.randn(64, 2, generator=torch.Generator().manual_seed(0))).Q * torch.tensor([2, 1])
    variance = model.likelihood.log_variance.exp().item()
    precisions = 1 + columns.square().sum(0) / variance
    with torch.no_grad():
        model.decoder[0].weight.copy_(columns)
        model.encoder[-1].weight.copy_(torch.cat([columns.T / variance / precisions[:, None], torch.zeros(2, 64)]))
        model.encoder[-1].bias.copy_(torch.cat([torch.zeros(2), widen - precisions.log()]))
    exact = MultivariateNormal(torch.full((64,), 0.5), columns @ columns.T + variance * torch.eye(64))
    return model, -exact.log_prob(IMAGES.flatten(1)).mean().item()


@pytest.mark.parametrize("samples", [1, 5])
def test_under_the_true_posterior_every_draw_gives_the_exact_likelihood(samples):
    model, known = linear_gaussian(samples, 0.0)
    for seed in range(3):
        assert values(model, seed)["bound"] == pytest.approx(known, abs=5e-3)


def test_under_another_posterior_it_comes_near_the_exact_likelihood_with_many_samples():
    gaps = []
    for samples in (1, 5, 50):
        model, known = linear_gaussian(samples, 1.5)
        gaps.append(np.mean([values(model, seed)["bound"] for seed in range(200)]) - known)
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] > 1
    assert abs(gaps[-1]) < 0.1


def test_taken_in_parts_the_terms_and_their_gradients_are_the_same(monkeypatch):
    found = []
    for at_once in (iwae.AT_ONCE, 13):
        monkeypatch.setattr(iwae, "AT_ONCE", at_once)
        model = model_of(5)
        terms = model.terms(BATCH, 0.5, generator(1))
        terms["bound"].value.backward()
        found.append([t.value for t in terms.values()] + [p.grad for p in model.parameters()])
    assert all(torch.allclose(one, other, atol=1e-5) for one, other in zip(*found, strict=True))


def test_only_the_bound_is_trained():
    weights = {name: term.weight for name, term in model_of(2).terms(BATCH, 0.5, generator(0)).items()}
    assert weights == {"bound": 1.0, "reconstruction": 0.0, "kl": 0.0}


def test_no_samples_are_refused():
    with pytest.raises(SettingsError, match="samples must be a whole number from 1 to 50, got 0"):
        Spec(variant="iwae", samples=0)
