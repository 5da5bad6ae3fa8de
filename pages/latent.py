"""Latent space: every image's place, and what lies between."""

from aecore.ui import shell, tabs
from aecore.ui.latent import TABS, presets

shell.header(
    "Latent space",
    "Every code is a point in latent space. See where each image lies, what the points between decode to, and how "
    "far to trust a map of many dimensions.",
)
tabs.show(TABS, known=True)
shell.try_this(presets.LATENT, "latent")
