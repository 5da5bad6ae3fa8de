"""The tabs of the page Denoising, one a file."""

from aecore.ui.tabs import Tabs

TABS = Tabs("aecore.ui.denoise")
