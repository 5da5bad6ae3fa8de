"""Sparse autoencoder (KL): its penalty between Bernoullis, and the mean activations that it brings about."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Bernoulli, kl_divergence

from aecore.autoencoder import Autoencoder
from aecore.dataset import Batch, Dataset
from aecore.runs.spec import Spec
from aecore.settings import SettingsError
from aecore.sources import load
from aecore.training import TrainerState, generator, train
from aecore.variants.sparse_kl import kl_from_share


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits")


def trained(data: Dataset, **settings) -> Autoencoder:
    spec = Spec(variant="sparse-kl", **settings)
    model = spec.model(data.facts)
    for _ in train(data.train, spec.training, TrainerState(model, spec.training)):
        pass
    return model


def batch_of(data: Dataset, count: int = 50) -> Batch:
    return Batch(torch.from_numpy(data.test.images[:count].copy())[:, None], torch.zeros(count, dtype=torch.int64))


@given(st.floats(0.001, 0.999), st.integers(0, 1000))
def test_the_divergence_is_torchs_between_bernoullis(rho, seed):
    logits = 3 * torch.randn(20, 7, generator=generator(seed), dtype=torch.float64)
    known = kl_divergence(Bernoulli(torch.tensor(rho).double()), Bernoulli(logits.sigmoid().mean(0)))
    assert torch.allclose(kl_from_share(rho, logits), known, atol=1e-9)


def test_the_divergence_is_0_where_the_mean_is_rho_only():
    logits = torch.logit(torch.tensor([[0.1, 0.3, 0.5], [0.3, 0.1, 0.5]]).double())
    found = kl_from_share(0.2, logits)
    assert torch.allclose(found[:2], torch.zeros(2).double(), atol=1e-12)
    assert float(found[2]) == pytest.approx(0.2 * np.log(0.2 / 0.5) + 0.8 * np.log(0.8 / 0.5))


@pytest.mark.parametrize("logit", [-500.0, 500.0])
def test_a_unit_that_is_the_same_for_all_images_still_has_a_gradient(logit):
    """Its mean is 0 or 1 to float precision, where the divergence itself is infinite."""
    logits = torch.full((10, 1), logit, requires_grad=True)
    divergence = kl_from_share(0.05, logits).sum()
    divergence.backward()
    assert torch.isfinite(divergence)
    assert torch.isfinite(logits.grad).all()
    assert (logits.grad * logit > 0).all()


def test_the_penalty_is_its_formula(digits):
    model = Spec(variant="sparse-kl", architecture="linear", latent=100, rho=0.2, sparsity=0.7).model(digits.facts)
    weight, bias = (p.detach().double().numpy() for p in model.encoder.parameters())
    rows = (digits.test.images[:50].astype(np.float64) - digits.train.images.mean(0)).reshape(50, 64)
    activations = 1 / (1 + np.exp(-4 * (rows @ weight.T + bias)) * 0.8 / 0.2)
    assert np.allclose(model.embed(digits.test.images[:50]), activations, atol=1e-5)
    mean = activations.mean(0)
    known = (0.2 * np.log(0.2 / mean) + 0.8 * np.log(0.8 / (1 - mean))).sum()
    terms = model.terms(batch_of(digits), 1.0, generator(0))
    assert terms["kl_sparsity"].value.item() == pytest.approx(known, rel=1e-4)
    assert terms["kl_sparsity"].weight == 0.7
    assert terms["mean_activation"].value.item() == pytest.approx(mean.mean(), rel=1e-5)
    assert terms["mean_activation"].weight == 0


@pytest.mark.learns
def test_trained_with_its_defaults_the_mean_activation_is_rho(digits):
    model = trained(digits, epochs=10)
    assert model.latent == 1024
    assert model.embed(digits.test.images).mean() == pytest.approx(model.settings.rho, rel=0.2)


def test_another_rho_is_another_mean_activation_of_each_unit(digits):
    for rho in (0.1, 0.4):
        model = trained(digits, architecture="linear", latent=100, epochs=15, rho=rho, sparsity=2.0)
        means = model.embed(digits.test.images).mean(0)
        assert means.mean() == pytest.approx(rho, rel=0.2)
        assert np.quantile(np.abs(means - rho), 0.9) < rho


@pytest.mark.learns
def test_the_larger_the_weight_the_fewer_units_are_on(digits):
    """On is more than half: an activation is a share from 0 to 1."""
    on = []
    for sparsity in (0.001, 0.01, 0.1, 1.0):
        model = trained(digits, architecture="linear", latent=200, epochs=15, sparsity=sparsity)
        on.append(float((model.embed(digits.test.images) > 0.5).sum(1).mean()))
    assert all(fewer < 0.9 * more for more, fewer in zip(on, on[1:], strict=False)), on


@pytest.mark.parametrize("rho", [0, 1])
def test_a_mean_of_0_or_1_is_refused(rho):
    with pytest.raises(SettingsError, match=f"rho must be from 0.001 to 0.999, got {rho}"):
        Spec(variant="sparse-kl", rho=rho)
