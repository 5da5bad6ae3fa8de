"""A page with an easel, for ``test_easel_view.py``: models as their seed makes them, but louder."""

import numpy as np
import streamlit as st
import torch

from aecore.dataset import Facts
from aecore.portable import restorer
from aecore.runs.spec import Spec
from aecore.ui.browser import live_easel

SHAPE = (28, 28)


def digit() -> np.ndarray:
    """A seven, with greys that are none of the brush's."""
    image = np.zeros(SHAPE, np.float32)
    image[6:8, 8:20] = 0.8
    for row in range(8, 23):
        column = 19 - (row - 8) // 2
        image[row, column - 1 : column + 1] = 0.6
    return image


@st.cache_resource
@torch.no_grad()
def louder(variant: str, architecture: str, latent: int = 32):
    made = Spec(variant=variant, architecture=architecture, latent=latent).model(
        Facts(np.full(SHAPE, 0.1, np.float32), classes=10)
    )
    for part in (made.encoder, made.decoder):
        for values in part.parameters():
            values *= 3
    return made


if __name__ == "__main__":
    st.set_page_config(layout="wide")
    query, state = st.query_params, st.session_state
    words = {"Rerun": "reruns", "Hide": "hidden", "Other picture": "primes", "Other model": "others"}
    for column, (title, word) in zip(st.columns(4), words.items(), strict=True):
        if column.button(title):
            state[word] = state.get(word, 0) + 1
    st.text(f"{state.get('reruns', 0)} reruns")
    if state.get("hidden", 0) % 2:
        st.stop()
    variant = "context" if "others" in state else query.get("variant", "denoising")
    live_easel(
        "a" + "'" * state.get("primes", 0),
        restorer(louder(variant, query.get("architecture", "dense"))),
        None if "empty" in query else digit(),
        tool=query.get("tool", "erase") if "others" not in state else "hole",
        key="easel",
    )
