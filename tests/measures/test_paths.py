"""Ways between codes, against geometry, and the nearest real image, against all distances."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from aecore.measures.paths import PART, nearest_distances, spherical, straight

A, B = np.array([3, -1, 2, 0.5], np.float32), np.array([-1, 4, 0, 2], np.float32)

both = pytest.mark.parametrize("path", [straight, spherical])


def lengths(rows: np.ndarray) -> np.ndarray:
    return np.linalg.norm(rows.astype(float), axis=1)


@both
@pytest.mark.parametrize("steps", [2, 7])
def test_a_path_begins_and_ends_at_its_codes(path, steps):
    found = path(A, B, steps)
    assert (found.shape, found.dtype) == ((steps, 4), np.float32)
    np.testing.assert_allclose(found[[0, -1]], [A, B], atol=1e-6)


@both
def test_the_way_back_is_the_same_way(path):
    np.testing.assert_allclose(path(B, A, 9), path(A, B, 9)[::-1], atol=1e-6)


@both
def test_a_path_to_itself_stays(path):
    np.testing.assert_allclose(path(A, A, 5), np.tile(A, (5, 1)), atol=1e-6)


def test_a_straight_path_has_even_steps():
    np.testing.assert_allclose(np.diff(straight(A, B, 9), axis=0), np.tile((B - A) / 8, (8, 1)), atol=1e-6)


def test_a_spherical_path_is_the_arc_of_a_circle():
    s = np.sqrt(0.5)
    found = spherical(np.array([2.0, 0]), np.array([0, 2.0]), 3)
    np.testing.assert_allclose(found, [[2, 0], [2 * s, 2 * s], [0, 2]], atol=1e-6)
    # The straight one passes nearer to 0.
    assert lengths(straight(A, B, 9)).min() < lengths(spherical(A, B, 9)).min()


def test_a_spherical_path_turns_evenly_while_its_length_changes_evenly():
    found = spherical(A, B, 11).astype(float)
    assert lengths(found) == pytest.approx(np.linspace(np.linalg.norm(A), np.linalg.norm(B), 11), rel=1e-6)
    units = found / lengths(found)[:, None]
    angles = np.arccos((units[1:] * units[:-1]).sum(1))
    whole = np.arccos(A @ B / np.linalg.norm(A) / np.linalg.norm(B))
    assert angles == pytest.approx(np.full(10, whole / 10), rel=1e-4)
    assert np.linalg.matrix_rank(found, tol=1e-5) == 2


def test_parallel_codes_are_joined_by_a_straight_line():
    np.testing.assert_allclose(spherical(A, 3 * A, 6), straight(A, 3 * A, 6), atol=1e-6)


@pytest.mark.parametrize("nearly", [0, 1e-9, 1e-7, 1e-5])
def test_opposite_codes_are_joined_around_0(nearly):
    found = spherical(A, -2 * A + nearly, 9)
    np.testing.assert_allclose(found[[0, -1]], [A, -2 * A], atol=1e-4)
    assert lengths(found) == pytest.approx(np.linalg.norm(A) * np.linspace(1, 2, 9), rel=1e-4)
    assert found[4] @ A == pytest.approx(0, abs=1e-3)
    assert np.array_equal(found, spherical(A, -2 * A + nearly, 9))


def test_opposite_codes_along_an_axis_have_a_way_around_too():
    found = spherical(np.array([0, 5.0, 0]), np.array([0, -5.0, 0]), 5)
    assert lengths(found) == pytest.approx(np.full(5, 5))


@pytest.mark.parametrize(("a", "b"), [(0 * A, B), (A, 0 * B), (0 * A, 0 * B), (A[:1], B[:1]), (A[:1], A[1:2])])
def test_from_or_to_0_and_between_single_numbers_the_way_is_straight(a, b):
    assert np.array_equal(spherical(a, b, 7), straight(a, b, 7))


# The nearest real image.


def images(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((count, 8, 8), np.float32)


def test_the_nearest_image_is_that_of_all_distances():
    some, real = images(7), images(2 * PART + 300, seed=1)
    every = np.sqrt(np.square(some[:, None].astype(float) - real).sum((2, 3)))
    distances, indices = nearest_distances(some, real)
    assert np.array_equal(indices, every.argmin(1))
    assert distances == pytest.approx(every.min(1))


def test_an_image_that_is_real_is_at_0_and_of_two_as_near_the_first_is_found():
    real = images(2 * PART)
    real[[PART // 2, PART + 7]] = real[3]
    real.setflags(write=False)
    distances, indices = nearest_distances(real[[PART + 7, PART + 8]], real)
    assert distances.tolist() == [0, 0]
    assert indices.tolist() == [3, PART + 8]


def test_an_image_with_nan_is_infinitely_far():
    assert np.isinf(nearest_distances(np.full((1, 8, 8), np.nan), images(5))[0]).all()


def test_real_images_are_never_copied_whole():
    some, real = images(5), images(20 * PART)
    nearest_distances(some, real)
    tracemalloc.start()
    try:
        nearest_distances(some, real)
        assert tracemalloc.get_traced_memory()[1] < real.nbytes
    finally:
        tracemalloc.stop()
