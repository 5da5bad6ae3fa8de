"""PCA by itself: its components as images, what each explains, and images rebuilt from the first k."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from pydantic import Field

from aecore.figures.floor import Floor
from aecore.figures.pca import explained
from aecore.settings import Settings
from aecore.ui import explain, live, tabs
from aecore.ui.browser import Axes, Line, live_images, live_loss, scrubber
from aecore.ui.chart import chart
from aecore.ui.pca import formulas, words

if TYPE_CHECKING:
    from aecore.questions.pca import Found
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.spec import Spec

# Components drawn as images, and how many in a row; bars in the plot of shares.
SHOWN, ACROSS, BARS = 30, 10, 30
# Where the slider stands at first.
FIRST = 10


class Components(tabs.Tab):
    order = 1
    look_for = (
        "PCA finds the directions in which images vary most, all at right angles. Drag the slider: each image is the "
        "mean image plus a weighted sum of the first k components."
    )
    trains = False

    class Settings(Settings):
        components: int = Field(100, ge=1, le=1024, description="Largest number of components on the slider.")

    def specs(self) -> dict[str, Spec]:
        """A linear autoencoder that is not trained: its data and its row of examples are what is needed."""
        from aecore.runs.spec import Spec

        return {"data": Spec(**self.given, architecture="linear", likelihood="gaussian")}

    def formulas(self, specs: Mapping[Any, Spec]) -> list[explain.Formula]:
        return [formulas.pca(f"0 to {self.settings.components}")]

    def draw(self, pool: Pool, seats: Mapping[str, Seat]) -> None:
        from aecore.questions.pca import Components as Question

        run, most = seats["data"].run, self.settings.components
        found = live.answer(pool, run, Question(most), "Finding the principal components.", of_data=True)
        if found is None:
            return
        if most > found.rank:
            st.info(
                f"{most:,} components are asked for, but these {len(run.data.train):,} images vary in only "
                f"{found.rank:,} directions; the slider goes to {found.rank:,}."
            )
        name = f"components-{run.id}-{most}"
        self._slider(name, found, run.exhibit.originals)
        left, right = st.columns(2)
        with left:
            self._pictures(found, len(run.data.train))
        with right:
            st.markdown("**Share of the variance** of the training images that each component explains")
            chart(explained(found.variances, min(BARS, found.rank)), "explained")
            st.markdown(words.components(found.variances))
            said = f"{found.rank:,} components of {run.data.train.images[0].size:,} pixels, in {found.seconds:.2f} s."
            st.caption(f"Found by scikit-learn from the eigenvectors of the covariance: {said}")

    def _slider(self, name: str, found: Found, originals: np.ndarray) -> None:
        counts = found.counts
        start = int(np.searchsorted(counts, min(FIRST, counts[-1])))
        with st.container(key="live-reconstructions"):
            st.markdown("**Held-out images** rebuilt from the mean image and the first k components")
            live_images(
                name,
                [("original", originals[None]), ("rebuilt", found.rebuilt)],
                first_frame=0,
                key="components-rebuilt",
            )
        said = [f"k = {count}: squared error {e:.2f} per image" for count, e in zip(counts, found.errors, strict=True)]
        scrubber(name, said, key="components-kept", name="Components kept", start=start)
        with st.container(key="live-loss"):
            st.markdown(
                "**Squared error** against k, summed over pixels and not clipped, mean over all held-out images"
            )
            live_loss(
                name,
                counts,
                [Line("squared error", "", found.errors)],
                [Floor("mean image", found.errors[0])],
                axes=Axes(total=counts[-1], top=found.errors[0] * 1.1, unit="squared error per image", x="k"),
                key="error-by-count",
                what="Squared error",
            )

    def _pictures(self, found: Found, images: int) -> None:
        st.markdown("**Mean image**, and the components, the most important first")
        shown = found.pictures[:SHOWN]
        rows = [("mean", found.mean[None, None])]
        rows += [
            (f"{i + 1} to {i + len(part)}" if len(part) > 1 else f"{i + 1}", part[None])
            for i in range(0, len(shown), ACROSS)
            if len(part := shown[i : i + ACROSS])
        ]
        live_images("components", rows, first_frame=0, key="components-images")
        st.caption(
            f"Grey is 0, white positive, black negative, each scaled to its own largest. The mean of the {images:,} "
            f"training images is subtracted first (centring): {words.centring(found.likeness)}."
        )
