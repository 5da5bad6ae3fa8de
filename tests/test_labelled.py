"""Labels that training is not told: of whom the class is not known, and that nothing goes by them."""

from __future__ import annotations

from itertools import cycle

import numpy as np
import pytest
import torch
from conftest import is_sentence
from test_tabs import OF_ONE_SPEC, complaints, drawn

from aecore.autoencoder import Autoencoder
from aecore.dataset import Split, split
from aecore.likelihood import likelihoods
from aecore.runs.run import train_spec
from aecore.runs.spec import Spec
from aecore.settings import SettingsError
from aecore.sources import load
from aecore.training import TrainerState, train
from aecore.variants import variants

LEARN_LABELS = [name for name in variants if variants[name].needs_labels]
SMALL = {"data": "digits", "images": 200, "width": 16, "depth": 1, "epochs": 2, "latent": 4}
# What the first edition called these runs, in links and in the store.
IDS = {"cvae": "79d09efebfe3ed8e", "multitask": "1aa8645726d525cd"}


def test_only_so_many_have_labels_and_as_many_of_each_class_as_can_be():
    whole, told = load("digits", images=200), load("digits", images=200, labelled=25)
    known = told.train.labels >= 0
    assert known.sum() == 25
    assert set(np.bincount(told.train.labels[known], minlength=10)) == {2, 3}
    assert np.array_equal(told.train.labels[known], whole.train.labels[known])
    assert np.shares_memory(told.train.images, whole.train.images)
    assert (told.test.labels >= 0).all()
    assert len(told.train.labelled()) == 25
    assert load("digits", images=200, labelled=25) is told
    assert load("digits", images=200, labelled=200) is whole


@pytest.mark.parametrize("name", LEARN_LABELS)
def test_a_spec_that_was_kept_keeps_its_id_and_a_link_says_how_many(name):
    assert Spec(variant=name).id == IDS.get(name, Spec(variant=name, labelled=60_000).id)
    few = Spec(variant=name, labelled=50)
    assert few.id != Spec(variant=name).id
    assert few.texts()["labelled"] == "50"
    assert Spec.from_json(few.json()) == few


def test_who_learns_no_labels_is_not_asked():
    with pytest.raises(SettingsError, match="vae on dense has no setting labelled"):
        Spec(variant="vae", labelled=50)
    assert "labelled" not in Spec(variant="plain").flat()


@pytest.mark.parametrize("name", LEARN_LABELS)
@pytest.mark.parametrize("labelled", [1, 30])
def test_it_trains_on_what_is_known_and_is_measured_there(name, labelled):
    run = train_spec(Spec(variant=name, labelled=labelled, **SMALL))
    assert run.snapshot.state == "finished", run.snapshot.message
    assert np.isfinite(list(run.metrics.values())).all()
    assert (run.data.train.labels >= 0).sum() == labelled


def test_a_labels_loss_is_the_mean_over_the_labels_that_are_known():
    run = train_spec(Spec(variant="multitask", labelled=30, **SMALL))
    known = run.data.train.labelled()
    codes = run.model.encode(torch.from_numpy(known.images.copy())[:, None])
    truth = torch.nn.functional.cross_entropy(run.model.head(codes), torch.from_numpy(known.labels.copy()))
    assert run.metrics["train_label"] == pytest.approx(truth.item(), rel=1e-4)


def test_the_curve_of_a_labels_loss_is_of_images_with_labels_however_few_a_batch_has():
    """Nothing moves, so what is plotted on the way is what is measured at the end."""
    how = {**SMALL, "labelled": 5, "batch_size": 8, "epochs": 1, "learning_rate": 1e-5, "precision": "fp32"}
    run = train_spec(Spec(variant="multitask", **how))
    told = [moment.train["label"] for moment in run.history.moments[1:]]
    assert np.isnan(told).any()
    assert np.nanmean(told) == pytest.approx(run.metrics["train_label"], rel=0.02)


@pytest.mark.parametrize("likelihood", likelihoods)
@pytest.mark.parametrize("name", LEARN_LABELS)
def test_an_image_without_a_label_is_no_image_of_any_class(name, likelihood):
    """A batch in which nobody has a label moves nothing that is learned from labels, and breaks nothing."""
    data, spec = load("digits", images=200), Spec(variant=name, likelihood=likelihood, **SMALL)
    model = spec.model(data.facts)
    batch = Split(data.train.images[:20], np.full(20, -1)).batch(np.arange(20), torch.device("cpu"))
    terms = model.terms(batch, 0.5, torch.Generator())
    told = [term for term in terms.values() if term.over is not None]
    assert told
    assert all(term.value.item() == 0 and term.over == 0 for term in told)


def test_nothing_to_learn_from_is_refused_in_a_sentence():
    spec, data = Spec(variant="cvae", **SMALL), load("digits", images=200)
    unknown = split(data.train.images, np.full(200, -1))
    with pytest.raises(ValueError) as refused:
        next(train(unknown, spec.training, TrainerState(spec.model(data.facts), spec.training)))
    assert is_sentence(str(refused.value))
    with pytest.raises(ValueError, match="from 0 on, or -1 where not known, got -2"):
        split(data.train.images, np.full(200, -2))


@pytest.mark.parametrize(("page", "view", "name"), [(*tab, n) for tab, n in zip(OF_ONE_SPEC, cycle(LEARN_LABELS))])
def test_every_tab_takes_a_model_that_was_told_few_labels(page, view, name):
    link = {text: str(value) for text, value in SMALL.items()}
    app = drawn(page, view=view, variant=name, labelled="20", v="1", **link)
    assert complaints(app) == []
    assert issubclass(variants[name], Autoencoder)
