"""PCA and autoencoders: the same subspace, then a better one."""

from aecore.ui import sections, shell
from aecore.ui.pca import SECTIONS, presets

shell.header(
    "PCA and autoencoders",
    "By squared error, principal component analysis is the best that a linear code can do on the images it is "
    "fitted to. See it, watch a linear autoencoder approach it, and see what a network does that need not be linear.",
)
sections.show(SECTIONS)
shell.try_this(presets.PCA, "pca")
