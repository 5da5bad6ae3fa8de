from aecore.exhibits.images import *  # noqa: F403
from aecore.exhibits.images import _main_directions, _places  # noqa: F401
from aecore.measures.pca import pca_of  # noqa: F401
