"""Beta-TCVAE: the estimate of q(z) by plain loops and over all batches, and the total correlation of known codes."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
import torch
from torch.distributions import Normal

from aecore.dataset import Batch, Facts
from aecore.runs.spec import Spec
from aecore.sources import load
from aecore.training import TrainerState, generator, train
from aecore.variants import beta_tcvae
from aecore.variants.beta_tcvae import log_densities
from aecore.variational import Posterior


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def posteriors(count: int, length: int) -> tuple[Posterior, torch.Tensor]:
    posterior = Posterior(normal(count, length), normal(count, length, seed=1) - 1)
    return posterior, posterior.mean + (posterior.log_variance / 2).exp() * normal(count, length, seed=2)


def density(code: float, mean: float, log_variance: float) -> float:
    return math.exp(-((code - mean) ** 2) / (2 * math.exp(log_variance))) / math.sqrt(
        2 * math.pi * math.exp(log_variance)
    )


@pytest.mark.parametrize("images", [4, 50])
def test_the_densities_are_those_of_a_plain_loop(images):
    posterior, codes = posteriors(4, 3)
    own, joint, single = log_densities(codes, posterior, images)
    for i in range(4):
        of = [
            [density(codes[i, j], posterior.mean[k, j], posterior.log_variance[k, j]) for j in range(3)]
            for k in range(4)
        ]
        share = [1 / images if k == i else (images - 1) / images / 3 for k in range(4)]
        assert own[i].item() == pytest.approx(math.log(math.prod(of[i])))
        assert joint[i].item() == pytest.approx(math.log(sum(share[k] * math.prod(of[k]) for k in range(4))))
        known = sum(math.log(sum(share[k] * of[k][j] for k in range(4))) for j in range(3))
        assert single[i].item() == pytest.approx(known)


def test_a_batch_estimates_the_density_of_all_images_without_bias():
    """Over all batches of 3 of 7 images that an image can be in, the mean of the estimate is the density itself."""
    posterior, codes = posteriors(7, 2)
    _, exact, exact_single = log_densities(codes, posterior, 7)
    found, found_single = [], []
    for others in combinations(range(1, 7), 2):
        rows = torch.tensor([0, *others])
        part = Posterior(posterior.mean[rows], posterior.log_variance[rows])
        found.append(log_densities(codes[rows], part, 7)[1][0].exp().item())
        one = Posterior(part.mean[:, :1], part.log_variance[:, :1])
        found_single.append(log_densities(codes[rows, :1], one, 7)[2][0].exp().item())
    assert np.mean(found) == pytest.approx(exact[0].exp().item())
    first = log_densities(codes[:, :1], Posterior(posterior.mean[:, :1], posterior.log_variance[:, :1]), 7)[2]
    assert np.mean(found_single) == pytest.approx(first[0].exp().item())
    assert exact_single[0] != first[0]


def test_a_large_batch_is_estimated_in_groups(monkeypatch):
    """The densities, and their gradients, are those of the groups one by one."""
    found = []
    for size in (4, 100):
        monkeypatch.setattr(beta_tcvae, "GROUP", size)
        posterior, codes = posteriors(7, 3)
        given = [part.requires_grad_() for part in (codes, posterior.mean, posterior.log_variance)]
        groups = [slice(0, 4), slice(4, 7)] if size == 100 else [slice(0, 7)]
        parts = [log_densities(codes[g], Posterior(posterior.mean[g], posterior.log_variance[g]), 50) for g in groups]
        own, joint, single = (torch.cat(pieces) for pieces in zip(*parts, strict=True))
        found.append([own, joint, single, *torch.autograd.grad((own + 2 * joint + 3 * single).sum(), given)])
    assert all(torch.allclose(one, other) for one, other in zip(*found, strict=True))


def reading_codes(correlation: float, length: int, count: int = 1500):
    """A model whose codes are the first pixels, of which two are normal and correlated, with a little noise."""
    spec = Spec(variant="beta-tcvae", architecture="linear", latent=length)
    model = spec.model(Facts(np.zeros((8, 8), np.float32), count))
    with torch.no_grad():
        model.encoder[-1].weight.zero_()
        for j in range(length):
            model.encoder[-1].weight[j, j] = 1
        model.encoder[-1].bias.copy_(torch.tensor([0.0, math.log(0.1)]).repeat_interleave(length))
    images = normal(count, 1, 8, 8).float()
    images[:, 0, 0, 1] = correlation * images[:, 0, 0, 0] + math.sqrt(1 - correlation**2) * images[:, 0, 0, 1]
    return model, Batch(images, torch.zeros(count, dtype=torch.int64))


@pytest.mark.parametrize("correlation", [0.0, 0.6, 0.95])
def test_total_correlation_is_that_of_correlated_normals(correlation):
    """Two normals of correlation r have TC -log(1 - r^2) / 2; noise of variance 0.1 leaves r / 1.1 of it."""
    model, batch = reading_codes(correlation, 2)
    with torch.no_grad():
        found = model.terms(batch, 1.0, generator(0))["total_correlation"].value.item()
    assert found == pytest.approx(-math.log(1 - (correlation / 1.1) ** 2) / 2, abs=0.1)


def test_the_three_parts_add_up_to_the_kl_at_the_drawn_codes():
    """Their equation 2: index-code mutual information, total correlation and dimension-wise KL."""
    model, batch = reading_codes(0.7, 3, 200)
    with torch.no_grad():
        terms = model.terms(batch, 1.0, generator(3))
        posterior = model.posterior(batch.images)
        q = Normal(posterior.mean, (posterior.log_variance / 2).exp())
        codes = q.loc + q.scale * torch.randn(q.loc.shape, generator=generator(3))
        known = (q.log_prob(codes) - Normal(0.0, 1.0).log_prob(codes)).sum(1).mean()
    parts = [terms[name].value.item() for name in ("index_code_mi", "total_correlation", "dimension_kl")]
    assert sum(parts) == pytest.approx(known.item(), abs=1e-4)
    assert parts[0] < math.log(200)


def test_at_beta_1_it_is_the_vae_bit_for_bit():
    data = load("digits", images=200)
    weights = []
    for variant in ("vae", "beta-tcvae"):
        spec = Spec(
            data="digits", images=200, variant=variant, latent=4, beta=1.0, warmup=0.5, width=16, depth=1, epochs=3
        )
        model = spec.model(data.facts)
        for _ in train(data.train, spec.training, TrainerState(model, spec.training)):
            pass
        weights.append(model.state_dict())
    assert weights[0].keys() == weights[1].keys()
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_beta_and_warm_up_weigh_the_terms():
    model = Spec(variant="beta-tcvae", architecture="linear", beta=4.0, warmup=0.5).model(
        Facts(np.full((8, 8), 0.5, np.float32), 100)
    )
    batch = Batch(torch.full((5, 1, 8, 8), 0.4), torch.zeros(5, dtype=torch.int64))
    for progress, share in ((0.0, 0.0), (0.25, 0.5), (0.5, 1.0), (1.0, 1.0)):
        weights = {name: term.weight for name, term in model.terms(batch, progress, generator(0)).items()}
        assert weights == {
            "reconstruction": 1.0,
            "kl": share,
            "total_correlation": 3 * share,
            "index_code_mi": 0.0,
            "dimension_kl": 0.0,
        }


@pytest.mark.learns
def test_more_beta_leaves_less_total_correlation():
    data = load("digits")
    found = []
    for beta in (1.0, 2.0, 10.0):
        spec = Spec(data="digits", variant="beta-tcvae", latent=6, beta=beta, width=32, depth=1, epochs=8)
        model = spec.model(data.facts)
        for _ in train(data.train, spec.training, TrainerState(model, spec.training)):
            pass
        batch = Batch(torch.from_numpy(data.train.images[:1000].copy())[:, None], torch.zeros(1000, dtype=torch.int64))
        with torch.no_grad():
            found.append(model.terms(batch, 1.0, generator(0))["total_correlation"].value.item())
    assert found == sorted(found, reverse=True)
    assert found[-1] < found[0] / 3
