"""A page with traversals, for ``test_traversal_view.py``: a model as its seed makes it, strips through its numbers."""

from dataclasses import replace

import numpy as np
import streamlit as st

from aecore.dataset import Facts
from aecore.portable import portable
from aecore.runs.spec import Spec
from aecore.ui.browser import Scene, Strip, live_traversals, scrubber

CLASSES, LOW, HIGH = 10, -30.0, 30.0  # Far out, for an untrained decoder hardly heeds its code.


@st.cache_resource
def model(variant: str, latent: int, seed: int):
    return Spec(variant=variant, latent=latent, seed=seed).model(
        Facts(np.full((28, 28), 0.5, np.float32), classes=CLASSES)
    )


st.set_page_config(layout="wide")
query, state = st.query_params, st.session_state
latent = int(query.get("latent", 10))
for column, (title, word) in zip(st.columns(2), {"Rerun": "reruns", "Other image": "primes"}.items(), strict=True):
    if column.button(title):
        state[word] = state.get(word, 0) + 1
st.text(f"{state.get('reruns', 0)} reruns")
strips = [
    Strip(i % latent, f"number {i + 1}", f"KL {2 / (i + 1):.2f} nats", LOW, HIGH, unused=i >= 8)
    for i in reversed(range(int(query.get("strips", min(4, latent)))))
]
base = np.full(latent, -8 if "origin" not in query else 0, np.float32)
name, scenes = "a" + "'" * state.get("primes", 0), []
for seed in range(int(query.get("scenes", 1))):
    decoder = portable(model(query.get("variant", "vae"), latent, seed))
    if decoder.labels is not None:  # All alike before a training.
        decoder = replace(decoder, labels=20 * np.eye(CLASSES, dtype=np.float32))
    scenes.append(Scene(decoder, base, strips[:: 1 - 2 * (seed % 2)], 3 if "label" in query else None))
if len(scenes) > 1:
    scrubber(name, [f"seed {seed}" for seed in range(len(scenes))], key="scrubber", name="Scene", start=0)
live_traversals(
    name,
    scenes,
    steps=int(query.get("steps", 9)),
    marks=(-20, 0, 20, 40),
    key="traversal",
)
