"""Train: pick an autoencoder, press Train, watch it learn."""

import streamlit as st

from aecore.settings import SettingsError
from aecore.ui import controls, engine, explain, live, pick, shell

shell.header(
    "Train an autoencoder",
    "Press **Train** and watch the loss fall, the reconstructions sharpen and the map of codes sort itself: "
    "digits that look alike get codes that lie close. Every choice is in the link; **Share** sends the trained model.",
)
pool = engine.pool()
try:
    spec = pick.spec_in_sidebar()
except SettingsError as error:
    st.error(str(error))
    st.stop()
seat = engine.seat(spec)
if seat.view.state == "unavailable":
    pick.go_on_without(spec, seat.view.message)
if pick.wants_trained(spec) and not (seat.joined or seat.own):
    pool.train(seat)
pick.mark_trained(seat.joined and not seat.own)
aside = controls.seat_aside()
pool.leave_others(engine.visitor(), {spec.id} | ({aside.run.id} if aside else set()))
pick.notices(st.session_state.pop("refusal", ""))


@st.fragment(run_every=None if seat.view.state in controls.RESTING else 0.2)
def stage(drawn: str) -> None:
    """Controls and pictures; redrawn while something moves, and the whole page once when it comes to rest."""
    now = engine.seat(spec)
    controls.buttons(pool, now)
    controls.status(pool, now)
    if now.view.state != drawn or "refusal" in st.session_state:
        st.rerun()
    live.pictures(now.run, now.view)


stage(seat.view.state)
controls.outputs(seat)
controls.figures(seat)
explain.formula(spec.member("variant"))
shell.try_this(
    {
        "a map of digits": {"variant": "vae"},
        "no bottleneck to speak of": {"latent": 200},
        "the same, linear": {"architecture": "linear", "likelihood": "gaussian", "epochs": 60},
        "noise taken out": {"variant": "denoising", "latent": 32},
        "a KL term that kills the code": {"variant": "vae", "latent": 10, "beta": 30},
    }
)
if aside is not None and aside.run is not seat.run:
    st.subheader("Kept aside")
    st.caption(", ".join(f"{k}={v}" for k, v in aside.run.spec.flat().items() if spec.flat().get(k) != v))
    live.pictures(aside.run, aside.view, "aside")
