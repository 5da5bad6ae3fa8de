"""A linear autoencoder finds PCA's subspace, with other axes; what else asks for the axes too finds them late."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import streamlit as st
from pydantic import Field

from aecore.figures.floor import Floor
from aecore.figures.pca import excess_of, gaps
from aecore.settings import Among, Settings
from aecore.ui import explain, feed, group, live, tabs
from aecore.ui.browser import Axes, Drawing, Line, images_drawing, loss_drawing, words_drawing
from aecore.ui.chart import chart
from aecore.ui.pca import formulas, words
from aecore.variants import variants

if TYPE_CHECKING:
    from aecore.model import Model
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.run import Run
    from aecore.runs.snapshot import Snapshot
    from aecore.runs.spec import Spec

# The angle, in degrees, that counts as found.
FOUND = 2.0
ANGLES = (
    "Principal angles between the span of the decoder's columns and that of PCA's first components: all 0 where the "
    "two spaces are the same, whatever their axes. Shown: the largest and the median."
)
AXES = "The angle between a component of PCA and the decoder's column nearest to it."
TURNED = "An orthonormal basis of the decoder's span, rotated as closely as possible onto PCA's components."
# What theory says of the axes where nothing asks for PCA's.
ANY_MIXTURE = "Any mixture of its columns would do as well: nothing favours PCA's own."


def how(images: int, steps: int = 18) -> dict[str, float | str]:
    """Settings that take the angles to their end: on mnist-5k under a tenth of a degree at 10 numbers, in 5 seconds.

    However few the ``images``, an epoch has so many ``steps``: what counts is how often the weights move.
    """
    batch = min(500, max(10, -(-images // steps)))
    return {"epochs": 150, "batch_size": batch, "learning_rate": 1e-2, "precision": "fp32"}


def finds_axes(variant: type[Model]) -> bool:
    """Whether a linear ``variant`` has PCA's own axes at its optimum."""
    from aecore.capabilities import FindsAxes

    return issubclass(variant, FindsAxes)


class Subspace(tabs.Tab):
    order = 2
    look_for = (
        "With squared error, a linear autoencoder fits its training images no better than PCA. Watch the angles: "
        "does the decoder's span become PCA's, and do its own axes become PCA's too?"
    )

    class Settings(Settings):
        latent: int = Field(2, ge=1, le=100, description="Code size, and number of PCA components.")
        beside: Annotated[str, Among(variants, finds_axes)] = Field(
            "vae", description="A second linear model to train beside it, one that favours PCA's own axes."
        )
        tied: bool = Field(False, description="Use the encoder's matrix, transposed, as the decoder's.")

    def specs(self) -> dict[str, Spec]:
        from aecore.runs.choices import CHOICES
        from aecore.runs.spec import Spec

        own = self.settings
        images = self.given["images"]
        shared = {**self.given, "architecture": "linear", "latent": own.latent}
        plain, likelihood = CHOICES["variant"][1], variants[own.beside].likelihood_of_axes
        return {
            plain: Spec(**shared, **how(images), variant=plain, likelihood="gaussian", tied=own.tied),
            # The axes come later than the span: more steps.
            own.beside: Spec(**shared, **how(images, 45), variant=own.beside, likelihood=likelihood, tied=own.tied),
        }

    def formulas(self, specs: Mapping[Any, Spec]) -> list[explain.Formula]:
        own = self.settings
        return [
            formulas.pca(str(own.latent)),
            formulas.linear(own.latent, own.tied),
            *explain.of_specs([specs[own.beside]]),
        ]

    def draw(self, pool: Pool, seats: Mapping[str, Seat]) -> None:
        from aecore.exhibits.images import subspace_of

        # One name for both, so that one scrubber moves both.
        name = "-".join(f"{seat.run.id}-{id(seat.run)}" for seat in seats.values())
        resting = group.rests(seats)
        for place, (key, seat) in zip(st.columns(len(seats)), seats.items(), strict=True):
            with place:
                st.markdown(f"**{variants[key].title}, linear**")
                if seat.snapshot.newest is None:
                    live.waiting(seat.run, seat.snapshot, key)
                elif subspace_of(seat.snapshot.newest) is None:
                    st.info(_no_room(seat.run, self.settings.latent))
                else:
                    _column(key, seat, name)
        longest = max(
            (live.moments_of(seat.snapshot) for seat in seats.values() if seat.snapshot.newest), key=len, default=()
        )
        if resting:
            live.rewind(longest, name, "subspace")


def _no_room(run: Run, latent: int) -> str:
    from aecore.measures.pca import pca_of

    rank = pca_of(run.data).rank
    return f"{latent} dimensions are asked for, but these images vary in only {rank} directions; take {rank} or fewer."


def _column(key: str, seat: Seat, name: str) -> None:
    run, snapshot = seat.run, seat.snapshot
    with st.container(key=f"{key}-angles"):
        st.markdown("**Angles** between its span and PCA's", help=ANGLES)
        feed.follow(_angles, [run], [snapshot], name, key=f"{key}-angles-view")
    with st.container(key=f"{key}-loss"):
        live.loss(run, snapshot, name, key)
    with st.container(key=f"{key}-reconstructions"):
        st.markdown("**PCA's components** and what the decoder's columns make of them", help=TURNED)
        feed.follow(_pictures, [run], [snapshot], run, name, key=f"{key}-columns")
    with st.container(key=f"{key}-said"):
        feed.follow(_words, [run], [snapshot], key=f"{key}-words")
        st.caption(getattr(variants[key], "why_axes", ANY_MIXTURE), help=AXES)
    if snapshot.finished:
        with st.expander("Each component, and how close it is to a tie"):
            _gaps(key, seat)


def _angles(snapshots: tuple[Snapshot, ...], name: str) -> Drawing:
    from aecore.exhibits.images import subspace_of

    (snapshot,) = snapshots
    moments = live.moments_of(snapshot)
    found = [subspace_of(m) for m in moments]
    lines = [
        Line("largest", "", np.array([s.span[0] for s in found]), 1),
        Line("median", "", np.array([np.median(s.span) for s in found]), 0),
        Line("own axes, median", "", np.array([np.median(s.axes) for s in found]), 7),
    ]
    return loss_drawing(
        name,
        np.array([m.epoch for m in moments]),
        lines if len(found[0].span) > 1 else lines[:1],
        [Floor("goal", FOUND)],
        axes=Axes(total=snapshot.epochs, top=90, unit="degrees"),
        what="Angle",
    )


def _pictures(snapshots: tuple[Snapshot, ...], run: Run, name: str) -> Drawing:
    from aecore.exhibits.images import subspace_of
    from aecore.questions.pca import component_pictures

    (snapshot,) = snapshots
    moments = live.shown_of(snapshot)
    count = len(subspace_of(moments[0]).raw)
    rows = [
        ("PCA", component_pictures(run.trained, count)[None]),
        ("columns", np.stack([subspace_of(m).raw for m in moments])),
        ("turned", np.stack([subspace_of(m).turned for m in moments])),
    ]
    return images_drawing(name, rows, first_frame=live.first_of(snapshot, moments))


def _words(snapshots: tuple[Snapshot, ...]) -> Drawing:
    """The newest angles in words."""
    from aecore.exhibits.images import subspace_of

    found = subspace_of(snapshots[0].newest)
    return words_drawing(f"{words.span(found.span, FOUND)} {words.axes(found.axes, FOUND)}")


def _gaps(key: str, seat: Seat) -> None:
    from aecore.exhibits.images import subspace_of
    from aecore.measures.pca import pca_of

    reach, variances = subspace_of(seat.snapshot.newest).reach, pca_of(seat.run.data).variances
    chart(gaps(reach, variances), f"{key}-gaps")
    angles = ", ".join(f"{angle:.2f}" for angle in subspace_of(seat.snapshot.newest).span)
    st.markdown(f"Principal angles between the two spans, in degrees, largest first: {angles}.")
    st.caption(
        "Above, the angle between each component and the decoder's span; below, by how much its variance exceeds that "
        "of the first component left out. Where the two nearly tie, swapping them costs almost nothing. "
        f"{words.ties(reach, excess_of(variances, len(reach)))}"
    )
