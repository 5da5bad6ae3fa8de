"""PCA and autoencoders: the same subspace, then a better one."""

import streamlit as st

from aecore.settings import SettingsError
from aecore.ui import engine, explain, group, sections, shell
from aecore.ui.pca import SECTIONS, presets

shell.header(
    "PCA and autoencoders",
    "Principal component analysis is the best that a linear code can do. See it, see a linear autoencoder find it, and "
    "see what a network gains that need not be linear.",
)
pool = engine.pool()
section = sections.pick_section(SECTIONS)
try:
    specs = section.specs()
except SettingsError as error:
    st.error(str(error))
    st.stop()
seats = group.seats_at(pool, specs, section.trains)
group.stage(pool, seats, lambda now: section.draw(pool, now), section.trains)
sections.share(SECTIONS, section)
explain.pca()
shell.try_this(presets.PCA, "pca")
