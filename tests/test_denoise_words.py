"""What Denoising says of what it shows: each sentence follows from the numbers in view, whichever way they fall."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aecore.questions.denoise import Agreement
from aecore.questions.filled import best_at
from aecore.ui.denoise.arrows import compared
from aecore.ui.denoise.before import BY_HEART, by_heart, helps
from aecore.ui.denoise.curves import said
from aecore.ui.denoise.masked import ranges

LEVELS = np.array([0.0, 0.25, 0.5, 0.75])


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            [np.inf, 12.0, 6.0, 3.0],
            [18.0, 17.0, 16.0, 11.0],
            "than damaged ones at level 0.25 to 0.75 (most at 0.50, from 6.0 to 16.0 dB); not at 0.00.",
        ),
        (
            [np.inf, 12.0, 6.0, 3.0],
            [18.0, 17.0, 5.0, 4.0],
            "at level 0.25, 0.75 (most at 0.25, from 12.0 to 17.0 dB); not at 0.00, 0.50.",
        ),
        ([np.inf, 12.0, 6.0, 3.0], [9.0, 9.0, 5.0, 2.0], "At no level are restored images nearer to the clean ones"),
        ([5.0, 4.0, 3.0, 2.0], [6.0, 6.0, 6.0, 6.0], "at level 0.00 to 0.75 (most at 0.75, from 2.0 to 6.0 dB)."),
    ],
)
def test_where_restoring_helps_is_read_off_the_curves(before, after, told):
    assert told in helps(LEVELS, np.array(before), np.array(after))


def test_learned_by_heart_is_said_where_training_images_come_out_much_better():
    def told(known: float, unknown: float) -> str:
        return by_heart(SimpleNamespace(known=known, unknown=unknown))

    assert told(25.26, 15.0).startswith("Given as in training, training images reach 25.3 dB, held-out ones 15.0")
    assert "memorised" in told(25.0, 25.0 - BY_HEART - 0.1)
    assert "memorised" not in told(16.0, 15.0)
    assert "memorised" not in told(15.0, 18.5)


def test_the_steps_of_all_models_are_told_in_one_unit_and_the_closest_by_its_cosine():
    found = {
        "Denoising": Agreement(0.98, 0.041, 0.0405, 0.004),
        "Contractive": Agreement(0.93, 0.039, 0.0405, 0.001),
        "Plain": Agreement(0.76, 0.0198, 0.0405, 0.0002),
    }
    told = compared(found)
    assert "the mean step is Denoising 0.041, Contractive 0.039, Plain 0.020 of the square's side" in told
    assert "**Denoising** agrees best" in told
    assert "Denoising 0.004, Contractive 0.001, Plain 0.000." in told
    assert "**Plain** agrees best" in compared(found | {"Plain": Agreement(0.99, 1, 1, 1)})


@given(st.lists(st.sampled_from(["Network", "Scaled"]), min_size=1, max_size=6))
def test_the_ranges_of_the_best_cover_every_share_once(best):
    shares = np.linspace(0.1, 0.9, len(best))
    told = ranges(shares, best)
    runs = sum(a != b for a, b in zip(best, best[1:], strict=False)) + 1
    assert told.count("hidden)") == runs
    assert f"{shares[0]:.0%}" in told
    assert f"{shares[-1]:.0%}" in told
    assert all(name in told for name in set(best))


def test_the_best_at_a_share_has_the_least_error():
    assert best_at({"a": np.array([1.0, 3.0]), "b": np.array([2.0, 2.0])}) == ["a", "b"]


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ([20.0, 18.0], "**Net** has the highest PSNR at every level tested."),
        ([15.0, 18.0], "has the highest PSNR at 1 of 2 levels; it is beaten by Median at level 0.25."),
        ([15.0, 10.0], "at 0 of 2 levels; it is beaten by Median at level 0.25; by Wiener at level 0.50."),
    ],
)
def test_who_beats_a_network_is_named_with_the_levels(own, told):
    ratios = {"Net": np.array(own), "Median": np.array([16.0, 9.0]), "Wiener": np.array([12.0, 11.0])}
    assert said(np.array([0.25, 0.5]), ratios, "Net").endswith(told)
