"""Maps of codes: PCA against a singular value decomposition, UMAP by who stays together, and what neither can take."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from conftest import is_sentence

from aecore.measures.codes import neighbour_accuracy, trustworthiness
from aecore.measures.projection import EPOCHS, FEWEST, SEARCH, flatten

both = pytest.mark.parametrize("how", ["pca", "umap"])


def normal(count: int, numbers: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(count, numbers)).astype(np.float32)


def test_pca_places_are_the_first_two_columns_of_a_singular_value_decomposition():
    codes = normal(200, 6) * np.array([1, 5, 1, 1, 3, 1], np.float32)
    left, values, _ = np.linalg.svd(codes - codes.mean(0), full_matrices=False)
    found = flatten(codes, "pca")
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.abs(found), np.abs(left[:, :2] * values[:2]), rtol=1e-3, atol=1e-4)


def test_pca_does_not_depend_on_where_the_codes_lie():
    # Steps that are exact in float32 so far from 0.
    codes = np.round(normal(300, 5) * 64) / 64
    assert np.array_equal(codes + 4096 - 4096, codes)
    np.testing.assert_allclose(flatten(codes + 4096, "pca"), flatten(codes, "pca"), atol=1e-5)


def test_one_number_lies_on_a_line():
    codes = normal(20, 1)
    found = flatten(codes, "pca")
    assert np.abs(found[:, 0]) == pytest.approx(np.abs(codes[:, 0] - codes.mean()), abs=1e-6)
    assert not found[:, 1].any()


@both
def test_codes_of_two_numbers_stay_where_they_are(how):
    codes = normal(9, 2)
    assert np.array_equal(flatten(codes, how), codes)


@both
@pytest.mark.parametrize("count", [0, 1, 50])
def test_codes_that_are_all_the_same_lie_together(how, count):
    assert np.array_equal(flatten(np.full((count, 4), 0.1, np.float32), how), np.zeros((count, 2)))


def test_few_points_of_many_numbers_have_a_map_too():
    found = flatten(normal(3, 40), "pca")
    lengths = np.linalg.norm(found[[0, 1, 2]] - found[[1, 2, 0]], axis=1)
    codes = normal(3, 40)
    # Three points span a plane: nothing is lost.
    assert lengths == pytest.approx(np.linalg.norm(codes[[0, 1, 2]] - codes[[1, 2, 0]], axis=1), rel=1e-4)


@pytest.mark.parametrize(
    ("codes", "how", "rule"),
    [
        (normal(FEWEST - 1, 3), "umap", "at least 5 points, got 4"),
        (np.full((9, 3), np.nan, np.float32), "pca", "finite"),
        (np.full((9, 3), np.inf, np.float32), "umap", "finite"),
        (np.full((9, 2), np.nan, np.float32), "pca", "finite"),
        (normal(9, 3), "tsne", "pca or umap, got tsne"),
    ],
)
def test_what_cannot_be_put_on_a_map_is_refused_in_a_sentence(codes, how, rule):
    with pytest.raises(ValueError, match=rule) as refusal:
        flatten(codes, how)
    assert is_sentence(str(refusal.value))


# The only test that runs UMAP: each process that does compiles it anew, for 6 s, and for 20 s the very first time.
@pytest.mark.learns
def test_umap_keeps_neighbours_reports_and_gives_the_same_places_again():
    labels = np.arange(150) % 3
    codes, seen = normal(150, 60) + 5 * np.eye(60, dtype=np.float32)[labels], []
    filters = list(warnings.filters)
    found = flatten(codes, "umap", seen.append)
    assert warnings.filters == filters
    assert (found.shape, found.dtype) == ((150, 2), np.float32)
    assert neighbour_accuracy(found, labels) == 1
    assert trustworthiness(codes, found) > 0.8

    assert (seen[0], seen[-1]) == (0, 1)
    assert seen == sorted(seen)
    # Each epoch is reported: the share keeps moving while the layout does.
    assert seen[2:-1] == pytest.approx(SEARCH + (1 - SEARCH) * np.arange(EPOCHS + 1) / EPOCHS, abs=1.1 / EPOCHS)

    # Again, by two threads at a time.
    with ThreadPoolExecutor(2) as threads:
        again = list(threads.map(lambda _: flatten(codes, "umap"), range(2)))
    assert all(np.array_equal(found, places) for places in again)

    # Fewer points than neighbours, equal points, points on a line.
    for odd in (normal(FEWEST, 3), np.repeat(normal(2, 8), 40, axis=0), normal(60, 1), normal(60, 1) * np.ones(3)):
        places = flatten(odd, "umap")
        assert places.shape == (len(odd), 2)
        assert np.isfinite(places).all()
    twins = flatten(np.repeat(normal(2, 8), 40, axis=0), "umap")
    assert neighbour_accuracy(twins, np.repeat([0, 1], 40)) == 1
