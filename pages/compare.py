"""Compare: two to four autoencoders side by side, or one setting over a list of values."""

import streamlit as st

from aecore.ui import columns, compare, controls, engine, explain, links, pick, presets, promises, shell, sweep
from aecore.ui.browser.steps import convolution

shell.header(
    "Compare autoencoders",
    "Not too small, not too large, and held back in the right way: train several at once, on the same images and from "
    "the same seed, and see what each keeps and what it gives up.",
)
pool = engine.pool()
columns.read_link()
with st.container(horizontal=True, vertical_alignment="center", key="what"):
    sweeps = columns.sweeps()
    letters = ["a"] if sweeps else columns.letters()
specs = columns.specs(letters, columns.shared_in_sidebar())
if sweeps and specs:
    base, specs = specs["a"], sweep.points(specs["a"])
if not specs:
    st.stop()
seats = {key: engine.seat(spec) for key, spec in specs.items()}
for seat in seats.values():
    if seat.view.state == "unavailable":
        pick.go_on_without(seat.run.spec, seat.view.message)
if links.wants_trained(*specs.values()):
    controls.attempt(lambda: (sweep if sweeps else compare).train(pool, seats))
pool.leave_others(engine.visitor(), {spec.id for spec in specs.values()})
links.mark_trained(*specs.values(), trained=all(seat.joined for seat in seats.values()))
links.notices(st.session_state.pop("refusal", ""))
state = compare.states(seats)
still = compare.rests(seats) and not (sweeps and sweep.under_way(seats))


@st.fragment(run_every=None if still else 0.5)
def stage() -> None:
    """Controls and pictures; redrawn while something moves, and the whole page once when it comes to rest."""
    now = {key: engine.seat(spec) for key, spec in specs.items()}
    (sweep if sweeps else compare).draw(pool, now)
    if compare.states(now) != state or "refusal" in st.session_state:
        st.rerun()


stage()
if sweeps:
    columns.share({"a": base}, sweep.texts())
else:
    columns.share(specs, {"columns": str(len(letters))})
    promises.draw(pool, seats)
    with st.expander("What is minimised"):
        for spec in specs.values():
            explain.formula(spec.member("variant"))
shell.try_this(presets.COMPARE, "compare", "Compare:")
shell.try_this(presets.SWEEPS, "compare", "Sweep:")
with st.expander("What a convolution does, and a transposed one", icon=":material/grid_on:"):
    convolution("convolution")
