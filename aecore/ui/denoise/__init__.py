"""The views of the page Denoising, one a file, in the order they are shown."""

from aecore.ui.denoise.arrows import Arrows
from aecore.ui.denoise.before import Before
from aecore.ui.denoise.colour import Colour
from aecore.ui.denoise.curves import Curves
from aecore.ui.denoise.documents import Documents
from aecore.ui.denoise.masked import Masked
from aecore.ui.denoise.own import Own

SECTIONS = {
    "before": Before,
    "own": Own,
    "curves": Curves,
    "arrows": Arrows,
    "masked": Masked,
    "documents": Documents,
    "colour": Colour,
}
