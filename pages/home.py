"""Home: what an autoencoder is, one that is trained, and where to go next."""

import streamlit as st

from aecore.ui import controls, engine, live, shell
from aecore.ui.browser import diagram

shell.header(
    "Autoencoders, live",
    "An **autoencoder** is two networks in a row: an *encoder* that squeezes an image into a few numbers, its *code*, "
    "and a *decoder* that rebuilds the image from them. It needs no labels: it learns by comparing what comes out with "
    "what went in. What it must give up to pass through the code tells what images are made of.",
)
diagram()
with st.container(horizontal=True):
    st.page_link("pages/train.py", label="Train one yourself", icon=":material/play_arrow:")
shell.try_this(
    {
        "a map of digits": {"variant": "vae", "latent": 2},
        "30 numbers, nearly perfect copies": {"architecture": "conv", "latent": 30, "likelihood": "gaussian"},
        "PCA in disguise": {"architecture": "linear", "latent": 2, "likelihood": "gaussian", "epochs": 60},
        "noise taken out": {"variant": "denoising", "latent": 32, "corruption": "gaussian"},
    }
)
st.subheader("One that this server has trained", anchor=False)
pool = engine.pool()


@st.fragment(run_every=0.5 if engine.seat_at_example(pool).view.state not in controls.RESTING else None)
def example(drawn: str) -> None:
    """The example's training, then its rest."""
    seat = engine.seat_at_example(pool)
    if seat.view.state != drawn:
        st.rerun()
    controls.status(pool, seat)
    live.pictures(seat.run, seat.view, "example")


example(engine.seat_at_example(pool).view.state)
st.caption(
    "A variational autoencoder with two code numbers: every dot is a held-out digit at its code, coloured by class. "
    "It was never told the classes. Drag the slider to see how it came about."
)
