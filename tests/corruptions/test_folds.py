"""Folds: creases straight, thin and as deep as the level says, a shadow on one side of each, on any size of image."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from aecore.corruptions import folds
from aecore.corruptions.folds import SHADE, SHARP, SOFT, Folds
from aecore.training import generator


def folded(images: torch.Tensor, level: float = 1.0, seed: int = 0) -> torch.Tensor:
    return Folds(Folds.Settings(level=level)).damage(images, generator(seed))


def flat(grey: float, count: int = 64, shape: tuple[int, int] = (32, 32)) -> torch.Tensor:
    return torch.full((count, 1, *shape), grey)


def hidden(level: float, shape: tuple[int, int] = (32, 32), count: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """How much of each pixel is hidden and what hides it, [N, H, W] each: the same chance on black and white."""
    black, white = (folded(flat(grey, count, shape), level)[:, 0].numpy() for grey in (0.0, 1.0))
    share = 1 - (white - black)
    return share, black / np.maximum(share, 1e-3)


@pytest.mark.parametrize("level", [0.1, 0.5, 1.0])
def test_the_level_is_what_is_hidden_at_a_crease_s_middle(level):
    share, _ = hidden(level)
    # A pixel's middle is up to 0.7 pixels away from a crease's.
    deepest = share.max((1, 2))
    assert deepest.max() == pytest.approx(level, rel=0.01)
    assert deepest.min() > level * np.exp(-((0.71 / SHARP) ** 2) / 2)
    assert share == pytest.approx(level * hidden(1.0)[0], abs=1e-5)


def test_every_image_has_other_creases_and_most_of_it_stays():
    share, _ = hidden(1.0)
    assert len({one.tobytes() for one in share}) == 64
    assert share.mean((1, 2)).min() > 0.05
    assert share.mean((1, 2)).max() < 0.6
    assert (share < 0.01).mean() > 0.2


def test_creases_are_dark_or_bright_and_their_shadows_dark():
    share, grey = hidden(1.0)
    sharp, soft = grey[share > 0.9], grey[(share > 0.05) & (share < 0.3)]
    assert 0.25 < (sharp < 0.3).mean() < 0.75
    assert 0.25 < (sharp > 0.6).mean() < 0.75
    assert np.median(soft) < 0.01


def test_a_crease_is_straight_and_fades_as_it_should_with_a_shadow_on_one_side(monkeypatch):
    monkeypatch.setattr(folds, "CREASES", 1)
    found = [(one, np.argwhere(one > 0.9)) for one in hidden(1.0, (99, 99), 20)[0]]
    # One that only cuts a corner off is too short to tell.
    long = [(one, deep) for one, deep in found if np.ptp(deep, axis=0).max() > 50]
    assert len(long) > 10
    for one, deep in long:
        # The line through the deepest pixels, and how far each pixel is from it.
        middle = deep.mean(0)
        normal = np.linalg.svd(deep - middle)[2][1]
        assert np.abs((deep - middle) @ normal).max() < 1
        away = (np.indices(one.shape).transpose(1, 2, 0) - middle) @ normal
        shaded, clear = (one[(side * away > 5) & (side * away < 6)] for side in (1, -1))
        if shaded.mean() < clear.mean():
            shaded, clear, away = clear, shaded, -away
        assert clear.max() < 1e-3
        assert shaded.mean() == pytest.approx(SHADE * np.exp(-5.5 / SOFT), rel=0.15)
        # The line is found to a fifth of a pixel.
        assert one[away < 0] == pytest.approx(np.exp(-((away[away < 0] / SHARP) ** 2) / 2), abs=0.15)


def test_on_a_page_creases_are_as_wide_as_on_its_pieces_and_there_are_more():
    counts = {}
    for shape in ((32, 32), (320, 240)):
        share, _ = hidden(1.0, shape, 40)
        # A crease that hides more than half is as wide on any image; only its length grows, and how many there are.
        counts[shape] = (share > 0.6).sum((1, 2)).mean() / max(shape)
    assert 1.5 < counts[320, 240] / counts[32, 32] < 3


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (4, 4), (640, 480)])
def test_any_size(shape):
    images = torch.rand(2, 1, *shape, generator=generator(1))
    out = folded(images, 0.7)
    assert out.shape == images.shape
    assert ((out >= 0) & (out <= 1)).all()


def test_damage_is_a_blend():
    black, white, between = (folded(flat(grey), 0.7) for grey in (0.0, 1.0, 0.25))
    assert torch.allclose(between, 0.75 * black + 0.25 * white, atol=1e-6)
