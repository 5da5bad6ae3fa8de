"""Before and after: any damage at any level, whatever the model was trained against."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from aecore.corruptions import corruptions
from aecore.ui import live
from aecore.ui.browser import Line, live_images, live_loss, scrubber
from aecore.ui.denoise.tested import DENOISING, Tested, level_labels
from aecore.ui.one import OneRun

if TYPE_CHECKING:
    from aecore.runs.denoise import Restored
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.run import Run

# Where the axis ends, in dB: an image without damage has no end.
HIGHEST = 40.0


class Before(OneRun):
    subject = DENOISING
    look_for = (
        "Drag the level: the same held-out digits, damaged more and more, and what the model makes of them. Train "
        "against one damage and test with another to see what it has never been shown."
    )

    Settings = Tested

    def rested(self, pool: Pool, seat: Seat) -> None:
        from aecore.runs.denoise import AskRestored

        run, damage = seat.run, self.settings.damage
        found = live.answer(pool, run, AskRestored(damage), "Damaging and restoring.")
        if found is None:
            return
        name = f"before-{run.id}-{seat.view.step}-{damage}"
        labels = level_labels(found.levels, found.before, found.after)
        scrubber(name, labels, key="level-scrubber", name="Level", start=_start(run, damage, found.levels))
        _pictures(name, found)
        _curves(name, found)
        _remarks(run, damage)


def _start(run: Run, damage: str, levels: np.ndarray) -> int:
    """The level of training where it is of the same damage, else the middle one."""
    trained = run.spec.names.get("corruption")
    level = run.spec.flat()["level"] if trained == damage else levels[len(levels) // 2]
    return int(np.abs(levels - level).argmin())


def _pictures(name: str, found: Restored) -> None:
    rows = [("clean", found.clean), ("damaged", found.damaged), ("restored", found.restored), ("error", found.wrong)]
    with st.container(key="live-reconstructions"):
        live_images(name, rows, first_frame=0, key="before-images")


def _curves(name: str, found: Restored) -> None:
    with st.container(key="live-loss"):
        st.markdown("**Peak signal-to-noise ratio (PSNR)** of held-out images, higher is better")
        gap = [np.where(np.isfinite(values), values, np.nan) for values in (found.before, found.after)]
        live_loss(
            name,
            found.levels,
            [Line("damaged", "", gap[0], 0), Line("restored", "", gap[1], 1)],
            total=float(found.levels[-1]),
            bottom=min(0.0, float(np.nanmin(gap))),
            top=HIGHEST,
            unit="dB",
            key="before-psnr",
            what="PSNR",
            x="level",
        )


def _remarks(run: Run, damage: str) -> None:
    member = corruptions[damage]
    said = ["PSNR is that of the mean squared error over all pixels of all images; the error is shown without its sign"]
    if not member.bounded:
        said.append("damage is not clipped: the model is given values below black and above white, which look the same")
    trained = run.spec.names.get("corruption")
    if trained is None:
        said.append(f"{run.model.title} was trained on clean images alone")
    else:
        said.append(f"trained against {corruptions[trained].title.lower()} at level {run.spec.flat()['level']:g}")
    st.caption(". ".join(sentence[0].upper() + sentence[1:] for sentence in said) + ".")
