"""The Python doors of the live views.

Letters: F frames of a run, K epochs with a loss, M points, R images side by side, H x W pixels.
While a run trains, map and images get its newest frame alone (F = 1); once it rests they get all of them.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from streamlit.runtime import exists, get_instance

from aecore.figures.diagram import autoencoder_svg
from aecore.figures.palette import class_colour, class_marker
from aecore.ui.browser.payload import pack

HERE = Path(__file__).parent
COMMENTS = re.compile(r"^\s*(?:/\*.*?\*/|//[^\n]*)\n", re.DOTALL | re.MULTILINE)
INDENT = re.compile(r"^[ ]+", re.MULTILINE)

# A coordinate travels as a 16-bit fraction of its frame's limit: finer than a pixel and half the bytes.
# One limit is 2**14 steps, so points up to two limits out are kept; NaN is the one value no point can have.
STEPS = 2**14
NOWHERE = -(2**15)
# What every view's script begins with.
BASE = ("common.js", "feed.js")
# Header and arrays of a view.
Drawing = tuple[dict[str, Any], dict[str, np.ndarray]]
# Views that are text of the page and wear its styles.
PLAIN = ("progress", "words", "pulse")
# What is handed out, by its name, and the script that asks for it; the app may live below a path of its host.
SCRIPTS: dict[str, str] = {}
IMPORT = """
const own = document.querySelector('script[src*="static/js/"]');
const base = own ? own.src.replace(/static\\/js\\/.*$/, "") : document.baseURI;
export default (await import(new URL("canvas/FILE", base).href)).default;
"""
_serves = False
# What a view is drawn into instead of onto the page, and the address from which it goes on.
_recording: ContextVar[list[Drawing] | None] = ContextVar("recording", default=None)
_followed: ContextVar[Callable[[Drawing], str] | None] = ContextVar("followed", default=None)


@dataclass(frozen=True)
class Line:
    """A loss over the epochs. Lines of one group share a hue; NaN is a gap."""

    title: str
    split: str  # "train" or "held-out"; empty where there is no such difference
    values: np.ndarray  # [K]
    group: int = 0


@dataclass(frozen=True)
class Floor:
    """A value to beat, drawn as a dashed line: the mean image, PCA with as many numbers."""

    title: str
    value: float


def live_loss(
    run: str,
    epochs: np.ndarray,
    lines: Sequence[Line],
    floors: Sequence[Floor] = (),
    *,
    total: float,
    top: float,
    unit: str,
    key: str,
    bottom: float = 0.0,
    frame_epochs: np.ndarray | None = None,
    what: str = "Loss",
    x: str = "epoch",
) -> None:
    """Losses over ``epochs`` [K] on fixed axes: 0 to ``total`` epochs, ``bottom`` to ``top`` ``unit``.

    ``frame_epochs`` [F] tells at which epoch each frame of the scrubber was taken; without it frame k is epoch k.
    For another figure, ``what``, over something else than epochs, ``x`` says what that is.
    """
    epochs = _vector(epochs)
    values = np.stack([_vector(line.values) for line in lines]) if lines else np.empty((0, len(epochs)), np.float32)
    if values.shape[1] != len(epochs):
        raise ValueError(f"every line needs one value an epoch: {len(epochs)} epochs, {values.shape[1]} values")
    header = {
        "run": run,
        "what": what,
        "x": x,
        "total": _positive(total),
        "bottom": float(bottom) if math.isfinite(bottom) else 0.0,
        "top": top if math.isfinite(top) and top > bottom else bottom + 1.0,
        "unit": unit,
        "lines": [
            {"title": line.title, "split": line.split, "colour": class_colour(line.group), "group": line.group}
            for line in lines
        ],
        "floors": [{"title": f.title, "value": float(f.value)} for f in floors if math.isfinite(f.value)],
    }
    frames = epochs if frame_epochs is None else _vector(frame_epochs)
    _mount("loss", key, header, {"epochs": epochs, "values": values, "frameEpochs": frames}, ("axes.js",))


def live_map(
    run: str,
    places: np.ndarray,
    labels: np.ndarray,
    class_names: Sequence[str],
    *,
    limits: np.ndarray,
    axes: tuple[str, str],
    first_frame: int,
    key: str,
) -> None:
    """Points at ``places`` [F, M, 2] coloured by ``labels`` [M], on square axes of +-``limits`` [F] around 0."""
    places, limits = np.asarray(places, np.float32), _vector(limits)
    labels = np.asarray(labels)
    frames, points, _ = places.shape
    if len(limits) != frames or len(labels) != points:
        raise ValueError(
            f"places [{frames}, {points}, 2] need {frames} limits and {points} labels, "
            f"got {len(limits)} and {len(labels)}"
        )
    limits = np.where(np.isfinite(limits) & (limits > 0), limits, 1).astype(np.float32)
    header = {
        "run": run,
        "first": int(first_frame),
        "axes": list(axes),
        "classes": [
            {"name": str(name), "colour": class_colour(i), "marker": class_marker(i)}
            for i, name in enumerate(class_names)
        ],
    }
    _mount("map", key, header, {"places": _steps(places, limits), "limits": limits, "labels": labels.astype(np.uint8)})


def live_images(run: str, rows: Sequence[tuple[str, np.ndarray]], *, first_frame: int, key: str) -> None:
    """Rows of images, uint8 [1 or F, R, H, W], columns aligned; a row with one frame stands still.

    In colour a row is [1 or F, R, H, W, 3]: red, green and blue.
    """
    lengths = {len(pixels) for _, pixels in rows}
    if len(lengths - {0, 1}) > 1:
        raise ValueError(f"rows must have 1 or F frames, got {', '.join(map(str, sorted(lengths)))}")
    for title, pixels in rows:
        if pixels.dtype != np.uint8 or (pixels.ndim != 4 and pixels.shape[4:] != (3,)):
            raise TypeError(f"{title} must be uint8 [F, R, H, W] or [..., 3], got {pixels.dtype} {list(pixels.shape)}")
    header = {
        "run": run,
        "first": int(first_frame),
        "frames": max(lengths, default=0),
        "titles": [title for title, _ in rows],
    }
    _mount("images", key, header, {f"row{i}": pixels for i, (_, pixels) in enumerate(rows)})


def scrubber(
    run: str, moments: Sequence[str], *, key: str, name: str = "Moment of the run", start: int | None = None
) -> None:
    """A slider over the frames of ``run``, one label each, that moves the other views inside the browser.

    It stands at frame ``start`` until somebody moves it, by default at the last.
    """
    _mount("scrubber", key, {"run": run, "moments": list(moments), "name": name, "start": start}, {})


def diagram() -> None:
    """The drawing of an autoencoder, in the theme's text colour; st.html would take the SVG out."""
    st.components.v2.component(
        "aecore.diagram", html=f'<div style="color: var(--st-text-color)">{autoencoder_svg()}</div>'
    )()


def recorded(draw: Callable[..., Any], *args: Any) -> Drawing:
    """Header and arrays of the one view that ``draw(*args)`` draws, which is shown to nobody."""
    drawn: list[Drawing] = []
    before = _recording.set(drawn)
    try:
        draw(*args)
    finally:
        _recording.reset(before)
    (one,) = drawn
    return one


@contextmanager
def followed(publish: Callable[[Drawing], str]) -> Iterator[None]:
    """Views drawn in here go on from what is pushed to the address that ``publish`` finds for their drawing."""
    before = _followed.set(publish)
    try:
        yield
    finally:
        _followed.reset(before)


def _mount(
    name: str,
    key: str,
    header: dict[str, Any],
    arrays: dict[str, np.ndarray],
    scripts: tuple[str, ...] = (),
    **how: Any,
) -> Any:
    """Draws a view and returns what it says, by name; ``how`` are callbacks and the like."""
    if (drawn := _recording.get()) is not None:
        drawn.append((header, arrays))
        return None
    if (publish := _followed.get()) is not None:
        header = header | {"feed": publish((header, arrays))}

    def hand_out(part: str, raw: bytes) -> str | None:
        if not exists():
            return None
        # Streamlit tells large files apart by samples of them and their names: the digest makes it every byte.
        digest = hashlib.sha256(raw).hexdigest()
        files = get_instance().media_file_mgr
        return files.add(raw, "application/octet-stream", f"{key}-{part}", file_name=digest)

    return _component(name, scripts)(key=key, data=pack(header, arrays, hand_out), **how)


def serve_scripts() -> None:
    """From now on a server of ours hands out the views' scripts; Streamlit would send them with every update."""
    global _serves
    _serves = True


@cache
def _component(name: str, scripts: tuple[str, ...] = ()) -> Any:
    """Registers a view once a process: Streamlit's registry is global. ``scripts`` are files that its own calls."""
    texts = [_lean((HERE / file).read_text("utf-8")) for file in (*BASE, *scripts, f"{name}.js")]
    css = _lean((HERE / (f"{name}.css" if name in PLAIN else "views.css")).read_text("utf-8"))
    script = "\n".join(texts)
    if _serves:
        script, css = _imported(name, f"{script}\nvar SHEET = {json.dumps(css)};\n"), None
    return st.components.v2.component(
        f"aecore.{name}",
        html=f'<div class="view" data-view="{name}"></div>',
        css=css,
        js=script,
        # What a run says of itself is read off the page as its text is.
        isolate_styles=name not in PLAIN,
    )


def _imported(name: str, script: str) -> str:
    """A script of a few lines that takes the rest from where it is handed out, once for ever."""
    file = f"{name}-{hashlib.sha256(script.encode()).hexdigest()[:16]}.js"
    SCRIPTS[file] = script
    return IMPORT.replace("FILE", file)


def _lean(text: str) -> str:
    """The text without comment lines and indentation: Streamlit sends it again with every update."""
    return INDENT.sub("", COMMENTS.sub("", text))


def _vector(values: np.ndarray) -> np.ndarray:
    return np.asarray(values, np.float32).reshape(-1)


def _positive(value: float) -> float:
    return float(value) if math.isfinite(value) and value > 0 else 1.0


def _steps(places: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Places [F, M, 2] as 16-bit fractions of their frame's limit [F]."""
    steps = np.clip(places * (STEPS / limits)[:, None, None], NOWHERE + 1, 2**15 - 1)
    return np.where(np.isnan(steps), NOWHERE, np.rint(steps)).astype(np.int16)
