"""What Compare and the dashed lines print, recomputed from plain torch and numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from aecore.capabilities import FillsIn
from aecore.measures.pca import fit_pca
from aecore.measures.strangers import NOISE, strangers
from aecore.questions.findings import SLIGHT, SOME, STRONG, find
from aecore.runs.run import Run
from aecore.runs.spec import Spec
from aecore.training import generator

SMALL = {"data": "digits", "images": 300, "width": 16, "depth": 1, "latent": 6, "epochs": 3}
VARIANTS = ("plain", "denoising", "contractive", "sparse-l1", "vae")


def forward(run: Run, images: np.ndarray) -> np.ndarray:
    """[N, H, W] the reconstruction that is shown, layer by layer: no method of ours for arrays."""
    model, whole = run.model, torch.from_numpy(np.array(images))[:, None]
    with torch.no_grad():
        outputs = model.decoder(model.encode(whole)) + model.output_bias
    return torch.sigmoid(outputs)[:, 0].numpy()


def squared(guess: np.ndarray, images: np.ndarray) -> float:
    return float(np.square(guess.astype(np.float64) - images).sum((1, 2)).mean())


@pytest.fixture(scope="module", params=VARIANTS)
def run(request, shared) -> Run:
    return shared(Spec(**SMALL, variant=request.param))


def test_what_is_found_is_what_plain_torch_finds(run):
    found, truth, train = find(run), run.data.test.images, run.data.train.images
    looked_at = run.exhibit.looked_at.images
    some, mean = looked_at[:SOME], train.mean(0)
    assert run.metrics["heldout_squared_error"] == pytest.approx(squared(forward(run, truth), truth), rel=1e-4)
    assert run.metrics["train_squared_error"] == pytest.approx(squared(forward(run, train), train), rel=1e-4)
    assert found.mean_image == pytest.approx(squared(mean, truth), rel=1e-4)
    assert found.mean_image_train == pytest.approx(squared(mean, train), rel=1e-4)
    fit = fit_pca(train)
    rows = truth.reshape(len(truth), -1) - fit.mean
    basis = fit.components[:6]
    made = (rows @ basis.T @ basis + fit.mean).clip(0, 1).reshape(truth.shape)
    assert found.pca == pytest.approx(squared(made, truth), rel=1e-4)
    codes = run.model.encode(torch.from_numpy(looked_at.copy())[:, None]).detach().numpy()
    on = np.abs(codes) > 0.1 * np.abs(codes).max()
    assert np.array_equal(found.activity.on_per_image, on.sum(1))
    assert found.activity.dead == (on.sum(0) == 0).sum()
    assert found.weights == sum(weights.numel() for weights in run.model.parameters())
    for size, resisted in ((SLIGHT, found.slight), (STRONG, found.strong)):
        noise = np.random.default_rng(run.spec.training.seed).normal(size=some.shape)
        noise *= size * 8 / np.linalg.norm(noise.reshape(len(noise), -1), axis=1)[:, None, None]
        disturbed = (some + noise).astype(np.float32)
        assert resisted.restored == pytest.approx(squared(forward(run, disturbed), some), rel=1e-3)
        moved = run.model.encode(torch.from_numpy(disturbed)[:, None]).detach().numpy() - codes[:SOME]
        spread = np.sqrt(np.square(codes[:SOME] - codes[:SOME].mean(0)).sum(1).mean())
        assert resisted.code == pytest.approx(np.linalg.norm(moved, axis=1).mean() / spread, rel=1e-3)
    for kind in found.strangers.values():
        assert kind.error == pytest.approx(squared(forward(run, kind.given), kind.given), rel=1e-4)
        assert kind.mean_image == pytest.approx(squared(mean, kind.given), rel=1e-4)
        assert kind.left == kind.error / kind.mean_image


@pytest.mark.parametrize(("height", "width"), [(28, 28), (8, 8), (1, 2), (1, 3)])
def test_strangers_are_images_as_a_model_takes_them_and_the_same_for_the_same_seed(height, width):
    images = np.random.default_rng(0).random((30, height, width), np.float32)
    found = strangers(images, 1)
    assert ("letters" in found) == (height >= 8)
    for kind in found.values():
        assert kind.shape == images.shape
        assert kind.dtype == np.float32
        assert kind.min() >= 0
        assert kind.max() <= 1
    assert np.array_equal(np.sort(found["mixed"], axis=0), np.sort(images, axis=0))
    assert np.array_equal(found["upside down"][:, ::-1, ::-1], images)
    assert np.allclose(found["inverted"] + images, 1)
    assert np.array_equal(strangers(images, 1)[NOISE], found[NOISE])
    assert not np.array_equal(strangers(images, 2)[NOISE], found[NOISE])


@pytest.mark.parametrize("variant", ["denoising", "denoising-grid", "masked", "masked-linear-lsq", "context"])
def test_a_model_given_damaged_images_is_compared_with_pca_of_damaged_images(variant):
    """PCA's components are those of clean images, so what it makes of damaged ones is their projection."""
    architecture = {"architecture": "linear"} if "linear" in variant else {}
    run = Run(Spec(data="digits", variant=variant, latent=4, likelihood="gaussian", **architecture))
    run.prepare()
    model, truth = run.model, run.exhibit.looked_at.images
    whole, rng = torch.from_numpy(truth.copy())[:, None], generator(0, "as given")
    if isinstance(model, FillsIn):
        given = torch.where(model.hide(whole, rng) > 0, whole, model.mean)
    else:
        given = model.corruption.damage(whole, rng)
    mean, *others = run.exhibit.floors
    assert mean.value == pytest.approx(squared(run.data.train.images.mean(0), truth), rel=1e-4)
    if model.stored_numbers >= 64:
        assert others == []
        return
    fit = fit_pca(run.data.train.images)
    basis = fit.components[: model.stored_numbers]
    made = (given[:, 0].numpy().reshape(len(truth), -1) - fit.mean) @ basis.T @ basis + fit.mean
    (pca,) = others
    assert pca.title == f"PCA of the images as given, {model.stored_numbers} components"
    assert pca.value == pytest.approx(squared(made.reshape(truth.shape), truth), rel=1e-4)
