"""A page with live views, for ``test_browser_views.py``: a run that grows at a button's press."""

import numpy as np
import streamlit as st

from aecore.figures.floor import Floor
from aecore.ui.browser import Axes, Line, live_bars, live_images, live_loss, live_map, live_path, scrubber

TOTAL, CLASSES, SIDE, NUMBERS = 25, 10, 28, 24


def curves(frames: int) -> tuple[np.ndarray, list[Line]]:
    epochs = np.arange(1, frames + 1, dtype=np.float32) / 2
    fall = 145 + 400 * np.exp(-epochs) + 20 / np.sqrt(epochs)
    return epochs, [Line("loss", "train", fall), Line("loss", "held-out", fall + 2 + 0.4 * epochs)]


def codes(frame: int, points: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = rng.permutation(points) % CLASSES
    angle = 2 * np.pi * labels / CLASSES
    centres = np.stack([np.cos(angle), np.sin(angle)], 1) * 3 * (1 - np.exp(-frame / 8))
    return (centres + rng.normal(size=(points, 2)) * (0.3 + 0.5 * np.exp(-frame / 8))).astype(np.float32), labels


def rings(images: int) -> np.ndarray:
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2 + 0.5
    radii = np.linspace(4, 11, images)[:, None, None]
    return (255 * np.exp(-((np.hypot(x, y * 0.8) - radii) ** 2) / 3)).astype(np.uint8)


def reconstructions(frames: list[int], images: int) -> np.ndarray:
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 255, (images, SIDE, SIDE))
    weights = [np.exp(-frame / 8) for frame in frames]
    return np.stack([(noise * w + rings(images) * (1 - w)).astype(np.uint8) for w in weights])


st.set_page_config(layout="wide")
state = st.session_state
state.setdefault("frames", int(st.query_params.get("frames", 0)))
state.setdefault("resting", "resting" in st.query_params)
points = int(st.query_params.get("points", 500))
for column, (name, changes) in zip(
    st.columns(5),
    {
        "Grow": {"frames": state.frames + 1, "resting": False},
        "Rest": {"resting": True},
        "Other run": {"run": "b", "frames": 3, "resting": False},
        "Retitle": {"primes": state.get("primes", "") + "'"},
        "Leave": {"away": not state.get("away", False)},
    }.items(),
    strict=True,
):
    column.button(name, on_click=state.update, args=[changes])
run, frames = state.get("run", "a"), state.frames
held = list(range(frames)) if state.resting else list(range(frames))[-1:]
first = held[0] if held else 0
st.text(f"frames {frames}")

if not state.get("away"):
    left, right = st.columns(2)
    with left:
        st.subheader("Loss")
        floors = [Floor("mean image", 206.4), Floor("PCA, 2 components", 170.2), Floor("PCA, 3 components", 165.1)]
        axes = Axes(total=TOTAL, top=300, unit="nats per image")
        live_loss(run, *curves(frames), floors, axes=axes, key="loss")
    with right:
        st.subheader("Map")
        drawn = [codes(frame, points) for frame in held]
        places = np.stack([p for p, _ in drawn]) if drawn else np.empty((0, points, 2), np.float32)
        limits = np.full(len(held), 4.5)
        names = [str(c) for c in range(CLASSES)]
        axes = ("code 1" + state.get("primes", ""), "code 2")
        live_map(run, places, codes(0, points)[1], names, limits=limits, axes=axes, first_frame=first, key="map")
    st.subheader("Reconstructions")
    rows = []
    if held:
        rows = [("original", rings(12)[None]), ("reconstruction", reconstructions(held, 12))]
        rows.insert(1, ("damaged", rows[0][1] // 3))
    live_images(run, rows, first_frame=first, key="images")
    if state.resting:
        moments = [f"epoch {f / 2 + 0.5:.1f}, step {36 * f + 36}, {0.3 * f + 0.3:.1f} s" for f in range(frames)]
        scrubber(run, moments, key="scrubber")
        left, right = st.columns(2)
        costs = np.roll(np.linspace(3, 0.01, NUMBERS), 2) / np.arange(1, frames + 1)[:, None]
        with left:
            live_bars(run, costs, costs > 0.2, what="KL", unit="nats", key="bars")
        with right:
            rates = costs.sum(1)
            titles = ("rate: KL", "distortion: reconstruction")
            labels = [f"{2.0**f:g}" for f in range(frames)]
            live_path(run, rates, 80 + 900 / rates, labels, name="beta", axes=titles, unit="nats", key="path")
