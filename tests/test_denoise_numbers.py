"""What Denoising prints, recomputed from plain torch and numpy; and that its presets' links are taken whole."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from aecore.corruptions import corruptions
from aecore.questions import denoise as ask
from aecore.questions.coloured import COLOURLESS, coloured
from aecore.questions.documents import AskPages
from aecore.questions.filled import SHARES, filled
from aecore.runs.run import Run
from aecore.runs.spec import Spec
from aecore.sources.text import page
from aecore.training import generator
from aecore.ui.denoise import TABS
from aecore.ui.denoise.colour import HOLE, HOW
from aecore.ui.denoise.documents import HOW as GRID
from aecore.ui.denoise.masked import MODELS
from aecore.ui.denoise.presets import DENOISE
from aecore.ui.tabs import _understand

SMALL = {"data": "digits", "images": 200, "latent": 6, "epochs": 1}


def decibels(guess: np.ndarray, truth: np.ndarray) -> float:
    error = np.square(guess.astype(np.float64) - truth).mean()
    return 10 * math.log10(1 / error) if error else math.inf


def damage(name: str, images: np.ndarray, level: float, seed: int = 0) -> np.ndarray:
    """[N, H, W] ``images`` damaged, by the corruption's own file alone."""
    member = corruptions[name]
    whole = torch.from_numpy(np.array(images))[:, None]
    return member(member.Settings(level=level)).damage(whole, generator(seed, "tested"))[:, 0].numpy()


def shown(run: Run, images: np.ndarray) -> np.ndarray:
    """[N, H, W] what the run's networks make of images, under cross-entropy."""
    model = run.model
    with torch.no_grad():
        codes = model.encoder(torch.from_numpy(np.array(images))[:, None] - model.mean)
        return torch.sigmoid(model.decoder(codes) + model.output_bias)[:, 0].numpy()


@pytest.fixture(scope="module")
def run(shared) -> Run:
    return shared(Spec(**SMALL, variant="denoising", width=16, depth=1))


@pytest.mark.parametrize("name", ["gaussian", "masking"])
def test_ratios_before_and_after_and_of_the_curves(run, name):
    found, quality = ask.AskRestored(name)(run), ask.AskQuality(name)(run)
    truth = run.data.test.images
    for index in (0, 4, 20):
        given = damage(name, truth, float(found.levels[index]))
        assert found.before[index] == pytest.approx(decibels(given, truth), rel=1e-4)
        assert found.after[index] == pytest.approx(decibels(shown(run, given), truth), rel=1e-4)
    (ratios,) = quality.psnr.values()
    given = damage(name, truth[:100], float(quality.levels[3]))
    assert ratios[3] == pytest.approx(decibels(shown(run, given), truth[:100]), rel=1e-4)


def test_lengths_of_steps(shared):
    run = shared(Spec(data="curves", images=100, variant="plain", epochs=1, width=8, depth=1))
    found, truth = ask.AskAgreement(0.05)(run), run.data.test.images
    given = damage("gaussian", truth, 0.05)
    assert found.moved == pytest.approx(np.linalg.norm((shown(run, given) - given)[:, 0], axis=1).mean(), rel=1e-4)
    assert found.clean == pytest.approx(np.linalg.norm((shown(run, truth) - truth)[:, 0], axis=1).mean(), rel=1e-4)
    data, points = run.data.train.images[:, 0].astype(np.float64), given[:, 0].astype(np.float64)
    near = np.exp(-np.square(points[:, None] - data).sum(2) / (2 * 0.05**2))
    best = near @ data / near.sum(1, keepdims=True) - points
    assert found.best == pytest.approx(np.linalg.norm(best, axis=1).mean(), rel=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_errors_of_hidden_pixels(name, shared):
    run = shared(Spec(**SMALL, likelihood="gaussian", **MODELS[name]))
    found, model = filled(run), run.model
    truth = torch.from_numpy(run.data.test.images[:200].copy())[:, None]
    draw = torch.rand(truth.shape, generator=generator(0, "hidden"))
    for k in (0, 9, 18):
        seen = (draw >= SHARES[k]).float()
        with torch.no_grad():
            made = (model.decoder(model.encode_seen(truth, seen)) + model.output_bias).clamp(0, 1)
        hidden = seen == 0
        assert found.errors[k] == pytest.approx(float((made - truth)[hidden].square().mean()), rel=1e-4)
        mean = torch.from_numpy(run.data.train.images.mean(0)).expand_as(truth)
        assert found.floors[k] == pytest.approx(float((mean - truth)[hidden].square().mean()), rel=1e-4)


@pytest.mark.learns
def test_errors_of_colours(shared):
    run = shared(Spec(data="coloured", images=100, epochs=1, **HOW, **HOLE))
    found, model = coloured(run), run.model
    truth = torch.from_numpy(run.data.test.images.copy())[:, None]
    planes = truth.shape[2] // 3
    seen = torch.ones_like(truth)
    seen[:, :, planes:] = 0
    with torch.no_grad():
        made = (model.decoder(model.encode_seen(truth, seen)) + model.output_bias).clamp(0, 1)
    colours = truth[:, :, planes:]
    guesses = {
        "error": made[:, :, planes:],
        "undone": torch.tensor(COLOURLESS),
        "mean": torch.from_numpy(run.data.train.images.mean(0))[planes:],
    }
    for name, guess in guesses.items():
        assert getattr(found, name) == pytest.approx(float((guess - colours).square().mean()), rel=1e-4)


def test_ratios_of_pages(shared):
    run = shared(Spec(data="text", images=100, **{**GRID, "width": 4}, corruption="stains", epochs=1))
    found, truth = AskPages("stains", 5)(run), page(5, 240, 360)[None]
    for index in (0, 4, 10):
        given = damage("stains", truth, float(found.levels[index]), seed=5)
        assert found.before[index] == pytest.approx(decibels(given, truth), rel=1e-4)
        restored = run.model.rebuild(torch.from_numpy(given)[:, None])
        made = torch.sigmoid(restored)[:, 0].detach().numpy()
        assert found.after[index] == pytest.approx(decibels(made, truth), rel=1e-4)


@pytest.mark.parametrize("title", DENOISE)
def test_every_preset_asks_for_nothing_in_vain(title):
    asked = {name: str(value) for name, value in DENOISE[title].items()}
    taken, ignored = _understand(TABS, asked | {"v": "1"})
    assert ignored == []
    assert taken == asked
