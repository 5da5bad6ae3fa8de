"""The tabs of the page Variational autoencoder, one a file."""

from aecore.ui.tabs import Tabs

TABS = Tabs("aecore.ui.vae")
