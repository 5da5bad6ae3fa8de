"""What a masked autoencoder is shown, what it is not, and that it learns to fill in."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from aecore.architectures import architectures
from aecore.autoencoder import Autoencoder
from aecore.dataset import Batch, Facts
from aecore.masking import GREY
from aecore.runs.spec import Spec
from aecore.sources import load
from aecore.training import TrainerState, generator, train


def uniform(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=generator(seed))


def model_of(shape: tuple[int, int] = (28, 28), **flat) -> Autoencoder:
    return Spec(variant="masked", **flat).model(Facts(uniform(*shape, seed=9).numpy()))


def given_to(model: Autoencoder, images: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
    """What reaches the encoder."""
    caught = []
    handle = model.encoder.register_forward_pre_hook(lambda _, inputs: caught.append(inputs[0]))
    model.encode_seen(images, seen)
    handle.remove()
    return caught[0]


@pytest.mark.parametrize("flags", [False, True])
@pytest.mark.parametrize("architecture", architectures)
def test_hidden_pixels_never_reach_the_code(architecture, flags):
    model, images = model_of(architecture=architecture, flags=flags), uniform(6, 1, 28, 28)
    seen = model.hide(images, generator(1))
    known = model.encode_seen(images, seen)
    for other in (uniform(6, 1, 28, 28, seed=2), torch.full_like(images, 1e6), torch.full_like(images, math.nan)):
        assert torch.equal(model.encode_seen(torch.where(seen > 0, images, other), seen), known)
    changed = torch.where(seen > 0, 1 - images, images)
    assert not torch.allclose(model.encode_seen(changed, seen), known)


@pytest.mark.parametrize("patch", [1, 5, 14])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_the_share_of_hidden_pixels_is_the_one_asked_for(share, patch):
    seen = model_of(hidden_share=share, patch=patch).hide(torch.zeros(4000, 1, 28, 28), generator(0))
    # Whole squares are hidden together, so it is their number that the law of large numbers counts.
    error = math.sqrt(share * (1 - share) / (4000 * (28 // patch) ** 2))
    assert float(1 - seen.mean()) == pytest.approx(share, abs=5 * error)
    assert set(seen.unique().tolist()) == {0.0, 1.0}


def test_every_image_and_every_draw_hides_other_pixels():
    model, images = model_of(), torch.zeros(50, 1, 28, 28)
    one, again, other = (model.hide(images, generator(seed)) for seed in (0, 0, 1))
    assert torch.equal(one, again)
    assert len(torch.cat([one, other]).flatten(1).unique(dim=0)) == 100


@pytest.mark.parametrize(("shape", "patch"), [((28, 28), 4), ((28, 28), 14), ((13, 9), 4), ((1, 10), 3), ((8, 8), 14)])
def test_pixels_are_hidden_in_whole_squares(shape, patch):
    seen = model_of(shape, patch=patch).hide(torch.zeros(200, 1, *shape), generator(0)).numpy()[:, 0]
    rows, columns = (np.arange(side) // patch for side in shape)
    squares = seen[:, ::patch, ::patch]
    assert np.array_equal(seen, squares[:, rows][:, :, columns])
    assert 0 < squares.mean() < 1


@pytest.mark.parametrize("flags", [False, True])
def test_what_the_encoder_is_given_by_hand(flags):
    model, images = model_of((8, 8), flags=flags), uniform(3, 1, 8, 8)
    seen = torch.ones_like(images)
    seen[0, 0, :4] = 0
    seen[1, 0, 2, 5] = 0
    centred = images - model.mean
    found = given_to(model, images, seen)
    assert torch.allclose(found[0, 0, 4:], 2 * centred[0, 0, 4:])
    assert (found[0, 0, :4] == 0).all()
    assert torch.allclose(found[1, 0, 3:], 64 / 63 * centred[1, 0, 3:])
    assert torch.allclose(found[2, 0], centred[2, 0])
    assert found.shape[1] == 1 + flags
    if flags:
        assert torch.equal(found[:, 1:], 1 - seen)


def test_the_encoder_is_given_the_whole_image_on_average():
    model, image = model_of((8, 8), hidden_share=0.7), uniform(1, 1, 8, 8)
    many = image.expand(40_000, -1, -1, -1)
    shown = model.shown(many, model.hide(many, generator(0)))
    error = shown.std(0) / math.sqrt(len(many))
    assert ((shown.mean(0) - (image - model.mean)[0]).abs() < 5 * error).all()


def test_with_nothing_seen_the_code_is_that_of_the_mean_image():
    model = model_of((8, 8))
    images = uniform(2, 1, 8, 8)
    assert torch.equal(model.encode_seen(images, torch.zeros_like(images)), model.encode(model.mean.repeat(2, 1, 1, 1)))


def test_only_flags_tell_a_hidden_pixel_from_one_that_has_the_mean():
    for flags in (False, True):
        model = model_of((8, 8), flags=flags)
        images = model.mean.clone()
        seen = (uniform(1, 1, 8, 8) > 0.5).float()
        same = torch.equal(model.encode_seen(images, seen), model.encode(images))
        assert same != flags


def test_the_terms_by_hand():
    model, images = model_of((8, 8)), uniform(20, 1, 8, 8)
    terms = model.terms(Batch(images, torch.zeros(20, dtype=torch.int64)), 0.5, generator(3))
    seen = model.hide(images, generator(3))
    outputs = model.decode(model.encode_seen(images, seen))
    each = F.binary_cross_entropy_with_logits(outputs, images, reduction="none")
    assert terms["reconstruction"].value.item() == pytest.approx(each.sum().item() / 20, rel=1e-5)
    assert terms["hidden"].value.item() == pytest.approx((each * (1 - seen)).sum().item() / 20, rel=1e-5)
    assert (terms["reconstruction"].weight, terms["hidden"].weight) == (1, 0)


def test_people_see_hidden_pixels_grey_and_whole_images_are_not_hidden():
    model, images = model_of(), uniform(5, 1, 28, 28)
    given, outputs = model.attempt(images, generator(4))
    seen = model.hide(images, generator(4))
    assert torch.equal(given, seen * images + (1 - seen) * GREY)
    assert torch.equal(outputs, model.decode(model.encode_seen(images, seen)))
    assert torch.equal(model.encode(images), model.encode_seen(images, torch.ones_like(images)))


@pytest.mark.learns
@pytest.mark.parametrize("flags", [False, True])
def test_filling_in_beats_the_mean_image_on_hidden_pixels_of_held_out_digits(flags):
    data = load("mnist-5k", images=1000)
    spec = Spec(variant="masked", flags=flags, width=128, epochs=20, patch=4)
    model = spec.model(data.facts)
    for _ in train(data.train, spec.training, TrainerState(model, spec.training)):
        pass
    images = torch.from_numpy(data.test.images.copy())[:, None]
    hidden = 1 - model.hide(images, generator(0))
    with torch.no_grad():
        filled = torch.sigmoid(model.decode(model.encode_seen(images, 1 - hidden)))
    ours, means = ((hidden * (images - guess).square()).sum() for guess in (filled, model.mean))
    assert float(ours / means) < 0.75
