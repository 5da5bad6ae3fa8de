"""Curves: how good a denoiser is at every level, against what restores without a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from aecore.figures import denoise as figures
from aecore.ui import live, tabs, waiting
from aecore.ui.chart import chart
from aecore.ui.denoise.tested import DENOISING, Tested
from aecore.ui.needs import Encodes

if TYPE_CHECKING:
    from aecore.questions.denoise import Quality
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.spec import Spec


class Curves(tabs.Tab):
    order = 3
    subject = DENOISING
    look_for = (
        "Your model and the same network as a plain autoencoder, against filters that need no training. Filters are "
        "told the level of the damage; a network has to infer it."
    )

    needs = (Encodes(),)
    Settings = Tested

    def specs(self) -> dict[str, Spec]:
        from aecore.runs.choices import CHOICES
        from aecore.runs.spec import Spec

        own = Spec(**self.given)
        plain = own.changed(variant=CHOICES["variant"][1])
        return {"run": own} if plain == own else {"run": own, "beside": plain}

    def draw(self, pool: Pool, seats: Mapping[str, Seat]) -> None:
        from aecore.questions.denoise import AskQuality, AskRivals

        damage = self.settings.damage
        waiting.tell(seats, "its curve appears", lambda key: seats[key].run.spec.member("variant").title)
        done = waiting.trained(seats)
        asked = [live.answer(pool, seat.run, AskQuality(damage), "Restoring images.") for seat in done.values()]
        found = [one for one in asked if one is not None]
        if not found:
            return
        first = next(iter(done.values())).run
        rivals = live.answer(pool, first, AskRivals(damage), "Restoring without a network.", of_data=True)
        _draw([*found, *([] if rivals is None else [rivals])], len(found), rivals is not None and "run" in done)


def _draw(found: list[Quality], models: int, whole: bool) -> None:
    """Draws the curves of so many ``models`` and, last, of their rivals; ``whole`` where the first has all of these."""
    levels = found[0].levels
    ratios = {name: values for one in found for name, values in one.psnr.items()}
    likeness = {name: values for one in found for name, values in one.ssim.items()}
    if whole:
        st.markdown(said(levels, ratios, next(iter(ratios))))
    chart(figures.quality(levels, ratios, "PSNR, dB", models), "psnr")
    if np.isfinite(list(likeness.values())).any():
        chart(figures.quality(levels, likeness, "SSIM", models), "ssim")
    st.caption(
        "On 100 held-out images. PSNR: of the mean squared error over all pixels of all images, which is never more "
        "than the mean of each image's own. SSIM: in windows of 7 x 7 pixels, at most 1. Each filter's parameter was "
        "chosen once, on training images of mnist-5k with Gaussian noise; the best linear map is learned from 8 "
        "damaged copies of up to 4,500 training images."
    )


def said(levels: np.ndarray, ratios: Mapping[str, np.ndarray], own: str) -> str:
    """Where the model called ``own`` is the best of all, and what beats it elsewhere: computed of the curves."""
    names = list(ratios)
    best = [names[k] for k in np.stack([ratios[name] for name in names]).argmax(0)]
    lost = [(level, name) for level, name in zip(levels, best, strict=True) if name != own]
    if not lost:
        return f"**What this shows:** **{own}** has the highest PSNR at every level tested."
    by = {name: ", ".join(f"{level:.2f}" for level, winner in lost if winner == name) for _, name in lost}
    beaten = "; ".join(f"by {name} at level {at}" for name, at in by.items())
    return (
        f"**What this shows:** **{own}** has the highest PSNR at {len(levels) - len(lost)} of {len(levels)} levels; it "
        f"is beaten {beaten}."
    )
