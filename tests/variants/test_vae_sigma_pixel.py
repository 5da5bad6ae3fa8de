"""A sigma for every pixel: the density by hand, where it is large, and that black borders do not break it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.distributions import Independent, Normal

from aecore.dataset import Facts
from aecore.questions.noise import AskNoisy, expected
from aecore.runs.spec import Spec
from aecore.training import generator
from aecore.ui.vae.noise import said
from aecore.variants.vae_sigma_pixel import LOWEST_LOG_VARIANCE
from aecore.variational import HIGHEST_LOG_VARIANCE

HOW = {"data": "digits", "epochs": 12, "width": 64, "depth": 1, "latent": 4}


def uniform(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=generator(seed))


def model_of(**flat):
    return Spec(variant="vae-sigma-pixel", **{"width": 16} | flat).model(Facts(uniform(8, 8, seed=9).numpy()))


def test_the_reconstruction_is_a_normal_density_with_a_sigma_for_each_pixel():
    model, images = model_of(latent=3), uniform(20, 1, 8, 8)
    codes = 3 * uniform(20, 3, seed=1) - 1
    sigma = model.sigma(codes)
    assert sigma.shape == images.shape
    assert len(sigma.unique()) == sigma.numel()
    known = -Independent(Normal(model.decode(codes), sigma), 3).log_prob(images)
    assert torch.allclose(model.losses(codes, images), known, rtol=1e-5)


def test_log_variances_are_bounded():
    model = model_of()
    with torch.no_grad():
        for raw, reached in {-1e4: LOWEST_LOG_VARIANCE, 1e4: HIGHEST_LOG_VARIANCE}.items():
            model.likelihood.log_variance.fill_(raw)
            assert torch.allclose(model.log_variance(uniform(5, 2)), torch.tensor(reached), atol=0.01)


@pytest.fixture(scope="module")
def pair(shared):
    return {name: shared(Spec(variant=name, **HOW)) for name in ("vae-sigma", "vae-sigma-pixel")}


@pytest.mark.learns
def test_it_explains_digits_better_than_one_sigma_an_image(pair):
    elbo = {name: run.metrics["heldout_elbo"] for name, run in pair.items()}
    # Borders are black in every image: there a small sigma earns most.
    assert elbo["vae-sigma-pixel"] > elbo["vae-sigma"] + 20


@pytest.mark.learns
def test_sigma_is_what_pixels_are_off_by_and_where(pair):
    run = pair["vae-sigma-pixel"]
    found = expected(run.trained)
    assert np.sqrt(np.square(found.found).mean() / np.square(found.expected).mean()) == pytest.approx(1, abs=0.15)
    assert np.nanmean(found.within) > 0.5
    test = run.data.test.images[: len(found.found)]
    images = torch.from_numpy(test.copy())[:, None]
    with torch.no_grad():
        codes = run.model.posterior(images).mean
        known = run.model.sigma(codes).square().mean((1, 2, 3)).sqrt()
        off = (run.model.decode(codes) - images).square().mean((1, 2, 3)).sqrt()
    assert np.allclose(found.expected, known, rtol=1e-4)
    assert np.allclose(found.found, off, rtol=1e-4)
    assert "over the pixels of an image" in said(found)
    assert f"by {np.sqrt(np.square(found.expected).mean()):.3f} and" in said(found)


@pytest.mark.learns
def test_one_sigma_an_image_is_the_same_for_every_pixel(pair):
    run = pair["vae-sigma"]
    found = expected(run.trained)
    assert not np.isfinite(found.within).any()
    assert "the same for every pixel" in said(found)
    codes = torch.zeros(3, run.model.latent)
    sigma = run.model.sigma(codes)
    assert sigma.shape == (3, 1, 8, 8)
    assert torch.allclose(sigma[:, 0, 0, 0], (run.model.log_variance(codes) / 2).exp())


@pytest.mark.learns
def test_every_moment_has_a_picture_of_sigma(pair):
    for run in pair.values():
        assert all(moment.shown["sigmas"].shape == (10, 8, 8) for moment in run.snapshot.history.moments)
        with torch.no_grad():
            known = run.model.sigma(run.model.encode(run.exhibit.row))[:, 0].numpy()
        assert np.allclose(run.snapshot.newest.shown["sigmas"] / 255, np.minimum(2 * known, 1), atol=0.51 / 255)


@pytest.mark.learns
@pytest.mark.parametrize("variant", ["vae-sigma", "vae-sigma-pixel"])
def test_samples_are_noisy_by_their_sigma_and_the_seed_decides(pair, variant):
    trained = pair[variant].trained
    found, again, other = (AskNoisy(seed)(trained) for seed in (3, 3, 4))
    assert np.array_equal(found.noisy, again.noisy)
    assert not np.array_equal(found.noisy, other.noisy)
    means, noisy = found.means / 255, found.noisy / 255
    # The same by numpy, cut off at 0 and 1 as pictures are.
    drawn = np.random.default_rng(0).standard_normal((200, *means.shape)) * (found.sigmas / 255 * found.white) + means
    known = np.sqrt(np.square(drawn.clip(0, 1) - means).mean())
    assert np.sqrt(np.square(noisy - means).mean()) == pytest.approx(known, rel=0.1)
