"""A page with traversals, for ``test_traversal_view.py``: a model as its seed makes it, strips through its numbers."""

from dataclasses import replace

import numpy as np
import streamlit as st

from aecore.dataset import Facts
from aecore.portable import portable
from aecore.runs.spec import Spec
from aecore.ui.browser.traversal import Strip, live_traversals

CLASSES, LOW, HIGH = 10, -30.0, 30.0  # Far out, for an untrained decoder hardly heeds its code.


@st.cache_resource
def model(variant: str, latent: int):
    return Spec(variant=variant, latent=latent).model(Facts(np.full((28, 28), 0.5, np.float32), classes=CLASSES))


st.set_page_config(layout="wide")
query, state = st.query_params, st.session_state
latent = int(query.get("latent", 10))
for column, (title, word) in zip(st.columns(2), {"Rerun": "reruns", "Other image": "primes"}.items(), strict=True):
    if column.button(title):
        state[word] = state.get(word, 0) + 1
st.text(f"{state.get('reruns', 0)} reruns")
decoder = portable(model(query.get("variant", "vae"), latent))
if decoder.labels is not None:  # All alike before a training.
    decoder = replace(decoder, labels=20 * np.eye(CLASSES, dtype=np.float32))
strips = [
    Strip(i % latent, f"number {i + 1}", f"KL {2 / (i + 1):.2f} nats", LOW, HIGH, unused=i >= 8)
    for i in reversed(range(int(query.get("strips", min(4, latent)))))
]
live_traversals(
    "a" + "'" * state.get("primes", 0),
    decoder,
    np.full(latent, -8 if "origin" not in query else 0, np.float32),
    strips,
    steps=int(query.get("steps", 9)),
    marks=(-20, 0, 20, 40),
    label=3 if "label" in query else None,
    key="traversal",
)
