"""Curves in the plane: where their points lie, in which order, and how much noise is on them."""

from __future__ import annotations

import numpy as np
import pytest

from aecore.points import MOST_NOISE, SIDE
from aecore.sources import load
from aecore.sources.curves import CURVES, Curves

every_curve = pytest.mark.parametrize("curve", CURVES)


def drawn(curve: str, noise: float = 0.0, images: int = 10_000):
    """The data set, made anew."""
    return Curves(Curves.Settings(curve=curve, noise=noise, images=images)).load(lambda done, total: None)


def points(curve: str, noise: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """All 11,000 points [N, 2] of a curve and their sections [N], those to train on first."""
    data = drawn(curve, noise)
    parts = (data.train, data.test)
    rows = np.concatenate([part.images for part in parts]).reshape(-1, 2).astype(float)
    return rows, np.concatenate([part.labels for part in parts])


def unscaled(curve: str, side: float, middle: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """``points`` in the scale of a formula in which the longest side is ``side`` and the middle is ``middle``."""
    rows, labels = points(curve)
    return (rows - 0.5) * side / SIDE + middle, labels


def angles(rows: np.ndarray) -> np.ndarray:
    """[N] counter-clockwise from the first axis, from 0 to 2 pi."""
    return np.arctan2(rows[:, 1], rows[:, 0]) % (2 * np.pi)


def test_every_shape_that_can_be_chosen_can_be_drawn():
    assert Curves.Settings.model_json_schema()["properties"]["curve"]["enum"] == list(CURVES)


@every_curve
@pytest.mark.parametrize("noise", [0.0, MOST_NOISE])
def test_the_same_settings_give_the_same_points_and_the_held_out_ones_stay(curve, noise):
    whole, again, few = drawn(curve, noise), drawn(curve, noise), drawn(curve, noise, images=137)
    assert whole.shape == (1, 2)
    assert (len(whole.train), len(few.train), len(whole.test)) == (10_000, 137, 1_000)
    for part in ("train", "test"):
        assert np.array_equal(getattr(whole, part).images, getattr(again, part).images)
    assert np.array_equal(whole.train.images[:137], few.train.images)
    assert np.array_equal(whole.test.images, few.test.images)


@every_curve
def test_no_held_out_point_is_trained_on(curve):
    rows, _ = points(curve)
    assert {row.tobytes() for row in rows[:10_000]}.isdisjoint(row.tobytes() for row in rows[10_000:])


@every_curve
def test_ten_sections_of_equal_count_in_turn(curve):
    data = drawn(curve)
    assert data.class_names == tuple(f"section {number}" for number in range(1, 11))
    assert np.array_equal(data.train.labels, np.tile(np.arange(10), 1_000))
    assert np.array_equal(data.test.labels, np.tile(np.arange(10), 100))


@every_curve
def test_a_curve_lies_in_the_middle_of_the_square_with_room_for_noise(curve):
    found, _ = points(curve)
    low, high = found.min(0), found.max(0)
    assert (low + high) / 2 == pytest.approx(0.5, abs=1e-4)
    assert (high - low).max() == pytest.approx(SIDE, rel=1e-6)
    # Damage too, which is measured in grey levels and not in shares of the side, stays within the square.
    damaged = found + MOST_NOISE * np.random.default_rng(0).standard_normal(found.shape)
    assert ((damaged < 0) | (damaged > 1)).any(1).mean() < 0.02


@every_curve
@pytest.mark.parametrize("noise", [0.01, MOST_NOISE])
def test_noise_has_the_level_asked_for_on_each_coordinate(curve, noise):
    added = points(curve, noise)[0] - points(curve)[0]
    # 11,000 draws tell a standard deviation to 0.7 %.
    assert added.std(0) == pytest.approx(noise * SIDE, rel=0.03)
    assert added.mean(0) == pytest.approx(0, abs=4 * noise * SIDE / 11_000**0.5)
    assert np.corrcoef(added.T)[0, 1] == pytest.approx(0, abs=0.04)


@every_curve
def test_even_steps_are_even_in_length(curve):
    steps = np.linalg.norm(np.diff(CURVES[curve](np.linspace(0, 1, 10_001)), axis=0), axis=1)
    # Between two moons there is a jump.
    jumps = [4_999] if curve == "moons" else []
    assert np.delete(steps, jumps) == pytest.approx(steps[0], rel=1e-3)


def test_points_lie_on_the_circle_and_sections_go_around_it():
    rows, labels = unscaled("circle", 2, (0, 0))
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-4)
    assert_sections(angles(rows) / (2 * np.pi), labels)


def test_points_lie_on_the_spiral_and_sections_follow_its_length_outwards():
    # A thread unwound from the unit circle to an angle t has length t, ends t^2 / 2 along its way, and sqrt(1 + t^2)
    # from the middle of the circle, in the direction t - arctan t.
    t = np.pi * np.linspace(0.5, 3.5, 100_001)
    spiral = np.hypot(1, t)[:, None] * np.stack([np.cos(t - np.arctan(t)), np.sin(t - np.arctan(t))], axis=1)
    low, high = spiral.min(0), spiral.max(0)
    rows, labels = unscaled("spiral", (high - low).max(), (low + high) / 2)
    t = np.sqrt(np.square(rows).sum(1) - 1)
    away = (angles(rows) - (t - np.arctan(t)) + np.pi) % (2 * np.pi) - np.pi
    assert away == pytest.approx(0, abs=1e-3)
    assert_sections(((t / np.pi) ** 2 - 0.5**2) / (3.5**2 - 0.5**2), labels)


def test_points_lie_on_two_half_circles_of_five_sections_each():
    rows, labels = unscaled("moons", 3, (0.5, 0.25))
    upper, lower = rows[labels < 5], rows[labels >= 5] - [1, 0.5]
    assert len(upper) == len(lower)
    for half, sign, first in ((upper, 1, 0), (lower, -1, 5)):
        assert np.linalg.norm(half, axis=1) == pytest.approx(1, abs=1e-4)
        assert (sign * half[:, 1]).min() > -1e-4
        # The lower one is gone through from left to right.
        along = np.arccos(np.clip(sign * half[:, 0], -1, 1)) / np.pi
        assert_sections(first / 10 + along / 2, labels[(labels >= 5) == (sign < 0)])


def test_loaded_by_name_with_its_settings():
    data = load("curves", curve="moons", noise=0.02, images=100)
    assert np.array_equal(data.test.images, drawn("moons", 0.02).test.images)
    assert len(load("curves").train) == 2_000


def assert_sections(along: np.ndarray, labels: np.ndarray) -> None:
    """That ``labels`` are the tenths of ``along`` [N], from 0 to 1, but for rounding at their ends."""
    assert (labels / 10 - along).max() < 1e-3
    assert (along - (labels + 1) / 10).max() < 1e-3
