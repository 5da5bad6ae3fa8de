"""Questions to trained models, against counts by hand, weight matrices and finite differences."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from torch import nn

from aecore.autoencoder import Autoencoder
from aecore.dataset import Facts
from aecore.measures.activity import activity
from aecore.measures.filters import first_filters
from aecore.measures.jacobian import singular_values
from aecore.measures.resistance import resistance
from aecore.runs.spec import Spec


def pictures(count: int, height: int = 8, width: int = 8, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((count, height, width), np.float32)


def untrained(side: int = 8, **spec) -> Autoencoder:
    mean = 0.25 + pictures(1, side, side)[0] / 2
    return Spec(**{"variant": "plain", "architecture": "linear"} | spec).model(Facts(mean))


# Activity.


def test_units_are_on_above_a_tenth_of_the_largest_activation():
    found = activity(np.array([[10, 1.1, 0, -0.5], [-2, 0.9, 0, 1], [0.5, -1, 0, 0]], np.float32))
    assert found.threshold == pytest.approx(1)
    assert found.on_per_image.tolist() == [2, 1, 0]
    assert found.share_on_of_unit == pytest.approx([2 / 3, 1 / 3, 0, 0])
    assert found.mean == pytest.approx([8.5 / 3, 1 / 3, 0, 0.5 / 3])
    assert found.dead == 2


def test_scaling_the_codes_scales_means_and_threshold_only():
    codes = np.random.default_rng(0).laplace(size=(50, 7))
    once, twice = activity(codes), activity(-2 * codes)
    assert twice.on_per_image.tolist() == once.on_per_image.tolist()
    assert twice.mean == pytest.approx(-2 * once.mean)
    assert twice.threshold == pytest.approx(2 * once.threshold)


@pytest.mark.parametrize("images", [0, 3])
def test_where_all_codes_are_zero_nothing_is_on(images):
    found = activity(np.zeros((images, 5), np.float32))
    assert found.on_per_image.tolist() == [0] * images
    assert found.share_on_of_unit.tolist() == found.mean.tolist() == [0] * 5
    assert found.dead == 5


def test_a_unit_that_is_on_for_one_image_is_not_dead():
    assert activity(np.diag([1.0, 0.5, 0.05])).dead == 1


@pytest.mark.timed
def test_the_activity_of_two_thousand_large_codes_takes_no_time():
    codes = np.random.default_rng(0).normal(size=(2000, 1024)).astype(np.float32)
    times = []
    for _ in range(5):
        began = time.perf_counter()
        activity(codes)
        times.append(time.perf_counter() - began)
    assert min(times) < 0.02


# Singular values of the Jacobian.


@pytest.mark.parametrize("latent", [3, 70])
def test_a_linear_encoder_has_the_singular_values_of_its_matrix_everywhere(latent):
    model = untrained(latent=latent)
    known = np.linalg.svd(model.encoder[1].weight.detach().numpy(), compute_uv=False)
    found = singular_values(model, pictures(4))
    assert found.dtype == np.float32
    assert found.shape == (4, min(latent, 64))
    np.testing.assert_allclose(found, np.broadcast_to(known, found.shape), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("spec", [{"architecture": "dense"}, {"architecture": "conv"}, {"variant": "vae"}])
def test_singular_values_are_those_of_finite_differences(spec):
    model, images = untrained(latent=5, **spec), pictures(2, seed=1)
    found = singular_values(model, images)
    model = model.double()
    steps = 1e-4 * torch.eye(64, dtype=torch.float64).reshape(64, 1, 8, 8)
    with torch.no_grad():
        for image, values in zip(torch.from_numpy(images).double(), found, strict=True):
            columns = (model.encode(image + steps) - model.encode(image - steps)) / 2e-4
            np.testing.assert_allclose(values, torch.linalg.svdvals(columns), rtol=1e-4, atol=1e-6)


def test_a_jacobian_larger_than_one_part_is_whole():
    model = untrained(latent=700, architecture="dense", width=512)
    image = pictures(1)
    x = torch.from_numpy(image)[None]
    whole = torch.autograd.functional.jacobian(lambda x: model.encode(x)[0], x).reshape(700, 64)
    np.testing.assert_allclose(singular_values(model, image)[0], torch.linalg.svdvals(whole), rtol=1e-3, atol=1e-5)


def test_an_encoder_with_an_lstm_has_singular_values_too():
    class Last(nn.Module):
        def __init__(self):
            super().__init__()
            self.cells = nn.LSTM(8, 3, batch_first=True)

        def forward(self, images):
            return self.cells(images[:, 0])[0][:, -1]

    model = untrained(latent=3)
    model.encoder = Last()
    assert (singular_values(model, pictures(2)) > 0).all()


def test_singular_values_leave_the_model_as_it_was():
    model = untrained(latent=3)
    singular_values(model, pictures(2))
    assert all(parameter.grad is None and parameter.requires_grad for parameter in model.parameters())


def test_no_images_have_no_singular_values_and_a_broken_model_has_nan():
    model = untrained(latent=3)
    assert singular_values(model, pictures(0)).shape == (0, 3)
    with torch.no_grad():
        model.encoder[1].weight[0, 0] = torch.nan
    assert np.isnan(singular_values(model, pictures(2))).all()


@pytest.mark.timed
def test_twenty_images_of_a_dense_model_take_less_than_two_seconds():
    model = untrained(28, latent=32, architecture="dense")
    began = time.perf_counter()
    assert singular_values(model, pictures(20, 28, 28)).shape == (20, 32)
    assert time.perf_counter() - began < 2


# Resistance.


def test_a_linear_models_resistance_is_that_of_its_matrices():
    """The mean of |W d|^2 over directions of length s is s^2 |W|^2 / P: the root is met by many images."""
    model, images = untrained(latent=40, likelihood="gaussian"), 0.4 + 0.2 * pictures(2000)
    found = resistance(model, images, 0.01, seed=3)
    down, up = model.encoder[1].weight.detach().numpy(), model.decoder[0].weight.detach().numpy()
    codes = model.embed(images)
    spread = np.sqrt(np.square(codes - codes.mean(0)).sum(1).mean())
    assert found.code == pytest.approx(0.01 * np.linalg.norm(down) / 8 / spread, rel=0.02)
    shown = model.reconstruct(images)
    assert shown.min() > 0
    assert shown.max() < 1  # ... so that clamping changes nothing.
    assert found.reconstruction == pytest.approx(np.linalg.norm(up @ down) / 8, rel=0.02)


def test_the_disturbance_has_the_length_asked_for():
    """An encoder that gives back its image less a constant moves by the disturbance itself."""
    model, images = untrained(latent=64), pictures(300)
    with torch.no_grad():
        model.encoder[1].weight.copy_(torch.eye(64))
    spread = np.sqrt(np.square(images - images.mean(0)).sum((1, 2)).mean())
    assert resistance(model, images, 0.7, seed=0).code == pytest.approx(0.7 / spread, rel=1e-4)


def test_scaling_codes_changes_no_resistance():
    model, images = untrained(latent=4, architecture="linear"), pictures(30)
    before = resistance(model, images, 0.5, seed=1)
    with torch.no_grad():
        model.encoder[1].weight.mul_(4)
        model.decoder[0].weight.div_(4)
    after = resistance(model, images, 0.5, seed=1)
    assert after.code == pytest.approx(before.code, rel=1e-5)
    assert after.reconstruction == pytest.approx(before.reconstruction, rel=1e-4)


def test_the_same_seed_gives_the_same_resistance_and_another_another():
    model, images = untrained(latent=4), pictures(30)
    assert resistance(model, images, 1, seed=1) == resistance(model, images, 1, seed=1)
    assert resistance(model, images, 1, seed=1) != resistance(model, images, 1, seed=2)


def test_codes_without_spread_have_no_resistance():
    model = untrained(latent=4)
    with torch.no_grad():
        model.encoder[1].weight.zero_()
    found = resistance(model, pictures(10), 1, seed=0)
    assert np.isnan(found.code)
    assert found.reconstruction == 0


@pytest.mark.parametrize("size", [0, -1, np.nan])
def test_a_disturbance_needs_a_length(size):
    with pytest.raises(ValueError, match="size must be above 0, got"):
        resistance(untrained(), pictures(2), size, seed=0)


# Filters.


@pytest.mark.parametrize("architecture", ["linear", "dense"])
def test_filters_are_the_rows_of_the_first_matrix_in_the_units_order(architecture):
    model = untrained(latent=100, architecture=architecture)
    rows = model.encoder[1].weight.detach().numpy()
    filters = first_filters(model)
    assert filters.shape == (64, 8, 8)
    assert filters.dtype == np.float32
    np.testing.assert_array_equal(filters.reshape(64, 64), rows[:64])
    assert len(first_filters(model, most=5)) == 5


def test_of_several_channels_the_filters_are_those_on_the_image():
    model = untrained()
    model.encoder = nn.Sequential(nn.Flatten(), nn.Linear(3 * 64, 7))
    filters = first_filters(model)
    np.testing.assert_array_equal(filters.reshape(7, 64), model.encoder[1].weight[:, :64].detach().numpy())


def test_the_filters_of_a_convolution_are_its_kernels():
    model = untrained(architecture="conv", width=8)
    filters = first_filters(model)
    np.testing.assert_array_equal(filters, model.encoder[0].weight[:, 0].detach().numpy())
    assert filters.shape == (8, 3, 3)


def test_an_encoder_that_begins_otherwise_has_no_filters():
    model = untrained()
    model.encoder = nn.Sequential(nn.LSTM(8, 64), nn.Linear(64, 2))
    assert first_filters(model) is None
    model.encoder = nn.Linear(8, 2)
    assert first_filters(model) is None
    model.encoder = nn.Flatten()
    assert first_filters(model) is None


def test_filters_stay_as_they_were_when_training_goes_on():
    model = untrained()
    before = first_filters(model)
    kept = before.copy()
    with torch.no_grad():
        model.encoder[1].weight.add_(1)
    np.testing.assert_array_equal(before, kept)
