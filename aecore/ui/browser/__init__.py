"""Canvases that the browser draws: loss, map, images, clouds and more, and the scrubber that moves them all.

They are canvases of our own (``st.components.v2``): redrawn many times a second while a run trains, and moved
through a finished run without a word to the server. Arrays in, drawing out; no torch. Of each canvas, ``x_drawing``
returns what is to be seen, and ``live_x`` puts it on the page.
"""

from aecore.ui.browser.arrows import arrows_drawing, live_arrows
from aecore.ui.browser.atlas import AtlasState, Colouring, Decoding, Ground, MapPoints, Plane, atlas_drawing, live_atlas
from aecore.ui.browser.bars import bars_drawing, live_bars
from aecore.ui.browser.cloud import Panel, cloud_drawing, live_cloud
from aecore.ui.browser.diagram import diagram
from aecore.ui.browser.drawing import Drawing, mount
from aecore.ui.browser.easel import easel_drawing, live_easel, live_pen, pen_drawing
from aecore.ui.browser.images import images_drawing, live_images
from aecore.ui.browser.line import live_progress, live_words, progress_drawing, pulse, pulse_drawing, words_drawing
from aecore.ui.browser.loss import Axes, Line, live_loss, loss_drawing
from aecore.ui.browser.map import live_map, map_drawing
from aecore.ui.browser.network import Column, network_drawing
from aecore.ui.browser.path import live_path, path_drawing
from aecore.ui.browser.scrubber import scrubber, scrubber_drawing
from aecore.ui.browser.traversal import Scene, Strip, live_traversals, traversals_drawing
from aecore.ui.browser.walk import Known, live_walk, walk_drawing
from aecore.ui.browser.wipe import live_wipe, wipe_drawing

__all__ = [
    "AtlasState",
    "Axes",
    "Colouring",
    "Column",
    "Decoding",
    "Drawing",
    "Ground",
    "Known",
    "Line",
    "MapPoints",
    "Panel",
    "Plane",
    "Scene",
    "Strip",
    "arrows_drawing",
    "atlas_drawing",
    "bars_drawing",
    "cloud_drawing",
    "diagram",
    "easel_drawing",
    "images_drawing",
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
    "loss_drawing",
    "map_drawing",
    "mount",
    "network_drawing",
    "path_drawing",
    "pen_drawing",
    "progress_drawing",
    "pulse",
    "pulse_drawing",
    "scrubber",
    "scrubber_drawing",
    "traversals_drawing",
    "walk_drawing",
    "wipe_drawing",
    "words_drawing",
]
