"""Coloured scenes: planes that are colours again, and colours that follow from what is seen and not from how bright."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from aecore.dataset import Dataset
from aecore.runs.spec import Spec
from aecore.sources import load
from aecore.sources.coloured import CLASSES, THINGS, Coloured, planes, rgb
from aecore.training import TrainerState, generator, train


@pytest.fixture(scope="module")
def data() -> Dataset:
    return Coloured(Coloured.Settings()).load(lambda done, total: None)


def colours(count: int = 500) -> np.ndarray:
    """[N, 2, 3, 3] uint8 colours of all kinds, the corners of the cube among them."""
    found = np.random.default_rng(0).integers(0, 256, (count, 2, 3, 3), np.uint8)
    found[0], found[1] = 0, 255
    found[2, 0] = 255 * np.eye(3)
    return found


# Planes.


def test_planes_are_those_of_a_jpeg():
    found = colours()
    theirs = [np.asarray(Image.fromarray(one).convert("YCbCr")) for one in found]
    stacked = planes(found)
    assert (stacked.shape, stacked.dtype) == ((500, 6, 3), np.float32)
    # A JPEG has no colour at 128 of 255, where we have it at a half; it rounds, too.
    ours = 255 * np.stack(np.split(stacked, 3, axis=1), axis=3) + [0, 0.5, 0.5]
    assert ours == pytest.approx(np.array(theirs), abs=1.01)


def test_planes_are_in_range_and_become_the_same_colours_again():
    stacked = planes(colours())
    assert 0 <= stacked.min() < stacked.max() <= 1
    assert np.array_equal(rgb(stacked), colours())


def test_grey_has_no_colour_and_what_no_screen_has_is_clipped():
    greys = np.arange(256, dtype=np.uint8)[:, None, None, None].repeat(3, 3)
    stacked = planes(greys)
    assert stacked[:, 1:] == pytest.approx(0.5)
    assert stacked[:, 0, 0] == pytest.approx(np.arange(256) / 255)
    assert rgb(np.array([[[1], [0.5], [1]], [[0], [0.5], [0]]]))[:, 0, 0].tolist() == [[255, 164, 255], [0, 91, 0]]


# Scenes.


def test_classes_are_dealt_in_turn_and_no_image_is_there_twice(data):
    assert data.shape == (84, 28)
    assert (len(data.train), len(data.test)) == (3_000, 600)
    assert data.class_names == CLASSES
    for part in (data.train, data.test):
        assert np.array_equal(part.labels, np.arange(len(part)) % 6)
    assert len({image.tobytes() for part in (data.train, data.test) for image in part.images}) == 3_600


def test_the_hue_follows_from_the_class_and_is_on_nothing_else(data):
    """Of each picture, how much has the hue of each class, whatever its brightness."""
    pictures = rgb(data.test.images) / 255
    hues = pictures / pictures.max(3, keepdims=True)
    known = np.array([hue for thing in THINGS for hue in thing], float)
    known /= known.max(1, keepdims=True)
    shares = np.stack([(np.abs(hues - hue).max(3) < 0.05).mean((1, 2)) for hue in known], axis=1)
    own = np.take_along_axis(shares, data.test.labels[:, None], axis=1)
    assert own.min() > 0.02
    assert own.mean() > 0.07
    assert (shares.sum(1, keepdims=True) - own).mean() < 0.005


def test_brightness_alone_does_not_tell_the_colour(data):
    """Pixel by pixel, the best that can be made of brightness, its mean colour, leaves most of the error."""
    bright, colour = data.train.images[:, :28].ravel(), data.train.images[:, 28:].reshape(3_000, 2, -1)
    levels = (bright * 50).astype(int)
    left = 0.0
    for plane in np.moveaxis(colour, 1, 0).reshape(2, -1):
        means = np.bincount(levels, plane) / np.maximum(np.bincount(levels), 1)
        left += np.square(plane - means[levels]).mean() / 2
    nothing = np.square(colour - 0.5).mean()
    assert 0.5 * nothing < left < nothing


@pytest.mark.learns
def test_a_context_encoder_colours_scenes_it_has_not_seen(data):
    """Measured after 60 epochs, in 17 seconds on one thread: 0.0015 of squared error a pixel of either plane."""
    spec = Spec(
        data="coloured",
        variant="context",
        moving=False,
        hole_top=1 / 3,
        hole_height=2 / 3,
        hole_left=0.0,
        hole_width=1.0,
        hole_weight=5.0,
        likelihood="gaussian",
        latent=64,
        depth=2,
        epochs=6,
        learning_rate=5e-3,
    )
    model = spec.model(data.facts)
    for _ in train(data.train, spec.training, TrainerState(model, spec.training)):
        pass
    images = torch.from_numpy(np.array(data.test.images))[:, None]
    seen = model.hide(images, generator(0))
    assert (seen[:, :, :28] == 1).all()
    assert (seen[:, :, 28:] == 0).all()
    with torch.no_grad():
        made = model.likelihood.mean(model.decode(model.encode_seen(images, seen)))[:, 0].numpy()
    colour, mean = data.test.images[:, 28:], data.train.images.mean(0)[28:]
    grey, average = np.square(colour - 0.5).mean(), np.square(colour - mean).mean()
    assert (grey, average) == pytest.approx((0.0172, 0.0141), rel=0.02)
    assert np.square(made[:, 28:] - colour).mean() < 0.4 * average


def test_loaded_by_name():
    assert np.array_equal(load("coloured", images=100).train.images, load("coloured").train.images[:100])
