"""Photos of held-out digits as people take them, made of drawn light, paper, pens and tables; all from one seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, rotate, zoom

# Height and width of a photo, and the height and width of the paper where a table is seen around it, in pixels.
SIZE, PAPER = (480, 360), (330, 250)


@dataclass(frozen=True)
class Pen:
    """``width`` moves a stroke's edge outwards (below 0: inwards), in pixels of MNIST; ``ink`` is how dark it is."""

    width: float = 0.0
    ink: float = 0.85


def strokes(digit: np.ndarray, pen: Pen, height: int = 170) -> np.ndarray:
    """[h, w] in [0, 1] a digit [28, 28] of MNIST written with ``pen``, with smooth edges, ``height`` pixels high."""
    rows, columns = np.flatnonzero(digit.max(1) > 0.2), np.flatnonzero(digit.max(0) > 0.2)
    tight = np.pad(digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 4)
    scale = height / len(rows)
    large = gaussian_filter(zoom(tight, scale, order=1), scale / 2)
    # An edge is where half of the ink is; how far from it in pixels of MNIST, about the slope of that blur.
    level = 0.45 - 0.22 * pen.width
    return 1 / (1 + np.exp(-(large - level) * 25)) * pen.ink


def placed(drawn: np.ndarray, size: tuple[int, int], down: float = 0.5, right: float = 0.5) -> np.ndarray:
    """[H, W] a drawing [h, w] on nothing, its middle at a share of the height and of the width."""
    sheet = np.zeros(size)
    top = int(np.clip(size[0] * down - drawn.shape[0] / 2, 0, max(size[0] - drawn.shape[0], 0)))
    left = int(np.clip(size[1] * right - drawn.shape[1] / 2, 0, max(size[1] - drawn.shape[1], 0)))
    part = drawn[: size[0] - top, : size[1] - left]
    sheet[top : top + part.shape[0], left : left + part.shape[1]] = part
    return sheet


def lit(ink: np.ndarray, paper: float = 0.85) -> np.ndarray:
    """[H, W] brightness of paper with ``ink`` [H, W] on it, under light that falls off by a third."""
    down, right = np.linspace(0, 1, ink.shape[0])[:, None], np.linspace(0, 1, ink.shape[1])
    return paper * (1 - 0.15 * down - 0.18 * right) * (1 - ink)


def seen(scene: np.ndarray, rng: np.random.Generator, noise: float = 0.02) -> Image.Image:
    """What a camera makes of brightness [H, W]: a little blur and noise."""
    return Image.fromarray(
        np.uint8((gaussian_filter(scene, 0.7) + noise * rng.standard_normal(scene.shape)).clip(0, 1) * 255)
    )


def table(kind: str, rng: np.random.Generator) -> np.ndarray:
    """[H, W] brightness of what the paper lies on."""
    if kind == "dark":
        return np.full(SIZE, 0.15)
    if kind == "grey":
        return np.full(SIZE, 0.45)
    grain = gaussian_filter(rng.standard_normal(SIZE), (1.5, 40))
    return 0.38 + 0.1 * grain / np.abs(grain).max() + 0.03 * np.sin(np.arange(SIZE[0]) / 9)[:, None]


def on_table(
    digit: np.ndarray, kind: str, rng: np.random.Generator, turned: float = 0.0, pen: Pen = Pen()
) -> np.ndarray:
    sheet, where = lit(placed(strokes(digit, pen, 130), PAPER)), np.ones(PAPER)
    if turned:
        sheet, where = (rotate(a, turned, reshape=True, order=1) for a in (sheet, where))
    over, alpha = placed(sheet, SIZE, 0.52, 0.47), placed(where, SIZE, 0.52, 0.47).clip(0, 1)
    return table(kind, rng) * (1 - alpha) + over * alpha


def with_lines(ink: np.ndarray, across: int, down: int, dark: float, width: int = 2) -> np.ndarray:
    """[H, W] ``ink`` on paper with lines every so many pixels; none for 0."""
    lines = np.zeros(ink.shape)
    for every, axis in ((across, 0), (down, 1)):
        if every:
            lines[(np.indices(ink.shape)[axis] % every) < width] = dark
    return np.maximum(ink, lines)


def framed(ink: np.ndarray, margin: int, width: int, dark: float = 0.8) -> np.ndarray:
    box = np.zeros(ink.shape)
    box[margin:-margin, margin:-margin] = dark
    box[margin + width : -margin - width, margin + width : -margin - width] = 0
    return np.maximum(ink, box)


def scanned(digit: np.ndarray, edges: str) -> np.ndarray:
    page = lit(placed(strokes(digit, Pen()), SIZE))
    if "l" in edges:
        page[:, :22] = 0.03
    if "t" in edges:
        page[:30] = 0.03
    if "r" in edges:
        page[:, -14:] = 0.03
    if "b" in edges:
        page[-26:] = 0.03
    return page


def shadowed(scene: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A hand's shadow from one corner, with a soft edge."""
    y, x = np.indices(scene.shape)
    edge = y + 0.8 * x - 0.75 * sum(scene.shape) * rng.uniform(0.6, 0.9)
    return scene * (1 - 0.45 / (1 + np.exp(-edge / 6)))


def drawn(digit: np.ndarray, pen: Pen = Pen(), **where) -> np.ndarray:
    return placed(strokes(digit, pen, where.pop("height", 170)), SIZE, **where)


def board(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    dust = gaussian_filter(rng.standard_normal(SIZE), 12)
    return 0.2 + 0.04 * dust / np.abs(dust).max() + 0.7 * drawn(digit, Pen(-0.2))


def framed_board(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    scene = board(digit, rng)
    scene[:28] = scene[-28:] = 0.5
    scene[:, :22] = scene[:, -22:] = 0.5
    return scene


# Kind of photo -> brightness [H, W] of one of a digit [28, 28].
KINDS: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "white paper": lambda d, rng: lit(drawn(d)),
    "off the middle": lambda d, rng: lit(drawn(d, down=rng.uniform(0.25, 0.75), right=rng.uniform(0.3, 0.7))),
    "small": lambda d, rng: lit(drawn(d, height=70, down=rng.uniform(0.2, 0.8), right=rng.uniform(0.2, 0.8))),
    "thick marker": lambda d, rng: lit(drawn(d, Pen(0.9))),
    "thin pen": lambda d, rng: lit(drawn(d, Pen(-0.9))),
    "pencil": lambda d, rng: lit(drawn(d, Pen(-0.7, 0.4))),
    "shadow of a hand": lambda d, rng: shadowed(lit(drawn(d)), rng),
    "dark table": lambda d, rng: on_table(d, "dark", rng),
    "grey table": lambda d, rng: on_table(d, "grey", rng),
    "wooden table": lambda d, rng: on_table(d, "wood", rng),
    "dark table, turned": lambda d, rng: on_table(d, "dark", rng, rng.uniform(-12, 12)),
    "wooden table, turned": lambda d, rng: on_table(d, "wood", rng, rng.uniform(-12, 12)),
    "wooden table, thin pen": lambda d, rng: on_table(d, "wood", rng, 5, Pen(-0.7)),
    "box around": lambda d, rng: lit(framed(drawn(d), 60, 5)),
    "box around, turned": lambda d, rng: lit(rotate(framed(drawn(d), 70, 5), 4, reshape=False, order=1).clip(0, 1)),
    "box around, thick": lambda d, rng: lit(framed(drawn(d), 50, 14)),
    "squared paper": lambda d, rng: lit(with_lines(drawn(d), 24, 24, 0.25)),
    "ruled paper": lambda d, rng: lit(with_lines(drawn(d), 40, 0, 0.3)),
    "dark ruled paper": lambda d, rng: lit(with_lines(drawn(d), 40, 0, 0.5)),
    "scanner's left and top": lambda d, rng: scanned(d, "lt"),
    "scanner's four sides": lambda d, rng: scanned(d, "ltrb"),
    "chalk on a board": board,
    "chalk on a framed board": framed_board,
}


def photo(kind: str, digit: np.ndarray, seed: int) -> Image.Image:
    """The photo of a digit [28, 28] in [0, 1], the same for the same seed."""
    rng = np.random.default_rng(seed)
    return seen(KINDS[kind](digit, rng), rng)
