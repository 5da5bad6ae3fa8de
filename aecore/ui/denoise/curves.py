"""Curves: how good a denoiser is at every level, against what restores without a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from aecore.figures import denoise as figures
from aecore.ui import live, sections, waiting
from aecore.ui.chart import chart
from aecore.ui.denoise.tested import DENOISING, Tested

if TYPE_CHECKING:
    from aecore.runs.denoise import Quality
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.spec import Spec


NAMES = {"run": "the denoiser", "plain": "the same without damage"}


class Curves(sections.Section):
    subject = DENOISING
    look_for = (
        "A denoiser and the same network without damage, against filters that need no training. A filter is told how "
        "strong the damage is at each level; the network has to see for itself."
    )

    Settings = Tested

    def specs(self) -> dict[str, Spec]:
        from aecore.runs.spec import Spec

        own = Spec(**self.given)
        if own.names["variant"] == "plain":
            return {"run": own}
        return {"run": own, "plain": own.changed(variant="plain")}

    def draw(self, pool: Pool, seats: Mapping[str, Seat]) -> None:
        from aecore.runs.denoise import AskQuality, AskRivals

        done = [seat for seat in seats.values() if seat.view.state == "finished"]
        if len(done) < len(seats):
            waiting.tell(seats, "the curves are drawn when all is trained", lambda key: NAMES[key])
            return
        damage = self.settings.damage
        found = [live.answer(pool, seat.run, AskQuality(damage), "Restoring with the networks.") for seat in done]
        rivals = live.answer(pool, done[0].run, AskRivals(damage), "Restoring without a network.", of_data=True)
        if rivals is None or None in found:
            return
        _draw([*found, rivals], len(found))


def _draw(found: list[Quality], models: int) -> None:
    levels = found[0].levels
    ratios = {name: values for one in found for name, values in one.psnr.items()}
    likeness = {name: values for one in found for name, values in one.ssim.items()}
    st.markdown(_said(levels, ratios, next(iter(ratios))))
    chart(figures.quality(levels, ratios, "PSNR, dB", models), "psnr")
    if np.isfinite(list(likeness.values())).any():
        chart(figures.quality(levels, likeness, "SSIM", models), "ssim")
    st.caption(
        "On 100 held-out images. PSNR: of the mean squared error over all pixels of all images, which is less than the "
        "mean of each image's own. SSIM: in windows of 7 x 7 pixels, at most 1. Each filter's parameter was chosen "
        "once, on training images with Gaussian noise; the best linear map is learned from 8 damaged copies of each "
        "training image."
    )


def _said(levels: np.ndarray, ratios: Mapping[str, np.ndarray], own: str) -> str:
    """Where the network is the best of all, and where it is not."""
    others = np.max([values for name, values in ratios.items() if name != own], axis=0)
    best = ratios[own] > others
    if best.all():
        return f"**{own}** is above everything else at every level."
    beaten = ", ".join(f"{level:.2f}" for level in levels[~best])
    return f"**{own}** is beaten at level {beaten}; it is the best at {best.sum()} of {len(best)} levels."
