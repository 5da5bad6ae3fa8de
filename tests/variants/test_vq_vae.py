"""VQ-VAE: the nearest entry, the three losses and their gradients by hand, and entries that come back."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from conftest import is_sentence

from aecore.dataset import Batch, Facts
from aecore.measures.quality import squared_error
from aecore.runs.spec import Spec
from aecore.settings import SettingsError
from aecore.sources import load
from aecore.training import TrainerState, generator, train
from aecore.variants import vq_vae
from aecore.variants.vq_vae import nearest

IMAGES = torch.from_numpy(np.random.default_rng(0).random((6, 1, 13, 9), np.float32))
BATCH = Batch(IMAGES, torch.zeros(6, dtype=torch.int64))


def model_of(**more):
    flat = {"latent": 3, "entries": 10, "width": 4, "depth": 2} | more
    model = Spec(variant="vq-vae", **flat).model(Facts(np.full((13, 9), 0.5, np.float32)))
    with torch.no_grad():
        # An untrained encoder's vectors are too alike to need more than one entry.
        model.encoder[-1].weight.mul_(20)
    return model


def vectors_of(model) -> np.ndarray:
    """[B, rows, columns, D] what the encoder puts out, straight from it."""
    with torch.no_grad():
        return model.encoder(IMAGES - model.mean).permute(0, 2, 3, 1).numpy()


def plain_nearest(vectors: np.ndarray, points: np.ndarray) -> np.ndarray:
    found = np.zeros(vectors.shape[:-1], int)
    for place in np.ndindex(*found.shape):
        distances = [np.square(vectors[place] - point).sum() for point in points]
        found[place] = int(np.argmin(distances))
    return found


@pytest.mark.parametrize("at_once", [vq_vae.AT_ONCE, 25])
def test_each_cell_takes_the_entry_nearest_to_it(at_once, monkeypatch):
    monkeypatch.setattr(vq_vae, "AT_ONCE", at_once)
    model = model_of()
    table = model.codebook.detach().numpy()
    known = plain_nearest(vectors_of(model), table)
    assert known.shape == (6, 4, 3)
    assert len(np.unique(known)) > 2
    assert np.array_equal(model.indices(IMAGES), known)
    codes = model.encode(IMAGES)
    assert np.array_equal(codes.detach().reshape(6, 4, 3, 3), table[known])
    assert model.latent == 36
    assert model.stored_numbers == 12


def test_nearest_is_the_plain_loops_on_random_points():
    rng = np.random.default_rng(1)
    vectors, points = rng.normal(size=(4, 5, 3)), rng.normal(size=(20, 3))
    assert np.array_equal(nearest(torch.from_numpy(vectors), torch.from_numpy(points)), plain_nearest(vectors, points))


def test_the_terms_are_their_formulas():
    model = model_of(entries=40, commitment=0.7)
    vectors, table = vectors_of(model), model.codebook.detach().numpy()
    indices = plain_nearest(vectors, table)
    with torch.no_grad():
        terms = model.terms(BATCH, 0.5, generator(0))
        rebuilt = model.likelihood.loss(model.rebuild(IMAGES), IMAGES).mean().item()
    distance = np.square(vectors - table[indices]).sum((1, 2, 3)).mean()
    used = [len(np.unique(grid)) for grid in indices]
    idle = np.setdiff1d(np.arange(40), indices)
    assert len(idle) > 0
    flat = vectors.reshape(-1, 3)
    way_back = sum(np.square(flat - table[k]).sum(1).min() for k in idle) / 40
    known = {
        "reconstruction": (rebuilt, 1.0),
        "codebook": (distance, 1.0),
        "commitment": (distance, 0.7),
        "unused": (way_back, 1.0),
        "entries_used": (np.mean(used), 0.0),
    }
    assert terms.keys() == known.keys()
    for name, (value, weight) in known.items():
        assert terms[name].value.item() == pytest.approx(value, rel=1e-4)
        assert terms[name].weight == weight


def test_gradients_go_straight_through_the_nearest_entry():
    """The encoder gets d loss / d entries, as if it had put out the entries itself; the codebook gets none of it."""
    model = model_of()
    codes = model.encode(IMAGES).detach().requires_grad_()
    model.reconstruction(codes, IMAGES).value.backward()
    # The bias of the encoder's last layer adds to the vector of every cell.
    known = codes.grad.reshape(-1, 3).sum(0)
    model.zero_grad()
    model.terms(BATCH, 0.5, generator(0))["reconstruction"].value.backward()
    assert torch.allclose(model.encoder[-1].bias.grad, known, rtol=1e-4, atol=1e-6)
    assert known.abs().max() > 0
    assert model.codebook.grad is None


def test_one_distance_moves_the_codebook_and_the_other_the_encoder():
    model = model_of()
    vectors, table = vectors_of(model).reshape(-1, 3), model.codebook.detach().numpy()
    indices = plain_nearest(vectors, table)
    model.terms(BATCH, 0.5, generator(0))["codebook"].value.backward()
    known = np.zeros_like(table)
    for vector, k in zip(vectors, indices, strict=True):
        known[k] += 2 * (table[k] - vector) / len(IMAGES)
    assert np.allclose(model.codebook.grad, known, atol=1e-5)
    assert all(weights.grad is None for weights in model.encoder.parameters())
    model.zero_grad()
    model.terms(BATCH, 0.5, generator(0))["commitment"].value.backward()
    assert np.allclose(model.encoder[-1].bias.grad, 2 * (vectors - table[indices]).sum(0) / len(IMAGES), atol=1e-5)
    assert model.codebook.grad is None


@pytest.fixture(scope="module")
def data():
    return load("mnist-5k", images=1000)


def entries_in_use(model, data) -> int:
    with torch.no_grad():
        return len(model.indices(torch.from_numpy(data.train.images.copy())[:, None]).unique())


def test_entries_that_nothing_is_near_come_back(data):
    spec = Spec(variant="vq-vae", images=1000, entries=16, width=8, epochs=4, batch_size=25, learning_rate=1e-2)
    model = spec.model(data.facts)
    with torch.no_grad():
        # All but one are out of reach of whatever the encoder puts out.
        model.codebook[1:] += 0.5
    assert entries_in_use(model, data) == 1
    for _ in train(data.train, spec.training, TrainerState(model, spec.training)):
        pass
    assert entries_in_use(model, data) >= 12
    # Held out; the mean image has 53.
    assert squared_error(model, data.test) < 30


def test_networks_without_cells_are_refused_in_a_sentence():
    with pytest.raises(SettingsError, match="vq-vae needs the architecture conv") as refusal:
        Spec(variant="vq-vae", architecture="dense")
    assert is_sentence(str(refusal.value))
    assert Spec(variant="vq-vae").names["architecture"] == "conv"
