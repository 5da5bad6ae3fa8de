"""Contractive autoencoder: its penalty against torch.func.jacrev, what it costs, and what it brings about."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
import torch
from torch import Tensor

from aecore.autoencoder import Autoencoder
from aecore.dataset import Batch, Dataset
from aecore.measures.jacobian import singular_values
from aecore.runs.spec import Spec
from aecore.sources import load
from aecore.training import TrainerState, generator, train


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits")


def untrained(data: Dataset, **settings) -> Autoencoder:
    return Spec(variant="contractive", **settings).model(data.facts)


def images_of(data: Dataset, count: int) -> Tensor:
    return torch.from_numpy(data.test.images[:count].copy())[:, None]


def penalty(model: Autoencoder, images: Tensor, seed: int = 0) -> float:
    batch = Batch(images, torch.zeros(len(images), dtype=torch.int64))
    return float(model.terms(batch, 1.0, generator(seed))["contraction"].value.detach())


def squared_norms(model: Autoencoder, images: Tensor) -> Tensor:
    """[B] ||dE(x)/dx||_F^2 at each image, from the whole Jacobian."""
    jacobians = torch.func.vmap(torch.func.jacrev(lambda image: model.encode(image[None])[0]))(images)
    return jacobians.detach().square().flatten(1).sum(1)


def test_the_closed_form_is_the_whole_jacobians_norm(digits):
    model, images = untrained(digits, architecture="linear", latent=30), images_of(digits, 40)
    known = squared_norms(model, images)
    assert known.std() > 0
    assert penalty(model, images) == pytest.approx(float(known.mean()), rel=1e-5)
    weight, codes = model.encoder[-1].weight, model.encode(images)
    by_hand = ((4 * codes * (1 - codes)).square() * weight.square().sum(1)).sum(1)
    assert torch.allclose(by_hand, known, rtol=1e-4)


def test_the_closed_form_knows_no_chance_and_is_a_mean_over_images(digits):
    model, images = untrained(digits, architecture="linear"), images_of(digits, 40)
    assert penalty(model, images, 0) == penalty(model, images, 1)
    halves = (penalty(model, images[:20]) + penalty(model, images[20:])) / 2
    assert penalty(model, images) == pytest.approx(halves, rel=1e-5)


@pytest.mark.parametrize("architecture", ["dense", "conv"])
def test_the_estimate_is_the_whole_jacobians_norm_on_average(architecture, digits):
    model, images = untrained(digits, architecture=architecture, latent=10), images_of(digits, 40)
    draws = [penalty(model, images, seed) for seed in range(300)]
    error = np.std(draws) / math.sqrt(len(draws))
    known = float(squared_norms(model, images).mean())
    assert np.mean(draws) == pytest.approx(known, abs=4 * error)
    assert 4 * error < 0.1 * known


@pytest.mark.parametrize("architecture", ["dense", "conv"])
def test_the_estimates_gradient_is_the_norms_on_average(architecture, digits):
    model, images = untrained(digits, architecture=architecture, latent=3), images_of(digits, 20)
    first = next(model.encoder.parameters())

    def slope(value: Tensor) -> Tensor:
        return torch.autograd.grad(value, first)[0].flatten()

    jacobians = torch.func.vmap(torch.func.jacrev(lambda image: model.encode(image[None])[0]))(images)
    known = slope(jacobians.square().flatten(1).sum(1).mean())
    batch = Batch(images, torch.zeros(20, dtype=torch.int64))
    draws = torch.stack([slope(model.terms(batch, 1.0, generator(seed))["contraction"].value) for seed in range(200)])
    assert float((draws.mean(0) - known).norm() / known.norm()) < 0.1


@pytest.mark.parametrize("architecture", ["linear", "dense", "conv"])
def test_evaluation_and_half_precision_give_the_same_number(architecture, digits):
    model, images = untrained(digits, architecture=architecture), images_of(digits, 40)
    known = penalty(model, images)
    with torch.no_grad():
        assert penalty(model, images) == pytest.approx(known, rel=1e-5)
    with torch.autocast("cpu", torch.bfloat16):
        assert penalty(model, images) == pytest.approx(known, rel=0.03)
    assert not images.requires_grad


@pytest.mark.timed
def test_a_step_costs_at_most_three_plain_ones():
    data = load("mnist-5k", images=100)
    specs = [Spec(variant=name, latent=64) for name in ("plain", "contractive")]
    models = [spec.model(data.facts) for spec in specs]
    steps = [
        train(data.train, spec.training, TrainerState(model, spec.training))
        for spec, model in zip(specs, models, strict=True)
    ]
    seconds = ([], [])
    for _ in range(20):
        for events, taken in zip(steps, seconds, strict=True):
            began = time.perf_counter()
            next(event for event in events if hasattr(event, "terms"))
            taken.append(time.perf_counter() - began)
    plain, contractive = map(np.median, seconds)
    assert contractive < 3 * plain


@pytest.mark.learns
def test_the_larger_the_weight_the_smaller_the_singular_values(digits):
    """Of the Jacobian at held-out digits; of a moderate weight also in units of how far the codes are apart."""
    largest, spreads = [], []
    for contraction in (1e-4, 0.1, 1.0, 10.0):
        spec = Spec(variant="contractive", architecture="linear", latent=30, epochs=15, contraction=contraction)
        model = spec.model(digits.facts)
        for _ in train(digits.train, spec.training, TrainerState(model, spec.training)):
            pass
        largest.append(singular_values(model, digits.test.images[:20])[:, 0].mean())
        spreads.append(model.embed(digits.test.images).std(0).mean())
    assert all(smaller < 0.8 * larger for larger, smaller in zip(largest, largest[1:], strict=False)), largest
    assert largest[1] / spreads[1] < 0.8 * largest[0] / spreads[0]
