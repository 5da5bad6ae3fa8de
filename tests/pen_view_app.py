"""A page with a pen, its map and what lies around, for ``test_pen_view.py``: models as their seed makes them."""

import numpy as np
import streamlit as st
from easel_view_app import SHAPE, digit, louder

from aecore.portable import encoder, portable
from aecore.questions.drawn import ACROSS, _main_plane
from aecore.ui.browser import Colouring, Decoding, Ground, Known, MapPoints, Plane, live_atlas, live_pen, live_walk
from aecore.ui.browser.easel import Halves

POINTS, CLASSES = 60, [str(c) for c in range(10)]


def images() -> np.ndarray:
    """[N, 28, 28] a seven moved about, and dimmed."""
    rng = np.random.default_rng(0)
    moved = [np.roll(digit(), rng.integers(-5, 6, 2), (0, 1)) for _ in range(POINTS)]
    return np.stack(moved) * rng.uniform(0.4, 1, (POINTS, 1, 1)).astype(np.float32)


def ground(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centre, directions, and the places of codes [N, L]."""
    latent = codes.shape[1]
    if latent > 2:
        on = _main_plane(codes)
        return on.centre, on.directions, on.places
    directions = ACROSS if latent == 1 else np.eye(2, dtype=np.float32)
    return np.zeros(latent, np.float32), directions, codes @ directions


if __name__ == "__main__":
    st.set_page_config(layout="wide")
    query, state = st.query_params, st.session_state
    for title in ("Rerun", "Other model"):
        if st.button(title):
            state[title] = state.get(title, 0) + 1
    st.text(f"{state.get('Rerun', 0)} reruns")
    latent = int(query.get("latent", 2))
    variant = "sparse-kl" if "Other model" in state else query.get("variant", "vae")
    made = louder(variant, query.get("architecture", "dense"), latent)
    codes = made.embed(images())
    centre, directions, places = ground(codes)
    plane = Plane(np.zeros(latent), 0, 1 if latent == 2 else None) if latent <= 2 else None
    low, high = places.min(0) - 1, places.max(0) + 1
    labels, pixels = np.arange(POINTS) % 10, (255 * images()).astype(np.uint8)
    name, decoder = f"pen-{variant}", portable(made)
    left, right = st.columns([2, 3])
    with left:
        errors = np.square(made.reconstruct(images()) - images()).sum((1, 2))
        halves = Halves(name, latent, encoder(made), decoder)
        live_pen("drawing", halves, digit() if "start" in query else None, SHAPE, errors, key="pen-easel")
    with right:
        live_atlas(
            name,
            MapPoints(
                places[None],
                limits=[low[0], high[0], low[1], high[1]],
                axes=("one", "two"),
                colourings=[Colouring("class", labels, CLASSES)],
                images=pixels,
                rebuilt=pixels,
            ),
            None if plane is None else Decoding(decoder, plane),
            pen=Ground(name, centre, directions, POINTS),
            key="pen-atlas",
        )
    known = Known(codes, pixels, labels, CLASSES)
    live_walk(name, name, decoder, known, places=latent <= 2, key="pen-walk")
