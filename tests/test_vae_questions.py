"""What the page Variational autoencoder asks of a run: closed forms, seeds, and models that have none of it."""

from __future__ import annotations

import base64
import io
from statistics import NormalDist
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest
from test_pages import live_texts

from aecore.figures.vae import quantile_sheet
from aecore.questions import vae as ask
from aecore.questions.trade import trade as ask_trade
from aecore.questions.trade import trade_off
from aecore.runs.run import Run
from aecore.runs.snapshot import Snapshot
from aecore.runs.spec import Spec
from aecore.variational import kl_from_standard_normal

SMALL = {"data": "digits", "images": 200, "width": 8, "depth": 1, "epochs": 2}


@pytest.fixture(scope="module")
def run(shared) -> Run:
    return shared(Spec(**SMALL, variant="vae", latent=3))


def test_rates_are_the_closed_form_over_held_out_images(run):
    found = ask.rates(run)
    images = torch.from_numpy(run.data.test.images.copy())[:, None]
    with torch.no_grad():
        posterior = run.model.posterior(images)
        known = kl_from_standard_normal(posterior.mean, posterior.log_variance).mean(0)
    assert found.kl == pytest.approx(known.numpy(), rel=1e-5)
    assert found.kl.sum() == pytest.approx(run.metrics["heldout_kl"], rel=1e-4)
    assert found.variance == pytest.approx(posterior.mean.numpy().var(0), rel=1e-4)
    assert np.array_equal(found.used, found.variance > 0.01)


def test_inside_adds_up(run):
    found = ask.inside(run, 5, draws=4, seed=1)
    assert np.allclose(found.codes, found.mean + found.sigma * found.noise, atol=1e-6)
    assert np.array_equal(found.decoded, ask.grey(run.model.generate(found.codes)))
    assert np.array_equal(found.image, ask.grey(run.data.test.images[5]))
    assert found.losses.shape == (4,)
    again = ask.inside(run, 5, draws=4, seed=1)
    assert np.array_equal(found.codes, again.codes)
    assert not np.array_equal(found.codes, ask.inside(run, 5, draws=4, seed=2).codes)


@pytest.mark.parametrize("source", ["prior", "posterior"])
def test_samples_come_from_where_they_are_asked_from_by_a_seed(run, source):
    found = ask.AskSamples(source, 1.0, 0, 12)(run)
    assert found.pictures.shape == found.nearest.shape == (12, 8, 8)
    assert (found.distances > 0).all()
    assert np.array_equal(found.pictures, ask.AskSamples(source, 1.0, 0, 12)(run).pictures)
    assert not np.array_equal(found.pictures, ask.AskSamples(source, 1.0, 1, 12)(run).pictures)


def test_at_temperature_0_all_samples_are_the_origin(run):
    pictures = ask.AskSamples("prior", 0.0, 0, 3)(run).pictures
    assert (pictures == ask.grey(run.model.generate(np.zeros((1, 3), np.float32)))).all()


@pytest.mark.parametrize("origin", [False, True])
def test_a_sheet_over_the_priors_quantiles_moves_two_numbers_and_holds_the_others(run, origin):
    sheet = ask.AskQuantiles(2, 0, 5, 4, origin)(run).pictures
    assert sheet.shape == (5, 5, 8, 8)
    code = np.zeros(3) if origin else run.model.embed(run.data.test.images[4][None])[0]
    for (row, column), (across, up) in {(0, 0): (0.1, 0.9), (2, 3): (0.7, 0.5), (4, 4): (0.9, 0.1)}.items():
        code[[2, 0]] = NormalDist().inv_cdf(across), NormalDist().inv_cdf(up)
        known = ask.grey(run.model.generate(code[None].astype(np.float32)))[0].astype(int)
        assert np.abs(sheet[row, column] - known).max() <= 1
    figure = quantile_sheet(sheet, ("number 3", "number 1"))
    mosaic = np.asarray(Image.open(io.BytesIO(base64.b64decode(figure.layout.images[0].source.split(",")[1]))))
    assert np.array_equal(mosaic[8:16, 16:24], sheet[1, 2])
    assert "number 3 from left to right" in figure.layout.meta["alt"]


@pytest.mark.learns
def test_a_conditional_model_draws_the_class_it_is_asked_for(shared):
    cvae = shared(Spec(**SMALL | {"epochs": 20}, variant="cvae", latent=2))
    turns = ask.AskSamples("prior", 1.0, 0, 10)(cvae).pictures
    threes = ask.AskSamples("prior", 1.0, 0, 10, label=3)(cvae).pictures
    assert np.abs(turns[3].astype(int) - threes[3]).max() <= 1
    assert not np.array_equal(turns[4], threes[4])


def test_a_trade_is_in_held_out_nats(run):
    found = ask_trade(run)
    assert found.kl == run.metrics["heldout_kl"]
    assert found.per_number.kl.sum() == pytest.approx(found.kl, abs=1e-3)
    assert found.samples.shape == (20, 8, 8)
    rebuilt = ask.grey(run.model.generate(found.code[None]))[0].astype(int)
    assert np.abs(rebuilt - found.row[0]).max() <= 1


def trade(kl: float, reconstruction: float, used: int) -> SimpleNamespace:
    rates = SimpleNamespace(used=np.arange(4) < used)
    return SimpleNamespace(kl=kl, reconstruction=reconstruction, per_number=rates)


def test_what_beta_does_is_told_of_the_runs_in_view():
    falls = [trade(20, 90, 4), trade(21, 95, 3), trade(3, 120, 1)]
    assert trade_off([0.1, 1, 32], falls) == (
        "From beta 0.1 to 32, held-out: the KL falls from 20.0 to 3.0 nats, at 1 of 2 steps; the reconstruction loss "
        "rises from 90.0 to 120.0 nats, at every step; of 4 code dimensions 4 are in use at first and 1 in the end."
    )
    # Whatever anybody expects of it.
    assert "the KL rises from 3.0 to 20.0 nats" in trade_off([1, 4], [trade(3, 1, 1), trade(20, 2, 1)])
    assert "the reconstruction loss stays at 5.0 nats" in trade_off([1, 4], [trade(3, 5, 1), trade(2, 5, 1)])


def test_each_beta_is_shown_as_soon_as_it_is_trained_and_the_others_are_told_to_come(run):
    def page(pool, seats):
        from aecore.ui.vae.beta import Beta

        Beta(Beta.Settings(), {"data": "digits", "seed": 0}).draw(pool, seats)

    def answer(run, question, of_data):
        return SimpleNamespace(done=lambda: True, result=lambda: question(run))

    pool = SimpleNamespace(ask=answer)
    begun = Run(Spec(variant="vae", data="digits"))
    begun.snapshot = Snapshot("running", 30, 100, 5)
    running = SimpleNamespace(joined=True, run=begun, snapshot=begun.snapshot)
    done = SimpleNamespace(joined=True, run=run, snapshot=run.snapshot)

    def opened(seats):
        app = AppTest.from_function(page, kwargs={"pool": pool, "seats": seats}, default_timeout=30).run()
        assert not app.exception
        said = [info.value for info in app.info] + live_texts(app)
        return said, " ".join(text.value for text in app.markdown)

    told, shown = opened({0.5: running, 1.0: running})
    assert told == ["In training: beta 0.5 (epoch 7 of 20), beta 1 (epoch 7 of 20)."]
    assert "Rate against distortion" not in shown
    told, shown = opened({0.5: running, 1.0: done})
    assert told == ["1 of 2 trained; in training: beta 0.5 (epoch 7 of 20)."]
    assert f"Beta 1: KL {run.metrics['heldout_kl']:.2f}" in shown
    assert "Rate against distortion" in shown
    told, shown = opened({0.5: done, 1.0: done})
    assert told == []
    assert "From beta 0.5 to 1, held-out: the KL stays at" in shown


def test_a_model_without_a_posterior_says_so():
    plain = Run(Spec(**SMALL, variant="plain"))
    plain.prepare()
    with pytest.raises(ValueError, match="has no posterior; choose a variational autoencoder"):
        ask.rates(plain)


def test_betas_whose_decoders_only_torch_can_run_are_told_so():
    def page():
        from types import SimpleNamespace

        from aecore.questions.packed import Packed
        from aecore.ui.vae.beta import _traversals

        _traversals("a", [SimpleNamespace(decoder=Packed(None, "Only torch can run this decoder."))])

    app = AppTest.from_function(page).run()
    assert [info.value for info in app.info] == ["Only torch can run this decoder."]
    assert not app.exception
