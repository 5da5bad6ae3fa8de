"""PCA's components come in order, a code's dimensions do not, unless it is trained to be cut off anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from pydantic import Field

from aecore.settings import Settings
from aecore.ui import explain, live, tabs
from aecore.ui.browser import Axes, Line, live_images, live_loss, scrubber
from aecore.ui.pca import formulas, words
from aecore.variants import variants

if TYPE_CHECKING:
    from aecore.questions.pca import Truncated
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.run import Run
    from aecore.runs.spec import Spec


# The colour of PCA's line.
PCA_GROUP = 5


class Ordered(tabs.Tab):
    order = 5
    look_for = (
        "Keep only the first k dimensions of a code. PCA's components come in order of explained variance; nested "
        "dropout trains a code to be cut off anywhere; a plain autoencoder's code has no order."
    )

    class Settings(Settings):
        latent: int = Field(16, ge=2, le=64, description="Code size.")

    def specs(self) -> dict[str, Spec]:
        from aecore.capabilities import Ordered as Sorted
        from aecore.runs.choices import CHOICES
        from aecore.runs.spec import Spec

        shared = {**self.given, "latent": self.settings.latent, "likelihood": "gaussian"}
        ordered = [name for name in variants if issubclass(variants[name], Sorted)]
        return {name: Spec(**shared, variant=name) for name in (*ordered, CHOICES["variant"][1])}

    def formulas(self, specs: Mapping[Any, Spec]) -> list[explain.Formula]:
        return [formulas.pca(f"0 to {self.settings.latent}"), *explain.of_specs(specs.values())]

    def draw(self, pool: Pool, seats: Mapping[str, Seat]) -> None:
        from aecore.questions.pca import pca_costs, truncated

        if not all(seat.snapshot.finished for seat in seats.values()):
            _untrained(seats)
            return
        meanwhile = "Cutting codes off after every dimension."
        found = {key: live.answer(pool, seat.run, truncated, meanwhile) for key, seat in seats.items()}
        run = seats[_unordered(seats)].run
        costs = live.answer(pool, run, pca_costs, "Finding the principal components.", of_data=True)
        if costs is not None and all(one is not None for one in found.values()):
            _cut_off(run, found, costs.errors)


def _unordered(seats: Mapping[str, Seat]) -> str:
    """The key of the run whose code was never asked for an order: the last."""
    return list(seats)[-1]


def _untrained(seats: Mapping[str, Seat]) -> None:
    """Until both are trained, their losses."""
    for place, (key, seat) in zip(st.columns(len(seats)), seats.items(), strict=True):
        with place:
            st.markdown(f"**{variants[key].title}**")
            if seat.snapshot.newest is None:
                live.waiting(seat.run, seat.snapshot, key)
            else:
                live.loss(seat.run, seat.snapshot, f"{key}-{seat.run.id}-{id(seat.run)}", key)


def _cut_off(run: Run, found: Mapping[str, Truncated], costs: np.ndarray) -> None:
    from aecore.questions.pca import pca_row

    latent = run.model.latent
    counts, name = list(range(latent + 1)), f"ordered-{run.id}"
    errors = {"PCA": _padded(costs, latent + 1)} | {_name(key): one.errors for key, one in found.items()}
    with st.container(key="live-reconstructions"):
        st.markdown("**Held-out images** rebuilt from the first k dimensions of their codes alone")
        rows = [(_name(key), one.rebuilt) for key, one in found.items()]
        rows = [("original", run.exhibit.originals[None]), ("PCA", pca_row(run.trained, counts)), *rows]
        live_images(name, rows, first_frame=0, key="ordered-images")
    said = ["none: k = 0", *(f"first {k} of {latent} dimensions" for k in counts[1:])]
    scrubber(name, said, key="ordered-kept", name="Code dimensions kept", start=min(4, latent))
    with st.container(key="live-loss"):
        st.markdown("**Squared error** against k, summed over pixels, mean over the held-out images")
        # PCA has the same colour on every tab of the page.
        groups = dict(zip(errors, (PCA_GROUP, *range(len(found))), strict=True))
        lines = [Line(title, "", values, groups[title]) for title, values in errors.items()]
        top = max(float(np.nanmax(list(errors.values()))) * 1.05, 1e-3)
        live_loss(
            name,
            np.array(counts),
            lines,
            axes=Axes(total=latent, top=top, unit="squared error per image", x="k"),
            key="ordered-errors",
            what="Squared error",
        )
    st.markdown(words.cut_off(errors))
    st.caption(
        "Dimensions that are cut off are set to 0 for nested dropout, as in its training, and for the plain "
        "autoencoder to their mean over the training images; another value may suit it better. Outputs are not "
        "clipped to [0, 1]."
    )


def _name(variant: str) -> str:
    """A variant's title inside a sentence."""
    title = variants[variant].title
    return title[0].lower() + title[1:]


def _padded(errors: np.ndarray, count: int) -> np.ndarray:
    """The first ``count`` errors; images of fewer directions have all of them kept after the last."""
    return np.concatenate([errors, np.full(max(count - len(errors), 0), errors[-1])])[:count]
