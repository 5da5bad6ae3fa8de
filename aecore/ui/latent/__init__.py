"""The tabs of the page Latent space, one a file."""

from aecore.ui.sections import Tabs

SECTIONS = Tabs("aecore.ui.latent")
