"""A page with the atlas, for ``test_atlas_view.py``: places, images and decoders made of a seed, choices echoed."""

import json
from dataclasses import asdict
from urllib.parse import parse_qsl

import numpy as np
import streamlit as st

from aecore.portable import Portable
from aecore.ui.browser import AtlasState, Colouring, Decoding, MapPoints, Plane, live_atlas, scrubber

CLASSES, SIDE, LIMITS = 10, 28, (-4.0, 4.0, -4.0, 4.0)
BASE = (0.5, 0.0, 0.0)  # Of a code of three numbers, of which the last goes across and the second up.


def codes(points: int, frame: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Ten clusters on a circle [N, 2] that grows with the frame, and their numbers [N]."""
    rng = np.random.default_rng(0)
    labels = rng.permutation(points) % CLASSES
    angle = 2 * np.pi * labels / CLASSES
    centres = np.stack([np.cos(angle), np.sin(angle)], 1) * (1.6 + 0.4 * frame)
    return (centres + rng.normal(size=(points, 2)) * 0.5).astype(np.float32), labels


def drawings(points: int, labels: np.ndarray) -> np.ndarray:
    """Rings [K, H, W], wider from class to class and a little different from point to point."""
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2 + 0.5
    radii = 2 + labels[:points] + np.random.default_rng(1).random(points)
    return (255 * np.exp(-((np.hypot(x, 0.8 * y) - radii[:, None, None]) ** 2) / 3)).astype(np.uint8)


def linear(latent: int, labels: bool = False) -> Portable:
    """Pixels from a half on, tilted by each number of the code; a class brightens them."""
    weights = np.random.default_rng(2).normal(size=(SIDE * SIDE, latent + labels)).astype(np.float32) / 10
    if labels:
        weights[:, -1] = 0.04
    shades = np.arange(CLASSES, dtype=np.float32)[:, None]
    layer = {"kind": "linear", "weight": "weight", "bias": "bias"}
    arrays = {"weight": weights, "bias": np.full(SIDE * SIDE, 0.5, np.float32)}
    return Portable((layer,), arrays, latent, (SIDE, SIDE), "clip", shades if labels else None)


def deep() -> Portable:
    """The size that the project's dense decoders have, and smooth blobs for pictures."""
    rng, sizes = np.random.default_rng(3), (2, 256, 512, SIDE * SIDE)
    layers, arrays = [], {}
    for i, (before, after) in enumerate(zip(sizes, sizes[1:], strict=False)):
        arrays[f"w{i}"] = (rng.normal(size=(after, before)) * np.sqrt(2 / before)).astype(np.float32)
        layers += [{"kind": "linear", "weight": f"w{i}", "bias": None}, {"kind": "silu"}]
    return Portable(tuple(layers[:-1]), arrays, 2, (SIDE, SIDE), "sigmoid", None)


def main() -> None:
    st.set_page_config(layout="wide")
    state, asked = st.session_state, st.text_input("Query")
    query = {**st.query_params, **dict(parse_qsl(asked, keep_blank_values=True))}
    state.runs = state.get("runs", 0) + 1
    name = query.get("name", "run")
    points, frames = int(query.get("points", 500)), int(query.get("frames", 1))
    labels = codes(points)[1]
    places = np.stack([codes(points, frame)[0] for frame in range(frames)])
    if "nowhere" in query:
        places[:, :: int(query["nowhere"])] = np.nan
    names = [str(c) for c in range(CLASSES)]
    error = np.where(np.arange(points) % 7, places[0, :, 0], np.nan)
    images = drawings(min(points, int(query.get("images", points))), labels)
    plane = Plane(np.array(BASE), 2, 1) if "slice" in query else Plane(np.zeros(2))
    if "line" in query:
        plane = Plane(np.zeros(1), 0, None)
    decoder = deep() if "deep" in query else linear(len(plane.base), "labels" in query)
    projected = "projection" in query
    chosen = live_atlas(
        name,
        MapPoints(
            places,
            limits=LIMITS,
            axes=("code dimension 1", "code dimension 2"),
            colourings=[]
            if "plain" in query
            else [Colouring("class", labels, names), Colouring("error", error, unit="nats")],
            images=images,
            rebuilt=255 - images if projected else None,
        ),
        None if projected else Decoding(decoder, plane, names, label=4),
        first=AtlasState(hidden=json.loads(query.get("hidden", "[]")), picked=json.loads(query.get("picked", "[]"))),
        key="atlas",
    )
    if frames > 1:
        scrubber(name, [f"epoch {frame}" for frame in range(frames)], key="scrubber")
    st.code(
        json.dumps({"asked": asked, "runs": state.runs, **asdict(chosen)}),
        wrap_lines=True,
    )


if __name__ == "__main__":
    main()
