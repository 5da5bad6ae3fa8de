"""Codes by least squares on what is seen, against numpy's."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from conftest import is_sentence
from scipy.linalg import subspace_angles

from aecore.autoencoder import Autoencoder
from aecore.dataset import Facts, Split
from aecore.runs.choices import knobs_of
from aecore.runs.spec import Spec
from aecore.settings import SettingsError
from aecore.training import TrainerState, generator, train
from aecore.variants import masked_linear_lsq
from aecore.variants.masked_linear_lsq import least_squares


def uniform(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=generator(seed))


def model_of(**flat) -> Autoencoder:
    spec = Spec(variant="masked-linear-lsq", **{"latent": 5} | flat)
    model = spec.model(Facts(uniform(8, 8, seed=9).numpy()))
    # As after some training: a bias that is no longer the mean.
    model.output_bias.data += 0.1 * uniform(1, 1, 8, 8, seed=8)
    return model


def seen_rows(model: Autoencoder, images: torch.Tensor, seen: torch.Tensor):
    """(B~, x~) of each image, float64: the rows of the matrix, and the pixels less the bias, that are seen."""
    matrix = model.decoder[0].weight.detach().double().numpy()
    rows = (images - model.output_bias).detach().flatten(1).double().numpy()
    for row, kept in zip(rows, seen.flatten(1).numpy() > 0, strict=True):
        yield matrix[kept], row[kept]


@pytest.mark.parametrize("share", [0.05, 0.5, 0.8])
def test_the_code_is_numpys_least_squares_row_by_row(share):
    model, images = model_of(hidden_share=share), uniform(20, 1, 8, 8)
    seen = model.hide(images, generator(1))
    codes = model.encode_seen(images, seen).detach().numpy()
    for code, (matrix, row) in zip(codes, seen_rows(model, images, seen), strict=True):
        assert len(row) > model.latent
        assert np.allclose(code, np.linalg.lstsq(matrix, row)[0], atol=2e-4)


def test_the_matrix_is_the_decoders():
    model = model_of()
    assert torch.equal(model.matrix(), model.decoder[0].weight)
    codes = uniform(3, 5)
    assert torch.allclose(model.decode(codes).flatten(1), codes @ model.matrix().T + model.output_bias.flatten())


def test_a_code_with_more_numbers_than_pixels_are_seen_fits_them_and_is_the_shortest_that_does():
    model, images = model_of(latent=40, hidden_share=0.8), uniform(20, 1, 8, 8)
    seen = model.hide(images, generator(1))
    assert (seen.flatten(1).sum(1) < 40).all()
    codes = model.encode_seen(images, seen).detach().numpy()
    for code, (matrix, row) in zip(codes, seen_rows(model, images, seen), strict=True):
        assert np.allclose(matrix @ code, row, atol=5e-3)
        assert np.allclose(code, np.linalg.lstsq(matrix, row)[0], atol=2e-2)


def test_with_nothing_seen_the_code_is_0():
    model, images = model_of(), uniform(2, 1, 8, 8)
    assert (model.encode_seen(images, torch.zeros_like(images)) == 0).all()


def test_hidden_pixels_change_nothing():
    model, images = model_of(), uniform(7, 1, 8, 8)
    seen = model.hide(images, generator(1))
    known = model.encode_seen(images, seen)
    for other in (1 - images, torch.full_like(images, 1e6), torch.full_like(images, math.nan)):
        assert torch.equal(model.encode_seen(torch.where(seen > 0, images, other), seen), known)
    assert not torch.allclose(model.encode_seen(torch.where(seen > 0, 1 - images, images), seen), known)


@pytest.mark.parametrize("at_once", [1, 2**22])
def test_gradients_are_those_of_the_solution(at_once, monkeypatch):
    """In parts or not; the oracle differentiates through the solver itself."""
    monkeypatch.setattr(masked_linear_lsq, "MOST_AT_ONCE", at_once)
    model, weights = model_of(latent=3).double(), uniform(6, 3, seed=5).double()
    matrix, values = uniform(12, 3, seed=3).double() - 0.5, uniform(6, 12, seed=4).double()
    seen = (uniform(6, 12) > 0.4).double()
    matrix.requires_grad_()
    values.requires_grad_()
    ours = torch.autograd.grad((weights * model.fitted(matrix, seen * values, seen)).sum(), (matrix, values))
    rows = seen[:, :, None] * matrix
    known = torch.linalg.solve(rows.mT @ rows, (rows.mT @ values[:, :, None])[:, :, 0])
    theirs = torch.autograd.grad((weights * known).sum(), (matrix, values))
    for one, other in zip(ours, theirs, strict=True):
        assert torch.allclose(one, other, rtol=1e-3, atol=1e-4)
    assert torch.autograd.gradcheck(lambda one, other: least_squares(one, seen * other, seen), (matrix, values))


def test_parts_are_solved_as_the_whole(monkeypatch):
    model, images = model_of(), uniform(50, 1, 8, 8)
    seen = model.hide(images, generator(1))
    whole = model.encode_seen(images, seen)
    monkeypatch.setattr(masked_linear_lsq, "MOST_AT_ONCE", 7 * 5 * (5 + 64))
    assert torch.allclose(model.encode_seen(images, seen), whole, atol=1e-5)


def test_weights_that_exploded_do_not_raise():
    model, images = model_of(), uniform(3, 1, 8, 8)
    model.decoder[0].weight.data[0, 0] = math.nan
    assert torch.isnan(model.encode(images)).all()


def test_it_has_no_encoder_and_takes_one_matrix_of_its_own_and_squared_error_only():
    picked = {"variant": "masked-linear-lsq"}
    assert set(dict(model_of().named_parameters())) == {"decoder.0.weight", "output_bias"}
    assert knobs_of(picked)["architecture"].choices == ("linear",)
    with pytest.raises(SettingsError, match="likelihood must be one of gaussian, gaussian-learned, got bernoulli"):
        Spec(**picked, likelihood="bernoulli")
    with pytest.raises(SettingsError, match="tied must be false") as refusal:
        model_of(tied=True)
    assert is_sentence(str(refusal.value))


@pytest.mark.learns
def test_it_finds_a_plane_though_half_of_every_image_is_hidden():
    """Images in a plane of 3 dimensions: at the optimum every hidden pixel is known from those that are seen."""
    rng = np.random.default_rng(0)
    plane = rng.normal(size=(64, 3))
    rows = 0.5 + 0.1 * rng.normal(size=(600, 3)) @ plane.T
    data = Split(rows.reshape(-1, 8, 8).astype(np.float32), np.zeros(600, np.int64))
    spec = Spec(variant="masked-linear-lsq", latent=3, learning_rate=3e-2, epochs=100)
    model = spec.model(Facts(data.images.mean(0)))
    for _ in train(data, spec.training, TrainerState(model, spec.training)):
        pass
    assert np.degrees(subspace_angles(model.matrix().detach().numpy(), plane).max()) < 1
    images = torch.from_numpy(data.images.copy())[:, None]
    seen = model.hide(images, generator(0))
    with torch.no_grad():
        filled = model.decode(model.encode_seen(images, seen))
    left = ((1 - seen) * (filled - images).square()).sum() / ((1 - seen) * (model.mean - images).square()).sum()
    assert float(left) < 1e-3
