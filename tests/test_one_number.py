"""One number, one set of images: what a finished run is called to have held out is the same wherever it is shown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from combinations import AUTOENCODERS

from aecore.exhibits import images as images_exhibit
from aecore.measures.pca import fit_pca
from aecore.measures.quality import mean_image_scores, squared_error
from aecore.questions import pca as ask
from aecore.runs.run import Run, train_spec
from aecore.runs.spec import Spec
from aecore.runs.store import decode, encode
from aecore.ui.exhibits.images import ImagesDoor
from aecore.ui.live import loss_axis

SMALL = {"data": "digits", "images": 100, "epochs": 1, "latent": 3}


def trained(variant: str, **settings) -> Run:
    return train_spec(Spec(**SMALL | settings, variant=variant))


def check(run: Run) -> None:
    """The last moment and the floors beside it, against the metrics and the images themselves."""
    last, metrics = run.history.moments[-1], run.metrics
    assert run.snapshot.newest is last
    for name, value in last.heldout.items():
        assert value == pytest.approx(metrics[f"heldout_{name}"], rel=1e-5), name
    assert last.figures["squared_error"] == pytest.approx(metrics["heldout_squared_error"], rel=1e-5)
    known = squared_error(run.model, run.data.test)
    assert metrics["heldout_squared_error"] == pytest.approx(known, rel=1e-5)
    loss, squared = mean_image_scores(run.model, run.data)["heldout"]
    assert run.exhibit.squared_floors[0].value == pytest.approx(squared, rel=1e-5)
    if run.spec.flat()["likelihood"] != "gaussian-learned":  # whose floor has the variance that fits it best
        assert run.exhibit.floors[0].value == pytest.approx(loss, rel=1e-5)
    rows = run.data.test.images.reshape(len(run.data.test), -1)
    pca = fit_pca(run.data.train.images).reconstruct(rows, run.model.stored_numbers).clip(0, 1)
    left = np.square(pca - rows).sum(1).mean()
    assert run.exhibit.squared_floors[1].value == pytest.approx(left, rel=1e-4)


@pytest.mark.parametrize("variant", AUTOENCODERS)
def test_the_last_moments_held_out_figures_are_the_metrics(variant):
    run = trained(variant)
    assert len(run.exhibit.scored) == len(run.data.test)
    check(run)


@pytest.mark.parametrize("variant", ["plain", "vae", "cvae"])
def test_of_many_held_out_images_a_look_scores_some_and_the_end_scores_all(monkeypatch, variant):
    monkeypatch.setattr(images_exhibit, "MOST_SCORED", 50)
    run = trained(variant)
    assert len(run.exhibit.scored) == 50
    assert np.bincount(run.exhibit.scored.labels).tolist() == [5] * 10
    check(run)


@pytest.mark.parametrize("variant", ["plain", "vae", "vae-sigma", "denoising"])
def test_a_look_scores_the_same_images_by_the_same_chance_as_the_metrics(variant):
    run = trained(variant)
    looked = run._look(run.snapshot)
    assert looked.heldout == pytest.approx(run.history.moments[-1].heldout, rel=1e-5)
    assert looked.figures == pytest.approx(run.history.moments[-1].figures, rel=1e-5)


def test_known_codes_give_the_error_of_images_encoded_anew():
    run = trained("plain")
    codes = run.model.embed(run.data.test.images)
    assert squared_error(run.model, run.data.test, codes) == pytest.approx(squared_error(run.model, run.data.test))


def test_a_map_of_fewer_images_scores_no_fewer(monkeypatch):
    monkeypatch.setattr(images_exhibit, "MOST_NUMBERS", 1)
    run = trained("plain")
    assert len(run.exhibit.looked_at) == 100
    assert len(run.exhibit.scored) == 360
    assert run.history.moments[-1].shown["places"].shape == (100, 2)
    check(run)


def test_a_file_of_before_whose_last_figures_are_those_of_fewer_images_is_read_as_the_metrics_are(tmp_path):
    run = trained("vae")
    kept = run.checkpoint()
    last = kept.snapshot.history.moments[-1]
    old = replace(last, heldout={"reconstruction": 1.0, "kl": 2.0}, figures=last.figures | {"squared_error": 3.0})
    history = kept.snapshot.history.with_moment(old)
    path = tmp_path / "old.safetensors"
    path.write_bytes(encode(run.spec, replace(kept, snapshot=replace(kept.snapshot, history=history, newest=old))))
    _, checkpoint = decode(path)
    assert checkpoint.snapshot.history.moments[-1].figures["squared_error"] == 3
    again = Run(run.spec)
    again.prepare(checkpoint)
    assert again.snapshot.state == "finished"
    check(again)


def test_pcas_curves_are_taken_on_the_images_that_the_metrics_are():
    run = trained("plain", likelihood="gaussian")
    rows = run.data.test.images.reshape(len(run.data.test), -1)
    usual = np.square(rows - run.data.train.images.reshape(100, -1).mean(0)).sum(1).mean()
    assert ask.Components(5)(run).errors[0] == pytest.approx(usual, rel=1e-4)
    assert ask.pca_costs(run).errors[0] == pytest.approx(usual, rel=1e-4)
    assert run.exhibit.squared_floors[0].value == pytest.approx(usual, rel=1e-4)
    cut = ask.truncated(run)
    assert cut.errors[-1] == pytest.approx(run.metrics["heldout_reconstruction"], rel=1e-4)


@pytest.mark.parametrize(("floors", "first"), [((70.0, -3.0), 1100.0), ((70.0, -467.0), 300.0)])
def test_on_an_axis_of_nats_the_floors_are_told_apart_however_bad_the_untrained_model_is(floors, first):
    bottom, top = loss_axis(floors, first, below_zero=True)
    assert bottom < min(floors)
    assert max(floors) < top
    assert (max(floors) - min(floors)) / (top - bottom) >= 0.15


def test_an_axis_of_losses_above_0_begins_there_and_holds_the_untrained_model():
    assert loss_axis([55.0, 45.0], 60.0, below_zero=False) == (0.0, pytest.approx(69.0))
    bottom, top = loss_axis([70.0], 100.0, below_zero=True)
    assert bottom < 70 < 100 < top


@pytest.mark.parametrize(("latent", "pca"), [(3, True), (64, False)])
def test_the_floors_that_are_told_of_are_those_that_are_drawn(latent, pca):
    run = Run(Spec(**SMALL | {"latent": latent}, width=8, depth=1))
    run.prepare()
    assert (len(run.exhibit.floors) == 2) == pca
    assert ("PCA" in ImagesDoor().about_floors(run.exhibit)) == pca
    assert "damaged" not in ImagesDoor().about_floors(run.exhibit)
