"""PCA and autoencoders: the same subspace, then a better one."""

from aecore.ui import sections, shell
from aecore.ui.pca import SECTIONS, presets

shell.header(
    "PCA and autoencoders",
    "Principal component analysis is the best that a linear code can do. See it, see a linear autoencoder find it, and "
    "see what a network gains that need not be linear.",
)
sections.show(SECTIONS)
shell.try_this(presets.PCA, "pca")
