"""From one image to another through the codes between them: smooth, or through a hole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
import streamlit as st
from pydantic import Field

from aecore.figures.floor import Floor
from aecore.settings import Among, Settings
from aecore.ui import live
from aecore.ui.browser import Axes, Line, live_images, live_loss
from aecore.ui.latent import words
from aecore.ui.needs import NONE, Encodes, Numbered, OrNone
from aecore.ui.one import OneRun
from aecore.variants import variants

if TYPE_CHECKING:
    from aecore.questions.walks import Walk
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.spec import Spec

STEPS = 13


class Between(OneRun):
    order = 4
    look_for = (
        "Walk from one image's code to another's and decode every step. Does the path cross a hole, where the "
        "decoded pictures are far from anything real? A second model walks between the same two images."
    )

    needs = (*OneRun.needs, Numbered(("a", "b")))

    class Settings(Settings):
        a: int = Field(0, ge=0, le=69_999, description="The image to start from, held-out ones first.")
        b: int = Field(13, ge=0, le=69_999, description="The image to arrive at.")
        path: Literal["straight", "spherical"] = Field(
            "straight", description="A straight line, or an arc that keeps the length of codes."
        )
        beside: Annotated[str, Among(OrNone(variants, Encodes()))] = Field(
            "plain", description="A second model for the same walk, identical except for its variant."
        )

    def specs(self) -> dict[str, Spec]:
        own = super().specs()["run"]
        beside = self.settings.beside
        if beside in (NONE, own.names["variant"]):
            return {"run": own}
        return {"run": own, "beside": own.changed(variant=beside)}

    def draw(self, pool: Pool, seats: Mapping[str, Seat]) -> None:
        from aecore.questions.walks import AskWalk

        walks: dict[str, Walk] = {}
        for key, seat in seats.items():
            snapshot, run = seat.snapshot, seat.run
            title = run.spec.member("variant").title + ("" if snapshot.step else " (untrained)")
            if snapshot.moving or snapshot.diverged or snapshot.newest is None:
                with st.container(key=f"{key}-waits"):
                    st.markdown(f"**{title}**")
                    live.pictures(run, snapshot, key)
                continue
            question = AskWalk(self.settings.a, self.settings.b, self.settings.path, STEPS)
            found = live.answer(pool, run, question, "Walking.")
            if found is not None:
                walks[title] = found
        if walks:
            draw_walks("-".join(seat.run.id for seat in seats.values()), walks)


def draw_walks(name: str, walks: Mapping[str, Walk]) -> None:
    """The pictures of each walk, by its title, and how far each of them is from anything real."""
    with st.container(key="live-reconstructions"):
        st.markdown("**The path from a to b**, decoded, and below it the training image nearest to each step")
        rows = []
        for title, walk in walks.items():
            rows += [(title, walk.pictures[None]), ("nearest real", walk.nearest[None])]
        for title, walk in walks.items():
            if walk.told:
                st.caption(f"{title}: {walk.told}")
        live_images(f"walk-{name}-{hash(rows[0][1].tobytes())}", rows, first_frame=0, key="walk-images")
    with st.container(key="live-loss"):
        st.markdown("**Distance to the nearest training image**, Euclidean over pixels")
        usual, images = next((walk.usual, walk.usual_of) for walk in walks.values())
        reached = np.concatenate([walk.distances for walk in walks.values()])
        highest = max(reached[np.isfinite(reached)].max(initial=0), usual)
        live_loss(
            f"walk-{name}",
            np.arange(STEPS),
            [Line(title, "", walk.distances, group) for group, (title, walk) in enumerate(walks.items())],
            [Floor(f"{images:,} held-out images, on average", usual)],
            axes=Axes(total=STEPS - 1, top=float(highest) * 1.2, unit="distance", x="step"),
            key="walk-distances",
            what="Distance",
        )
    st.markdown(words.walks({title: walk.distances for title, walk in walks.items()}, usual))
    st.caption(
        "A rise between the ends points to a hole: nothing in the data looks like it. Distance alone does not mark a "
        "good picture: a blurred one can be closer to its nearest training image than a real one is to its own."
    )
