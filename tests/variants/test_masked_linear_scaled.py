"""A linear encoder of what is seen, scaled up for what is not."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from aecore.autoencoder import Autoencoder
from aecore.dataset import Facts
from aecore.measures.pca import fit_pca
from aecore.runs.choices import knobs_of
from aecore.runs.spec import Spec
from aecore.settings import SettingsError
from aecore.sources import load
from aecore.training import TrainerState, generator, train


def uniform(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=generator(seed))


def model_of(**flat) -> Autoencoder:
    spec = Spec(variant="masked-linear-scaled", **{"latent": 5} | flat)
    return spec.model(Facts(uniform(8, 8, seed=9).numpy()))


def test_the_code_by_hand():
    model, images = model_of(), uniform(7, 1, 8, 8)
    seen = model.hide(images, generator(1))
    matrix, bias = (weights.detach().numpy() for weights in (model.encoder[-1].weight, model.encoder[-1].bias))
    codes = model.encode_seen(images, seen).detach().numpy()
    centred = (images - model.mean).flatten(1).numpy()
    for code, row, kept in zip(codes, centred, seen.flatten(1).numpy() > 0, strict=True):
        share = kept.sum() / 64
        assert np.allclose(code, matrix[:, kept] @ row[kept] / share + bias, atol=1e-5)
    assert np.allclose(model.encode(images).detach(), centred @ matrix.T + bias, atol=1e-5)


def test_codes_of_parts_are_on_average_the_code_of_the_whole():
    model, image = model_of(hidden_share=0.7), uniform(1, 1, 8, 8)
    many = image.expand(40_000, -1, -1, -1)
    with torch.no_grad():
        codes, whole = model.encode_seen(many, model.hide(many, generator(0))), model.encode(image)[0]
    assert ((codes.mean(0) - whole).abs() < 5 * codes.std(0) / math.sqrt(len(many))).all()


def test_hidden_pixels_change_nothing():
    model, images = model_of(), uniform(7, 1, 8, 8)
    seen = model.hide(images, generator(1))
    known = model.encode_seen(images, seen)
    assert torch.equal(model.encode_seen(torch.where(seen > 0, images, math.nan), seen), known)
    assert not torch.allclose(model.encode_seen(torch.where(seen > 0, 1 - images, images), seen), known)


def test_the_share_of_hidden_pixels_is_the_one_asked_for():
    for share in (0.05, 0.3, 0.95):
        seen = model_of(hidden_share=share).hide(torch.zeros(2000, 1, 8, 8), generator(0))
        error = math.sqrt(share * (1 - share) / seen.numel())
        assert float(1 - seen.mean()) == pytest.approx(share, abs=5 * error)


def test_it_takes_one_matrix_and_squared_error_only():
    picked = {"variant": "masked-linear-scaled"}
    assert knobs_of(picked)["architecture"].choices == ("linear",)
    assert Spec(**picked).names["architecture"] == "linear"
    with pytest.raises(SettingsError, match="needs the architecture linear, got dense"):
        Spec(**picked, architecture="dense")
    with pytest.raises(SettingsError, match="likelihood must be one of gaussian, gaussian-learned, got bernoulli"):
        Spec(**picked, likelihood="bernoulli")


def test_filling_in_lies_between_the_mean_image_and_pca_of_whole_images():
    data = load("digits")
    spec = Spec(variant="masked-linear-scaled", data="digits", latent=8, learning_rate=1e-2)
    model = spec.model(data.facts)
    for _ in train(data.train, spec.training, TrainerState(model, spec.training)):
        pass
    images = torch.from_numpy(data.test.images.copy())[:, None]
    seen = model.hide(images, generator(0))
    with torch.no_grad():
        filled = model.decode(model.encode_seen(images, seen))
    rows, pca = data.test.images.reshape(len(images), -1), fit_pca(data.train.images)
    best = np.square(rows - pca.reconstruct(rows, 8)).sum(1).mean()
    ours, mean = (float((images - guess).square().flatten(1).sum(1).mean()) for guess in (filled, model.mean))
    assert best < ours < 0.75 * mean
