"""The views of the page PCA, one a file, in the order they are shown."""

from aecore.ui.pca.clusters import Clusters
from aecore.ui.pca.components import Components
from aecore.ui.pca.curved import Curved
from aecore.ui.pca.ordered import Ordered
from aecore.ui.pca.price import Price
from aecore.ui.pca.subspace import Subspace

SECTIONS = {
    "components": Components,
    "subspace": Subspace,
    "price": Price,
    "curved": Curved,
    "ordered": Ordered,
    "clusters": Clusters,
}
