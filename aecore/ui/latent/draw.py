"""A digit of one's own: where its code lies, what becomes of it, and what lies around it, while the pen moves."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import streamlit as st
from pydantic import Field

from aecore.ui import live, photo
from aecore.ui.browser import (
    AtlasState,
    Colouring,
    Decoding,
    Ground,
    Known,
    MapPoints,
    Plane,
    live_atlas,
    live_pen,
    live_walk,
)
from aecore.ui.browser.easel import Answer, Halves, picture_of
from aecore.ui.latent.between import STEPS, draw_walks
from aecore.ui.latent.map import fitted
from aecore.ui.needs import Pictures
from aecore.ui.one import OneRun, Points, heldout_number

if TYPE_CHECKING:
    from aecore.questions import drawn
    from aecore.questions.latent import Points as Found
    from aecore.questions.packed import Packed
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.run import Run

# Numbers in the codes that are sent to be walked to and searched for the nearest: 4 MB.
MOST_NUMBERS = 2**20


class Drawn(OneRun):
    order = 3
    look_for = (
        "Draw a digit with mouse or finger. While the pen moves it is centred and scaled as MNIST's are, encoded and "
        "rebuilt, and its code, a, moves over the map. Click the map to walk there; draw something else than a "
        "digit, too."
    )

    needs = (*OneRun.needs, Pictures())

    class Settings(Points):
        start: Literal["empty", "image", "photo"] = Field(
            "empty", description="Start from an empty field, a held-out image, or a photo of your own digit."
        )
        image: int = Field(0, ge=0, le=9_999, description="The held-out image to start from.")
        sample: int = Field(0, ge=0, le=999, description="Random seed of the codes sampled from a VAE's posterior.")

    def rested(self, pool: Pool, seat: Seat) -> None:
        from aecore.questions.drawn import AskGround
        from aecore.questions.latent import AskPoints
        from aecore.questions.packed import decoder_of, encoder_of

        run, own = seat.run, self.settings
        found = live.answer(pool, run, AskPoints(own.points), "Encoding the images.")
        on = live.answer(pool, run, AskGround(own.points), "Finding the plane of the map.")
        encoder = live.answer(pool, run, encoder_of, "Packing the encoder.")
        decoder = live.answer(pool, run, decoder_of, "Packing the decoder.")
        if found is None or on is None or encoder is None or decoder is None:
            return
        image = None
        if own.start == "image":
            image = run.data.test.images[heldout_number(run, own.image)]
        elif own.start == "photo" and (image := photo.uploaded(run.data.shape, "drawn-photo")) is None:
            return
        studio = _Studio(run, f"pen-{run.id}-{seat.snapshot.step}-{own.points}", found, on, encoder, decoder)
        studio.draw(pool, image, own.start, own.sample)


@dataclass(frozen=True)
class _Studio:
    """Easel, map and what lies around the code, which know each other by ``name``."""

    run: Run
    name: str
    found: Found
    on: drawn.Ground
    encoder: Packed
    decoder: Packed

    def draw(self, pool: Pool, image: np.ndarray | None, start: str, seed: int) -> None:
        left, right = st.columns([2, 3])
        with left, st.container(key="live-easel"):
            code = self.easel(image, start)
        with right, st.container(key="live-map"):
            chosen = self.map()
        st.caption(self.said())
        if self.reason:
            self.walk(pool, code, chosen)
            return
        with st.container(key="live-reconstructions"):
            self.around(seed)

    @property
    def reason(self) -> str:
        """Why the browser cannot do it alone; nothing where it can."""
        return self.encoder.reason or self.decoder.reason

    @property
    def reached(self) -> int:
        """How many images can be walked to; the first are held out."""
        return min(len(self.found.originals), max(MOST_NUMBERS // self.run.model.latent, 1))

    def easel(self, image: np.ndarray | None, start: str) -> np.ndarray | None:
        """The drawing field; where the server has to encode, what it made of the drawing: [L] its code."""
        halves = Halves(self.name, self.run.model.latent, None, None)
        if self.reason:
            st.caption(f"{self.reason} So the server answers each time you lift the pen.")
        else:
            halves = Halves(self.name, self.run.model.latent, self.encoder.portable, self.decoder.portable)
        shape, errors = self.run.data.shape, self.found.errors[self.found.heldout]
        # Not by the run: the same drawing can then be tried on another model.
        name = f"pen-{start}-{shape}-{0 if image is None else zlib.crc32(image.tobytes())}"
        answer = self.answer(st.session_state.get("drawn-asked", "")) if self.reason else None
        asked = live_pen(name, halves, image, shape, errors, answer=answer, key="drawn-easel")
        if self.reason and asked != st.session_state.get("drawn-asked", ""):
            st.session_state["drawn-asked"] = asked
            st.rerun()
        return None if answer is None else answer.numbers[0]

    def answer(self, asked: str) -> Answer | None:
        from aecore.questions.drawn import place

        picture = picture_of(asked, self.run.data.shape) if asked else None
        if picture is None:
            return None
        placed = place(self.run.trained, picture)
        return Answer(asked, placed.numbers, placed.rebuilt)

    def map(self) -> AtlasState:
        names, latent, found = self.run.data.class_names, self.run.model.latent, self.found
        plane = Plane(np.zeros(latent, np.float32), 0, 1 if latent == 2 else None) if latent <= 2 else None
        decodes = plane is not None and self.decoder.portable is not None
        return live_atlas(
            f"drawn-{self.name}",
            MapPoints(
                self.on.places[None],
                limits=fitted(self.on.places),
                axes=self.on.axes,
                colourings=[
                    Colouring("class", found.labels, names),
                    Colouring("error", found.errors, unit="squared error"),
                ],
                images=found.originals,
                rebuilt=found.rebuilt,
            ),
            Decoding(self.decoder.portable, plane, names) if decodes else None,
            pen=Ground(self.name, self.on.centre, self.on.directions, self.reached, asks=bool(self.reason)),
            key="drawn-atlas",
        )

    def around(self, seed: int) -> None:
        found, count = self.found, self.reached
        live_walk(
            self.name,
            self.name,
            self.decoder.portable,
            Known(found.codes[:count], found.originals[:count], found.labels[:count], self.run.data.class_names),
            places=self.run.model.latent <= 2,
            seed=seed,
            key="drawn-walk",
        )

    def walk(self, pool: Pool, code: np.ndarray | None, chosen: AtlasState) -> None:
        """The way from a drawing's code to what is marked, by the server."""
        from aecore.questions.walks import AskWalk

        if code is None or not chosen.picked:
            st.caption("Draw a digit and click a place on the map to walk from one to the other.")
            return
        (mark,) = chosen.picked[:1]
        there = (mark["x"], mark["y"])[: len(code)] if mark["point"] is None else mark["point"]
        walk = live.answer(pool, self.run, AskWalk(tuple(map(float, code)), there, "straight", STEPS), "Walking.")
        if walk is not None:
            draw_walks(self.name, {self.run.spec.member("variant").title: walk})

    def said(self) -> str:
        """What mark and rings are, and how much of the codes the map shows."""
        from aecore.variational import HasPosterior

        latent, sentences = self.run.model.latent, []
        if latent > 2:
            sentences.append(
                f"The map shows 2 of {latent:,} directions, which hold {self.on.share:.0%} of the codes' variance; "
                "your digit and its rings are projected onto them as the dots are"
            )
        elif latent == 1:
            sentences.append(
                "The one code dimension runs across; vertically, dots are spread out by class and your digit lies at 0"
            )
        if isinstance(self.run.model, HasPosterior):
            inside = "68 and 95" if latent == 1 else "39 and 86"
            rings = "bars" if latent == 1 else "rings"
            sentences.append(
                f"The {rings} around a are one and two sigma of its posterior: they hold {inside} % of the codes "
                "sampled from it, as the map shows them"
            )
        return "".join(f"{sentence}. " for sentence in sentences)
