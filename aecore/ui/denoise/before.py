"""Before and after: any damage at any level, whatever the model was trained against."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from aecore.corruptions import corruptions
from aecore.ui import live
from aecore.ui.browser import Axes, Line, live_images, live_loss, scrubber
from aecore.ui.denoise.tested import DENOISING, Tested, level_labels
from aecore.ui.one import OneRun

if TYPE_CHECKING:
    from aecore.questions.denoise import Restored
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.run import Run

# So many dB more on training images than on held-out ones, a third of the squared error, and it knows them by heart.
BY_HEART = 4.8
# Where the axis ends, in dB: an image without damage has no end.
HIGHEST = 40.0


class Before(OneRun):
    order = 1
    subject = DENOISING
    look_for = (
        "Drag the level: the same held-out images, damaged more and more, and what the model makes of them. Train on "
        "one corruption and test on another: does it restore what it has never seen?"
    )

    Settings = Tested

    def rested(self, pool: Pool, seat: Seat) -> None:
        from aecore.questions.denoise import AskRestored

        run, damage = seat.run, self.settings.damage
        found = live.answer(pool, run, AskRestored(damage), "Damaging and restoring.")
        if found is None:
            return
        name = f"before-{run.id}-{seat.snapshot.step}-{damage}"
        labels = level_labels(found.levels, found.before, found.after)
        scrubber(name, labels, key="level-scrubber", name="Level", start=_start(run, damage, found.levels))
        st.markdown(f"**What this shows:** {helps(found.levels, found.before, found.after)} {by_heart(found)}")
        _pictures(name, found)
        _curves(name, found)
        _remarks(run, damage)


def _start(run: Run, damage: str, levels: np.ndarray) -> int:
    """The level of training where it is of the same damage, else the middle one."""
    trained = run.spec.names.get("corruption")
    level = run.spec.flat()["level"] if trained == damage else levels[len(levels) // 2]
    return int(np.abs(levels - level).argmin())


def helps(levels: np.ndarray, before: np.ndarray, after: np.ndarray) -> str:
    """At which ``levels`` [K] restored images are nearer to the clean ones, by PSNR ``before`` and ``after`` [K]."""
    nearer = after > before
    if not nearer.any():
        return "At no level are restored images nearer to the clean ones than damaged ones."
    gain = np.where(nearer & np.isfinite(before), after - before, -np.inf)
    most = int(gain.argmax())
    told = f"most at {levels[most]:.2f}, from {before[most]:.1f} to {after[most]:.1f} dB"
    said = f"Restored images are nearer to the clean ones than damaged ones at level {_spans(levels, nearer)} ({told})"
    return f"{said}." if nearer.all() else f"{said}; not at {_spans(levels, ~nearer)}."


def _spans(levels: np.ndarray, chosen: np.ndarray) -> str:
    """``0.15 to 0.60, 0.90``: the levels that are chosen, those side by side as one span."""
    parts = []
    for picked, group in groupby(zip(levels, chosen, strict=True), key=lambda pair: pair[1]):
        inside = [level for level, _ in group]
        if picked:
            parts.append(f"{inside[0]:.2f}" if len(inside) == 1 else f"{inside[0]:.2f} to {inside[-1]:.2f}")
    return ", ".join(parts)


def by_heart(found: Restored) -> str:
    """How training and held-out images compare, given to the model as in training."""
    told = f"training images reach {found.known:.1f} dB, held-out ones {found.unknown:.1f} dB"
    if found.known - found.unknown > BY_HEART:
        return f"Given as in training, {told}: it has memorised its training images."
    return f"Given as in training, {told}."


def _pictures(name: str, found: Restored) -> None:
    rows = [("clean", found.clean), ("damaged", found.damaged), ("restored", found.restored), ("error", found.wrong)]
    with st.container(key="live-reconstructions"):
        live_images(name, rows, first_frame=0, key="before-images")


def _curves(name: str, found: Restored) -> None:
    with st.container(key="live-loss"):
        st.markdown("**Peak signal-to-noise ratio (PSNR)** of held-out images, higher is better")
        gap = [np.where(np.isfinite(values), values, np.nan) for values in (found.before, found.after)]
        bottom = min(0.0, float(np.nanmin(gap)))
        live_loss(
            name,
            found.levels,
            [Line("damaged", "", gap[0], 0), Line("restored", "", gap[1], 1)],
            axes=Axes(total=float(found.levels[-1]), top=HIGHEST, unit="dB", bottom=bottom, x="level"),
            key="before-psnr",
            what="PSNR",
        )


def _remarks(run: Run, damage: str) -> None:
    member = corruptions[damage]
    said = ["PSNR comes from the mean squared error over all pixels of all images; errors are shown without sign"]
    if not member.bounded:
        said.append("damage is not clipped: the model gets values below black and above white, which look the same")
    trained = run.spec.names.get("corruption")
    if trained is None:
        said.append(f"{run.model.title} was trained on clean images alone")
    else:
        said.append(f"trained against {corruptions[trained].title.lower()} at level {run.spec.flat()['level']:g}")
    st.caption(". ".join(sentence[0].upper() + sentence[1:] for sentence in said) + ".")
