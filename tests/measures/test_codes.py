"""Measures on codes, against closed forms, numpy and counts one by one."""

from __future__ import annotations

import tracemalloc
from collections import Counter

import numpy as np
import pytest
from conftest import is_sentence
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_info

from aecore.measures.codes import (
    MOST_TRUSTED,
    PART,
    correlations,
    effective_dimension,
    nearest_others,
    neighbour_accuracy,
    trustworthiness,
    used,
    variance_shares,
)


def normal(count: int, numbers: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, numbers)).astype(np.float32)


def mixed(count: int, numbers: int) -> np.ndarray:
    """[count, numbers] far from 0, of unlike spread, hanging together."""
    return (normal(count, numbers) @ normal(numbers, numbers, seed=1) + 5).astype(np.float32)


def peak(compute) -> int:
    """Bytes that ``compute()`` held at most, beyond what there was."""
    compute()
    tracemalloc.start()
    try:
        compute()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# How the numbers vary.


def test_variance_shares_by_hand():
    codes = np.array([[1, 2, 7], [-1, -2, 7], [1, -2, 7], [-1, 2, 7]], np.float32)
    assert variance_shares(codes) == pytest.approx([0.2, 0.8, 0])


def test_variances_of_more_than_one_part_are_those_of_numpy():
    codes = mixed(2 * PART + 345, 6)
    variances = codes.var(0, dtype=np.float64)
    assert variance_shares(codes) == pytest.approx(variances / variances.sum())
    assert used(codes, least=variances[2] * 0.999)[2]
    assert not used(codes, least=variances[2] * 1.001)[2]


def test_a_number_is_used_above_a_variance_of_one_hundredth():
    codes = np.array([[0.09, 0.11, 3], [-0.09, -0.11, 3]])
    assert used(codes).tolist() == [False, True, False]


def test_correlations_are_those_of_numpy():
    codes = mixed(PART + 1, 5)
    found = correlations(codes)
    np.testing.assert_allclose(found, np.corrcoef(codes.astype(float).T), atol=1e-9)
    assert np.abs(found).max() == 1


def test_numbers_that_are_multiples_correlate_fully():
    codes = normal(50, 1) * np.array([1, 3, -0.5])
    assert correlations(codes) == pytest.approx(np.array([[1, 1, -1], [1, 1, -1], [-1, -1, 1]]))


def test_a_number_that_does_not_vary_has_no_share_and_correlates_with_nothing():
    codes = normal(3 * PART, 3)
    # Its mean is not itself when summed up.
    codes[:, 1] = 0.1
    assert variance_shares(codes)[1] == 0
    assert not used(codes, least=0)[1]
    found = correlations(codes)
    assert found[1].tolist() == found[:, 1].tolist() == [0, 1, 0]


@pytest.mark.parametrize("numbers", [1, 2, 7])
def test_directions_that_vary_alike_all_count(numbers):
    corners = np.concatenate([np.eye(numbers), -np.eye(numbers)])
    assert effective_dimension(corners) == pytest.approx(numbers)
    turn = np.linalg.qr(normal(numbers, numbers).astype(float))[0]
    assert effective_dimension(100 + 3 * corners @ turn) == pytest.approx(numbers)


def test_the_effective_dimension_is_the_participation_ratio_of_the_eigenvalues():
    codes = mixed(500, 9)
    values = np.linalg.eigvalsh(np.cov(codes.astype(float).T))
    assert effective_dimension(codes) == pytest.approx(values.sum() ** 2 / np.square(values).sum())
    assert effective_dimension(normal(40, 1) * np.arange(1, 6)) == pytest.approx(1)


@pytest.mark.parametrize("count", [0, 1, 30])
def test_codes_without_variance_have_none_in_any_measure(count):
    codes = np.full((count, 4), 0.1, np.float32)
    assert variance_shares(codes).tolist() == [0] * 4
    assert used(codes).tolist() == [False] * 4
    assert np.array_equal(correlations(codes), np.eye(4))
    assert effective_dimension(codes) == 0


def test_a_diverged_code_has_no_variance_that_could_be_told():
    codes = normal(30, 3)
    codes[4, 1] = np.nan
    assert np.isnan(variance_shares(codes)).all()
    assert np.isnan(effective_dimension(codes))
    assert np.isnan(correlations(codes)[0, 1])


@pytest.mark.parametrize("measure", [variance_shares, correlations])
def test_many_codes_are_never_copied_whole(measure):
    codes = normal(20 * PART, 64)
    assert peak(lambda: measure(codes)) < codes.nbytes


# Neighbours.


def test_nearest_others_are_those_of_all_distances_sorted():
    codes = normal(PART + 200, 3)
    distances = np.linalg.norm(codes[:, None] - codes, axis=2)
    np.fill_diagonal(distances, np.inf)
    assert np.array_equal(nearest_others(codes, 4), distances.argsort(1)[:, :4])


def test_among_many_at_one_place_nobody_is_their_own_neighbour():
    found = nearest_others(np.full((30, 2), 0.3, np.float32), 5)
    assert not (found == np.arange(30)[:, None]).any()
    assert all(len(set(row)) == 5 for row in found)


def test_the_share_that_is_done_rises_to_1():
    seen = []
    nearest_others(normal(2 * PART + 1, 2), 3, seen.append)
    assert seen == pytest.approx([PART / (2 * PART + 1), 2 * PART / (2 * PART + 1), 1])


def test_neighbours_never_need_all_distances_at_once():
    codes = normal(6 * PART, 8)
    assert peak(lambda: nearest_others(codes, 10)) < len(codes) ** 2


def test_neighbours_are_found_by_one_thread_and_the_others_given_back(monkeypatch):
    seen, search = [], NearestNeighbors.kneighbors

    def watched(self, *args, **options):
        seen.append({pool["num_threads"] for pool in threadpool_info()})
        return search(self, *args, **options)

    monkeypatch.setattr(NearestNeighbors, "kneighbors", watched)
    before = threadpool_info()
    nearest_others(normal(PART + 1, 2), 3)
    assert seen == [{1}, {1}]
    assert threadpool_info() == before


def test_blobs_far_apart_are_told_by_their_neighbours():
    labels = np.arange(90) % 3
    assert neighbour_accuracy(normal(90, 4) + 50 * labels[:, None], labels) == 1


def test_a_code_does_not_vote_for_itself():
    codes = np.repeat(np.arange(8) * 10.0, 2)[:, None] + np.tile([0, 1], 8)[:, None]
    assert neighbour_accuracy(codes, np.tile([0, 1], 8), count=1) == 0


@pytest.mark.parametrize("labels", [[0, 0, 1, 1], [1, 1, 0, 0]])
def test_of_labels_as_frequent_the_nearest_decides(labels):
    # Only the code at 3 has two neighbours that agree, and they are wrong.
    assert neighbour_accuracy(np.array([[0.0], [1], [3], [7]]), np.array(labels), count=2) == 0.75


def test_the_accuracy_is_that_of_votes_counted_one_by_one():
    codes, labels = normal(200, 2), np.random.default_rng(2).integers(0, 4, 200)
    right = 0
    for row, label in enumerate(labels):
        order = np.linalg.norm(codes - codes[row], axis=1).argsort()
        near = labels[[other for other in order if other != row][:7]].tolist()
        # most_common keeps the order in which labels were first met.
        right += Counter(near).most_common(1)[0][0] == label
    assert neighbour_accuracy(codes, labels, count=7) == right / 200


# Trust in a map.


def test_a_map_that_keeps_distances_is_trusted_fully():
    codes = normal(100, 2)
    assert trustworthiness(codes, 3 * codes[:, ::-1] - 7) == 1


def test_a_map_by_chance_is_trusted_as_far_as_chance():
    assert trustworthiness(normal(400, 2), normal(400, 2, seed=1)) == pytest.approx(0.5, abs=0.05)


def test_trust_is_the_sum_of_venna_and_kaski():
    codes, places, count, points = normal(30, 5), normal(30, 2, seed=1), 3, 30
    lists = [np.linalg.norm(codes - code, axis=1).argsort().tolist() for code in codes]
    ranks = np.array([[row.index(other) for other in range(points)] for row in lists])
    near = nearest_others(places, count)
    costs = sum(max(ranks[row, other] - count, 0) for row in range(points) for other in near[row])
    expected = 1 - 2 / (points * count * (2 * points - 3 * count - 1)) * costs
    assert trustworthiness(codes, places, count) == pytest.approx(expected)


def test_of_many_points_the_same_are_taken_every_time():
    codes = normal(MOST_TRUSTED + 500, 3)
    places = codes[:, :2]
    assert trustworthiness(codes, places) == trustworthiness(codes, places) < 1
    assert trustworthiness(codes, codes) == 1


# Refusals.


@pytest.mark.parametrize("measure", [neighbour_accuracy, trustworthiness])
@pytest.mark.parametrize(("count", "value"), [(10, 0.0), (40, np.nan), (40, np.inf)])
def test_too_few_codes_and_diverged_ones_are_refused_in_a_sentence(measure, count, value):
    codes = normal(count, 2)
    codes[3, 1] = value
    other = np.zeros(count, int) if measure is neighbour_accuracy else normal(count, 2)
    with pytest.raises(ValueError, match="got (10|nan)") as refusal:
        measure(codes, other)
    assert is_sentence(str(refusal.value))
