"""Photos of held-out digits as people take them: what is read of each is the digit, or the true reason is said."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc

import numpy as np
import pytest
from combinations import sampled
from conftest import is_sentence
from PIL import ExifTags, Image, features
from scenes import KINDS, SIZE, Pen, drawn, lit, photo, placed, seen, strokes

from aecore.intake.drawing import as_mnist
from aecore.intake.photo import PhotoError, read_photo
from aecore.sources import load

# Digits of each class, and the least share of them that a classifier of clean digits must still tell.
EACH, TOLD = 1, 0.8
# Kinds in which the paper lies askew, and the digit with it: no clean one is the same in every pixel.
TURNED = {"dark table, turned", "wooden table, turned", "wooden table, thin pen", "box around, turned"}


def jpeg(image: Image.Image, **how) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=88, **how)
    return file.getvalue()


@pytest.fixture(scope="module")
def digits():
    """Images [N, 28, 28] and labels [N] of held-out digits, as many of each class."""
    held = load("mnist-5k").test
    rows = np.concatenate([np.flatnonzero(held.labels == digit)[:EACH] for digit in range(10)])
    return held.images[rows], held.labels[rows]


@pytest.fixture(scope="module")
def classifier():
    """A classifier of clean training digits; it tells 96 % of the held-out ones."""
    from sklearn.svm import SVC

    train = load("mnist-5k").train
    return SVC(C=5, gamma=0.02).fit(train.images[:2000].reshape(2000, -1), train.labels[:2000])


def agreement(found: np.ndarray, clean: np.ndarray) -> float:
    """The correlation of two images [28, 28], one moved by up to a pixel."""
    moved = (np.roll(found, (down, right), (0, 1)) for down in (-1, 0, 1) for right in (-1, 0, 1))
    return max(float(np.corrcoef(one.ravel(), clean.ravel())[0, 1]) for one in moved)


@pytest.mark.parametrize("kind", sampled(KINDS, 6))
def test_a_photo_is_read_as_a_person_would_read_it(kind, digits, classifier):
    images, labels = digits
    read = [as_mnist(read_photo(jpeg(photo(kind, image, seed)))) for seed, image in enumerate(images)]
    told = classifier.predict(np.reshape(read, (len(read), -1))) == labels
    alike = [agreement(one, image) for one, image in zip(read, images, strict=True)]
    assert told.mean() >= TOLD
    assert np.median(alike) > (0.85 if kind in TURNED else 0.9)


def test_what_is_read_lies_where_it_lies_in_the_photo(digits):
    image = digits[0][0]
    found = read_photo(jpeg(photo("dark table", image, 0)))
    assert found.shape == SIZE
    middle = np.argwhere(found > 0.05).mean(0) / SIZE
    np.testing.assert_allclose(middle, [0.52, 0.47], atol=0.05)


def refusal(data: bytes) -> str:
    with pytest.raises(PhotoError) as caught:
        read_photo(data)
    text = str(caught.value)
    assert is_sentence(text)
    assert text.endswith(".")
    assert ". " not in text
    return text


# More than one digit.


@pytest.mark.parametrize("table", [False, True])
@pytest.mark.parametrize("count", [2, 3])
def test_several_digits_are_not_taken_for_one(count, table, digits):
    size = (330, 300) if table else SIZE
    ink = np.maximum.reduce(
        [placed(strokes(digits[0][EACH * k], Pen(), 60), size, 0.5, (k + 1) / (count + 1)) for k in range(count)]
    )
    scene = lit(ink)
    if table:
        around = np.full(SIZE, 0.15)
        around[70:400, 30:330] = scene
        scene = around
    assert "shows several drawings side by side" in refusal(jpeg(seen(scene, np.random.default_rng(0))))


# Files of a phone.


def boxed(brand: bytes, *compatible: bytes) -> bytes:
    """The beginning of a file whose kind is told by brands, and something after it."""
    body = b"ftyp" + brand + bytes(4) + b"".join(compatible)
    return struct.pack(">I", 4 + len(body)) + body + bytes(5000)


@pytest.mark.parametrize(
    "data",
    [
        boxed(b"heic", b"mif1", b"heic"),
        boxed(b"mif1", b"mif1", b"heic", b"MiHB"),
        boxed(b"heix"),
        boxed(b"msf1", b"hevc"),
    ],
)
def test_a_heic_is_told_by_its_content_with_what_to_do(data):
    text = refusal(data)
    assert "is a HEIC" in text
    assert "Most Compatible" in text
    assert "JPEG" in text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (boxed(b"qt  ", b"qt  "), "is a film"),
        (boxed(b"isom", b"mp42"), "is a film"),
        (b"%PDF-1.7" + bytes(99), "is a PDF"),
        (b"PK\x03\x04" + bytes(99), "is a zip archive"),
    ],
)
def test_other_files_of_a_phone_are_called_what_they_are(data, said):
    assert said in refusal(data)


def test_an_avif_is_read_or_called_what_it_is(digits, monkeypatch):
    if features.check("avif"):
        file = io.BytesIO()
        photo("white paper", digits[0][0], 0).save(file, "AVIF")
        assert agreement(as_mnist(read_photo(file.getvalue())), digits[0][0]) > 0.9
    monkeypatch.setattr(features, "check", lambda feature: False)
    assert "is an AVIF" in refusal(boxed(b"avif", b"mif1"))


@pytest.mark.parametrize("held", [1, 3, 6, 8])
def test_48_megapixels_of_a_phone_are_read_upright_in_bounded_memory(held, digits):
    """The camera's whole sensor, 8064 x 6048, with noise as it has it, in a file of more than 10 MB."""
    clean = digits[0][3 * EACH]
    small = seen(lit(drawn(clean)), np.random.default_rng(0), noise=0.0).resize((1512, 2016))
    turn = {1: None, 3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}[held]
    small = small if turn is None else small.transpose(turn)
    grain = np.random.default_rng(1).integers(-12, 13, (small.height, small.width))
    large = Image.fromarray(np.uint8((np.asarray(small) + grain).clip(0, 255))).resize(
        (4 * small.width, 4 * small.height), Image.Resampling.NEAREST
    )
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = held
    data = jpeg(large, exif=exif)
    assert large.width * large.height == 8064 * 6048
    tracemalloc.start()
    began = time.process_time()
    found = read_photo(data)
    seconds, most = time.process_time() - began, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert agreement(as_mnist(found), clean) > 0.9
    # Decoded whole, it would take 146 MB.
    assert most < 64e6
    assert seconds < 10


def test_the_largest_that_are_read_are_as_many_as_are_said():
    whole = jpeg(Image.new("L", (8, 8), 200))
    # The height and width in the header alone.
    place = whole.index(b"\xff\xc0") + 5
    data = whole[:place] + struct.pack(">HH", 8000, 9000) + whole[place + 4 :]
    text = refusal(data)
    assert "72.0 megapixels" in text
    assert "at most 66" in text


def test_what_a_phone_sends_fits_through_the_door():
    """The server's own bound and the uploader's kinds let through what is read."""
    import tomllib

    from conftest import ROOT

    from aecore.intake.photo import FORMATS, MOST_BYTES_OF_JPEG
    from aecore.ui.photo import KINDS as OFFERED

    told = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert told["server"]["maxUploadSize"] * 2**20 >= MOST_BYTES_OF_JPEG
    assert {Image.registered_extensions()[f".{kind}"] for kind in OFFERED} == set(FORMATS)
