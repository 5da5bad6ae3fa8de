"""Variational autoencoder: traversals, generation, and what beta does."""

from aecore.ui import sections, shell
from aecore.ui.vae import SECTIONS, presets

shell.header(
    "Variational autoencoder",
    "A VAE gives every image a small cloud of codes and keeps all clouds near a standard normal, from which new codes "
    "can then be drawn. See inside, move single dimensions, generate new images.",
)
sections.show(SECTIONS, known=True)
shell.try_this(presets.VAE, "vae")
