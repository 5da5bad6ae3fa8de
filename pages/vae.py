"""Variational autoencoder: traversals, generation, and what beta does."""

import streamlit as st

from aecore.settings import SettingsError
from aecore.ui import engine, explain, group, sections, shell
from aecore.ui.vae import SECTIONS, presets

shell.header(
    "Variational autoencoder",
    "A VAE gives every image a small cloud of codes and keeps all clouds near one another, so that any code decodes to "
    "something. See inside, move single numbers, draw images that never were.",
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
explain.formula(next(iter(specs.values())).member("variant"))
shell.try_this(presets.VAE, "vae")
