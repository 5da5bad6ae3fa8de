"""Nested dropout: what is cut off, a code sorted by importance, and PCA as its linear case."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from aecore.autoencoder import Autoencoder
from aecore.capabilities import Ordered
from aecore.dataset import Batch, Dataset
from aecore.measures.pca import fit_pca
from aecore.runs.spec import Spec
from aecore.sources import load
from aecore.training import TrainerState, generator, train


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits")


def trained(data: Dataset, **settings) -> Autoencoder:
    spec = Spec(variant="nested", **settings)
    model = spec.model(data.facts)
    for _ in train(data.train, spec.training, TrainerState(model, spec.training)):
        pass
    return model


def batch_of(data: Dataset, count: int) -> Batch:
    return Batch(torch.from_numpy(data.train.images[:count].copy())[:, None], torch.zeros(count, dtype=torch.int64))


def errors_by_length(model: Autoencoder, data: Dataset) -> list[float]:
    """Squared error a held-out image, by how many code dimensions are kept: 0, 1, ..., all."""
    codes = torch.from_numpy(model.embed(data.test.images))
    guesses = [model.generate(model.truncate(codes, count).numpy()) for count in range(model.latent + 1)]
    return [float(np.square(guess - data.test.images).sum((1, 2)).mean()) for guess in guesses]


class Watched(nn.Module):
    """A decoder that keeps what it was given."""

    def __init__(self, decoder: nn.Module):
        super().__init__()
        self.decoder, self.given = decoder, []

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        self.given.append(codes.detach())
        return self.decoder(codes)


def test_every_length_is_as_likely_and_what_is_kept_is_left_as_it_is(digits):
    model, batch = Spec(variant="nested", latent=5).model(digits.facts), batch_of(digits, 1000)
    model.decoder = Watched(model.decoder)
    model.terms(batch, 0.5, generator(0))
    codes = model.encode(batch.images).detach()
    (cut,) = (given for given in model.decoder.given if not torch.equal(given, codes))
    lengths = (cut != 0).sum(1)
    for code, kept, length in zip(codes, cut, lengths, strict=True):
        assert torch.equal(kept[:length], code[:length])
        assert (kept[length:] == 0).all()
    # 200 of each of 1 to 5 are expected, give or take 12.6.
    assert torch.allclose(torch.bincount(lengths, minlength=6)[1:].float(), torch.tensor(200.0), atol=50)
    assert lengths.min() == 1


def test_the_whole_code_is_watched_and_the_cut_one_learned_from(digits):
    model, batch = Spec(variant="nested", latent=5, width=16).model(digits.facts), batch_of(digits, 50)
    terms = model.terms(batch, 0.5, generator(0))
    whole = model.reconstruction(model.encode(batch.images), batch.images).value
    assert terms["reconstruction"].value.item() == pytest.approx(whole.item(), rel=1e-6)
    assert (terms["reconstruction"].weight, terms["truncated"].weight) == (0.0, 1.0)
    assert not terms["reconstruction"].value.requires_grad


def test_with_pcas_matrices_the_loss_is_pcas_mean_over_all_lengths(digits):
    pca, rows = fit_pca(digits.train.images), digits.train.images.reshape(-1, 64)
    model = Spec(variant="nested", architecture="linear", likelihood="gaussian", latent=6).model(digits.facts)
    with torch.no_grad():
        model.encoder[-1].weight.copy_(torch.from_numpy(pca.components[:6]))
        model.decoder[0].weight.copy_(torch.from_numpy(pca.components[:6].T))
        batch = batch_of(digits, len(rows))
        draws = [float(model.terms(batch, 1.0, generator(seed))["truncated"].value) for seed in range(100)]
    known = np.mean([np.square(rows - pca.reconstruct(rows, count)).sum(1).mean() for count in range(1, 7)])
    assert np.mean(draws) == pytest.approx(known, abs=4 * np.std(draws) / math.sqrt(100))


@pytest.mark.learns
def test_a_linear_nested_autoencoder_finds_pcas_components_in_their_order(digits):
    """Not only their subspace, which any linear autoencoder finds: each to its place (Rippel et al. 2014)."""
    model = trained(
        digits,
        architecture="linear",
        likelihood="gaussian",
        latent=8,
        epochs=400,
        batch_size=256,
        learning_rate=0.05,
        precision="fp32",
    )
    columns = model.decoder[0].weight.detach().numpy()
    directions = columns / np.linalg.norm(columns, axis=0)
    cosines = np.abs(directions.T @ fit_pca(digits.train.images).components[:8].T)
    assert np.degrees(np.arccos(np.diag(cosines)[:5].clip(0, 1))).max() < 5


@pytest.mark.learns
def test_a_code_is_sorted_by_importance(digits):
    model = trained(digits, latent=8, width=64, depth=1, epochs=30)
    assert isinstance(model, Ordered)
    errors = errors_by_length(model, digits)
    gains = -np.diff(errors)
    assert (gains > 0).all(), errors
    assert gains[:4].sum() > 2 * gains[4:].sum()
    assert errors[-1] < errors[0] / 2
