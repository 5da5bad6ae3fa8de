"""The tabs of the page Latent space, one a file."""

from aecore.ui.tabs import Tabs

TABS = Tabs("aecore.ui.latent")
