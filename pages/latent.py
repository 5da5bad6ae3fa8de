"""Latent space: every image's place, and what lies between."""

import streamlit as st

from aecore.settings import SettingsError
from aecore.ui import engine, group, sections, shell
from aecore.ui.latent import SECTIONS, presets

shell.header(
    "Latent space",
    "A code is a place. See where every image lies, what the places between them decode to, and how far a map of many "
    "dimensions can be trusted.",
)
pool = engine.pool()
section = sections.pick_section(SECTIONS)
try:
    specs = section.specs()
except SettingsError as error:
    st.error(str(error))
    st.stop()
seats = group.seats_at(pool, specs, known=True)
group.stage(pool, seats, lambda now: section.draw(pool, now))
sections.share(SECTIONS, section)
shell.try_this(presets.LATENT, "latent")
