"""A plane through one image's code: two of its dimensions move, the others stay, and the place is decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from pydantic import Field

from aecore.ui import live
from aecore.ui.browser.atlas import AtlasState, Colouring, Decoding, MapPoints, Plane, live_atlas
from aecore.ui.latent import words
from aecore.ui.latent.marks import CLASSES, hidden_classes, remember_hidden
from aecore.ui.needs import Need
from aecore.ui.one import OneRun, Points

if TYPE_CHECKING:
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.trained import Trained


class TwoDimensions(Need):
    """Two different code dimensions, ``across`` and ``up``; where one is 0, it is chosen."""

    def missing(self, run: Trained, settings: Slice.Settings) -> str:
        latent, across, up = run.model.latent, settings.across, settings.up
        if latent < 2:
            return "A slice needs a code of at least two dimensions; this one has 1: choose a larger code size."
        if max(across, up) <= latent and (across != up or not across):
            return ""
        return f"A slice needs two different dimensions from 1 to {latent}; across is {across} and up is {up}."


class Slice(OneRun):
    order = 2
    look_for = (
        "Move two dimensions of one image's code and keep the rest fixed: the place under the pointer is decoded at "
        "once. This way you can explore a code that no map shows in full."
    )

    remembers = {"hidden": CLASSES}

    needs = (*OneRun.needs, TwoDimensions())

    class Settings(Points):
        image: int = Field(0, ge=0, le=69_999, description="The image whose code is moved, held-out ones first.")
        across: int = Field(
            0, ge=0, le=1024, description="Code dimension to move horizontally; 0: the one that varies most."
        )
        up: int = Field(
            0, ge=0, le=1024, description="Code dimension to move vertically; 0: the one that varies next most."
        )

    def rested(self, pool: Pool, seat: Seat) -> None:
        from aecore.measures.codes import used, variance_shares
        from aecore.questions.latent import AskPoints, least_variance
        from aecore.questions.packed import decoder_of

        run, own = seat.run, self.settings
        found = live.answer(pool, run, AskPoints(own.points), "Encoding the images.")
        packed = live.answer(pool, run, decoder_of, "Packing the decoder.")
        if found is None or packed is None:
            return
        if (decoder := packed.portable) is None:
            st.info(packed.reason)
            return
        image = min(own.image, len(found.codes) - 1)
        if image < own.image:
            st.info(f"There are {len(found.codes):,} images here and no image {own.image:,}; showing {image:,}.")
        across, up = words.dimensions(own.across, own.up, variance_shares(found.codes))
        two = [across - 1, up - 1]
        places, base = found.codes[:, two], found.codes[image]
        reach = max(float(np.nanquantile(np.abs(places), 0.999)) * 1.05, 1e-3)
        with st.container(key="live-map"):
            chosen = live_atlas(
                f"slice-{run.id}-{seat.snapshot.step}-{image}-{two}",
                MapPoints(
                    places[None],
                    limits=(-reach, reach, -reach, reach),
                    axes=(f"code dimension {across}", f"code dimension {up}"),
                    colourings=[Colouring("class", found.labels, run.data.class_names)],
                    images=found.originals,
                    rebuilt=found.rebuilt,
                ),
                Decoding(decoder, Plane(base, *two), run.data.class_names, int(found.labels[image])),
                first=AtlasState(hidden=hidden_classes(run.data.class_names)),
                key="latent-slice",
            )
        remember_hidden(chosen.hidden)
        told = run.data.class_names[found.labels[image]] if decoder.labels is not None else ""
        if idle := words.slice_use((across, up), used(found.codes, least_variance(run.model, found.codes))):
            st.info(idle)
        st.caption(
            f"The code of image {image:,}, a {run.data.class_names[found.labels[image]]}, lies at "
            f"({base[two[0]]:.2f}, {base[two[1]]:.2f}). {words.slice_dots(run.model.latent, told)}"
        )
