"""The score of smoothed data, against its numeric gradient and closed forms, and cosines, by hand."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from scipy.special import logsumexp

from aecore.measures.score import AT_ONCE, ROUNDING, cosines, smoothed_score
from aecore.runs.spec import Spec


def rows(count: int, numbers: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((count, numbers))


def log_density(points: np.ndarray, data: np.ndarray, sigma: float) -> np.ndarray:
    """[N] log of the data's density blurred by N(0, sigma^2 I), but for a constant; by the definition."""
    squares = np.square(points[:, None] - data).sum(2)
    return logsumexp(-squares / (2 * sigma**2), axis=1)


@pytest.mark.parametrize("numbers", [1, 2, 5])
@pytest.mark.parametrize("sigma", [0.05, 0.3, 2.0])
def test_the_score_is_the_gradient_of_the_log_density(numbers, sigma):
    points, data, step = rows(20, numbers), rows(50, numbers, seed=1), 1e-5 * sigma
    numeric = np.stack(
        [
            (log_density(points + way, data, sigma) - log_density(points - way, data, sigma)) / (2 * step)
            for way in step * np.eye(numbers)
        ],
        axis=1,
    )
    found = smoothed_score(points, data, sigma)
    assert (found.shape, found.dtype) == ((20, numbers), np.float64)
    np.testing.assert_allclose(found, numeric, rtol=1e-5, atol=1e-5 / sigma)


@pytest.mark.parametrize("sigma", [1e-3, 0.1, 10.0])
def test_of_one_data_point_the_score_leads_straight_to_it(sigma):
    points, (only,) = rows(7, 3), rows(1, 3, seed=1)
    np.testing.assert_allclose(smoothed_score(points, only[None], sigma), (only - points) / sigma**2)


def test_far_from_all_data_the_score_leads_to_the_nearest():
    # All the weights would be 0 / 0 here, were they not divided by the largest first.
    data = np.array([[0.0, 0.0], [0.0, 1.0]])
    found = smoothed_score(np.array([[1e3, 0.0], [-1e3, 0.9]]), data, 0.01)
    np.testing.assert_allclose(found * 0.01**2, [[-1e3, 0], [1e3, 0.1]])


def test_of_normal_data_the_score_is_that_of_a_wider_normal():
    """Tweedie's formula for N(m, s^2): the mean of x given x + noise is (sigma^2 m + s^2 x) / (s^2 + sigma^2)."""
    mean, spread, sigma = np.array([0.5, -1.0]), 0.8, 0.4
    rng = np.random.default_rng(0)
    data = mean + spread * rng.standard_normal((100_000, 2))
    points = mean + 0.5 * rng.standard_normal((50, 2))
    best = (sigma**2 * mean + spread**2 * points) / (spread**2 + sigma**2)
    # So many data leave an error of about one in a hundred of sigma, and more where they are few.
    np.testing.assert_allclose(points + sigma**2 * smoothed_score(points, data, sigma), best, atol=0.02 * sigma)


def test_no_other_way_to_undo_the_noise_is_better():
    data, sigma = rows(30, 2), 0.2
    rng = np.random.default_rng(1)
    clean = data[rng.integers(len(data), size=20_000)]
    noisy = clean + sigma * rng.standard_normal(clean.shape)
    step = sigma**2 * smoothed_score(noisy, data, sigma)

    def error(found: np.ndarray) -> float:
        return np.square(found - clean).sum(1).mean()

    best = error(noisy + step)
    for other in (0.9 * step, 1.1 * step, step + 0.02, step * [1.1, 1]):
        assert best < error(noisy + other)


def test_images_of_float32_give_the_same():
    points, data = rows(9, 2).astype(np.float32), rows(40, 2, seed=1).astype(np.float32)
    exact = smoothed_score(points.astype(float), data.astype(float), 0.05)
    assert np.array_equal(smoothed_score(points, data, 0.05), exact)


def test_all_distances_are_never_held_at_once():
    points, data = rows(2_000, 2), rows(10_000, 2, seed=1)
    few = smoothed_score(points[-3:], data, 0.1)
    tracemalloc.start()
    try:
        found = smoothed_score(points, data, 0.1)
        assert tracemalloc.get_traced_memory()[1] < 6 * 8 * AT_ONCE < 8 * len(points) * len(data)
    finally:
        tracemalloc.stop()
    np.testing.assert_allclose(found[-3:], few)
    assert smoothed_score(points[:0], data, 0.1).shape == (0, 2)


def test_cosines_by_hand():
    arrows = np.array([[2.0, 0], [0, 3], [1, 1], [-1, 0], [3, 4]])
    wanted = np.array([[5.0, 0], [1, 0], [1, 0], [7, 0], [4, 3]])
    found = cosines(arrows, wanted)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, [1, 0, 0.5**0.5, -1, 0.96], atol=1e-12)


def test_lengths_do_not_matter_and_no_cosine_passes_1():
    arrows = np.random.default_rng(0).standard_normal((1_000, 3))
    scales = np.random.default_rng(1).uniform(1e-4, 1e4, (1_000, 1))
    found = cosines(arrows, scales * arrows)
    assert found.max() <= 1
    assert found.min() > 1 - 1e-9
    assert cosines(arrows, -scales * arrows).max() < -1 + 1e-9


@pytest.mark.parametrize("nowhere", [0.0, ROUNDING / 2, np.nan, np.inf])
def test_an_arrow_that_points_nowhere_counts_as_at_a_right_angle(nowhere):
    short, some = np.array([[nowhere, 0.0]]), np.array([[1.0, 0.0]])
    for arrows, wanted in ((short, some), (some, short), (short, short)):
        assert cosines(arrows, wanted).tolist() == [0.0]
    assert cosines(np.array([[2 * ROUNDING, 0.0]]), some).tolist() == [1.0]


@pytest.mark.learns
def test_a_denoising_autoencoder_steps_along_the_score_and_a_plain_one_stays(shared):
    level = 0.05
    how = {"width": 32, "depth": 4, "latent": 16, "likelihood": "gaussian", "precision": "fp32"}
    how |= {"epochs": 200, "batch_size": 200, "learning_rate": 0.015}
    likeness, lengths = {}, {}
    for variant, more in (("denoising", {"level": level}), ("plain", {})):
        run = shared(Spec(data="curves", curve="circle", variant=variant, **how, **more))
        train, test = run.data.train.images, run.data.test.images
        noisy = test + level * np.random.default_rng(0).standard_normal(test.shape).astype(np.float32)
        steps = (run.model.reconstruct(noisy) - noisy)[:, 0]
        best = level**2 * smoothed_score(noisy[:, 0], train[:, 0], level)
        likeness[variant] = cosines(steps, best).mean()
        lengths[variant] = np.linalg.norm(steps, axis=1).mean() / np.linalg.norm(best, axis=1).mean()
    assert likeness["denoising"] > 0.9
    assert lengths["denoising"] == pytest.approx(1, abs=0.05)
    # Nothing moves points that a code of more numbers than pixels can copy.
    assert likeness["plain"] < likeness["denoising"] - 0.05
    assert lengths["plain"] < 0.7
