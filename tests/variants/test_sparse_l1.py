"""Sparse autoencoder (L1): its penalty is a Laplace prior's, and the dearer a unit, the fewer are on."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.distributions import Laplace

from aecore.autoencoder import Autoencoder
from aecore.dataset import Batch, Dataset
from aecore.runs.spec import Spec
from aecore.sources import load
from aecore.training import TrainerState, generator, train


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits")


def untrained(data: Dataset, **settings) -> Autoencoder:
    return Spec(variant="sparse-l1", **settings).model(data.facts)


def trained(data: Dataset, **settings) -> Autoencoder:
    spec = Spec(variant="sparse-l1", **settings)
    model = spec.model(data.facts)
    for _ in train(data.train, spec.training, TrainerState(model, spec.training)):
        pass
    return model


def batch_of(data: Dataset, count: int = 50) -> Batch:
    return Batch(torch.from_numpy(data.test.images[:count].copy())[:, None], torch.zeros(count, dtype=torch.int64))


def test_the_penalty_is_the_sum_of_activations_of_an_image(digits):
    model = untrained(digits, architecture="linear", latent=100)
    weight, bias = (p.detach().double().numpy() for p in model.encoder.parameters())
    rows = (digits.test.images[:50].astype(np.float64) - digits.train.images.mean(0)).reshape(50, 64)
    activations = np.maximum(0, rows @ weight.T + bias + 0.05)
    assert np.allclose(model.embed(digits.test.images[:50]), activations, atol=1e-5)
    found = model.terms(batch_of(digits), 1.0, generator(0))["l1"]
    assert float(found.value.detach()) == pytest.approx(activations.sum(1).mean(), rel=1e-5)


def test_the_penalty_is_minus_the_log_of_a_laplace_prior(digits):
    """-log p(a) = lambda sum |a_i| - L log(lambda / 2), p Laplace of scale 1 / lambda."""
    model = untrained(digits, latent=100, width=16, sparsity=0.7)
    batch = batch_of(digits)
    found = model.terms(batch, 1.0, generator(0))["l1"]
    with torch.no_grad():
        known = -Laplace(0.0, 1 / 0.7).log_prob(model.encode(batch.images)).sum(1).mean()
    assert found.weight * found.value.item() - 100 * np.log(0.7 / 2) == pytest.approx(float(known), rel=1e-5)


def test_the_weight_grows_over_the_first_half_of_training(digits):
    model, batch = untrained(digits, latent=8, width=16, sparsity=2.0), batch_of(digits)
    weights = [model.terms(batch, progress, generator(0))["l1"].weight for progress in (0.0, 0.25, 0.5, 1.0)]
    assert weights == [0.0, 1.0, 2.0, 2.0]


@pytest.mark.parametrize("architecture", ["linear", "dense", "conv"])
def test_every_unit_begins_on_for_some_image(architecture, digits):
    """A unit that is off for all images has no gradient, and would never be on."""
    codes = untrained(digits, architecture=architecture).embed(digits.train.images)
    assert codes.shape[1] == 1024
    assert (codes > 0).any(0).all()


@pytest.mark.learns
def test_the_larger_the_weight_the_fewer_units_are_on(digits):
    on = []
    for sparsity in (0.01, 0.1, 1.0, 10.0):
        model = trained(digits, architecture="linear", latent=200, epochs=15, sparsity=sparsity)
        on.append(float((model.embed(digits.test.images) > 0).sum(1).mean()))
    assert all(fewer < 0.7 * more for more, fewer in zip(on, on[1:], strict=False)), on


@pytest.mark.learns
def test_activations_that_are_off_are_exactly_0_and_digits_are_still_rebuilt(digits):
    model = trained(digits, latent=300, width=64, depth=1, epochs=25, sparsity=0.2)
    codes, guesses = model.embed(digits.test.images), model.reconstruct(digits.test.images)
    assert 5 < (codes > 0).sum(1).mean() < 60
    spread = np.square(digits.test.images - digits.train.images.mean(0)).sum((1, 2)).mean()
    assert np.square(guesses - digits.test.images).sum((1, 2)).mean() < spread / 2


def test_a_decoder_can_make_up_for_smaller_activations(digits):
    """What the setting's help says: half the activations and twice the decoder's weights are the same images."""
    model, batch = untrained(digits, architecture="linear", latent=100), batch_of(digits)
    terms = model.terms(batch, 1.0, generator(0))
    with torch.no_grad():
        weight, bias = model.encoder.parameters()
        weight /= 2
        bias.copy_((bias + 0.05) / 2 - 0.05)
        next(model.decoder.parameters()).mul_(2)
    after = model.terms(batch, 1.0, generator(0))
    assert after["reconstruction"].value.item() == pytest.approx(terms["reconstruction"].value.item(), rel=1e-5)
    assert after["l1"].value.item() == pytest.approx(terms["l1"].value.item() / 2, rel=1e-4)
