"""The views of the page Variational autoencoder, one a file, in the order they are shown."""

from aecore.ui.vae.beta import Beta
from aecore.ui.vae.factors import Factors
from aecore.ui.vae.generate import Generate
from aecore.ui.vae.inside import Inside
from aecore.ui.vae.scores import Scores
from aecore.ui.vae.traverse import Traverse

SECTIONS = {
    "inside": Inside,
    "traverse": Traverse,
    "generate": Generate,
    "beta": Beta,
    "factors": Factors,
    "scores": Scores,
}
