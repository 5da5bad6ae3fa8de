"""Denoising: before and after, and why it works."""

from aecore.ui import shell, tabs
from aecore.ui.denoise import TABS, presets

shell.header(
    "Denoising",
    "Show an autoencoder damaged images and ask for the clean ones: copying no longer helps, so it has to learn what "
    "digits look like. See what it restores and what it merely invents.",
)
tabs.show(TABS, known=True)
shell.try_this(presets.DENOISE, "denoise")
