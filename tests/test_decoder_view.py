"""Decoders and whole models in a real browser: their pictures are torch's, and each is there within a frame."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from test_portable import (
    COMBINATIONS,
    KNOWN,
    OWN_CODES,
    moved,
    noisy,
    rows_of,
    seen_of,
    torchs,
    torchs_codes,
    torchs_restored,
)

from aecore.autoencoder import Autoencoder
from aecore.dataset import Facts
from aecore.portable import Portable, encoder, portable, restorer
from aecore.runs.choices import knobs_of
from aecore.runs.spec import Spec
from aecore.ui.browser.decoder import decoder_part
from aecore.ui.browser.payload import pack

CLASSES, COUNT = 10, 200
# With their networks' own sizes, which are what has to be fast.
SPECS = {
    "dense": {"variant": "plain", "architecture": "dense"},
    "dense-vae": {"variant": "vae", "architecture": "dense", "likelihood": "gaussian"},
    "dense-tied": {"variant": "plain", "architecture": "dense", "latent": 512, "tied": True},
    "conv": {"variant": "plain", "architecture": "conv", "likelihood": "gaussian"},
    "conv-vae": {"variant": "vae", "architecture": "conv"},
    "conv-512": {"variant": "plain", "architecture": "conv", "latent": 512},
    "cvae": {"variant": "cvae", "architecture": "dense"},
    "vq-vae": {"variant": "vq-vae", "architecture": "conv"},
    "dense-odd": {"variant": "plain", "architecture": "dense", "width": 9},
    "conv-odd": {"variant": "vq-vae", "architecture": "conv", "width": 5, "latent": 3},
}
# From image to image.
WHOLE = {
    "whole-dense": {"variant": "denoising", "architecture": "dense"},
    "whole-vae": {"variant": "vae", "architecture": "dense", "tied": True},
    "whole-conv": {"variant": "denoising", "architecture": "conv"},
    "whole-masked": {"variant": "masked", "architecture": "conv", "flags": True},
    "whole-context": {"variant": "context", "architecture": "dense"},
    "whole-grid": {"variant": "denoising-grid", "architecture": "conv", "blocks": 2},
    "whole-sparse": {"variant": "sparse-l1", "architecture": "dense", "latent": 64},
    "whole-vq-vae": {"variant": "vq-vae", "architecture": "conv", "latent": 32},
    "whole-odd": {"variant": "masked", "architecture": "conv", "width": 5, "depth": 3, "likelihood": "gaussian"},
}


def small(variant: str, architecture: str) -> dict:
    """What a small model is made of."""
    known, sizes = knobs_of({"variant": variant, "architecture": architecture}), {"width": 24, "latent": 6}
    return {"variant": variant, "architecture": architecture, **{k: v for k, v in sizes.items() if k in known}}


# From image to code: each variant, of the first architecture that it takes.
SMALL = {
    f"code-{variant}": small(variant, architecture)
    for variant, architecture in reversed(COMBINATIONS)
    if architecture in KNOWN and variant not in OWN_CODES
}
ENCODERS = SMALL | {
    "code-conv": {"variant": "vae", "architecture": "conv"},
    "code-flags": {"variant": "masked", "architecture": "conv", "flags": True},
    "code-tied": {"variant": "vae", "architecture": "dense", "tied": True},
    "code-odd": {"variant": "vq-vae", "architecture": "conv", "width": 5, "latent": 3},
}
SPECS |= WHOLE | ENCODERS


def images_for(name: str) -> np.ndarray:
    # What is small in all is small in its images too: a page takes no more than 50 MB.
    shape = (13, 10) if name.endswith("odd") else (14, 14) if name in SMALL else (28, 28)
    return np.random.default_rng(0).random((COUNT, *shape), np.float32)


def portable_of(name: str) -> Portable:
    return (encoder if name in ENCODERS else restorer if name in WHOLE else portable)(model_of(name))


def model_of(name: str) -> Autoencoder:
    """Untrained, but no longer as it starts: there biases are 0, and so are differences between classes."""
    return moved(Spec(**SPECS[name]).model(Facts(images_for(name).mean(0), classes=CLASSES)), 0.1)


def known_whole(model: Autoencoder, images: np.ndarray) -> dict[str, np.ndarray]:
    """What images [N, H, W] and those of their pixels that are seen are as rows, and torch's pictures of them."""
    seen = seen_of(images)
    pictures = torchs_restored(model, images, seen)
    assert pictures.std(0).max() > 0.01
    return {"codes": rows_of(model, images, seen), "classes": np.zeros(len(images), np.uint8), "pictures": pictures}


def known_codes(model: Autoencoder, images: np.ndarray) -> dict[str, np.ndarray]:
    """What images [N, H, W] are as rows, all of them seen, and as pictures torch's codes of them."""
    codes = torchs_codes(model, images)
    assert codes.std(0).max() > 0.01
    rows = rows_of(model, images, np.ones_like(images))[:, : encoder(model).inputs]
    return {"codes": rows, "classes": np.zeros(len(images), np.uint8), "pictures": codes}


def known(model: Autoencoder, images: np.ndarray) -> dict[str, np.ndarray]:
    """Codes [2N, L], those of images [N, H, W] and N from N(0, 4I), their classes and torch's pictures of them."""
    others = np.random.default_rng(1).normal(0, 2, (COUNT, model.latent)).astype(np.float32)
    codes, classes = np.concatenate([model.embed(images), others]), np.arange(2 * COUNT) % CLASSES
    if portable(model).labels is None:
        pictures = torchs(model, codes)
    else:
        pictures = np.empty((2 * COUNT, *model.shape), np.float32)
        for label in range(CLASSES):
            pictures[classes == label] = torchs(model, codes[classes == label], label)
    assert pictures[COUNT:].std(0).max() > 0.01  # Or any decoder would do.
    return {"codes": codes, "classes": classes.astype(np.uint8), "pictures": pictures}


@pytest.fixture(scope="module")
def page(browser, views) -> Iterator:
    """One page with all decoders; what the browser complains about fails the test."""
    parts, arrays, complaints = {}, {}, []
    for name in SPECS:
        model = model_of(name)
        parts[name], weights = decoder_part(portable_of(name), name)
        # Far from their mean, or untrained networks would make nearly the same of all.
        images = images_for(name)
        if name in ENCODERS:
            found = known_codes(model, images)
        else:
            found = (
                known_whole(model, noisy(images[:50], np.random.default_rng(1)))
                if name in WHOLE
                else known(model, images)
            )
        arrays |= weights | {f"{name}.{what}": array for what, array in found.items()}
    (views.home / "decoders.bin").write_bytes(pack({"decoders": parts}, arrays))
    context = browser.new_context()
    opened = context.new_page()
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(f"{views.url}/decoder")
    opened.wait_for_function("window.decoders")
    yield opened
    context.close()
    assert complaints == []


# The largest difference between a pixel and torch's; NaN where there is one.
WORST = """([name, classes]) => {
  const { inputs, height, width, decode } = decoders[name];
  const [codes, pictures, labels] = ["codes", "pictures", "classes"].map((what) => arrays[`${name}.${what}`]);
  let worst = 0;
  for (let i = 0; i < labels.length; i++) {
    const pixels = decode(codes.subarray(i * inputs, (i + 1) * inputs), classes ? labels[i] : undefined);
    if (pixels.length !== height * width) return NaN;
    for (let k = 0; k < pixels.length; k++) {
      worst = Math.max(worst, Math.abs(pixels[k] - pictures[i * pixels.length + k]));
    }
  }
  return worst;
}"""
# Milliseconds a picture, in groups of ten: the browser's clock is too coarse for one.
TIMES = """(name) => {
  const { inputs, decode } = decoders[name];
  const codes = arrays[`${name}.codes`];
  const ten = (group) => {
    const began = performance.now();
    for (let i = 10 * group; i < 10 * group + 10; i++) decode(codes.subarray(i * inputs, (i + 1) * inputs));
    return (performance.now() - began) / 10;
  };
  return Array.from({ length: codes.length / inputs / 10 }, (_, group) => ten(group));
}"""


@pytest.mark.browser
@pytest.mark.parametrize("name", [name for name in SPECS if name not in ENCODERS])
def test_pictures_are_torchs(page, name):
    assert page.evaluate(WORST, [name, True]) < 1e-4


@pytest.mark.browser
@pytest.mark.parametrize("name", ENCODERS)
def test_codes_and_their_log_variances_are_torchs(page, name):
    assert page.evaluate(WORST, [name, True]) < 1e-3


@pytest.mark.browser
def test_without_a_class_a_code_is_decoded_as_the_first(page):
    assert page.evaluate(WORST, ["cvae", False]) > 0.01
    first, none = (
        page.evaluate(f"Array.from(decoders.cvae.decode(arrays['cvae.codes'].subarray(0, 8){label}))")
        for label in (", 0", "")
    )
    assert first == none


@pytest.mark.browser
def test_a_decoder_knows_its_sizes_and_writes_over_its_last_picture(page):
    sizes = page.evaluate("(({inputs, height, width}) => [inputs, height, width])(decoders['vq-vae'])")
    assert sizes == [7 * 7 * 8, 28, 28]
    assert page.evaluate("(({decode}) => decode([0, 0]) === decode([1, 1]))(decoders.dense)")


@pytest.mark.browser
@pytest.mark.timed
def test_a_picture_is_there_within_a_frame(page):
    medians = {name: float(np.median(page.evaluate(TIMES, name))) for name in SPECS}
    print({name: f"{median:.2f} ms" for name, median in medians.items()})
    # A tenth of this where nothing else runs, and 16 is a frame.
    assert all(median < (4 if "dense" in name else 16) for name, median in medians.items())
    assert medians["whole-conv"] < 8
