"""What the tabs of one run have in common: the run itself, and its pictures until it rests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st
from pydantic import Field

from aecore.settings import Settings
from aecore.ui import live, subjects, tabs
from aecore.ui.needs import Encodes

if TYPE_CHECKING:
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.run import Run
    from aecore.runs.spec import Spec


class Points(Settings):
    """How much of the data a tab shows."""

    points: int = Field(
        5_000,
        ge=100,
        le=70_000,
        description="Images to show, held-out ones first; fewer if their codes are very long.",
        json_schema_extra={"log": True},
    )


class OneRun(tabs.Tab):
    """A tab of the run that the sidebar asks for."""

    subject = subjects.WholeSpec(variant="vae")
    needs = (Encodes(),)

    def specs(self) -> dict[str, Spec]:
        from aecore.runs.spec import Spec

        return {"run": Spec(**self.given)}

    def draw(self, pool: Pool, seats: Mapping[str, Seat]) -> None:
        (seat,) = seats.values()
        # Of a diverged model the codes are no numbers, and a run that others train is not what is shown here.
        elsewhere = seat.run.snapshot.step != seat.snapshot.step
        if elsewhere or seat.snapshot.moving or seat.snapshot.diverged or seat.snapshot.newest is None:
            live.pictures(seat.run, seat.snapshot)
            return
        if not seat.snapshot.step:
            st.info("This model is untrained, so its codes mean nothing yet. Train it, or see for yourself below.")
        self.rested(pool, seat)

    def rested(self, pool: Pool, seat: Seat) -> None:
        """Draws the run, which nobody trains just now."""
        raise NotImplementedError


def heldout_number(run: Run, number: int) -> int:
    """``number``, or that of the last held-out image where there are fewer, which is said."""
    last = len(run.data.test) - 1
    if number > last:
        st.info(f"There are {last + 1:,} held-out images here and no image {number:,}; showing {last:,}.")
    return min(number, last)
