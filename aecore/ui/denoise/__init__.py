"""The tabs of the page Denoising, one a file."""

from aecore.ui.sections import Tabs

SECTIONS = Tabs("aecore.ui.denoise")
