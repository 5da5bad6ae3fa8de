"""Denoising: before and after, and why it works."""

from aecore.ui import sections, shell
from aecore.ui.denoise import SECTIONS, presets

shell.header(
    "Denoising",
    "Show an autoencoder damaged images and ask for the clean ones: copying no longer helps, so it has to learn what "
    "digits look like. See what it restores, and what it only makes up.",
)
sections.show(SECTIONS, known=True)
shell.try_this(presets.DENOISE, "denoise")
