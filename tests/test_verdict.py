"""What is said of a run that got to its end: nothing where it learned, else whether it learned nothing or by heart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from combinations import AUTOENCODERS
from conftest import is_sentence
from hypothesis import given
from hypothesis import strategies as st

from aecore.measures.quality import mean_image_scores, metrics
from aecore.runs.run import train_spec
from aecore.runs.spec import Spec
from aecore.runs.verdict import LEAST_EXPLAINED, Fit, verdict

# Of a model that explains half of what there is.
GOOD = Fit(100.0, 27.0, 213.98, 54.0)
# Compare's preset weight decay, column C: it ends on the mean image, by a hair's breadth below.
NOTHING = Fit(213.94, 53.99, 213.98, 54.0)
BY_HEART = Fit(60.0, 2.08, 213.98, 54.0)
WORSE = Fit(320.0, 40.0, 213.98, 54.0)
SMALL = {"data": "digits", "images": 200, "width": 8, "depth": 1, "epochs": 2}


def said(heldout: Fit, train: Fit, steps: int = 1000, **flat) -> str:
    found = verdict({"heldout": heldout, "train": train}, "nats", steps, Spec(**flat))
    assert not found or is_sentence(found)
    return found


def test_a_model_that_learned_is_told_nothing():
    assert said(GOOD, GOOD) == ""


def test_memorised_is_not_nothing_and_both_losses_are_told():
    found = said(WORSE, BY_HEART)
    assert found.startswith("memorised: the reconstruction loss is 60.00 nats on the training images and 320.00 on")
    assert "213.98" in found
    assert "learning" not in found


def test_nothing_is_told_with_a_tolerance_and_the_settings_that_can_be_the_cause():
    found = said(NOTHING, NOTHING, weight_decay=0.01)
    assert found.startswith("nothing was learned: the reconstruction loss is 213.94 nats on the training images")
    assert found.endswith("lower weight_decay (now 0.01) or learning_rate (now 0.003)")
    assert said(NOTHING, NOTHING, variant="vae", beta=30).endswith("lower beta (now 30) or learning_rate (now 0.003)")
    assert said(WORSE, WORSE).endswith("; lower learning_rate (now 0.003)")
    assert said(NOTHING, NOTHING, steps=1).endswith("train for more epochs (now 1 step)")


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_words_follow_from_the_shares_alone(heldout, train):
    """Whatever the numbers: a model that does well on held-out images is told nothing, and no other is."""

    def fit(share: float) -> Fit:
        return Fit(100 * (1.0001 - share), 50 * (1 - share), 100.0, 50.0)

    found = said(fit(heldout), fit(train))
    if heldout >= LEAST_EXPLAINED:
        assert found == ""
    else:
        assert found.startswith("memorised" if train >= LEAST_EXPLAINED else "nothing was learned")


def test_images_that_are_all_alike_leave_nothing_to_explain():
    assert said(replace(NOTHING, squared=0.0, mean_squared=0.0), NOTHING) == ""


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian", "gaussian-learned"])
def test_the_mean_image_is_scored_as_plain_torch_scores_it(likelihood):
    run = train_spec(Spec(**SMALL | {"epochs": 1}, likelihood=likelihood))
    found = mean_image_scores(run.model, run.data)
    mean = torch.from_numpy(run.data.train.images.mean(0, dtype=np.float64))
    variance = (torch.from_numpy(run.data.train.images.copy()).double() - mean).square().mean()
    for name, split in (("heldout", run.data.test), ("train", run.data.train)):
        images = torch.from_numpy(split.images.copy()).double()
        shown = mean.clamp(1e-3, 1 - 1e-3).expand_as(images)
        losses = {
            "bernoulli": torch.nn.functional.binary_cross_entropy(shown, images, reduction="none"),
            "gaussian": (images - mean).square(),
            "gaussian-learned": -torch.distributions.Normal(mean, variance.sqrt()).log_prob(images),
        }
        assert found[name][0] == pytest.approx(float(losses[likelihood].sum((1, 2)).mean()), rel=1e-3)
        assert found[name][1] == pytest.approx(float((images - mean).square().sum((1, 2)).mean()), rel=1e-4)


@pytest.mark.learns
def test_a_run_is_judged_on_training_images_too():
    """A hundred images by heart; the same crushed by weight decay; and more images, which are learned from."""
    heart = {"data": "digits", "images": 100, "latent": 16, "width": 64, "epochs": 130, "batch_size": 10}
    by_heart = train_spec(Spec(**heart))
    assert by_heart.snapshot.message.startswith("memorised")
    assert f"{metrics(by_heart.model, by_heart.data)['train_reconstruction']:,.2f} nats" in by_heart.snapshot.message
    crushed = train_spec(Spec(**heart | {"weight_decay": 0.1, "epochs": 20}))
    assert crushed.snapshot.message.startswith("nothing was learned")
    assert "weight_decay (now 0.1)" in crushed.snapshot.message
    assert train_spec(Spec(**SMALL | {"images": 1000, "epochs": 10, "width": 32})).snapshot.message == ""


@pytest.mark.parametrize("variant", AUTOENCODERS)
def test_what_is_named_as_a_cause_is_a_setting_of_the_variant(variant):
    spec = Spec(variant=variant)
    found = said(NOTHING, NOTHING, **spec.flat())
    names = [part.split(" (now")[0].split()[-1] for part in found.split("; ")[1].split(" or ")]
    assert "learning_rate" in names
    assert set(names) <= spec.flat().keys()
