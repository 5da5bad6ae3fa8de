"""Train: pick an autoencoder, press Train, watch it learn."""

import streamlit as st

from aecore.settings import SettingsError
from aecore.ui import aside, controls, engine, explain, links, live, moving, pick, shell, status

shell.header(
    "Train an autoencoder",
    "Press **Train** and watch it learn: do similar images get nearby codes? **Share** sends the trained model.",
)
pool = engine.pool()
try:
    spec = pick.spec_in_sidebar()
except SettingsError as error:
    st.error(str(error))
    st.stop()
seat = engine.seat(spec)
if seat.snapshot.unavailable:
    pick.go_on_without(spec, seat.snapshot.message)
if links.wants_trained(spec) and not (seat.joined or seat.own):
    controls.attempt(lambda: pool.train(seat))
links.mark_trained(spec, trained=seat.joined)
kept = aside.seat_aside(spec)
pool.leave_others(engine.visitor(), {spec.id} | ({kept.run.id} if kept else set()))
links.notices(st.session_state.pop("pool-refusal", ""))


def draw(seats) -> None:
    """Controls and pictures."""
    (now,) = seats.values()
    controls.buttons(pool, now)
    status.remarks(now)
    live.pictures(now.run, now.snapshot)


moving.stage("run", lambda: {"run": engine.seat(spec)}, draw)
controls.outputs(seat)
controls.figures(seat)
if kept is not None:
    aside.kept_aside(kept, spec)
explain.draw(explain.of_specs([spec]))
shell.try_this(
    {
        "a map of digits": {"variant": "vae"},
        "200 code dimensions": {"latent": 200},
        "the same, linear": {"architecture": "linear", "likelihood": "gaussian", "epochs": 60},
        "a network with every weight drawn": {
            "data": "curves",
            "latent": 1,
            "width": 8,
            "depth": 1,
            "likelihood": "gaussian",
        },
        "noise removed": {"variant": "denoising", "latent": 32},
        "a KL term of weight 30": {"variant": "vae", "latent": 10, "beta": 30},
        "the bottom half from the top": {
            "variant": "context",
            "moving": "false",
            "hole_height": 0.5,
            "hole_width": 1,
            "hole_top": 0.5,
            "hole_left": 0,
        },
        "a picture as 49 entries of a codebook": {"variant": "vq-vae"},
    }
)
