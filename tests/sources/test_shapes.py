"""Shapes: every combination of factors once, each factor to be seen, and to be measured in the images."""

from __future__ import annotations

import numpy as np
import pytest

from aecore.dataset import Dataset, Split
from aecore.measures.disentanglement import mig
from aecore.sources import load
from aecore.sources.shapes import AREA, PATCH, PLACES, RADIUS, SCALES, SHAPES, Shapes

COUNTS = (3, 6, 12, 12, 12)
MIDDLES = np.arange(28) + 0.5


def made(images: int = 28_000) -> Dataset:
    """The data set, made anew."""
    return Shapes(Shapes.Settings(images=images)).load(lambda done, total: None)


@pytest.fixture(scope="module")
def whole() -> Dataset:
    return made()


@pytest.fixture(scope="module")
def images(whole) -> np.ndarray:
    """[3, 6, 12, 12, 12, 28, 28] each image at its factors."""
    found = np.full((*COUNTS, 28, 28), np.nan, np.float32)
    for part in (whole.train, whole.test):
        found[tuple(part.factors.T)] = part.images
    return found


def moments(images: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How much of each image is white, in pixels, and the place of its middle from the left and from the top."""
    area = images.sum((-2, -1))
    return area, images.sum(-2) @ MIDDLES / area, images.sum(-1) @ MIDDLES / area


def test_every_combination_is_there_once(whole, images):
    assert (len(whole.train), len(whole.test)) == (28_000, 3_104)
    assert np.isfinite(images).all()
    assert len({image.tobytes() for image in images.reshape(-1, 28, 28)}) == 31_104


def test_factors_are_named_and_the_first_is_the_label(whole):
    assert whole.class_names == tuple(SHAPES) == ("square", "ellipse", "heart")
    assert whole.factor_names == ("shape", "scale", "orientation", "x", "y")
    for part in (whole.train, whole.test):
        assert np.array_equal(part.factors[:, 0], part.labels)
        assert (part.factors.min(0) == 0).all()
        assert tuple(part.factors.max(0) + 1) == COUNTS


def test_fewer_are_the_first_of_them_made_again_and_as_balanced(whole):
    few = made(137)
    for part, count in (("train", 137), ("test", 3_104)):
        assert np.array_equal(getattr(few, part).images, getattr(whole, part).images[:count])
        assert np.array_equal(getattr(few, part).factors, getattr(whole, part).factors[:count])
    for labels in (whole.test.labels, whole.train.labels, whole.train.labels[:100], whole.train.labels[:1_000]):
        assert np.ptp(np.bincount(labels)) <= 1


def test_few_images_hold_every_value_about_as_often(whole):
    for factors in (whole.test.factors, whole.train.factors[:3_000]):
        for column, count in zip(factors.T, COUNTS, strict=True):
            of_each = np.bincount(column)
            # Four standard deviations of a draw.
            assert np.abs(of_each - len(column) / count).max() < 4 * (len(column) / count) ** 0.5


def test_factors_do_not_tell_of_each_other(whole):
    # What chance leaves to 5,000 draws.
    assert mig(whole.train.factors.astype(float), whole.train.factors) > 0.98


def test_how_much_is_white_tells_the_scale_alone(images):
    area, _, _ = moments(images)
    for scale, of_scale in enumerate(np.moveaxis(area, 1, 0)):
        # Nothing is cut off anywhere, either.
        assert of_scale == pytest.approx(AREA * (RADIUS * SCALES[scale]) ** 2, rel=0.015)


def test_the_middle_of_what_is_white_tells_the_place(images):
    _, across, down = moments(images)
    places = PATCH / 2 + np.arange(PLACES)
    assert across - places[:, None] == pytest.approx(0, abs=0.03)
    assert down - places == pytest.approx(0, abs=0.03)


def test_a_shape_reaches_the_image_s_edges_at_the_last_places_only(images):
    edges = np.zeros((28, 28), bool)
    edges[[0, -1]] = edges[:, [0, -1]] = True
    assert images[:, :, :, [0, -1]][..., edges].any()
    assert not images[:, :, :, 1:-1, 1:-1][..., edges].any()


def test_an_ellipse_turns_by_a_quarter_less_a_step_counter_clockwise(images):
    ellipses = images[1, 5, :, 6, 6].astype(float)
    area, across, down = moments(ellipses)
    x = MIDDLES[None, None] - across[:, None, None]
    y = down[:, None, None] - MIDDLES[:, None]
    spread = [(ellipses * product).sum((1, 2)) / area for product in (x * x, x * y, y * y)]
    angle = np.arctan2(2 * spread[1], spread[0] - spread[2]) / 2
    assert np.degrees(angle) == pytest.approx(7.5 * np.arange(12), abs=0.5)


def test_a_heart_stands_on_its_point_and_is_the_same_from_the_left(images):
    upright = images[2, 5, 0, 0, 0, :PATCH, :PATCH]
    assert upright == pytest.approx(upright[:, ::-1])
    wide = (upright > 0.5).sum(1)
    rows = np.flatnonzero(wide)
    assert wide[rows[-1]] <= 2
    # Its widest is above the middle, and two halves stand apart at the top.
    assert rows[0] < wide.argmax() < np.median(rows)
    assert np.count_nonzero(np.diff(upright[rows[0]] > 0.5)) == 4


def test_a_square_is_as_wide_as_high_and_turned_by_45_degrees_halfway(images):
    squares = images[0, 5, :, 0, 0, :PATCH, :PATCH]
    assert squares[0] == pytest.approx(squares[0].T)
    side = squares[0].max(0).sum()
    assert side == pytest.approx(RADIUS * AREA**0.5, abs=0.5)
    assert squares[6].max(0).sum() == pytest.approx(2**0.5 * side, abs=1)
    assert squares[1:6] == pytest.approx(squares[:6:-1, ::-1], abs=0.1)


@pytest.mark.parametrize(("factor", "least"), [(0, 0.45), (1, 0.45), (2, 0.15), (3, 0.45), (4, 0.45)])
def test_no_two_values_of_a_factor_look_alike(images, factor, least):
    """Some pixel differs by ``least`` at least, whatever the other factors are; those of the place are one each."""
    place = [slice(None)] * 3 + ([slice(0, 1)] * 2 if factor < 3 else [slice(None)] * 2)
    values = np.moveaxis(images[tuple(place)], factor, 0)
    for one in range(len(values)):
        for other in range(one):
            assert np.abs(values[one] - values[other]).max((-2, -1)).min() > least


def test_loaded_by_name_with_10_000_images():
    data = load("shapes")
    assert len(data.train) == 10_000
    assert data.shape == (28, 28)


def test_factors_that_fit_no_images_are_refused():
    images, labels = np.zeros((2, 1, 1), np.float32), np.zeros(2, np.int64)
    for factors in (np.zeros((3, 1), np.int64), np.zeros(2, np.int64), np.zeros((2, 1))):
        with pytest.raises(ValueError, match="factors must be int64"):
            Split(images, labels, factors)
