"""Variational autoencoder: traversals, generation, and what beta does."""

from aecore.ui import shell, tabs
from aecore.ui.vae import TABS, presets

shell.header(
    "Variational autoencoder",
    "A VAE gives every image a small cloud of codes and keeps all clouds near a standard normal, from which new "
    "codes can then be sampled. Look inside, move single dimensions, generate new images.",
)
tabs.show(TABS, known=True)
shell.try_this(presets.VAE, "vae")
