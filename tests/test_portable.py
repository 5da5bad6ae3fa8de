"""A model as plain numbers gives the same pictures as torch, or says in a sentence that it cannot."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
import torch
from combinations import CASES, COMBINATIONS
from conftest import is_sentence
from torch import nn

from aecore.autoencoder import Autoencoder, Deterministic
from aecore.capabilities import Conditional, FillsIn
from aecore.dataset import Facts
from aecore.likelihoods.gaussian import Gaussian
from aecore.portable import NotPortable, Portable, encoder, portable, restorer
from aecore.runs.choices import knobs_of
from aecore.runs.spec import Spec
from aecore.variational import HasPosterior, Posterior

# What is made of these has to be portable, whatever the variant.
KNOWN = {"linear", "dense", "conv"}
# Those that have ways of their own from a part of an image to a code, and from a whole one.
OWN_PARTS, OWN_CODES = {"cvae", "masked-linear-lsq", "masked-linear-unrolled"}, {"cvae"}


def model_of(variant: str, architecture: str, shape: tuple[int, int] = (13, 10), **more) -> Autoencoder:
    """A small model, its parameters moved from where they start: there every bias is 0 and all classes are alike."""
    known = knobs_of({"variant": variant, "architecture": architecture})
    small = {k: v for k, v in {"latent": 3, "width": 8, "depth": 2}.items() if k in known}
    spec = Spec(variant=variant, architecture=architecture, **small | more)
    return moved(spec.model(Facts(np.random.default_rng(0).random(shape, np.float32), classes=4)))


@torch.no_grad()
def moved(model: Autoencoder, by: float = 0.2) -> Autoencoder:
    rng = torch.Generator().manual_seed(0)
    for values in model.parameters():
        values += by * torch.randn(values.shape, generator=rng)
    return model


def codes_of(model: Autoencoder, count: int = 20) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 2, (count, model.latent)).astype(np.float32)


def torchs(model: Autoencoder, codes: np.ndarray, label: int | None = None) -> np.ndarray:
    """[N, H, W] the model's own pictures of codes [N, L], as one of class ``label`` where it is given."""
    if label is None:
        return model.generate(codes)
    with torch.no_grad():
        outputs = model.decode_as(torch.from_numpy(codes), torch.full([len(codes)], label))
        return model.likelihood.mean(outputs)[:, 0].clamp(0, 1).numpy()


def images_of(model: Autoencoder, count: int = 20) -> np.ndarray:
    rng = np.random.default_rng(2)
    return noisy(rng.random((count, *model.shape), np.float32), rng)


def noisy(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Images [N, H, W] under noise: far from the mean, or a small untrained network makes nearly the same of all."""
    return images + rng.normal(0, 2, images.shape).astype(np.float32)


def seen_of(images: np.ndarray) -> np.ndarray:
    """[N, H, W] of the first image all is seen, of the second nothing, of each of the others about half."""
    seen = (np.random.default_rng(3).random(images.shape) < 0.5).astype(np.float32)
    seen[0], seen[1] = 1, 0
    return seen


@torch.no_grad()
def torchs_restored(model: Autoencoder, images: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """[N, H, W] the model's own reconstructions of images [N, H, W], where it fills in, of what is ``seen`` of them."""
    if not isinstance(model, FillsIn):
        return model.reconstruct(images)
    codes = model.encode_seen(torch.from_numpy(images)[:, None], torch.from_numpy(seen)[:, None])
    return model.generate(codes.numpy())


def rows_of(model: Autoencoder, images: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """[N, inputs] what ``restorer`` is given for images [N, H, W]."""
    given = [images, seen] if isinstance(model, FillsIn) else [images]
    return np.concatenate([pixels.reshape(len(images), -1) for pixels in given], 1)


# ---- What the layers mean, with numpy


def plainly(decoder: Portable, codes: np.ndarray, label: int | None = None) -> np.ndarray:
    """[N, H, W] pictures of codes [N, inputs] by nothing but what ``Portable`` says of its layers."""
    values = codes.astype(np.float64)
    if label is not None:
        values = np.concatenate([values, np.tile(decoder.labels[label], (len(codes), 1))], 1)
    values = in_turn(values, decoder.layers, decoder.arrays)
    if decoder.output == "code":
        return values.reshape(-1, *decoder.shape)
    pictures = 1 / (1 + np.exp(-values)) if decoder.output == "sigmoid" else values
    return pictures.clip(0, 1).reshape(-1, *decoder.shape)


def in_turn(values, layers, arrays):
    for layer in layers:
        values = KINDS[layer["kind"]](values, layer, arrays)
    return values


def bias_of(layer: dict, arrays: dict[str, np.ndarray]) -> np.ndarray | float:
    return arrays[layer["bias"]] if layer["bias"] else 0.0


def linear(values, layer, arrays):
    return values @ arrays[layer["weight"]].T + bias_of(layer, arrays)


def conv(values, layer, arrays):
    """Every number is the sum of a window, with zeros around the whole, times the kernel."""
    kernels, (top, left) = arrays[layer["weight"]], layer["padding"]
    padded = np.pad(values, ((0, 0), (0, 0), (top, top), (left, left)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernels.shape[2:], (2, 3))
    down, across = layer["stride"]
    made = np.einsum("nihwyx,oiyx->nhwo", windows[:, :, ::down, ::across], kernels)
    return np.moveaxis(made + bias_of(layer, arrays), 3, 1)


def hide(values, layer, arrays):
    given, seen = np.split(values, 2, 1)
    share = np.maximum(seen.mean(1, keepdims=True), 1 / seen.shape[1]) if layer["scaled"] else 1
    return np.concatenate([np.where(seen, given, 0) / share, *([1 - seen] if layer["flags"] else [])], 1)


def conv_transpose(values, layer, arrays):
    """Every number, times the kernel, is added to a window; what the windows cover is cut by the padding."""
    kernels = arrays[layer["weight"]]
    (count, _, *size), (_, outputs, *window) = values.shape, kernels.shape
    down, across = layer["stride"]
    # Room for the output padding, at the far end, too.
    full = np.zeros((count, outputs, *(n * s + w for n, s, w in zip(size, layer["stride"], window, strict=True))))
    for y, x in product(*map(range, size)):
        stamp = np.einsum("ni,iohw->nohw", values[:, :, y, x], kernels)
        full[:, :, y * down : y * down + window[0], x * across : x * across + window[1]] += stamp
    sides = zip(size, window, layer["stride"], layer["padding"], layer["output_padding"], strict=True)
    rows, columns = (slice(p, p + (n - 1) * s - 2 * p + w + more) for n, w, s, p, more in sides)
    return np.moveaxis(np.moveaxis(full[:, :, rows, columns], 1, 3) + bias_of(layer, arrays), 3, 1)


def squash(values, layer, arrays):
    inside = layer["steepness"] * values + layer["shift"]
    return 1 / (1 + np.exp(-inside)) if layer["function"] == "sigmoid" else np.maximum(inside, 0)


def cap(values, layer, arrays):
    first, raw = np.split(values, [layer["after"]], 1)
    return np.concatenate([first, layer["highest"] - np.logaddexp(0, layer["highest"] - raw)], 1)


def nearest(values, layer, arrays):
    entries = arrays[layer["entries"]].astype(float)
    vectors = values.reshape(len(values), -1, 1, entries.shape[1])
    return entries[np.square(vectors - entries).sum(3).argmin(2)].reshape(len(values), -1)


KINDS = {
    "squash": squash,
    "cap": cap,
    "nearest": nearest,
    "order": lambda values, layer, arrays: values[:, arrays[layer["order"]].astype(int)],
    "linear": linear,
    "reshape": lambda values, layer, arrays: values.reshape(len(values), *layer["shape"]),
    "flatten": lambda values, layer, arrays: values.reshape(len(values), -1),
    "hide": hide,
    "conv": conv,
    "conv_transpose": conv_transpose,
    "silu": lambda values, layer, arrays: values / (1 + np.exp(-values)),
    "add": lambda values, layer, arrays: values + arrays[layer["values"]],
    "residual": lambda values, layer, arrays: values + in_turn(values, layer["layers"], arrays),
}


# ---- Every combination


def refusal_of(model: Autoencoder, way: Callable[[Autoencoder], Portable] = portable) -> str:
    """What is said of a model that is not portable; nothing where it is."""
    try:
        way(model)
    except NotPortable as refusal:
        return str(refusal)
    return ""


def assert_plain(made: Portable) -> None:
    assert json.loads(json.dumps(made.layers)) == list(made.layers)
    assert {array.dtype for array in made.arrays.values()} == {np.dtype(np.float32)}


def assert_the_same(model: Autoencoder) -> None:
    decoder, codes = portable(model), codes_of(model)
    assert_plain(decoder)
    assert (decoder.inputs, decoder.shape) == (model.latent, model.shape)
    for label in [None] if decoder.labels is None else range(len(decoder.labels)):
        pictures = torchs(model, codes, label)
        assert pictures.std(0).max() > 0.01  # Or any decoder would do.
        np.testing.assert_allclose(plainly(decoder, codes, label), pictures, atol=1e-5)


def assert_restores_the_same(model: Autoencoder) -> None:
    whole, images = restorer(model), images_of(model)
    assert_plain(whole)
    assert (whole.inputs, whole.shape) == (images[0].size * (1 + isinstance(model, FillsIn)), model.shape)
    assert whole.labels is None
    seen = seen_of(images)
    pictures = torchs_restored(model, images, seen)
    assert pictures.std(0).max() > 0.01
    np.testing.assert_allclose(plainly(whole, rows_of(model, images, seen)), pictures, atol=1e-5)


@torch.no_grad()
def torchs_codes(model: Autoencoder, images: np.ndarray) -> np.ndarray:
    """[N, 1 or 2, L] the model's own codes of images [N, H, W] and, where it has a posterior, its log-variances."""
    if not isinstance(model, HasPosterior):
        return model.embed(images)[:, None]
    posterior = model.posterior(torch.from_numpy(images)[:, None])
    return torch.stack([posterior.mean, posterior.log_variance], 1).numpy()


def assert_encodes_the_same(model: Autoencoder) -> None:
    first, images = encoder(model), images_of(model)
    assert_plain(first)
    codes = torchs_codes(model, images)
    assert (first.shape, first.output, first.labels) == (codes.shape[1:], "code", None)
    assert codes.std(0).max() > 0.01
    rows = rows_of(model, images, np.ones_like(images))[:, : first.inputs]
    np.testing.assert_allclose(plainly(first, rows), codes, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("variant", "architecture", "likelihood"), dict.fromkeys(case[:3] for case in CASES))
def test_every_decoder_is_given_exactly_or_refused_in_a_sentence(variant, architecture, likelihood):
    model = model_of(variant, architecture, likelihood=likelihood)
    if said := refusal_of(model):
        assert architecture not in KNOWN
        assert is_sentence(said)
        assert said.endswith("other architectures are.")
    else:
        assert_the_same(model)


@pytest.mark.parametrize(("variant", "architecture"), COMBINATIONS)
def test_every_model_restores_exactly_or_is_refused_in_a_sentence(variant, architecture):
    model = model_of(variant, architecture)
    if said := refusal_of(model, restorer):
        assert variant in OWN_PARTS or architecture not in KNOWN
        assert is_sentence(said)
        assert said.endswith("other variants are." if variant in OWN_PARTS else "other architectures are.")
    else:
        assert_restores_the_same(model)


@pytest.mark.parametrize(("variant", "architecture"), COMBINATIONS)
def test_every_encoder_is_given_exactly_or_refused_in_a_sentence(variant, architecture):
    model = model_of(variant, architecture)
    if said := refusal_of(model, encoder):
        assert variant in OWN_CODES or architecture not in KNOWN
        assert is_sentence(said)
        assert said.endswith("other variants are." if variant in OWN_CODES else "other architectures are.")
    else:
        assert_encodes_the_same(model)


@pytest.mark.parametrize("architecture", ["dense", "conv"])
@pytest.mark.parametrize("patch", [1, 3])
def test_flags_say_what_is_hidden(architecture, patch):
    model = model_of("masked", architecture, flags=True, patch=patch)
    assert_restores_the_same(model)
    assert_encodes_the_same(model)


@pytest.mark.parametrize("architecture", ["linear", "dense"])
@pytest.mark.parametrize("variant", ["plain", "sparse-l1", "vae", "beta-tcvae", "masked"])
def test_tied_matrices_are_turned_round(variant, architecture):
    model = model_of(variant, architecture, tied=True)
    assert_the_same(model)
    assert_restores_the_same(model)
    assert_encodes_the_same(model)


@pytest.mark.parametrize("shape", [(28, 28), (8, 8), (9, 15)])
@pytest.mark.parametrize("variant", ["plain", "vq-vae"])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_images_of_any_size_come_out_at_their_size(shape, variant, depth):
    model = model_of(variant, "conv", shape, depth=depth)
    assert_the_same(model)
    # The entries for a grid of one cell or two are the same for all images.
    if variant == "plain" or depth < 3:
        assert_restores_the_same(model)
        assert_encodes_the_same(model)


def test_tapered_and_deep_networks():
    # Moved twice: so many layers make nearly the same of all where they are hardly moved.
    model = moved(model_of("plain", "dense", width=16, depth=4, taper=True))
    assert_the_same(model)
    assert_restores_the_same(model)


@pytest.mark.parametrize("variant", ["plain", "denoising-grid"])
def test_residual_blocks(variant):
    model = model_of(variant, "conv", blocks=2)
    assert_the_same(model)
    assert_restores_the_same(model)
    kinds = [layer["kind"] for layer in restorer(model).layers]
    assert kinds.count("residual") == 2


def test_hidden_pixels_change_nothing():
    model = model_of("context", "dense")
    images, whole = images_of(model), restorer(model)
    seen = seen_of(images)
    otherwise = np.where(seen, images, 7)
    pictures = [plainly(whole, rows_of(model, given, seen)) for given in (images, otherwise)]
    np.testing.assert_array_equal(*pictures)


def test_a_class_makes_a_difference_and_no_other_model_has_one():
    model = model_of("cvae", "dense")
    decoder, codes = portable(model), codes_of(model)
    assert decoder.labels.shape == (4, 4)
    assert not np.allclose(plainly(decoder, codes, 0), plainly(decoder, codes, 1), atol=1e-3)
    assert portable(model_of("multitask", "dense")).labels is None


def test_a_model_that_trains_on_changes_nothing_that_was_read():
    model = model_of("cvae", "dense", tied=False)
    decoder = portable(model)
    before = {name: array.copy() for name, array in decoder.arrays.items()} | {"labels": decoder.labels.copy()}
    moved(model)
    for name, array in (decoder.arrays | {"labels": decoder.labels}).items():
        assert np.array_equal(array, before[name])
        assert not np.array_equal(array, portable(model).labels if name == "labels" else portable(model).arrays[name])


# ---- What is refused


def test_an_lstm_is_refused_by_name():
    assert "A layer of this decoder (Writer)" in refusal_of(model_of("vae", "recurrent"))


@pytest.mark.parametrize(
    "part",
    [
        nn.Tanh(),
        nn.Unflatten(-1, (1, 13, 10)),
        nn.Flatten(2),
        nn.Conv2d(1, 1, 3, dilation=2),
        nn.Conv2d(1, 1, 3, padding="same"),
        nn.Conv2d(1, 1, 3, padding_mode="reflect"),
        nn.Conv2d(2, 2, 1, groups=2),
        nn.ConvTranspose2d(1, 1, 3, dilation=2),
        nn.ConvTranspose2d(2, 2, 3, groups=2),
        type("Doubled", (nn.Linear,), {"forward": lambda self, values: 2 * super().forward(values)})(130, 130),
    ],
    ids=repr,
)
def test_a_layer_that_is_not_known_is_refused_by_name(part):
    model = model_of("plain", "linear")
    model.decoder.append(nn.Sequential(part))
    assert f"A layer of this decoder ({type(part).__name__})" in refusal_of(model)


@pytest.mark.parametrize("name", ["rebuild", "encode", "features"])
def test_a_way_to_the_code_of_ones_own_is_refused_by_title(name):
    model = model_of("plain", "linear")
    own = {name: lambda self, images: 2 * getattr(Deterministic, name)(self, images)}
    model.__class__ = type("Louder", (type(model),), own)
    assert "The way in which this model rebuilds an image (Plain autoencoder)" in refusal_of(model, restorer)


def test_an_encoder_of_ones_own_is_refused_by_title():
    model = model_of("plain", "dense")
    model.__class__ = type(
        "Louder", (type(model),), {"encode": lambda self, images: 2 * Deterministic.encode(self, images)}
    )
    # It is no longer what the encoder puts out, nor is it one matrix.
    assert "The way in which this model encodes an image (Plain autoencoder)" in refusal_of(model, encoder)


def test_a_posterior_of_ones_own_is_refused_by_title():
    def posterior(self, images):
        known = type(self).__base__.posterior(self, images)
        return Posterior(known.mean, known.log_variance - 1)

    model = model_of("vae", "dense")
    model.__class__ = type("Surer", (type(model),), {"posterior": posterior})
    assert "The posterior of this model (Variational autoencoder)" in refusal_of(model, encoder)


def test_another_way_of_hiding_pixels_is_refused_by_title():
    model = model_of("context", "linear")
    model.__class__ = type("Black", (type(model),), {"shown": lambda self, images, seen: images * seen})
    assert "The way in which this model rebuilds an image (Context encoder)" in refusal_of(model, restorer)


def test_a_decode_of_ones_own_is_refused_by_title():
    model = model_of("plain", "linear")
    model.__class__ = type("Louder", (type(model),), {"decode": lambda self, codes: 2 * super().decode(codes)})
    assert "The way in which this model decodes (Plain autoencoder)" in refusal_of(model)


def test_a_class_that_is_more_than_numbers_beside_the_code_is_refused():
    model = model_of("cvae", "linear")
    model.__class__ = type("Otherwise", (type(model),), {"beside_codes": Conditional.beside_codes})
    assert "The way in which this model decodes (Conditional VAE)" in refusal_of(model)


def test_a_likelihood_of_ones_own_is_refused_by_name():
    model = model_of("plain", "linear")
    model.likelihood = type("Brighter", (Gaussian,), {"mean": lambda self, outputs: 2 * outputs})()
    assert "This model's likelihood (Brighter)" in refusal_of(model)


# ---- Codes that are put elsewhere


def test_numbers_of_a_code_are_put_where_the_decoder_takes_them():
    model = model_of("plain", "dense")
    model.__class__ = type("Backwards", (type(model),), {"placed": lambda self, codes: codes.flip(1)})
    assert portable(model).layers[0] == {"kind": "order", "order": "0.order"}
    assert portable(model).arrays["0.order"].tolist() == [2, 1, 0]
    assert_the_same(model)
    assert_restores_the_same(model)
