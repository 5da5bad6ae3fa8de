"""A denoiser of convolutions alone, on images of its own size and of others."""

from __future__ import annotations

import numpy as np
import pytest

from aecore.dataset import Facts
from aecore.measures.restoration import psnr
from aecore.questions.denoise import damaged
from aecore.runs.spec import Spec

GRID = {"variant": "denoising-grid", "corruption": "gaussian"}


def untrained(shape: tuple[int, int], **more):
    mean = np.random.default_rng(0).random(shape, np.float32)
    return Spec(**GRID, width=4, **more).model(Facts(mean, classes=2))


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("size", [(28, 28), (29, 28), (8, 9), (61, 40)])
def test_images_of_any_size_come_back_in_that_size(depth, size):
    model = untrained((28, 28), depth=depth, blocks=1)
    assert model.reconstruct(np.zeros((2, *size))).shape == (2, *size)


@pytest.mark.parametrize("blocks", [0, 2])
def test_a_part_of_a_page_is_restored_as_it_is_in_the_whole_page(blocks):
    """Away from the edges, that is farther than the convolutions see."""
    model = untrained((28, 28), blocks=blocks)
    page = np.random.default_rng(1).random((1, 160, 140), np.float32)
    whole = model.reconstruct(page)
    part = model.reconstruct(page[:, 20:120, 16:116])
    inside = whole[:, 60:80, 56:76]
    assert np.abs(inside - part[:, 40:60, 40:60]).max() < 0.01 * inside.std()


def test_its_own_size_has_the_mean_image_of_its_own():
    """Codes decode to what the image was rebuilt as."""
    model = untrained((28, 28))
    images = np.random.default_rng(1).random((3, 28, 28), np.float32)
    assert np.array_equal(model.generate(model.embed(images)), model.reconstruct(images))


@pytest.mark.learns
def test_noise_is_taken_away_better_than_by_any_linear_map(shared):
    """sigma 0.5, 500 held-out images: damaged 6.0 dB, the best linear map, clipped, 17.2."""
    run = shared(Spec(**GRID, level=0.5, width=16, blocks=1, batch_size=25, epochs=2, learning_rate=6e-3))
    clean = run.data.test.images
    given = damaged(clean, "gaussian", 0.5)
    assert psnr(given, clean) == pytest.approx(6.02, abs=0.1)
    assert psnr(run.model.reconstruct(given), clean) > 18.5
