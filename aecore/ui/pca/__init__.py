"""The tabs of the page PCA, one a file."""

from aecore.ui.tabs import Tabs

TABS = Tabs("aecore.ui.pca")
