"""Sheets in space: where their points lie, in which order, and how much noise is on them."""

from __future__ import annotations

import numpy as np
import pytest

from aecore.points import MOST_NOISE, SIDE
from aecore.sources import load
from aecore.sources.sheets import SHEETS, Sheets

every_sheet = pytest.mark.parametrize("sheet", SHEETS)


def drawn(sheet: str, noise: float = 0.0, images: int = 10_000):
    """The data set, made anew."""
    return Sheets(Sheets.Settings(sheet=sheet, noise=noise, images=images)).load(lambda done, total: None)


def points(sheet: str, noise: float = 0.0) -> np.ndarray:
    """All 11,000 points [N, 3] of a sheet, those to train on first."""
    data = drawn(sheet, noise)
    return np.concatenate([data.train.images, data.test.images]).reshape(-1, 3).astype(float)


def shares(rows: np.ndarray) -> np.ndarray:
    """The share of the variance along each principal component, largest first."""
    values = np.linalg.svd(rows - rows.mean(0), compute_uv=False) ** 2
    return values / values.sum()


def test_every_shape_that_can_be_chosen_can_be_drawn():
    assert Sheets.Settings.model_json_schema()["properties"]["sheet"]["enum"] == list(SHEETS)


@every_sheet
@pytest.mark.parametrize("noise", [0.0, MOST_NOISE])
def test_the_same_settings_give_the_same_points_and_the_held_out_ones_stay(sheet, noise):
    whole, again, few = drawn(sheet, noise), drawn(sheet, noise), drawn(sheet, noise, images=137)
    assert whole.shape == (1, 3)
    assert (len(whole.train), len(few.train), len(whole.test)) == (10_000, 137, 1_000)
    for part in ("train", "test"):
        assert np.array_equal(getattr(whole, part).images, getattr(again, part).images)
    assert np.array_equal(whole.train.images[:137], few.train.images)
    assert np.array_equal(whole.test.images, few.test.images)
    assert len(np.unique(points(sheet, noise), axis=0)) == 11_000


@every_sheet
def test_a_sheet_lies_in_the_middle_of_the_cube_with_room_for_noise(sheet):
    found = points(sheet)
    low, high = found.min(0), found.max(0)
    assert (low + high) / 2 == pytest.approx(0.5, abs=1e-6)
    assert (high - low).max() == pytest.approx(SIDE, rel=1e-6)
    assert low.min() >= 3 * MOST_NOISE * SIDE - 1e-6
    noisy = points(sheet, MOST_NOISE)
    assert noisy.min() >= 0
    assert noisy.max() <= 1
    assert ((noisy == 0) | (noisy == 1)).mean() < 0.001


@every_sheet
@pytest.mark.parametrize("noise", [0.01, MOST_NOISE])
def test_noise_has_the_level_asked_for_on_each_coordinate(sheet, noise):
    added = points(sheet, noise) - points(sheet)
    # 11,000 draws tell a standard deviation to 0.7 %.
    assert added.std(0) == pytest.approx(noise * SIDE, rel=0.03)
    assert added.mean(0) == pytest.approx(0, abs=4 * noise * SIDE / 11_000**0.5)
    assert np.corrcoef(added.T)[np.triu_indices(3, 1)] == pytest.approx(0, abs=0.04)


def test_noise_is_the_same_noise_at_every_level():
    little, much = (points("swiss-roll", noise) - points("swiss-roll") for noise in (0.01, 0.02))
    assert much == pytest.approx(2 * little, abs=1e-6)


@every_sheet
def test_ten_sections_of_equal_count_in_turn(sheet):
    data = drawn(sheet)
    assert data.class_names == tuple(f"section {number}" for number in range(1, 11))
    assert np.array_equal(data.train.labels, np.tile(np.arange(10), 1_000))
    assert np.array_equal(data.test.labels, np.tile(np.arange(10), 100))


def test_a_plane_has_two_directions_and_neither_is_an_axis():
    rows = points("plane")
    found = shares(rows)
    assert found[2] < 1e-12
    # Twice as long as wide: four times the variance.
    assert found[0] / found[1] == pytest.approx(4, rel=0.05)
    _, _, directions = np.linalg.svd(rows - rows.mean(0), full_matrices=False)
    assert (np.abs(directions) > 0.1).all()


@pytest.mark.parametrize("sheet", [sheet for sheet in SHEETS if sheet != "plane"])
def test_no_other_sheet_lies_in_a_plane(sheet):
    assert shares(points(sheet))[2] > 0.05


def test_noise_lifts_points_off_the_plane():
    # Across the plane, nothing varies but the noise.
    rows = points("plane", 0.05)
    assert np.linalg.eigvalsh(np.cov(rows.T))[0] ** 0.5 == pytest.approx(0.05 * SIDE, rel=0.03)


def labels_of(sheet: str) -> np.ndarray:
    """The sections of ``points``."""
    data = drawn(sheet)
    return np.concatenate([data.train.labels, data.test.labels])


def test_sections_follow_the_arc_of_the_s():
    # In the scale of its circles of radius 1, the S is 4 high.
    rows, labels = (points("s-curve") - 0.5) * 4 / SIDE, labels_of("s-curve")
    x, z = rows[:, 0], rows[:, 2]
    assert np.hypot(x, np.abs(z) - 1) == pytest.approx(1, abs=1e-2)
    assert (z[labels < 5] > -1e-2).all()
    assert (z[labels >= 5] < 1e-2).all()


def test_sections_follow_the_angle_of_the_roll_outwards():
    rows, labels = points("swiss-roll"), labels_of("swiss-roll")
    # The spiral t (cos t, sin t) from 1.5 to 4.5 pi, whose middle is not its axis.
    angle = np.linspace(1.5 * np.pi, 4.5 * np.pi, 100_000)
    spiral = np.stack([angle * np.cos(angle), angle * np.sin(angle)], axis=1)
    low, high = spiral.min(0), spiral.max(0)
    away = np.linalg.norm((rows[:, [0, 2]] - 0.5) * (high - low).max() / SIDE + (low + high) / 2, axis=1)
    for section in range(10):
        first, last = angle[0] + (angle[-1] - angle[0]) * np.array([section, section + 1]) / 10
        assert away[labels == section].min() == pytest.approx(first, abs=0.2)
        assert away[labels == section].max() == pytest.approx(last, abs=0.2)


def test_points_of_the_cap_are_equally_far_from_a_centre():
    rows = points("sphere-cap")
    # |p|^2 = 2 c p + (r^2 - |c|^2) is linear in the centre c.
    (*centre, rest), *_ = np.linalg.lstsq(np.c_[2 * rows, np.ones(len(rows))], (rows**2).sum(1), rcond=None)
    away = np.linalg.norm(rows - centre, axis=1)
    assert away == pytest.approx(SIDE / 2, rel=1e-3)
    # Even by area: heights evenly spread over the cap, which ends half a radius below the centre.
    heights = (rows[:, 2] - centre[2]) / away
    assert np.quantile(heights, [0, 0.25, 0.5, 0.75, 1]) == pytest.approx([-0.5, -0.125, 0.25, 0.625, 1], abs=0.03)
    labels = labels_of("sphere-cap")
    tops = [heights[labels == section].max() for section in range(10)]
    assert tops == sorted(tops, reverse=True)


def test_loaded_by_name_with_its_settings():
    data = load("sheets", sheet="plane", noise=0.02, images=100)
    assert np.array_equal(data.test.images, drawn("plane", 0.02).test.images)
    assert len(load("sheets").train) == 2_000
