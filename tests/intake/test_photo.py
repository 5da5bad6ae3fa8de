"""Photos of digits, drawn here on paper in uneven light, against the clean drawings; and what is no such photo."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import numpy as np
import pytest
from conftest import is_sentence
from PIL import ExifTags, Image, ImageDraw, ImageFile, ImageFont

from aecore.intake.drawing import as_mnist
from aecore.intake.photo import MOST_BYTES, PhotoError, read_photo

every_digit = pytest.mark.parametrize("digit", "0123456789")
# What puts a picture that a camera held otherwise took into the place its tag says, undone.
HELD = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def drawing(digit: str, size: tuple[int, int] = (400, 300), height: int = 150) -> np.ndarray:
    """[H, W] in [0, 1] a digit drawn with a thick pen, bright on dark, off the middle."""
    canvas = Image.new("L", size[::-1])
    place = size[1] * 0.4, size[0] * 0.55
    ImageDraw.Draw(canvas).text(
        place, digit, 255, ImageFont.load_default(height), anchor="mm", stroke_width=height // 30
    )
    return np.asarray(canvas, np.float32) / 255


def on_paper(drawn: np.ndarray, noise: float = 0.03, seed: int = 0) -> Image.Image:
    """A photo of a drawing [H, W]: dark ink on grey paper, twice as light at the top left as at the bottom right."""
    height, width = drawn.shape
    down, right = np.linspace(0, 1, height)[:, None], np.linspace(0, 1, width)
    light = 0.85 - 0.2 * down - 0.22 * right
    seen = light * (1 - 0.85 * drawn) + noise * np.random.default_rng(seed).standard_normal(drawn.shape)
    return Image.fromarray(np.uint8(seen.clip(0, 1) * 255))


def saved(image: Image.Image, kind: str = "PNG", **how) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def correlation(found: np.ndarray, clean: np.ndarray) -> float:
    """Of both as MNIST's digits, which are moved by whole pixels: where a hair decides to which, the next will do."""
    image = as_mnist(found)
    moved = (np.roll(image, (down, right), (0, 1)) for down in (-1, 0, 1) for right in (-1, 0, 1))
    return max(float(np.corrcoef(one.ravel(), as_mnist(clean).ravel())[0, 1]) for one in moved)


def refusal(data: bytes) -> str:
    """The sentence with which ``data`` is refused; one, and readable."""
    with pytest.raises(PhotoError) as caught:
        read_photo(data)
    text = str(caught.value)
    assert is_sentence(text)
    assert text.endswith(".")
    assert ". " not in text
    return text


# What is read.


@every_digit
def test_a_photo_is_read_as_its_clean_drawing(digit):
    clean = drawing(digit)
    found = read_photo(saved(on_paper(clean).convert("RGB"), "JPEG"))
    assert (found.shape, found.dtype) == (clean.shape, np.float32)
    assert 0 <= found.min() < found.max() <= 1
    assert correlation(found, clean) > 0.9
    # The paper is gone, not only pale: the crop is the digit's.
    assert np.abs(np.argwhere(found > 0.05).min(0) - np.argwhere(clean > 0.5).min(0)).max() <= 2
    assert np.abs(np.argwhere(found > 0.05).max(0) - np.argwhere(clean > 0.5).max(0)).max() <= 2


@every_digit
def test_chalk_on_a_board_is_read_too(digit):
    clean = drawing(digit)
    board = Image.fromarray(255 - np.asarray(on_paper(clean)))
    assert correlation(read_photo(saved(board, "JPEG")), clean) > 0.9


@pytest.mark.parametrize("tag", HELD)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_turned_as_it_says(tag, kind):
    clean, exif = drawing("4"), Image.Exif()
    exif[ExifTags.Base.Orientation] = tag
    photo = on_paper(clean)
    turned = photo if HELD[tag] is None else photo.transpose(HELD[tag])
    found = read_photo(saved(turned, kind, exif=exif))
    assert found.shape == clean.shape
    assert correlation(found, clean) > 0.9


@pytest.mark.parametrize("noise", [0.0, 0.1])
@pytest.mark.parametrize("height", [60, 250])
def test_large_or_small_noisy_or_not(height, noise):
    clean = drawing("2", height=height)
    assert correlation(read_photo(saved(on_paper(clean, noise))), clean) > 0.9


def test_the_edge_of_a_shadow_is_no_ink():
    clean = drawing("3")
    photo = np.array(on_paper(clean))
    photo[300:] = photo[300:] * 0.6
    assert correlation(read_photo(saved(Image.fromarray(photo))), clean) > 0.9


def test_specks_and_what_reaches_in_from_the_border_are_no_ink():
    clean = drawing("7")
    photo = np.array(on_paper(clean))
    photo[20:26, 30:36] = photo[:60, 280:] = photo[390:, :200] = 20
    assert correlation(read_photo(saved(Image.fromarray(photo))), clean) > 0.9


@pytest.mark.parametrize(("above", "beside"), [(15, 15), (0, 60)])
def test_a_digit_that_fills_the_photo_stays(above, beside):
    clean = drawing("8")
    (top, left), (bottom, right) = (extreme(np.argwhere(clean > 0.5), 0) for extreme in (np.min, np.max))
    tight = clean[top - above : bottom + 1 + above, left - beside : right + 1 + beside]
    assert correlation(read_photo(saved(on_paper(tight))), tight) > 0.9


def test_large_photos_are_reduced_and_never_decoded_whole(monkeypatch):
    clean = drawing("6", (1_500, 2_000), 700)
    data, decoded = saved(on_paper(clean, 0).convert("RGB"), "JPEG"), []
    load = ImageFile.ImageFile.load

    def watched(image: ImageFile.ImageFile):
        decoded.append(image.size)
        return load(image)

    monkeypatch.setattr(ImageFile.ImageFile, "load", watched)
    found = read_photo(data)
    assert set(decoded) == {(1_000, 750)}
    assert found.shape == (384, 512)
    assert correlation(found, clean) > 0.9


@pytest.mark.parametrize("ink", [0, 255])
@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_ink_on_nothing_is_read_in_black_and_in_white(ink, kind):
    clean = drawing("5")
    grey = Image.new("L", clean.shape[::-1], ink)
    layer = Image.merge("LA", (grey, Image.fromarray(np.uint8(clean * 255))))
    found = read_photo(saved(layer.convert("RGBA"), kind, lossless=True))
    assert correlation(found, clean) > 0.97


def test_transparent_corners_of_a_photo_are_paper():
    clean = drawing("5")
    photo, opacity = on_paper(clean), np.full(clean.shape, 255, np.uint8)
    opacity[:40, :40] = opacity[-40:, -40:] = 0
    found = read_photo(saved(Image.merge("LA", (photo, Image.fromarray(opacity)))))
    assert correlation(found, clean) > 0.9


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png(mode):
    clean = drawing("9")
    photo = on_paper(clean, 0)
    if mode == "I;16":
        # Neither all of its range nor the low byte alone.
        photo = Image.fromarray(np.asarray(photo).astype(np.uint16) * 200 + 77)
    elif mode == "1":
        photo = photo.point(lambda grey: 255 * (grey > 90))
    data = saved(photo if mode == "I;16" else photo.convert(mode))
    assert Image.open(io.BytesIO(data)).mode == mode
    assert correlation(read_photo(data), clean) > 0.9


def test_a_palette_with_a_transparent_colour():
    clean = drawing("9")
    ink = Image.fromarray(np.uint8(clean > 0.5)).convert("P")
    ink.putpalette([0, 200, 0, 10, 10, 10])
    assert correlation(read_photo(saved(ink, transparency=0)), clean) > 0.9


@pytest.mark.parametrize("kind", ["GIF", "BMP", "WEBP", "JPEG"])
def test_every_kind_of_file(kind):
    clean = drawing("1")
    assert correlation(read_photo(saved(on_paper(clean), kind)), clean) > 0.9


def test_a_cmyk_jpeg():
    clean = drawing("1")
    data = saved(on_paper(clean).convert("CMYK"), "JPEG")
    assert Image.open(io.BytesIO(data)).mode == "CMYK"
    assert correlation(read_photo(data), clean) > 0.9


# An MPO is what many phones call a JPEG.
@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "MPO"])
def test_the_first_picture_of_an_animation_counts(kind):
    first, *others = (on_paper(drawing(digit)) for digit in "407")
    data = saved(first, kind, save_all=True, append_images=others)
    assert Image.open(io.BytesIO(data)).n_frames == 3
    assert correlation(read_photo(data), drawing("4")) > 0.9


def test_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    read_photo(saved(on_paper(drawing("0"))))
    assert not list(Path().iterdir())


# What is refused.


def claiming(width: int, height: int) -> bytes:
    """A PNG whose header says that it has ``width`` x ``height`` pixels; there is nothing to decode in it."""
    header = b"IHDR" + width.to_bytes(4) + height.to_bytes(4) + bytes([8, 2, 0, 0, 0])
    pixels = b"IDAT" + zlib.compress(b"none")
    chunks = [len(chunk[4:]).to_bytes(4) + chunk + zlib.crc32(chunk).to_bytes(4) for chunk in (header, pixels, b"IEND")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


# Own bound, Pillow's warning, Pillow's error.
@pytest.mark.parametrize("size", [(10_000, 5_000), (10_000, 10_000), (60_000, 60_000)])
def test_too_many_pixels_are_refused_by_the_header_alone(size, monkeypatch):
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda image: pytest.fail("decoded"))
    text = refusal(claiming(*size))
    assert "at most 40" in text
    assert "megapixels" in text


def test_a_bomb_is_refused_where_warnings_are_only_shown():
    with pytest.warns(Image.DecompressionBombWarning):
        assert "100.0 megapixels" in refusal(claiming(10_000, 10_000))


def test_as_many_pixels_as_are_read_are_let_through_to_be_decoded():
    assert "damaged" in refusal(claiming(8_000, 5_000))


def test_too_many_bytes_are_refused_unread(monkeypatch):
    monkeypatch.setattr(Image, "open", lambda *args, **how: pytest.fail("opened"))
    text = refusal(bytes(MOST_BYTES + 2_300_000))
    assert "12.3 MB" in text
    assert "at most 10" in text


def test_a_jpeg_of_endless_scans_is_refused():
    data = saved(on_paper(drawing("0")), "JPEG", progressive=True)
    last = data[data.rindex(b"\xff\xda") : -2]
    assert "scans" in refusal(data[:-2] + 100 * last + data[-2:])
    assert read_photo(data).shape == (400, 300)


def test_an_empty_file():
    assert "empty" in refusal(b"")


@pytest.mark.parametrize(
    "data",
    [
        b"a letter, saved as digit.png",
        b"\x89PNG\r\n\x1a\n",
        b"<svg/>",
        bytes(1_000),
        saved(Image.new("L", (9, 9)), "TIFF"),
    ],
)
def test_what_is_no_picture_of_a_kind_that_is_read(data):
    text = refusal(data)
    assert "no picture" in text
    assert "PNG, JPEG, GIF, WebP or BMP" in text


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_a_truncated_file(kind):
    data = saved(on_paper(drawing("0")), kind)
    assert "cut off" in refusal(data[: len(data) // 2])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_whatever_is_damaged_it_is_read_or_refused(kind):
    data, rng, refused = saved(on_paper(drawing("0", (80, 60), 40)), kind), np.random.default_rng(0), []
    for _ in range(30):
        bad = bytearray(data)
        # Most of it near the beginning, where the format's own numbers are.
        for place in (len(bad) * rng.random(5) ** 3).astype(int):
            bad[place] = rng.integers(256)
        try:
            assert read_photo(bytes(bad)).dtype == np.float32
        except PhotoError as error:
            refused.append(str(error))
    assert refused
    assert all(map(is_sentence, refused))


@pytest.mark.parametrize("grey", [0, 97, 255])
@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 300), (60, 40)])
def test_one_colour_is_no_digit(size, grey):
    assert "no digit" in refusal(saved(Image.new("L", size, grey)))


@pytest.mark.parametrize("noise", [0.0, 0.03, 0.1])
def test_empty_paper_is_no_digit(noise):
    assert "no digit" in refusal(saved(on_paper(np.zeros((400, 300)), noise)))


@pytest.mark.parametrize("opacity", [0, 255])
def test_nothing_at_all_and_one_colour_with_opacity_are_no_digit(opacity):
    assert "no digit" in refusal(saved(Image.new("RGBA", (50, 50), (200, 10, 10, opacity))))
