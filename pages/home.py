"""Home: what an autoencoder is, one that is trained, and where to go next."""

import streamlit as st

from aecore.ui import engine, links, live, moving, shell, status
from aecore.ui.browser import diagram

shell.header(
    "Autoencoders, live",
    "An **autoencoder** is two networks in a row: an *encoder* that squeezes an image into a few numbers, its *code*, "
    "and a *decoder* that rebuilds the image from them. It needs no labels: it learns by comparing what comes out with "
    "what went in. Whatever survives the squeeze shows which features matter.",
)
links.read(links.nothing)
links.notices()
diagram()
if st.button("Train one yourself", icon=":material/play_arrow:", type="primary"):
    st.switch_page("pages/train.py")
shell.try_this(
    {
        "a map of digits": {"variant": "vae"},
        "30 dimensions, convolutional": {"architecture": "conv", "latent": 30, "likelihood": "gaussian"},
        "a linear one, beside PCA": {"architecture": "linear", "likelihood": "gaussian", "epochs": 60},
        "noise removed": {"variant": "denoising", "latent": 32},
    }
)
st.subheader("One that this server trains", anchor=False)
pool = engine.pool()


def draw(seats) -> None:
    """The example's training, then its rest."""
    (seat,) = seats.values()
    status.line(pool, seat)
    live.pictures(seat.run, seat.snapshot, "example")


moving.stage("example", lambda: {"example": engine.seat_at_example(pool)}, draw)
st.caption(
    "A variational autoencoder with two code dimensions: every dot is a held-out digit at its code, coloured by class. "
    "It is never told the classes. Once it is trained, a slider takes you back through its training."
)
