"""One image on its way through a VAE: mean and sigma, a draw, what it decodes to, and the two losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import numpy as np
import streamlit as st
from pydantic import Field

from aecore.figures import latent as maps
from aecore.figures import vae as figures
from aecore.settings import Settings
from aecore.ui import live, tabs
from aecore.ui.browser import live_images
from aecore.ui.chart import chart
from aecore.ui.live import metric_title
from aecore.ui.needs import Numbered, Posterior
from aecore.ui.one import OneRun

if TYPE_CHECKING:
    from aecore.questions.vae import Inside as Found
    from aecore.questions.vae import Rates
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.run import Run

STAGES = ("encode", "sample", "decode", "two losses")
DRAWS = 10


class Inside(OneRun):
    order = 1
    look_for = (
        "One image becomes a small cloud of codes, not a point. Sample from it again and again: how much do the "
        "codes differ, and how much do the decoded pictures?"
    )

    needs = (*OneRun.needs, Posterior(), Numbered(("image",)))

    class Settings(Settings):
        image: int = Field(7, ge=0, le=69_999, description="Input image, held-out ones first.")
        draw: int = Field(0, ge=0, le=9_999, description="Random seed of the sampled epsilon.")
        stage: Literal["encode", "sample", "decode", "two losses"] = Field(
            "two losses", description="Stages to show: step through them one by one."
        )

    def rested(self, pool: Pool, seat: Seat) -> None:
        from aecore.questions.vae import inside, rates

        run, own = seat.run, self.settings
        known = live.answer(pool, run, rates, "Measuring every code dimension.")
        if known is not None:
            found, cloud = inside(run.trained, own.image, DRAWS, own.draw), seat.snapshot.newest.shown["places"]
            _stages(run, found, known, STAGES.index(own.stage), lambda: _sample(found, cloud, own.draw))


def _stages(run: Run, found: Found, known: Rates, last: int, sample: Callable[[], None]) -> None:
    _encode(run, found, known)
    if last >= 1:
        sample()
    if last >= 2:
        _decode(run, found)
    if last >= 3:
        _losses(run, found)


def _encode(run: Run, found: Found, known: Rates) -> None:
    from aecore.questions.vae import use_said

    st.markdown("**1. Encode.** The image goes in; out come a mean and a sigma for every code dimension.")
    left, right = st.columns([1, 3])
    with left, st.container(key="image-in"):
        rows = [("in", found.image[None, None])]
        live_images(f"in-{hash(found.image.tobytes())}", rows, first_frame=0, key="image-in-view")
        st.caption(f"of class {run.data.class_names[found.label]}")
    with right:
        chart(figures.posterior_bars(found.mean, found.sigma, found.kl, known.used), "posterior-bars")
    st.caption(use_said(known.used, found.sigma, found.kl))
    chart(figures.prior_and_posteriors(found.mean, found.sigma, found.kl), "posterior-curves")
    _said_of_kl(found.kl)


def _said_of_kl(kl: np.ndarray) -> None:
    drawn = min(len(kl), figures.MOST_CURVES)
    of = f"the {drawn} code dimensions" if drawn > 1 else "the code dimension"
    share = np.sort(kl)[::-1][:drawn].sum() / kl.sum() if kl.sum() > 0 else 1.0
    st.caption(
        f"Where {of} of largest KL differ{'' if drawn > 1 else 's'} from the prior for this image: {share:.0%} of its "
        f"{kl.sum():.2f} nats."
    )


def _sample(found: Found, cloud: np.ndarray, draw: int) -> None:
    """Some codes of the image; those of two dimensions before the ``cloud`` [N, 2] of held-out images' codes."""
    st.markdown(
        r"**2. Sample.** Draw $\varepsilon \sim \mathcal{N}(0, I)$; the code is $z = \mu + \sigma\,\varepsilon$."
    )

    def again() -> None:
        tabs.put(draw=(draw + 1) % 10_000)

    if st.button("Draw again", icon=":material/casino:", on_click=again):
        # The number is asked for outside of what is redrawn here.
        st.rerun()
    if len(found.mean) == 2:
        places = np.concatenate([cloud, found.codes])
        drawn = np.arange(len(places)) >= len(cloud)
        axes = ("code dimension 1", "code dimension 2")
        spread = np.diag(found.sigma**2)
        names = ["means of held-out images", "samples"]
        chart(maps.landing(places, drawn.astype(int), names, found.mean, spread, axes, "mean", "code"), "draws")
    else:
        few = min(len(found.mean), 4)
        said = (", ".join(f"{value:+.2f}" for value in code[:few]) for code in found.codes[:3])
        which = f"The first {few} dimensions" if few > 1 else "The one dimension"
        st.caption(f"{which} of three samples: {'; '.join(said)}.")


def _decode(run: Run, found: Found) -> None:
    st.markdown("**3. Decode.** Every sample becomes an image; beside them, the one decoded from the mean.")
    with st.container(key="live-reconstructions"):
        rows = [("mean", found.rebuilt[None, None]), ("draws", found.decoded[None])]
        live_images(f"draws-{hash(found.decoded.tobytes())}", rows, first_frame=0, key="draws-images")
    st.caption(
        f"Squared error, summed over pixels: from the samples to the mean's picture {found.apart.mean():.2f}, mean "
        f"over {len(found.apart)} samples; from the mean's to the image {found.error:.2f}."
    )


def _losses(run: Run, found: Found) -> None:
    unit = run.model.likelihood.unit
    st.markdown(
        f"**4. Two losses.** Reconstruction: {found.losses.mean():.1f} {unit}, mean over {len(found.losses)} samples "
        f"(from {found.losses.min():.1f} to {found.losses.max():.1f}). KL to the prior: {found.kl.sum():.2f} nats, in "
        "closed form, summed over code dimensions."
    )
    parts = (("" if weight == 1 else f"{weight:g} x ") + metric_title(name) for name, weight in found.weights.items())
    st.caption(f"What this model minimises, as a mean over images: {' + '.join(parts)}.")
    st.latex(r"\mathrm{KL} = \tfrac12 \sum_j \big(\sigma_j^2 + \mu_j^2 - 1 - \log \sigma_j^2\big)")
