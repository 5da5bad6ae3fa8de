"""The views of the page Latent space, one a file, in the order they are shown."""

from aecore.ui.latent.between import Between
from aecore.ui.latent.drawn import Drawn
from aecore.ui.latent.map import Map
from aecore.ui.latent.numbers import Numbers
from aecore.ui.latent.rewind import Rewind
from aecore.ui.latent.slice import Slice

SECTIONS = {
    "map": Map,
    "slice": Slice,
    "draw": Drawn,
    "between": Between,
    "numbers": Numbers,
    "rewind": Rewind,
}
