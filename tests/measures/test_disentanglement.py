"""Scores of disentanglement: exact values where a score has one, and an oracle or a count where it has none."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import is_sentence
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import mutual_info_score
from threadpoolctl import threadpool_info

from aecore.measures.disentanglement import (
    FEWEST,
    MOST,
    completeness,
    dci,
    disentanglement,
    factor_vae_score,
    importance,
    mig,
    modularity,
    mutual_information,
    sap,
)

DIAGONAL = 5 * np.eye(5)
TWO_NUMBERS_A_FACTOR = np.vstack([DIAGONAL, DIAGONAL])
TWO_FACTORS_A_NUMBER = np.hstack([DIAGONAL, DIAGONAL])
EMPTY_NUMBER = np.array([[1.0, 0], [0, 1], [0, 0]])
SHARED = 1 - np.log(2) / np.log(10)


def grid(*counts: int, times: int = 1) -> np.ndarray:
    """[N, F] every combination of so many values, ``times`` over."""
    return np.tile(np.indices(counts).reshape(len(counts), -1).T, (times, 1))


def noise(count: int, numbers: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, numbers))


FACTORS = grid(3, 4, 6, 12)


# A matrix of importances or of mutual information; the values are those of disentanglement_lib's own tests.


@pytest.mark.parametrize(
    ("matrix", "disentangled", "complete"),
    [
        (DIAGONAL, 1, 1),
        (TWO_NUMBERS_A_FACTOR, 1, SHARED),
        (TWO_FACTORS_A_NUMBER, SHARED, 1),
        (EMPTY_NUMBER, 1, 1),
        (DIAGONAL[:2], 1, 1),
        (np.zeros((10, 10)), 0, 0),
        (np.ones((10, 10)), 0, 0),
        # One number for one factor only, and one that is half the other's.
        (np.array([[1, 0.5], [0, 0.5]]), 1.5 / 2 * (1 - 0.918296) + 0.5 / 2, 0.5),
        (np.ones((1, 1)), 1, 1),
        (np.array([[3.0, 1]]), 1 - 0.811278, 1),
    ],
    ids=["diagonal", "redundant", "shared", "empty", "missed", "zero", "even", "weighted", "single", "row"],
)
def test_disentanglement_and_completeness_of_a_matrix(matrix, disentangled, complete):
    assert disentanglement(matrix) == pytest.approx(disentangled, abs=1e-6)
    assert completeness(matrix) == pytest.approx(complete, abs=1e-6)
    # In no unit, and of no order of numbers or factors.
    assert disentanglement(7 * matrix[::-1, ::-1]) == pytest.approx(disentangled, abs=1e-6)


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        (DIAGONAL, 1),
        (TWO_NUMBERS_A_FACTOR, 1),
        (TWO_FACTORS_A_NUMBER, 8 / 9),
        (EMPTY_NUMBER, 2 / 3),
        (DIAGONAL[:2], 1),
        (np.zeros((10, 10)), 0),
        (np.ones((10, 10)), 0),
        (np.array([[2.0, 1, 0]]), 1 - 1 / 8),
        (np.array([[2.0], [0]]), 1 / 2),
    ],
    ids=["diagonal", "redundant", "shared", "empty", "missed", "zero", "even", "hand", "single"],
)
def test_modularity_of_a_matrix(matrix, expected):
    assert modularity(matrix) == pytest.approx(expected)


# Codes and factors.


def test_mutual_information_is_that_of_scikit_learn_on_a_histogram():
    factors = FACTORS[::2]
    codes = (noise(len(factors), 3) + factors[:, 1:]).astype(np.float32)
    found = mutual_information(codes, factors)
    assert found.shape == (3, 4)
    for number in range(3):
        bins = np.digitize(codes[:, number], np.histogram(codes[:, number].astype(float), 20)[1][1:-1])
        for factor in range(4):
            assert found[number, factor] == pytest.approx(mutual_info_score(bins, factors[:, factor]))


def test_mutual_information_by_hand():
    factors = grid(2, 4, times=25)
    codes = np.column_stack([factors[:, 0] * 9.0 - 4, factors[:, 1] // 2, factors[:, 1] == 3, factors[:, 0] * 0 + 0.1])
    quarter = np.log(4) - 0.75 * np.log(3)
    expected = [[np.log(2), 0], [0, np.log(2)], [0, quarter], [0, 0]]
    assert mutual_information(codes, factors) == pytest.approx(np.array(expected), abs=1e-12)


@pytest.mark.parametrize("scale", [1.0, -0.1])
def test_a_number_for_each_factor_has_all_scores(scale):
    codes = (scale * FACTORS + 3).astype(np.float32)
    assert mig(codes, FACTORS) == pytest.approx(1)
    assert sap(codes, FACTORS) == pytest.approx(1)
    assert factor_vae_score(codes, FACTORS) == 1
    assert modularity(mutual_information(codes, FACTORS)) == pytest.approx(1)
    assert importance(codes, FACTORS) == pytest.approx(np.eye(4))


def test_a_number_for_each_factor_has_all_scores_on_drawn_factors():
    factors = np.random.default_rng(0).integers([3, 6, 12, 12, 12], size=(2 * MOST, 5))
    codes = np.sqrt(1 + factors)
    assert mig(factors.astype(float), factors) > 0.98
    assert sap(factors.astype(float), factors) > 0.98
    assert factor_vae_score(codes, factors) == 1
    assert dci(codes, factors) == pytest.approx((1, 1, 1))


def test_two_numbers_for_each_factor_leave_no_gap_and_share_importance():
    codes = np.hstack([FACTORS, FACTORS]).astype(float)
    assert mig(codes, FACTORS) == 0
    assert sap(codes, FACTORS) == pytest.approx(0, abs=1e-12)
    assert factor_vae_score(codes, FACTORS) == 1
    found = dci(codes, FACTORS)
    assert found.disentanglement == pytest.approx(1)
    assert found.completeness == pytest.approx(1 - np.log(2) / np.log(8), abs=0.02)


def test_factors_in_all_numbers_alike_are_told_by_no_single_one():
    spread = (FACTORS - FACTORS.mean(0)) / FACTORS.std(0)
    turned = spread @ np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]) / 2
    # Each number correlates by 1 / 2 with each factor.
    assert sap(turned, FACTORS) == pytest.approx(0, abs=1e-12)
    assert mig(turned, FACTORS) < 0.1
    found = dci(turned, FACTORS)
    assert max(found.disentanglement, found.completeness) < 0.2
    # Guessing is right for one in 3, 4, 6 and 12.
    assert found.informativeness > 0.21 + 0.3


def test_noise_on_each_number_costs_information_but_no_disentanglement():
    factors = np.tile(FACTORS, (5, 1))
    found = dci((factors - factors.mean(0)) / factors.std(0) + 0.3 * noise(len(factors), 4), factors)
    assert min(found.disentanglement, found.completeness) > 0.9
    assert found.informativeness < 0.8


def test_codes_by_chance_score_as_chance():
    codes = noise(len(FACTORS), 6)
    assert mig(codes, FACTORS) < 0.05
    assert sap(codes, FACTORS) < 0.05
    found = dci(codes, FACTORS)
    assert max(found.disentanglement, found.completeness) < 0.15
    # Guessing is right for one in 3, 4, 6 and 12.
    assert found.informativeness == pytest.approx(np.mean([1 / 3, 1 / 4, 1 / 6, 1 / 12]), abs=0.05)


def test_constant_codes_tell_nothing():
    codes = np.full((len(FACTORS), 3), 0.1, np.float32)
    assert not mutual_information(codes, FACTORS).any()
    assert not importance(codes, FACTORS).any()
    assert mig(codes, FACTORS) == sap(codes, FACTORS) == modularity(mutual_information(codes, FACTORS)) == 0
    assert dci(codes, FACTORS)[:2] == (0, 0)
    assert factor_vae_score(codes, FACTORS) == 1 / 4


def test_one_number_and_one_factor():
    codes = FACTORS[:, 3:].astype(float)
    assert mig(codes, FACTORS) == pytest.approx(1 / 4)
    assert sap(codes, FACTORS) == pytest.approx(1 / 4)
    for score in (mig, sap, factor_vae_score):
        assert score(codes, FACTORS[:, 3:]) == pytest.approx(1)
        assert score(FACTORS.astype(float), FACTORS[:, 3:]) == pytest.approx(1)
    assert dci(codes, FACTORS[:, 3:]) == (1, 1, 1)


def test_the_vote_is_for_the_least_share_of_the_variance():
    factors = grid(2, 50)
    codes = 100 * factors + noise(100, 2)
    # One number varies far less whatever is fixed, and one never: of 64 such its mean is itself, of 100 a rounding.
    still = np.column_stack([np.full(100, 1.15), noise(100, 1, seed=1) / 100])
    assert factor_vae_score(np.hstack([still, codes]), factors) > 0.98


def test_many_numbers_by_chance_win_no_votes_that_are_judged():
    factors = grid(2, 2, times=MOST // 4)
    # Two factors; 1,000 votes tell a share to 0.016. The first votes alone would be right for 0.7.
    assert factor_vae_score(noise(MOST, 300), factors) == pytest.approx(0.5, abs=0.065)


def test_the_seed_decides_the_votes():
    codes = FACTORS + 4 * noise(len(FACTORS), 4)
    assert factor_vae_score(codes, FACTORS) == factor_vae_score(codes, FACTORS, seed=0)
    assert factor_vae_score(codes, FACTORS) != factor_vae_score(codes, FACTORS, seed=1)


@pytest.mark.parametrize("measure", [mutual_information, importance])
def test_values_of_factors_are_names_and_the_order_of_images_is_none(measure):
    factors = grid(3, 4, 12)
    codes = factors + 0.2 * noise(len(factors), 3)
    expected = measure(codes, factors)
    assert measure(codes, 10 * factors - 7) == pytest.approx(expected)
    if measure is mutual_information:
        assert measure(codes[::-1], factors[::-1]) == pytest.approx(expected)


def test_of_many_images_the_same_are_taken_every_time():
    factors = grid(3, 4, 6, times=2 * MOST // 72)
    codes = factors + noise(len(factors), 3)
    chosen = np.random.default_rng(0).choice(len(codes), MOST, replace=False)
    assert mig(codes, factors) == mig(codes, factors) == mig(codes[chosen], factors[chosen])


def test_forests_learn_with_one_thread_and_from_few_enough(monkeypatch):
    seen, fit = [], RandomForestClassifier.fit

    def watched(self, codes, values):
        seen.append((len(codes), {pool["num_threads"] for pool in threadpool_info()}))
        return fit(self, codes, values)

    monkeypatch.setattr(RandomForestClassifier, "fit", watched)
    importance(noise(2 * MOST, 1), grid(2, times=MOST))
    assert set(map(str, seen)) == {str((MOST * 3 // 5, {1}))}


# Refusals.


@pytest.mark.parametrize("measure", [mutual_information, mig, sap, dci, importance, factor_vae_score])
@pytest.mark.parametrize(
    ("codes", "factors", "said"),
    [
        (noise(99, 2), grid(99), f"at least {FEWEST} codes, got 99"),
        (np.where(np.eye(100, 2), np.nan, 0), grid(100), "finite .* diverged"),
        (np.where(np.eye(100, 2), np.inf, 0), grid(100), "finite .* diverged"),
        (noise(100, 2), grid(100, 1), "one value of factor 1"),
        (noise(100, 2), grid(101), r"of the same images, got \(100, 2\) and \(101, 1\)"),
        (noise(100, 2), grid(100)[:, 0], r"got \(100, 2\) and \(100,\)"),
    ],
    ids=["few", "nan", "infinity", "constant", "unequal", "flat"],
)
def test_what_cannot_be_scored_is_refused_in_a_sentence(measure, codes, factors, said):
    with pytest.raises(ValueError, match=said) as refusal:
        measure(codes, factors)
    assert is_sentence(str(refusal.value))
