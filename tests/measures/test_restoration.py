"""Restored images against clean ones: by hand, against definitions, closed forms and known figures."""

from __future__ import annotations

import math

import numpy as np
import pytest

import aecore
from aecore.measures.restoration import FILTERS, POWER, best_linear, estimate_noise, psnr, ssim, wiener

every_filter = pytest.mark.parametrize("restore", FILTERS.values(), ids=FILTERS)


@pytest.fixture(scope="module")
def digits():
    """The training images of mnist-5k [4500, 28, 28]."""
    return aecore.load("mnist-5k").train.images


def noisy(images: np.ndarray, noise: float, seed: int = 0) -> np.ndarray:
    return images + noise * np.random.default_rng(seed).standard_normal(images.shape, np.float32)


def grey(shape: tuple[int, ...], value: float) -> np.ndarray:
    return np.full(shape, value, np.float32)


def test_psnr_is_of_the_mean_error_not_the_mean_of_each_images_own():
    clean = grey((2, 5, 4), 0.25)
    near, far = clean[:1] + np.float32(0.125), clean[1:] - np.float32(0.5)
    assert psnr(near, clean[:1]) == pytest.approx(20 * math.log10(8))
    assert psnr(far, clean[1:]) == pytest.approx(20 * math.log10(2))
    both = psnr(np.concatenate([near, far]), clean)
    assert both == pytest.approx(-10 * math.log10((1 / 64 + 1 / 4) / 2))
    assert both < (psnr(near, clean[:1]) + psnr(far, clean[1:])) / 2


def test_nothing_differs_without_end_and_nan_stays_nan(digits):
    assert psnr(digits[:3], digits[:3]) == math.inf
    assert ssim(digits[:3], digits[:3]) == 1
    for measure in (psnr, ssim):
        assert math.isnan(measure(grey((1, 8, 8), np.nan), grey((1, 8, 8), 0)))


def test_ssim_of_one_window_is_its_definition():
    a, b = np.random.default_rng(0).random((2, 7, 7), np.float32)
    # Wang et al. 2004, equation 13.
    (varies, together), (_, also_varies) = np.cov(a.ravel(), b.ravel())
    means = 2 * a.mean() * b.mean() + 0.01**2, a.mean() ** 2 + b.mean() ** 2 + 0.01**2
    expected = means[0] * (2 * together + 0.03**2) / (means[1] * (varies + also_varies + 0.03**2))
    assert ssim(a[None], b[None]) == pytest.approx(expected, abs=1e-6)


def test_ssim_is_a_mean_over_images_and_needs_a_window():
    a, b = np.random.default_rng(0).random((2, 3, 8, 9), np.float32)
    assert ssim(a, b) == pytest.approx(np.mean([ssim(a[i : i + 1], b[i : i + 1]) for i in range(3)]))
    assert math.isnan(ssim(a[:, :, :6], b[:, :, :6]))


@pytest.mark.parametrize("noise", [0.0, 0.2, 0.5, 1.0])
def test_the_estimated_noise_is_the_noise_and_a_little_of_the_edges(digits, noise):
    assert 0.99 * noise <= estimate_noise(noisy(digits[:200], noise)) < noise + 0.04
    assert estimate_noise(noisy(grey((200, 28, 28), 0.5), noise)) == pytest.approx(noise, rel=0.01)


@every_filter
@pytest.mark.parametrize("noise", [0.2, 0.5, 1.0])
def test_a_filter_does_far_better_than_nothing(digits, restore, noise):
    clean = digits[:50]
    damaged = noisy(clean, noise)
    # Less damage is left than where pixels are only put back between black and white.
    assert psnr(restore(damaged, noise), clean) > psnr(damaged.clip(0, 1), clean) + 2
    assert ssim(restore(damaged, noise), clean) > ssim(damaged.clip(0, 1), clean)
    # Without being told the noise it does as well.
    assert psnr(restore(damaged, None), clean) == pytest.approx(psnr(restore(damaged, noise), clean), abs=0.3)


@every_filter
def test_a_filter_minds_each_image_alone_and_changes_none(digits, restore):
    damaged = noisy(digits[:3], 0.5)
    before = damaged.copy()
    whole = restore(damaged, 0.5)
    assert np.array_equal(damaged, before)
    assert (whole.shape, whole.dtype) == (damaged.shape, np.float32)
    assert 0 <= whole.min() < whole.max() <= 1
    for index in range(3):
        assert np.array_equal(restore(damaged[index : index + 1], 0.5)[0], whole[index])


@every_filter
@pytest.mark.parametrize("noise", [None, 0.0, 0.5, 2.0])
@pytest.mark.parametrize("shape", [(2, 8, 8), (1, 28, 28), (2, 8, 15)])
def test_an_image_of_one_grey_has_no_noise_to_take_away(restore, noise, shape):
    for value in (0.0, 0.7, 1.0):
        np.testing.assert_allclose(restore(grey(shape, value), noise), grey(shape, value), atol=1e-6)


@pytest.mark.parametrize("title", [title for title in FILTERS if title != "Median"])
def test_the_more_noise_is_said_the_smoother(digits, title):
    damaged = noisy(digits[:20], 0.3)
    rough = [estimate_noise(FILTERS[title](damaged, noise)) for noise in (0.0, 0.1, 0.3, 0.6)]
    assert rough[0] == estimate_noise(damaged.clip(0, 1))
    assert rough == sorted(set(rough), reverse=True)


@every_filter
def test_images_of_less_contrast_and_noise_are_restored_alike(digits, restore):
    damaged = noisy(0.3 + 0.4 * digits[:5], 0.05)
    np.testing.assert_allclose(restore(0.25 + damaged / 2, 0.025), 0.25 + restore(damaged, 0.05) / 2, atol=1e-4)


def test_the_median_takes_a_speck_and_leaves_an_edge():
    step = np.repeat(np.float32([[0, 0, 0, 1, 1, 1]]), 8, axis=0)[None]
    specked = step.copy()
    specked[0, 4, 1], specked[0, 2, 4] = 1, 0
    assert np.array_equal(FILTERS["Median"](specked, None), step)


def test_wiener_is_its_formula(digits):
    damaged, noise = noisy(digits[:4], 0.4), 0.4
    around = np.pad(damaged.astype(float), [(0, 0), (2, 2), (2, 2)], "symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(around, (5, 5), (1, 2))
    mean, variance = windows.mean((3, 4)), windows.var((3, 4))
    expected = mean + np.maximum(0, 1 - POWER * noise**2 / variance) * (damaged - mean)
    np.testing.assert_allclose(wiener(damaged, noise), expected.clip(0, 1), atol=1e-5)


def test_the_best_linear_map_is_least_squares_over_all_pairs():
    clean = np.random.default_rng(0).random((40, 2, 3), np.float32)
    copies = [noisy(clean, 0.5, seed) for seed in range(3)]
    rows = np.column_stack([np.concatenate(copies).reshape(-1, 6), np.ones(120)])
    expected = np.linalg.lstsq(rows, np.tile(clean.reshape(-1, 6), (3, 1)))[0]
    found = best_linear(iter(copies), clean)
    np.testing.assert_allclose(found.matrix, expected, atol=1e-6)
    restored = found.apply(copies[0])
    assert (restored.shape, restored.dtype) == (clean.shape, np.float32)
    np.testing.assert_allclose(restored.reshape(-1, 6), rows[:40] @ expected, atol=1e-5)


def test_the_best_linear_map_from_gaussian_noise_is_the_closed_form():
    rng, noise = np.random.default_rng(0), 0.5
    clean = (rng.normal(size=(2_000, 4)) @ rng.normal(size=(4, 6)) + 3).reshape(-1, 2, 3).astype(np.float32)
    matrix = best_linear((noisy(clean, noise, seed) for seed in range(100)), clean).matrix
    rows = clean.reshape(-1, 6).astype(float)
    covariance = np.cov(rows.T, bias=True)
    closed = np.linalg.solve(covariance + noise**2 * np.eye(6), covariance)
    np.testing.assert_allclose(matrix[:-1], closed, atol=0.01)
    np.testing.assert_allclose(matrix[-1], rows.mean(0) - rows.mean(0) @ closed, atol=0.03)


def test_pixels_that_are_always_black_do_no_harm(digits):
    clean = digits[:300, ::2, ::2]
    assert not clean[:, 0].any()
    assert psnr(best_linear([clean], clean).apply(clean), clean) > 80


@pytest.mark.learns
def test_the_best_linear_map_reaches_its_known_figure(digits, mnist_test):
    found = best_linear((noisy(digits, 0.5, seed) for seed in range(1, 9)), digits)
    damaged = noisy(mnist_test.images, 0.5)
    assert psnr(damaged, mnist_test.images) == pytest.approx(6.02, abs=0.02)
    assert psnr(found.apply(damaged), mnist_test.images) == pytest.approx(17.0, abs=0.2)
