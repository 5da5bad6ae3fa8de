"""The run through its training: map, reconstructions and loss moved together on fixed axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from aecore.ui import live
from aecore.ui.latent import words
from aecore.ui.one import OneRun

if TYPE_CHECKING:
    from aecore.runs.pool import Pool, Seat


class Rewind(OneRun):
    order = 6
    look_for = (
        "See how the map formed: drag the slider below the pictures to take loss, codes and reconstructions back "
        "together."
    )

    def rested(self, pool: Pool, seat: Seat) -> None:
        live.pictures(seat.run, seat.snapshot)
        st.caption(words.rewound(seat.run.model.latent))
