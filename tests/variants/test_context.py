"""Where the hole of a context encoder is, what is refused, and that it is painted in."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from conftest import is_sentence
from hypothesis import given
from hypothesis import strategies as st

from aecore.architectures import architectures
from aecore.autoencoder import Autoencoder
from aecore.dataset import Batch, Facts
from aecore.runs.spec import Spec
from aecore.settings import SettingsError
from aecore.sources import load
from aecore.training import TrainerState, generator, train

# What predicts the bottom half of an image from the top half.
BOTTOM = {"moving": False, "hole_height": 0.5, "hole_width": 1.0, "hole_top": 0.5, "hole_left": 0.0}


def uniform(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=generator(seed))


def model_of(shape: tuple[int, int] = (28, 28), **flat) -> Autoencoder:
    return Spec(variant="context", **{"latent": 3, "architecture": "linear"} | flat).model(
        Facts(uniform(*shape, seed=9).numpy())
    )


def holes(model: Autoencoder, count: int, seed: int = 0) -> np.ndarray:
    """[count, H, W] 1 in the hole of each image."""
    return 1 - model.hide(torch.zeros(count, 1, *model.shape), generator(seed)).numpy()[:, 0]


def edges(hole: np.ndarray) -> tuple[int, int, int, int]:
    """Top, bottom, left and right of the one rectangle that a hole is."""
    rows, columns = np.flatnonzero(hole.any(1)), np.flatnonzero(hole.any(0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    assert hole.sum() == hole[top:bottom, left:right].sum() == (bottom - top) * (right - left)
    return top, bottom, left, right


@pytest.mark.parametrize(
    ("shape", "size"), [((28, 28), (11, 11)), ((8, 8), (3, 3)), ((13, 9), (5, 4)), ((1, 10), (1, 4)), ((1, 1), (1, 1))]
)
def test_a_moving_hole_has_its_size_and_takes_every_place_equally_often(shape, size):
    found = [edges(hole) for hole in holes(model_of(shape), 4000)]
    assert {(bottom - top, right - left) for top, bottom, left, right in found} == {size}
    for first, side, length in ((0, shape[0], size[0]), (2, shape[1], size[1])):
        places = np.bincount([edge[first] for edge in found])
        assert len(places) == side - length + 1
        expected = 4000 / len(places)
        assert np.abs(places - expected).max() < 5 * np.sqrt(expected)


def test_every_draw_cuts_elsewhere():
    model = model_of()
    assert np.array_equal(holes(model, 20, 1), holes(model, 20, 1))
    assert not np.array_equal(holes(model, 20, 1), holes(model, 20, 2))


@pytest.mark.parametrize(("shape", "rows"), [((28, 28), range(14, 28)), ((13, 9), range(6, 13)), ((1, 10), range(1))])
def test_the_bottom_half_is_hidden_to_its_last_row(shape, rows):
    model = model_of(shape, **BOTTOM)
    for hole in holes(model, 3):
        assert np.flatnonzero(hole.all(1)).tolist() == np.flatnonzero(hole.any(1)).tolist() == list(rows)


@given(
    st.tuples(st.integers(1, 30), st.integers(1, 30)),
    st.floats(0.05, 1),
    st.floats(0.05, 1),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_a_hole_that_stays_is_where_its_shares_say_to_the_nearest_pixel(shape, height, width, top, left):
    top, left = top * (1 - height), left * (1 - width)
    model = model_of(shape, moving=False, hole_height=height, hole_width=width, hole_top=top, hole_left=left)
    one, other = holes(model, 2)
    assert np.array_equal(one, other)
    found = edges(one)
    wanted = (top * shape[0], (top + height) * shape[0], left * shape[1], (left + width) * shape[1])
    # A hole less than a pixel wide is given one.
    slack = [0.5 + max(0, 1 - length) for length in (height * shape[0], width * shape[1]) for _ in range(2)]
    assert all(abs(a - b) <= c + 1e-6 for a, b, c in zip(found, wanted, slack, strict=True))


@pytest.mark.parametrize(
    ("flat", "said"),
    [
        ({"hole_top": 0.7}, "hole_top must be at most 0.6 where hole_height is 0.4"),
        ({"hole_left": 0.9, "hole_width": 0.25}, "hole_left must be at most 0.75 where hole_width is 0.25"),
        ({"hole_width": 1.0}, "hole_left must be at most 0 where hole_width is 1"),
    ],
)
def test_a_hole_that_leaves_the_image_is_refused_in_one_sentence(flat, said):
    with pytest.raises(SettingsError) as refusal:
        model_of(moving=False, **flat)
    text = str(refusal.value)
    assert is_sentence(text)
    assert text.startswith(said)
    assert "extends beyond the image" in text
    assert f"got {flat.get('hole_top', flat.get('hole_left', 0.3)):g}; lower" in text
    model_of(moving=True, **flat)


def test_a_hole_may_end_with_the_image():
    for length in np.linspace(0.05, 1, 96):
        model_of(moving=False, hole_height=length, hole_width=length, hole_top=1 - length, hole_left=1 - length)


def test_a_hole_larger_than_the_image_is_refused():
    with pytest.raises(SettingsError, match=r"hole_height must be from 0.05 to 1, got 1.2"):
        model_of(hole_height=1.2)


def test_a_hole_as_large_as_the_image_is_remarked_on():
    assert model_of().remark() == model_of(hole_height=1.0).remark() == ""
    assert is_sentence(model_of(hole_height=1.0, hole_width=1.0).remark())


@pytest.mark.parametrize("architecture", architectures)
def test_what_is_in_the_hole_never_reaches_the_code(architecture):
    model, images = model_of(architecture=architecture), uniform(6, 1, 28, 28)
    seen = model.hide(images, generator(1))
    known = model.encode_seen(images, seen)
    assert torch.equal(model.encode_seen(torch.where(seen > 0, images, float("nan")), seen), known)
    assert torch.equal(model.encode_seen(torch.where(seen > 0, images, model.mean), seen), known)
    assert torch.equal(model.encode(torch.where(seen > 0, images, model.mean)), known)
    assert not torch.allclose(model.encode_seen(torch.where(seen > 0, 1 - images, images), seen), known)


def test_the_terms_by_hand():
    model, images = model_of((8, 8), hole_weight=2.5), uniform(20, 1, 8, 8)
    terms = model.terms(Batch(images, torch.zeros(20, dtype=torch.int64)), 0.5, generator(3))
    seen = model.hide(images, generator(3))
    outputs = model.decode(model.encode_seen(images, seen))
    each = F.binary_cross_entropy_with_logits(outputs, images, reduction="none")
    assert list(terms) == ["reconstruction", "hole"]
    assert terms["reconstruction"].value.item() == pytest.approx(each.sum().item() / 20, rel=1e-5)
    assert terms["hole"].value.item() == pytest.approx((each * (1 - seen)).sum().item() / 20, rel=1e-5)
    assert (terms["reconstruction"].weight, terms["hole"].weight) == (1, 2.5)


@pytest.mark.learns
@pytest.mark.parametrize("hole", [{}, BOTTOM], ids=["moving", "bottom from top"])
def test_painting_in_beats_the_mean_image_in_the_holes_of_held_out_digits(hole):
    data = load("mnist-5k", images=1000)
    spec = Spec(variant="context", width=128, epochs=20, **hole)
    model = spec.model(data.facts)
    for _ in train(data.train, spec.training, TrainerState(model, spec.training)):
        pass
    images = torch.from_numpy(data.test.images.copy())[:, None]
    seen = model.hide(images, generator(0))
    with torch.no_grad():
        painted = torch.sigmoid(model.decode(model.encode_seen(images, seen)))
    ours, means = (((1 - seen) * (images - guess).square()).sum() for guess in (painted, model.mean))
    assert float(ours / means) < 0.8
