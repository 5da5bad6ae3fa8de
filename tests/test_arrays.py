"""Arrays as people have them: every door takes them as they are meant, or refuses them in one sentence."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
from combinations import AUTOENCODERS
from conftest import is_sentence
from hypothesis import given, settings
from hypothesis import strategies as st

from aecore import arrays
from aecore.autoencoder import Autoencoder
from aecore.capabilities import Conditional
from aecore.corruptions import corruptions
from aecore.dataset import MOST_CLASSES, Dataset, Facts, Split, split
from aecore.measures.quality import accuracy, elbo, mean_terms, squared_error
from aecore.runs.choices import choice_knob, knobs_of
from aecore.runs.spec import Spec
from aecore.settings import build
from aecore.sources import load
from aecore.training import TrainerState, generator, train

H, W = 28, 26
SMALL = {"width": 8, "depth": 1, "latent": 3}
every_variant = pytest.mark.parametrize("variant", AUTOENCODERS)


@cache
def model_of(variant: str) -> Autoencoder:
    architecture = choice_knob("architecture", {"variant": variant}).default
    known = knobs_of({"variant": variant, "architecture": architecture})
    spec = Spec(variant=variant, architecture=architecture, **{k: v for k, v in SMALL.items() if k in known})
    return spec.model(Facts(np.full((H, W), 0.5, np.float32)))


def images_of(count: int = 3) -> np.ndarray:
    """[N, H, W] float32, most of it black, as drawings are."""
    rng = np.random.default_rng(0)
    return (rng.random((count, H, W)) * (rng.random((count, H, W)) > 0.7)).astype(np.float32)


def with_one(value: float, images: np.ndarray) -> np.ndarray:
    spoiled = images.copy()
    spoiled[-1, 2, 1] = value
    return spoiled


# Each makes of images what means the same.
SAME = {
    "float64": lambda x: x.astype(np.float64),
    "a list": lambda x: x.tolist(),
    "objects": lambda x: x.astype(object),
    "read-only": lambda x: np.broadcast_to(x, x.shape),
    "turned and back": lambda x: np.asfortranarray(x),
    "no mask": np.ma.masked_array,
    "a tensor with gradient": lambda x: torch.from_numpy(x).requires_grad_(),
    "rounding beyond": lambda x: x.astype(np.float64) * (1 + 1e-9),
}
# Each makes of images what no model takes, and what the refusal must say.
WRONG = {
    "one image": (lambda x: x[0], f"[N, {H}, {W}], got [{H}, {W}]: for one image give images[None]"),
    "flat": (lambda x: x.reshape(3, -1), f"got [3, {H * W}]: for flat images give images.reshape(-1, {H}, {W})"),
    "a channel after": (lambda x: x[..., None], f"got [3, {H}, {W}, 1]: give images[..., 0]"),
    "a channel before": (lambda x: x[:, None], f"got [3, 1, {H}, {W}]: give images[:, 0]"),
    "three channels": (lambda x: np.stack([x] * 3, 3), f"[N, {H}, {W}], got [3, {H}, {W}, 3]"),
    "on their side": (lambda x: x.transpose(0, 2, 1), f"[N, {H}, {W}], got [3, {W}, {H}]"),
    "a row to broadcast": (lambda x: x[:, :1], f"[N, {H}, {W}], got [3, 1, {W}]"),
    "a pixel each": (lambda x: x[:, :1, :1], f"[N, {H}, {W}], got [3, 1, 1]"),
    "bytes": (lambda x: (x * 255).astype(np.uint8), "must be from 0 to 1, got 0 to 25"),
    "floats to 255": (lambda x: x * 255, "give images / 255"),
    "twice as bright": (lambda x: x * 2, "must be from 0 to 1, got 0 to "),
    "black at -1": (lambda x: x * 2 - 1, "give (images + 1) / 2"),
    "standardised": (lambda x: (x - x.mean()) / x.std(), "must be from 0 to 1, got -0."),
    "all beyond": (lambda x: x + 5, "must be from 0 to 1, got 5 to "),
    "one far out": (lambda x: with_one(1e30, x), "must be from 0 to 1, got 0 to 1e+30"),
    "nan": (lambda x: with_one(np.nan, x), f"got nan or infinity in 1 of {3 * H * W:,} places"),
    "infinite": (lambda x: with_one(-np.inf, x), f"got nan or infinity in 1 of {3 * H * W:,} places"),
    "complex": (lambda x: x + 0j, "images must be real numbers, got complex numbers"),
    "text": (lambda x: x.astype(str), "images must be real numbers, got text"),
    "dates": (lambda x: np.zeros(x.shape, "datetime64[D]"), "images must be real numbers, got dates"),
    "objects that are none": (lambda x: np.full(x.shape, {}, object), "images must be an array of numbers"),
    "masked": (lambda x: np.ma.masked_less(x, 0.1), "images must be whole, got masked values"),
    "ragged": (lambda x: [x[0].tolist(), x[1, :4].tolist()], "in rows of one length, got a list"),
    "a sparse tensor": (lambda x: torch.from_numpy(x).to_sparse(), "got a sparse tensor"),
    "nothing": (lambda x: None, "images must be an array of numbers, got a NoneType"),
    "a number": (lambda x: 0.5, "images must be an array of numbers, got a float"),
    "a name": (lambda x: "mnist-5k", "images must be an array of numbers, got a str"),
}
# Doors to a model, and whether it takes images of any size there.
DOORS = {"embed": Autoencoder.embed, "reconstruct": Autoencoder.reconstruct}
SIZES = {
    "on their side",
    "a row to broadcast",
    "a pixel each",
    "one image",
    "flat",
    "three channels",
    "a channel after",
    "a channel before",
}


@every_variant
@pytest.mark.parametrize("door", DOORS)
def test_what_means_the_same_gives_the_same(variant, door):
    model, images = model_of(variant), images_of()
    wanted = DOORS[door](model, images)
    assert wanted.shape == ((3, model.latent) if door == "embed" else images.shape)
    for name, as_given in SAME.items():
        np.testing.assert_allclose(DOORS[door](model, as_given(images)), wanted, atol=1e-5, err_msg=name)
    for kind in (bool, np.int64, np.uint8, np.float16):
        np.testing.assert_allclose(
            DOORS[door](model, images.round().astype(kind)), DOORS[door](model, images.round()), atol=1e-5
        )
    assert DOORS[door](model, images[:0]).shape == (0, *wanted.shape[1:])


@every_variant
@pytest.mark.parametrize("door", DOORS)
def test_what_a_model_does_not_take_is_refused_in_one_sentence(variant, door):
    model, images = model_of(variant), images_of()
    for name, (spoil, sentence) in WRONG.items():
        if door == "reconstruct" and model.any_size and name in SIZES:
            continue
        with pytest.raises(ValueError) as refusal:
            DOORS[door](model, spoil(images))
        assert sentence in str(refusal.value), name
        assert is_sentence(str(refusal.value)), name


@given(st.sampled_from(AUTOENCODERS), st.lists(st.integers(0, 30), max_size=5), st.sampled_from(list(DOORS)))
@settings(max_examples=150)
def test_no_shape_but_the_one_is_ever_stretched_to_it(variant, sizes, door):
    """An answer has a row for each image of the right shape; every other shape is told, beside the right one."""
    model = model_of(variant)
    given = np.zeros(sizes, np.float32)
    right = len(sizes) == 3 and (tuple(sizes[1:]) == (H, W) or (door == "reconstruct" and model.any_size))
    if right and min(sizes[1:]) > 0:
        assert len(DOORS[door](model, given)) == sizes[0]
        return
    if right:
        return
    with pytest.raises(ValueError) as refusal:
        DOORS[door](model, given)
    assert is_sentence(str(refusal.value))
    if sizes:
        assert f"got {sizes}" in str(refusal.value)


@given(st.floats(0, 2), st.integers(0, 1000), st.integers(1, 40), st.sampled_from([0.0, 0.2, 1.0]))
@settings(max_examples=60)
def test_noise_of_any_level_there_is_is_taken(level, seed, count, bright):
    """On drawings as on black images; the corruption's own draws."""
    images = torch.from_numpy(images_of(count) * bright)[:, None]
    noisy = build_corruption("gaussian", level).damage(images, generator(seed))[:, 0].numpy()
    assert arrays.images(noisy, (H, W)).shape == noisy.shape


@every_variant
def test_codes_of_another_length_kind_or_size_are_refused(variant):
    model = model_of(variant)
    length = model.latent
    codes = np.zeros((4, length), np.float32)
    assert model.generate(codes).shape == model.generate(codes.tolist()).shape == (4, H, W)
    assert np.isfinite(model.generate(codes + 1e9)).all()
    wrong = {
        f"codes must be [N, {length}], got [{length}]: for one code give codes[None]": codes[0],
        f"codes must be [N, {length}], got [4, {length + 1}]": np.zeros((4, length + 1)),
        f"codes must be [N, {length}], got [4, 1, {length}]": codes[:, None],
        "codes must be finite numbers, got nan or infinity in 4 of": np.where(np.arange(length) == 0, np.nan, codes),
        "codes must be from -1e+09 to 1e+09, got 1e+39 to 1e+39": codes.astype(np.float64) + 1e39,
        "codes must be real numbers, got text": codes.astype(str),
    }
    for sentence, wrong_codes in wrong.items():
        with pytest.raises(ValueError) as refusal:
            model.generate(wrong_codes)
        assert sentence in str(refusal.value)
        assert is_sentence(str(refusal.value))


@every_variant
def test_a_class_to_generate_is_taken_by_conditional_models_and_refused_by_others(variant):
    model, codes = model_of(variant), np.zeros((2, model_of(variant).latent), np.float32)
    if not isinstance(model, Conditional):
        with pytest.raises(ValueError, match="takes no classes: leave labels out"):
            model.generate(codes, [0, 1])
        return
    with torch.no_grad():
        wanted = model.likelihood.mean(model.decode_as(torch.from_numpy(codes), torch.tensor([3, 4])))[:, 0]
    np.testing.assert_allclose(model.generate(codes, [3, 4]), wanted, atol=1e-6)
    for labels, sentence in (
        ([3], r"labels must be \[2\], got \[1\]"),
        ([3, 10], "labels must be classes from 0 to 9, got 10"),
        ([-1, 0], "labels must be whole numbers from 0 on, got -1"),
        (["a", "b"], "labels must be real numbers, got text: np.unique"),
    ):
        with pytest.raises(ValueError, match=sentence):
            model.generate(codes, labels)


def good_split() -> Split:
    return split(images_of(), [0, 1, 2])


@pytest.mark.parametrize(
    "name", [name for name in WRONG if name not in ("on their side", "a row to broadcast", "a pixel each")]
)
def test_a_split_is_made_of_images_in_the_unit_interval_only(name):
    if name != "a number":
        with pytest.raises(ValueError) as refusal:
            split(WRONG[name][0](images_of()), [0, 1, 2])
        assert is_sentence(str(refusal.value))
        assert str(refusal.value).startswith("images must be")


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ([0, 1], r"labels must be \[3\], got \[2\]"),
        ([[0], [1], [2]], r"labels must be \[3\], got \[3, 1\]"),
        ([0, 1, -2], "from 0 on, or -1 where not known, got -2: np.unique"),
        ([0, 1, 0.5], "or -1 where not known, got 0.5: np.unique"),
        (["a", "b", "c"], "got text: np.unique"),
        ([0, 1, None], "labels must be finite numbers"),
        ([0, 1, 10**30], "labels must be classes from 0"),
    ],
)
def test_labels_of_a_split_count_from_0(labels, sentence):
    with pytest.raises(ValueError, match=sentence) as refusal:
        split(images_of(), labels)
    assert is_sentence(str(refusal.value))


def test_noise_beyond_the_unit_interval_is_nothing_to_learn_from():
    noisy = images_of() + np.random.default_rng(0).normal(size=(3, H, W))
    with pytest.raises(ValueError, match="images must be from 0 to 1"):
        split(noisy, [0, 1, 2])


def test_a_split_of_unfinished_arrays_and_a_data_set_of_unlike_parts_are_refused():
    images, labels = images_of(), np.arange(3)
    for parts, names, sentence in (
        ((with_one(np.nan, images), labels), (), "images must be finite numbers"),
        ((images, labels - 2), (), "labels must be whole numbers from 0 on, or -1 where not known, got -2"),
        ((images, labels), ("a", "b"), "train.labels must be classes from 0 to 1, got 2"),
    ):
        with pytest.raises(ValueError, match=sentence):
            Dataset("own", Split(*parts), Split(*parts), names)
    with pytest.raises(ValueError, match=rf"test.images must be \[N, {H}, {W}\], got \[3, {H}, 5\]"):
        Dataset("own", good_split(), split(images[:, :, :5], labels), ("a", "b", "c"))


def test_more_classes_than_any_model_is_made_for_are_refused_and_not_made_room_for():
    for classes in (MOST_CLASSES + 1, 10**12, 0):
        with pytest.raises(ValueError, match=f"classes must be from 1 to {MOST_CLASSES:,}, got"):
            Facts(np.zeros((H, W)), 3, classes)


def test_a_mean_that_is_no_image_is_refused():
    for mean in (np.zeros(H * W), np.full((H, W), np.nan)):
        with pytest.raises(ValueError, match="mean must be") as refusal:
            Spec().model(Facts(mean))
        assert is_sentence(str(refusal.value))


@pytest.mark.parametrize(
    "ask", [mean_terms, accuracy, squared_error, elbo, None], ids=lambda ask: getattr(ask, "__name__", "train")
)
def test_a_model_neither_learns_from_nor_is_measured_on_what_it_cannot_take(ask):
    model = model_of("cvae")
    how = Spec(epochs=1).training
    wrong = {
        rf"images must be \[N, {H}, {W}\], got \[3, {W}, {H}\]": split(images_of().transpose(0, 2, 1), [0, 1, 2]),
        "labels must be classes from 0 to 9, got 12": split(images_of(), [0, 1, 12]),
        "at least one image, got none": split(images_of(0), []),
        "images must be from 0 to 1 where they are scored by cross-entropy, got 0 to": Split(
            9 * images_of(), np.arange(3)
        ),
    }
    for sentence, data in wrong.items():
        with pytest.raises(ValueError, match=sentence) as refusal:
            ask(model, data) if ask else next(train(data, how, TrainerState(model, how)))
        assert is_sentence(str(refusal.value))


def build_corruption(name: str, level: float):
    return corruptions[name](build(corruptions[name].Settings, {"level": level}))


def test_what_load_hands_out_is_taken_everywhere():
    data = load("digits", images=100)
    model = Spec(width=8, depth=1).model(data.facts)
    assert model.reconstruct(data.test.images).shape == data.test.images.shape
    assert mean_terms(model, data.test).keys() == {"reconstruction"}
