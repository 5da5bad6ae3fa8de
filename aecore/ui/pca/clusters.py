"""k-means without labels: in pixels, in PCA's codes and in an autoencoder's, with what its clusters have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from pydantic import Field

from aecore.figures.pca import agreement
from aecore.settings import Settings
from aecore.ui import explain, live, tabs, waiting
from aecore.ui.browser import live_images, live_map
from aecore.ui.chart import chart
from aecore.ui.pca import formulas, words

if TYPE_CHECKING:
    from aecore.questions.pca import Grouped
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.spec import Spec

RAND = (
    "Share of image pairs on which clusters and labels agree, corrected for chance: 1 is the same partition, 0 is "
    "chance (Hubert and Arabie 1985)."
)
INFORMATION = "Mutual information of clusters and labels, as a share of their entropies, from 0 to 1."


class Clusters(tabs.Tab):
    order = 6
    look_for = (
        "k-means groups images without looking at the labels. Does it find the classes, and does it find "
        "them better in codes than in pixels? Each dot is one random start."
    )

    class Settings(Settings):
        clusters: int = Field(10, ge=2, le=50, description="Clusters to form.")
        latent: int = Field(10, ge=1, le=100, description="Code size of the autoencoder and of PCA.")

    def specs(self) -> dict[str, Spec]:
        from aecore.runs.spec import Spec

        return {"run": Spec(**self.given, latent=self.settings.latent, likelihood="gaussian")}

    def formulas(self, specs: Mapping[Any, Spec]) -> list[explain.Formula]:
        return [
            formulas.k_means(self.settings.clusters),
            formulas.pca(str(self.settings.latent)),
            *explain.of_specs(specs.values()),
        ]

    def draw(self, pool: Pool, seats: Mapping[str, Seat]) -> None:
        from aecore.questions.pca import Grouping

        (seat,) = seats.values()
        if seat.snapshot.newest is None:
            live.waiting(seat.run, seat.snapshot, "clusters")
        elif not seat.snapshot.finished:
            live.loss(seat.run, seat.snapshot, f"clusters-{seat.run.id}-{id(seat.run)}", "clusters")
            waiting.tell(seats, "its codes are clustered as soon as it is trained", lambda _: "the autoencoder")
        elif (found := live.answer(pool, seat.run, Grouping(self.settings.clusters), "Grouping.")) is not None:
            _scores(found)
            _centres(f"centres-{seat.run.id}-{self.settings.clusters}", found)
            _maps(f"groups-{seat.run.id}-{self.settings.clusters}", found, seat.run.exhibit.class_names)


def _scores(found: Grouped) -> None:
    names, several = [group.title for group in found.groups], [group.clusters for group in found.groups]
    left, right = st.columns(2)
    with left:
        st.markdown("**Adjusted Rand index** with the labels", help=RAND)
        chart(agreement(names, [one.rand for one in several], "adjusted Rand index"), "rand")
    with right:
        st.markdown("**Normalised mutual information** with the labels", help=INFORMATION)
        chart(agreement(names, [one.information for one in several], "normalised mutual information"), "information")
    st.markdown(words.agreement({group.title.partition(",")[0]: group.clusters.rand for group in found.groups}))
    st.caption(f"{found.images:,} training images, five random starts each. Labels are used only for the score.")


def _centres(name: str, found: Grouped) -> None:
    with st.container(key="live-reconstructions"):
        st.markdown("**Centres** of the clusters as images, the largest cluster first")
        rows = [(group.title, group.centres[None]) for group in found.groups]
        live_images(name, rows, first_frame=0, key="cluster-centres")


def _maps(name: str, found: Grouped, class_names: tuple[str, ...]) -> None:
    """The same places coloured by label, and by the label that most images of a cluster have."""
    from aecore.measures.clusters import commonest

    titles = [group.title for group in found.groups]
    picked = st.segmented_control("Clusters of", titles, default=titles[-1], required=True, key="clusters-of")
    group = found.groups[titles.index(picked)]
    own = commonest(group.clusters.members[: len(found.places)], found.labels)
    limit = np.array([np.abs(found.places).max() * 1.05])
    sides = {
        "labels": ("the label of each image", found.labels, class_names),
        "clusters": ("the commonest label of each cluster", own, class_names),
    }
    for place, (key, (title, labels, names)) in zip(st.columns(2), sides.items(), strict=True):
        with place, st.container(key=f"map-{key}"):
            st.markdown(f"**PCA's first two components**, coloured by {title}")
            live_map(
                f"{name}-{picked}",
                found.places[None],
                labels,
                names,
                limits=limit,
                axes=("component 1", "component 2"),
                first_frame=0,
                key=f"map-of-{key}",
            )
    st.caption(
        f"{(own == found.labels).mean():.1%} of these {len(own):,} images have the commonest label of their cluster. "
        f"Clusters with the same one share a colour: {len(np.unique(own))} of {len(class_names)} classes have any."
    )
