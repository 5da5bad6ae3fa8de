"""A drawn digit made into an image like MNIST's, against MNIST's own digits drawn large."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import aecore
from aecore.intake.drawing import as_mnist


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    """[100, 28, 28] real digits, ten of each."""
    return aecore.load("mnist-5k").test.images[:100]


def enlarged(digit: np.ndarray, times: int, filter: Image.Resampling, moved: tuple[int, int]) -> np.ndarray:
    """A digit [28, 28] as a uint8 drawing ``times`` larger, ``moved`` down and right on a larger canvas."""
    grey = Image.fromarray(np.round(digit * 255).astype(np.uint8))
    large = np.asarray(grey.resize((28 * times, 28 * times), filter))
    return np.pad(large, ((moved[0], 50), (moved[1], 90)))


def rectangle(height: int, width: int, canvas: tuple[int, int] = (300, 300)) -> np.ndarray:
    drawing = np.zeros(canvas)
    drawing[20 : 20 + height, 30 : 30 + width] = 1
    return drawing


def centre_of_mass(image: np.ndarray) -> np.ndarray:
    rows, columns = np.indices(image.shape)
    return np.array([(rows * image).sum(), (columns * image).sum()]) / image.sum()


# Real digits.


@pytest.mark.parametrize("times", [7, 10])
def test_enlarged_in_squares_a_digit_comes_back_as_it_was(digits, times):
    for digit in digits:
        found = as_mnist(enlarged(digit, times, Image.Resampling.NEAREST, (13, 40)))
        assert (found.shape, found.dtype) == ((28, 28), np.float32)
        assert np.square(found - digit).mean() < 1e-4


def test_enlarged_smoothly_a_digit_comes_back_nearly(digits):
    found = np.stack([as_mnist(enlarged(digit, 10, Image.Resampling.BICUBIC, (0, 61))) for digit in digits])
    errors = np.square(found - digits).mean((1, 2))
    # Measured: 0.008 on average. A digit moved by one pixel is at 0.038, another digit at 0.107.
    assert errors.mean() < 0.012
    assert errors.max() < 0.06


def test_a_real_digit_has_its_centre_of_mass_where_ours_have(digits):
    for digit in digits:
        found = as_mnist(enlarged(digit, 10, Image.Resampling.BICUBIC, (30, 5)))
        assert np.abs(centre_of_mass(digit) - 14).max() <= 0.5 + 1e-3
        assert np.abs(centre_of_mass(found) - 14).max() <= 0.5 + 1e-3


# Drawings of known shape.


def test_where_it_is_drawn_and_in_which_numbers_makes_no_difference(digits):
    drawing = enlarged(digits[5], 9, Image.Resampling.BICUBIC, (0, 0))
    found = as_mnist(drawing)
    assert np.array_equal(as_mnist(np.pad(drawing, ((70, 3), (11, 120)))), found)
    np.testing.assert_allclose(as_mnist(drawing / 255), found, atol=1e-6)


@pytest.mark.parametrize(
    ("drawn", "box"), [((100, 100), (20, 20)), ((100, 50), (20, 10)), ((15, 150), (2, 20)), ((200, 1), (20, 1))]
)
def test_the_longer_side_is_20_pixels_and_the_aspect_stays(drawn, box):
    found = as_mnist(rectangle(*drawn))
    rows, columns = np.flatnonzero(found.any(1)), np.flatnonzero(found.any(0))
    assert (len(rows), len(columns)) == box
    assert (rows[0], columns[0]) == tuple((29 - side) // 2 for side in box)
    assert found.sum() == pytest.approx(box[0] * box[1])


def test_a_dot_and_a_full_canvas_fill_the_inner_box():
    square = np.zeros((28, 28), np.float32)
    square[4:24, 4:24] = 1
    assert np.array_equal(as_mnist(rectangle(1, 1)), square)
    assert np.array_equal(as_mnist(np.full((280, 280), 255, np.uint8)), square)


def test_edges_are_smooth():
    """Ten pixels become one, so a gap of ten that meets two of them halves both."""
    drawing = rectangle(200, 200)
    drawing[115:125, 80:180] = 0
    found = as_mnist(drawing)
    assert found[13:15, 9:19] == pytest.approx(np.full((2, 10), 0.5))
    assert found.sum() == pytest.approx(20 * 20 - 10)


def test_faint_strokes_stay_faint():
    assert as_mnist(0.4 * rectangle(60, 60)).max() == pytest.approx(0.4)


def test_no_ink_is_lost_where_all_weight_is_at_one_end():
    drawing = np.zeros((100, 100))
    drawing[:, 48:52] = 0.2
    drawing[90:, 30:70] = 1
    found = as_mnist(drawing)
    assert found.sum() == pytest.approx(drawing.sum() / 25, rel=1e-5)
    # Moved as far as it goes: what is centred otherwise would leave the field above.
    assert np.flatnonzero(found.any(1)).tolist() == list(range(20))


@pytest.mark.parametrize("drawing", [np.zeros((280, 280), np.uint8), np.zeros((5, 9)), np.full((30, 30), 3, np.uint8)])
def test_a_drawing_without_ink_is_none(drawing):
    assert as_mnist(drawing) is None


@pytest.mark.parametrize(
    ("shape", "box"), [((8, 8), (6, 6)), ((56, 28), (20, 20)), ((28, 14), (10, 10)), ((1, 3), (1, 1))]
)
def test_other_shapes_have_an_inner_box_of_the_same_share(shape, box):
    found = as_mnist(rectangle(120, 120), shape)
    assert found.shape == shape
    assert (found.any(1).sum(), found.any(0).sum()) == box
    assert found.max() == pytest.approx(1)
