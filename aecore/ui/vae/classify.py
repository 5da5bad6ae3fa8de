"""From P(X | Y) to P(Y | X): an image under each label that a conditional model can be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import streamlit as st
from pydantic import Field

from aecore.settings import Settings
from aecore.ui import live, subjects
from aecore.ui.browser import live_images, live_pen
from aecore.ui.browser.easel import Answer, Halves, picture_of
from aecore.ui.chart import chart
from aecore.ui.needs import Need, Numbered, Pictures, Posterior
from aecore.ui.one import OneRun

if TYPE_CHECKING:
    from aecore.questions.labels import Labels, Right
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.run import Run


class Told(Need):
    """A model that is told the class of an image."""

    def lack(self, member: type) -> str:
        from aecore.capabilities import Classifier, Conditional

        return "" if issubclass(member, Conditional) and issubclass(member, Classifier) else "is told no class"


class Classify(OneRun):
    order = 3.5
    look_for = (
        "A model that is told the class learns P(image | class). Told every class in turn, which one explains the "
        "image best, and what does the model make of it under a wrong one? Draw one of your own, too."
    )
    subject = subjects.WholeSpec(variant="cvae")
    needs = (*OneRun.needs, Posterior(), Told(), Numbered(("image",)))

    class Settings(Settings):
        start: Literal["image", "empty"] = Field("image", description="Classify a held-out image, or one you draw.")
        image: int = Field(7, ge=0, le=69_999, description="Image to classify, held-out ones first.")

    def rested(self, pool: Pool, seat: Seat) -> None:
        from aecore.questions.labels import AskLabels, right

        run, own = seat.run, self.settings
        known = live.answer(pool, run, right, "Telling it every class of every image.")
        if known is None:
            return
        if own.start == "empty":
            pen, bars = st.columns([2, 3])
            with pen:
                found = _drawn(run, known)
            with bars:
                if found is not None:
                    _shown(run, found, "drawn", known)
            return
        found = live.answer(pool, run, AskLabels(own.image), "Telling it every class in turn.")
        if found is not None:
            _shown(run, found, f"{own.image}", known)


def _drawn(run: Run, known: Right) -> Labels | None:
    """The Labels of what a visitor draws, anew after every stroke; None of an empty field."""
    from aecore.questions.labels import explained

    if lack := Pictures().missing(run.trained, None):
        st.info(lack)
        return None
    asked, shape = st.session_state.get("classify-asked", ""), run.data.shape
    picture = picture_of(asked, shape) if asked else None
    found = None if picture is None else explained(run.trained, picture)
    answer = None
    if found is not None:
        best = int(found.costs.argmin())
        answer = Answer(asked, found.codes[best : best + 1], found.pictures[best] / np.float32(255))
    name = f"{run.id}-{run.snapshot.step}"
    with st.container(key="live-easel"):
        halves = Halves(name, run.model.latent, None, None)
        told = live_pen(f"classify-{shape}", halves, None, shape, known.errors, answer=answer, key="classify-pen")
    if told != asked:
        st.session_state["classify-asked"] = told
        st.rerun()
    if found is None:
        st.info("Draw a digit: after each stroke the model is told every class in turn.")
    return found


def _shown(run: Run, found: Labels, name: str, known: Right) -> None:
    from aecore.figures.labels import probabilities

    names, unit = run.data.class_names, run.model.likelihood.unit
    with st.container(key="live-reconstructions"):
        rows = [("image", found.image[None, None]), (f"told {names[0]} to {names[-1]}", found.pictures[None])]
        live_images(f"labels-{run.id}-{name}-{hash(found.image.tobytes())}", rows, first_frame=0, key="labels-images")
    chart(probabilities(names, found.probabilities, found.costs, unit), "label-probabilities")
    st.markdown(said(found, names))
    st.caption(
        f"The cost of an image under a class is its reconstruction's {unit} plus the KL in nats, both at the "
        "posterior's mean. Bayes' rule, with all classes equally likely, makes probabilities of them, in which 5 more "
        f"are already {np.exp(5):.0f} to 1. Of all {len(run.data.test):,} held-out images "
        f"{known.share:.1%} are taken for their own class."
    )
    # In two lines, or a phone would cut it off.
    st.latex(
        r"\begin{aligned}P(y \mid x) &= \frac{p(x \mid y)}{\sum_{y'} p(x \mid y')}\\"
        r"-\log p(x \mid y) &\approx \text{cost}\end{aligned}"
    )


def said(found: Labels, names: tuple[str, ...]) -> str:
    """Which class explains the image best, by how much, and whether that is its own."""
    first, second = np.argsort(found.costs, kind="stable")[:2]
    if found.label < 0:
        true = "of whatever class it is"
    else:
        true = "its own" if first == found.label else f"but it is of class {names[found.label]}"
    ahead = found.costs[second] - found.costs[first]
    return (
        f"Best explained as **{names[first]}** ({true}), at {found.costs[first]:.1f}; the next best, "
        f"{names[second]}, costs {ahead:.1f} more."
    )
