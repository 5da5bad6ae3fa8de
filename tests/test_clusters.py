"""Groups that k-means finds, against labels that are known."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import is_sentence
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_info

from aecore.measures.clusters import cluster, commonest

CENTRES = np.array([[0.0, 0, 0], [20, 0, 0], [0, 20, 0]])
SIZES = (50, 30, 70)


def blobs() -> tuple[np.ndarray, np.ndarray]:
    """Rows [150, 3] around three far centres, in no order, and which centre each is of."""
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.repeat([0, 1, 2], SIZES))
    return (CENTRES[labels] + rng.normal(size=(150, 3))).astype(np.float32), labels


def test_blobs_far_apart_are_found_and_numbered_by_size():
    rows, labels = blobs()
    found = cluster(rows, labels, 3)
    # Of 70, 50 and 30 rows.
    assert np.array_equal(found.members, np.array([1, 2, 0])[labels])
    assert found.centres.shape == (3, 3)
    for group in range(3):
        assert found.centres[group] == pytest.approx(rows[found.members == group].mean(0), abs=1e-4)


def test_perfect_agreement_is_1_for_every_seed_whatever_the_groups_are_called():
    rows, labels = blobs()
    found = cluster(rows, 7 - labels, 3, seeds=range(8))
    # A start may put two centres into one blob; k-means then stays there. Here no seed does.
    assert found.rand == pytest.approx(np.ones(8))
    assert found.information == pytest.approx(np.ones(8))


def test_labels_by_chance_agree_no_more_than_chance():
    rows, labels = blobs()
    found = cluster(rows, np.random.default_rng(1).permutation(labels), 3)
    assert found.rand == pytest.approx(np.zeros(5), abs=0.03)
    assert found.information == pytest.approx(np.zeros(5), abs=0.05)


def test_a_known_adjusted_rand_index():
    # Of 15 pairs, 6 are together by label, 7 by group and 4 by both: (4 - 2.8) / (6.5 - 2.8).
    rows, labels = np.array([[0.0], [0], [0], [0], [9], [9]]), np.array([0, 0, 0, 1, 1, 1])
    assert cluster(rows, labels, 2, seeds=[0]).rand == pytest.approx([1.2 / 3.7])


def test_one_group_says_nothing_about_labels():
    rows, labels = blobs()
    found = cluster(rows, labels, 1)
    assert not found.members.any()
    assert found.centres == pytest.approx(rows.mean(0)[None], abs=1e-4)
    assert found.rand == pytest.approx(np.zeros(5))
    assert found.information == pytest.approx(np.zeros(5))


def test_as_many_groups_as_rows():
    rows, labels = blobs()
    found = cluster(rows[:9], labels[:9], 9)
    assert sorted(found.members) == list(range(9))
    assert found.centres[found.members] == pytest.approx(rows[:9], abs=1e-5)
    assert found.rand == pytest.approx(np.zeros(5))


def test_rows_that_are_all_the_same_are_one_group():
    found = cluster(np.zeros((20, 2)), np.arange(20) % 2, 3)
    assert not found.members.any()
    assert not found.centres.any()
    assert found.centres.shape == (3, 2)


def test_fewer_rows_than_groups_are_refused_in_a_sentence():
    with pytest.raises(ValueError, match="4 groups need at least as many rows, got 3") as refusal:
        cluster(np.zeros((3, 2)), np.zeros(3, int), 4)
    assert is_sentence(str(refusal.value))


def test_chance_comes_from_the_seeds_alone_and_the_first_gives_the_groups():
    rows = np.random.default_rng(0).random((200, 2))
    labels = np.arange(200) % 4
    found, again, other = (cluster(rows, labels, 4, seeds) for seeds in ([3, 1], [3, 1], [1, 3]))
    assert np.array_equal(found.members, again.members)
    assert np.array_equal(found.centres, again.centres)
    assert np.array_equal(found.rand, again.rand)
    assert np.array_equal(found.rand, other.rand[::-1])
    assert np.array_equal(found.information, other.information[::-1])
    assert not np.array_equal(found.members, other.members)


def test_it_keeps_to_one_thread_and_gives_the_others_back(monkeypatch):
    seen, fit = [], KMeans.fit

    def watched(self, rows):
        seen.append({pool["num_threads"] for pool in threadpool_info()})
        return fit(self, rows)

    monkeypatch.setattr(KMeans, "fit", watched)
    before = threadpool_info()
    cluster(*blobs(), 3, seeds=range(2))
    assert seen == [{1}, {1}]
    assert threadpool_info() == before


def test_each_row_is_told_the_commonest_label_of_its_group():
    members, labels = np.array([0, 0, 0, 2, 2, 2]), np.array([1, 1, 3, 0, 2, 2])
    assert commonest(members, labels).tolist() == [1, 1, 1, 2, 2, 2]
