"""A few steps of descent towards least squares on what is seen."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from conftest import is_sentence

from aecore.autoencoder import Autoencoder
from aecore.dataset import Facts
from aecore.runs.choices import knobs_of
from aecore.runs.spec import Spec
from aecore.settings import SettingsError
from aecore.sources import load
from aecore.training import TrainerState, generator, train


def uniform(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=generator(seed))


def model_of(scale: float = 1.0, **flat) -> Autoencoder:
    spec = Spec(variant="masked-linear-unrolled", **{"latent": 5} | flat)
    model = spec.model(Facts(uniform(8, 8, seed=9).numpy()))
    # As after some training: directions of unequal weight, and a bias that is no longer the mean.
    model.decoder[0].weight.data *= scale * torch.tensor([1.0, 0.8, 0.6, 0.5, 0.4])[: model.latent]
    model.output_bias.data += 0.1 * uniform(1, 1, 8, 8, seed=8)
    return model.double()


def codes_and_rows(model: Autoencoder, share: float):
    """(code, B~, x~) of each of 10 images of which ``share`` is hidden: the rows and pixels that are seen."""
    images = uniform(10, 1, 8, 8).double()
    seen = (uniform(10, 1, 8, 8, seed=1) >= share).double()
    matrix = model.decoder[0].weight.detach().numpy()
    rows = (images - model.output_bias).detach().flatten(1).numpy()
    codes = model.encode_seen(images, seen).detach().numpy()
    for code, row, kept in zip(codes, rows, seen.flatten(1).numpy() > 0, strict=True):
        yield code, matrix[kept], row[kept]


def test_one_step_by_hand():
    model = model_of(iterations=1, step_size=0.7)
    eta = 0.7 / np.linalg.norm(model.decoder[0].weight.detach().numpy(), 2) ** 2
    assert model.step(model.matrix()).item() == pytest.approx(eta)
    for code, matrix, row in codes_and_rows(model, 0.5):
        assert np.allclose(code, eta * matrix.T @ row)


def test_two_steps_by_hand():
    model = model_of(iterations=2)
    eta = model.step(model.matrix()).item()
    for code, matrix, row in codes_and_rows(model, 0.5):
        first = eta * matrix.T @ row
        assert np.allclose(code, first + eta * matrix.T @ (row - matrix @ first))


@pytest.mark.parametrize("share", [0.0, 0.5])
@pytest.mark.parametrize("step_size", [0.3, 1.0, 1.9])
@pytest.mark.parametrize("iterations", [1, 4, 30])
def test_each_singular_direction_is_there_by_its_shrinkage(iterations, step_size, share):
    """1 - (1 - eta s^2)^T of the least-squares code, s the singular values of the rows that are seen."""
    model = model_of(iterations=iterations, step_size=step_size)
    eta = model.step(model.matrix()).item()
    for code, matrix, row in codes_and_rows(model, share):
        _, singular, directions = np.linalg.svd(matrix, full_matrices=False)
        best = directions @ np.linalg.lstsq(matrix, row)[0]
        assert np.allclose(directions @ code, (1 - (1 - eta * singular**2) ** iterations) * best)


def test_codes_come_to_least_squares_as_steps_are_added():
    far = []
    for iterations in (5, 20, 80, 200):
        model = model_of(iterations=iterations)
        found = codes_and_rows(model, 0.3)
        far.append(max(np.abs(code - np.linalg.lstsq(matrix, row)[0]).max() for code, matrix, row in found))
    assert far == sorted(far, reverse=True)
    assert far[-1] < 1e-3 < 0.1 < far[0]


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.9])
def test_steps_never_explode_whatever_the_matrix_and_the_mask(scale, share):
    model = model_of(scale, iterations=200, step_size=1.95)
    for code, matrix, row in codes_and_rows(model, share):
        assert np.linalg.norm(row - matrix @ code) <= np.linalg.norm(row) + 1e-9


def test_hidden_pixels_change_nothing():
    model, images = model_of(), uniform(7, 1, 8, 8).double()
    seen = model.hide(images, generator(1))
    known = model.encode_seen(images, seen)
    for other in (1 - images, torch.full_like(images, 1e6), torch.full_like(images, math.nan)):
        assert torch.equal(model.encode_seen(torch.where(seen > 0, images, other), seen), known)
    assert not torch.allclose(model.encode_seen(torch.where(seen > 0, 1 - images, images), seen), known)


def test_with_nothing_seen_the_code_is_0():
    model, images = model_of(), uniform(2, 1, 8, 8).double()
    assert (model.encode_seen(images, torch.zeros_like(images)) == 0).all()


def test_no_steps_at_all_are_refused():
    with pytest.raises(SettingsError, match="iterations must be a whole number from 1 to 200, got 0"):
        model_of(iterations=0)


def test_it_has_no_encoder_and_takes_one_matrix_of_its_own_and_squared_error_only():
    picked = {"variant": "masked-linear-unrolled"}
    assert set(dict(model_of().named_parameters())) == {"decoder.0.weight", "output_bias"}
    assert knobs_of(picked)["architecture"].choices == ("linear",)
    with pytest.raises(SettingsError, match="likelihood must be one of gaussian, gaussian-learned, got bernoulli"):
        Spec(**picked, likelihood="bernoulli")
    with pytest.raises(SettingsError, match="tied must be false") as refusal:
        model_of(tied=True)
    assert is_sentence(str(refusal.value))


def test_it_fills_in_better_than_the_mean_image_after_short_training():
    data = load("digits")
    spec = Spec(variant="masked-linear-unrolled", data="digits", latent=8, learning_rate=1e-2)
    model = spec.model(data.facts)
    for _ in train(data.train, spec.training, TrainerState(model, spec.training)):
        pass
    images = torch.from_numpy(data.test.images.copy())[:, None]
    hidden = 1 - model.hide(images, generator(0))
    with torch.no_grad():
        filled = model.decode(model.encode_seen(images, 1 - hidden))
    ours, means = ((hidden * (images - guess).square()).sum() for guess in (filled, model.mean))
    assert float(ours / means) < 0.7
