"""PCA and autoencoders: the same subspace, then a better one."""

from aecore.ui import shell, tabs
from aecore.ui.pca import TABS, presets

shell.header(
    "PCA and autoencoders",
    "By squared error, no linear code fits its training images better than principal component analysis. Watch a "
    "linear autoencoder approach it, and see what a nonlinear network gains.",
)
tabs.show(TABS)
shell.try_this(presets.PCA, "pca")
