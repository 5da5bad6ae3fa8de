"""A decoder with a sigma of its own: where it expects to be off, whether it is, and samples with that noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from pydantic import Field

from aecore.settings import Settings
from aecore.ui import live, subjects, tabs
from aecore.ui.browser import live_images
from aecore.ui.chart import chart
from aecore.ui.exhibits import images
from aecore.ui.needs import Need, Posterior
from aecore.ui.one import OneRun

if TYPE_CHECKING:
    from aecore.questions.noise import Expected, Noisy
    from aecore.runs.pool import Pool, Seat


class OwnSigma(Need):
    """A decoder that says by how much it expects each pixel to be off."""

    def lack(self, member: type) -> str:
        from aecore.capabilities import Spread

        return "" if issubclass(member, Spread) else "predicts no error of its own"


class Noise(OneRun):
    order = 3.7
    look_for = (
        "This decoder answers with two images: what it expects, and by how much it expects to be off. Where is it "
        "unsure? And what do samples look like once that noise is added?"
    )
    subject = subjects.WholeSpec(variant="vae-sigma-pixel")
    needs = (*OneRun.needs, Posterior(), OwnSigma())

    class Settings(Settings):
        sample: int = Field(0, ge=0, le=9_999, description="Random seed of the samples.")

    def rested(self, pool: Pool, seat: Seat) -> None:
        from aecore.questions.noise import AskNoisy, expected

        run, sample = seat.run, self.settings.sample
        name = f"{run.id}-{id(run)}"
        images.reconstructions(run, seat.snapshot, name, "live")
        live.rewind(live.moments_of(seat.snapshot), name, "live")
        if (found := live.answer(pool, run, expected, "Comparing sigma with the errors made.")) is not None:
            _compared(found)
        if (noisy := live.answer(pool, run, AskNoisy(sample), "Sampling.")) is not None:
            _samples(f"noise-{name}-{sample}", noisy, sample)


def _compared(found: Expected) -> None:
    from aecore.figures.noise import expected_and_found

    chart(expected_and_found(found.expected, found.found), "sigma-errors")
    st.markdown(said(found))


def _samples(name: str, found: Noisy, sample: int) -> None:
    st.markdown("**Samples of the prior**: decoded, their sigma, and with noise of that sigma added")
    with st.container(key="live-samples"):
        rows = [("mean", found.means[None]), ("σ", found.sigmas[None]), ("with noise", found.noisy[None])]
        live_images(name, rows, first_frame=0, key="noise-images")

    def again() -> None:
        tabs.put(sample=(sample + 1) % 10_000)

    if st.button("Sample again", icon=":material/casino:", on_click=again):
        # The number is asked for outside of what is redrawn here.
        st.rerun()
    st.caption(
        f"σ here: black is 0, white {found.white:.3f}, its largest. The noisy row is a sample of what the model "
        "describes, p(x); the row of means, which people usually show, is none."
    )


def said(found: Expected) -> str:
    """Whether sigma is what the decoder is off by: over images, and over the pixels of one."""
    ratio = np.sqrt(np.square(found.found).mean() / np.square(found.expected).mean())
    parts = [
        f"Over {len(found.found):,} held-out images pixels are expected to be off by "
        f"{np.sqrt(np.square(found.expected).mean()):.3f} and are off by {ratio:.2f} times as much (root mean squares)"
    ]
    if np.isfinite(found.likeness):
        parts.append(f"the correlation of the two over images is {found.likeness:.2f}")
    if np.isfinite(found.within).any():
        parts.append(f"that of sigma and error over the pixels of an image {np.nanmean(found.within):.2f} on average")
    else:
        parts.append("within an image sigma is the same for every pixel")
    return f"{'; '.join(parts)}."
