"""Printed text: pages that are made again as they were, and pieces that are cut from them where there is ink."""

from __future__ import annotations

import numpy as np
import pytest

from aecore.dataset import Dataset
from aecore.sources import load
from aecore.sources.text import LEAST, PAGES, SIZES, Text, page, sheet


@pytest.fixture(scope="module")
def data() -> Dataset:
    return Text(Text.Settings()).load(lambda done, total: None)


def rows_apart(sheet: np.ndarray) -> float:
    """From line to line of a page, in pixels: the strongest period of its rows between 8 and 32."""
    strength = np.abs(np.fft.rfft((1 - sheet).mean(1)))
    shortest, longest = len(sheet) // 8, len(sheet) // 32
    return len(sheet) / (longest + strength[longest:shortest].argmax())


@pytest.mark.parametrize("size", [(320, 240), (100, 77), (640, 480)])
def test_a_page_is_black_on_white_and_the_same_again(size):
    sheet = page(80, *size)
    assert (sheet.shape, sheet.dtype) == (size, np.float32)
    assert np.array_equal(sheet, page(80, *size))
    assert (sheet.min(), sheet.max()) == (0, 1)
    assert 0.05 < (1 - sheet).mean() < 0.25
    # A margin all around.
    assert (
        np.concatenate([sheet[:2].ravel(), sheet[-2:].ravel(), sheet[:, :2].ravel(), sheet[:, -2:].ravel()]) == 1
    ).all()


def test_pages_differ_and_their_type_has_three_sizes_in_turn():
    sheets = [page(seed) for seed in range(12)]
    assert len({one.tobytes() for one in sheets}) == 12
    for seed, one in enumerate(sheets):
        assert rows_apart(one) == pytest.approx(1.4 * list(SIZES.values())[seed % 3], rel=0.05)


def test_pages_are_turned_by_little():
    """Lines are lower at one end than at the other, by as much as 2 degrees make, and not always at the same."""
    tilts = []
    for seed in range(12):
        dark = 1 - page(seed)
        # How much lower the right half is than the left, where both fit best.
        left, right = dark[:, 30:100].mean(1), dark[:, 140:210].mean(1)
        shifts = range(-5, 6)
        fits = [(left[10:-10] * np.roll(right, -shift)[10:-10]).sum() for shift in shifts]
        tilts.append(shifts[int(np.argmax(fits))])
    # Two degrees are 3.8 pixels in 110.
    assert min(tilts) < 0 < max(tilts)
    assert max(np.abs(tilts)) <= 4


def test_pieces_are_cut_from_pages_and_held_out_ones_from_others(data):
    assert data.shape == (32, 32)
    assert (len(data.train), len(data.test)) == (4_000, 600)
    for part, images, pages in zip((0, 1), (data.train.images, data.test.images), PAGES, strict=True):
        for row in (0, 1, pages - 1, pages, 3 * pages + 5):
            windows = np.lib.stride_tricks.sliding_window_view(sheet(part, row % pages), (32, 32))
            assert (windows == images[row]).all((2, 3)).any()


def test_no_page_that_can_be_asked_for_is_one_that_images_are_cut_from():
    cut = {sheet(part, number).tobytes() for part in (0, 1) for number in range(PAGES[part])}
    assert len(cut) == sum(PAGES)
    assert cut.isdisjoint(page(seed).tobytes() for seed in range(max(PAGES)))


def test_every_piece_has_ink(data):
    for part in (data.train, data.test):
        assert (1 - part.images).mean((1, 2)).min() >= LEAST - 1e-6


def test_labels_are_sizes_of_type_in_turn(data):
    assert data.class_names == tuple(SIZES)
    for part in (data.train, data.test):
        assert np.array_equal(part.labels, np.arange(len(part)) % 3)


def test_pieces_are_from_all_over_a_page(data):
    assert len({image.tobytes() for image in data.train.images}) > 3_950
    found = data.train.images[:: PAGES[0]]
    # Of one page, none looks like its mean.
    assert np.abs(found - found.mean(0)).mean((1, 2)).min() > 0.05


def test_loaded_by_name():
    assert np.array_equal(load("text", images=100).train.images, load("text").train.images[:100])
