"""The multi-task autoencoder: two losses by hand, and what each weight leaves of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from conftest import is_sentence

from aecore.dataset import Batch, Facts
from aecore.measures.quality import metrics
from aecore.runs.spec import Spec
from aecore.settings import SettingsError
from aecore.sources import load
from aecore.training import TrainerState, generator, train

SMALL = {"data": "digits", "width": 64, "depth": 1, "epochs": 4, "precision": "fp32"}


@pytest.fixture(scope="module")
def data():
    return load("digits")


def trained(spec: Spec, data):
    model = spec.model(data.facts)
    for _ in train(data.train, spec.training, TrainerState(model, spec.training)):
        pass
    return model


def test_the_labels_term_is_the_cross_entropy_of_a_linear_head():
    model = Spec(variant="multitask", latent=3, label_weight=7.0).model(Facts(np.full((8, 8), 0.5, np.float32), 9, 4))
    images = torch.from_numpy(np.random.default_rng(0).random((9, 1, 8, 8), np.float32))
    labels = np.arange(9) % 4
    with torch.no_grad():
        term = model.terms(Batch(images, torch.from_numpy(labels)), 0.5, generator(0))["label"]
        codes = model.encode(images).numpy().astype(np.float64)
        guesses = model.classify(images).numpy()
    scores = codes @ model.head.weight.detach().numpy().T + model.head.bias.detach().numpy()
    assert scores.shape == (9, 4)
    known = np.log(np.exp(scores).sum(1)) - scores[np.arange(9), labels]
    assert term.value.item() == pytest.approx(known.mean(), rel=1e-5)
    assert (term.weight, term.unit) == (7.0, "nats")
    assert np.array_equal(guesses, scores.argmax(1))


def test_without_weight_on_the_label_it_is_the_plain_autoencoder(data):
    plain = trained(Spec(variant="plain", latent=4, **SMALL), data).state_dict()
    multitask = trained(Spec(variant="multitask", latent=4, label_weight=0.0, **SMALL), data).state_dict()
    assert multitask.keys() - plain.keys() == {"head.weight", "head.bias"}
    assert all(torch.equal(plain[name], multitask[name]) for name in plain)


def test_one_code_learns_both_tasks(data):
    model = trained(Spec(variant="multitask", **SMALL | {"epochs": 20}), data)
    found = metrics(model, data)
    mean_image = np.square(data.test.images - data.facts.mean).sum((1, 2)).mean()
    assert found["heldout_accuracy"] > 0.88
    assert found["heldout_squared_error"] < mean_image / 3


def test_a_negative_weight_is_refused():
    with pytest.raises(SettingsError, match="label_weight must be from 0 to 1000, got -1") as refusal:
        Spec(variant="multitask", label_weight=-1.0)
    assert is_sentence(str(refusal.value))
