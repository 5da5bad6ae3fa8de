"""The tabs of the page PCA, one a file."""

from aecore.ui.sections import Tabs

SECTIONS = Tabs("aecore.ui.pca")
