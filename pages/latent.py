"""Latent space: every image's place, and what lies between."""

from aecore.ui import sections, shell
from aecore.ui.latent import SECTIONS, presets

shell.header(
    "Latent space",
    "A code is a place. See where every image lies, what the places between them decode to, and how far a map of many "
    "dimensions can be trusted.",
)
sections.show(SECTIONS, known=True)
shell.try_this(presets.LATENT, "latent")
