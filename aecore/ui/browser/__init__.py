"""Live views that the browser draws: loss, map, images, clouds and more, and the scrubber that moves them all.

They are canvases of our own (``st.components.v2``): redrawn many times a second while a run trains, and moved
through a finished run without a word to the server. Arrays in, drawing out; no torch.
"""

from aecore.ui.browser.arrows import live_arrows
from aecore.ui.browser.atlas import AtlasState, Colouring, Ground, Plane, live_atlas
from aecore.ui.browser.bars import live_bars
from aecore.ui.browser.cloud import Panel, live_cloud
from aecore.ui.browser.easel import live_easel, live_pen
from aecore.ui.browser.line import live_progress, live_words, pulse
from aecore.ui.browser.path import live_path
from aecore.ui.browser.traversal import Scene, Strip, live_traversals
from aecore.ui.browser.views import Floor, Line, diagram, live_images, live_loss, live_map, scrubber
from aecore.ui.browser.walk import live_walk
from aecore.ui.browser.wipe import live_wipe

__all__ = [
    "AtlasState",
    "Colouring",
    "Floor",
    "Ground",
    "Line",
    "Panel",
    "Plane",
    "Scene",
    "Strip",
    "diagram",
    "live_arrows",
    "live_atlas",
    "live_bars",
    "live_cloud",
    "live_easel",
    "live_images",
    "live_loss",
    "live_map",
    "live_path",
    "live_pen",
    "live_progress",
    "live_traversals",
    "live_walk",
    "live_wipe",
    "live_words",
    "pulse",
    "scrubber",
]
