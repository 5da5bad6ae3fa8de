"""Compare: two to four autoencoders side by side, or one setting over a list of values."""

import streamlit as st

from aecore.ui import columns, compare, engine, explain, group, presets, promises, shell, sweep
from aecore.ui.browser.steps import convolution

shell.header(
    "Compare autoencoders",
    "Train several at once, on the same images and from the same seed. How do code size, capacity and regularisation "
    "decide what each keeps and what it loses?",
)
pool = engine.pool()
columns.read_link()
with st.container(horizontal=True, vertical_alignment="center", key="compare-what"):
    sweeps = columns.sweeps()
    letters = ["a"] if sweeps else columns.letters()
specs = columns.specs(letters, columns.shared_in_sidebar())
if sweeps and specs:
    base, specs = specs["a"], sweep.points(specs["a"])
if not specs:
    st.stop()
seats = group.seats_at(pool, specs)
group.stage(pool, seats, sweep.draw if sweeps else lambda now: compare.draw(pool, now))
if sweeps:
    columns.share({"a": base}, sweep.texts())
else:
    columns.share(specs, {"columns": str(len(letters))})
    promises.draw(pool, seats)
    with st.expander("What is minimised"):
        explain.draw(explain.of_specs(specs.values()))
shell.try_this(presets.COMPARE, "compare", "Compare:")
shell.try_this(presets.SWEEPS, "compare", "Sweep:")
with st.expander("What a convolution does, and a transposed one", icon=":material/grid_on:"):
    convolution("convolution")
