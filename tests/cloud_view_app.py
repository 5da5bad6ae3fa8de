"""A page with the view of clouds, for ``test_cloud_view.py``: a rolled sheet, flattened, and rebuilt frame by frame."""

import numpy as np
import streamlit as st

from aecore.ui.browser import Panel, live_cloud, scrubber


def roll(points: int) -> tuple[np.ndarray, np.ndarray]:
    """A rolled sheet in the cube [N, 3], and where along the roll each point lies [N]."""
    along, across = np.random.default_rng(0).random((2, points))
    angle = 1.5 * np.pi * (1 + 2 * along)
    sheet = np.stack([0.5 + angle * np.cos(angle) / 30, across, 0.5 + angle * np.sin(angle) / 30], 1)
    return sheet.astype(np.float32), along


def note(points: np.ndarray, sheet: np.ndarray) -> str:
    return f"squared error {((points - sheet) ** 2).sum() / max(1, len(sheet)):.4f} per point"


st.set_page_config(layout="wide")
state, query = st.session_state, st.query_params
state.setdefault("frames", int(query.get("frames", 3)))
state.setdefault("resting", "resting" in query)
for column, (name, changes) in zip(
    st.columns(3),
    {
        "Grow": {"frames": state.frames + 1, "resting": False},
        "Rest": {"resting": True},
        "Retitle": {"primes": state.get("primes", "") + "'"},
    }.items(),
    strict=True,
):
    column.button(name, on_click=state.update, args=[changes])

sheet, along = roll(int(query.get("points", 2000)))
sheet[:1] = 0.9, 0.2, 0.7  # A place that the test knows.
if "nowhere" in query:
    sheet, along = np.full_like(sheet, np.nan), np.full_like(along, np.nan)
flat = sheet * [1, 1, 0] + [0, 0, 0.5]
held = list(range(state.frames)) if state.resting else list(range(state.frames))[-1:]
rebuilt = [sheet + (flat - sheet) * np.exp(-frame / 5) for frame in held]
panels = [
    Panel("The data" + state.get("primes", ""), "", sheet[None]),
    Panel("PCA's reconstruction", note(flat, sheet), flat[None]),
    Panel(
        "The autoencoder's reconstruction",
        [note(points, sheet) for points in rebuilt],
        np.reshape(rebuilt, (len(held), *sheet.shape)),
    ),
]
live_cloud("a", panels, along[None], value_title="code dimension 1", first_frame=held[0] if held else 0, key="cloud")
if state.resting:
    scrubber("a", [f"epoch {frame}" for frame in held], key="scrubber")
