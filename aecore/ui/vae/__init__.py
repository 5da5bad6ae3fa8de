"""The tabs of the page Variational autoencoder, one a file."""

from aecore.ui.sections import Tabs

SECTIONS = Tabs("aecore.ui.vae")
