"""Disentanglement: on images whose factors are known, does each dimension of a code stand for one of them?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from pydantic import Field

from aecore.figures import factors as figures
from aecore.settings import Settings
from aecore.ui import links, live, tabs, waiting
from aecore.ui.chart import chart
from aecore.ui.vae.beta import Betas

if TYPE_CHECKING:
    from aecore.dataset import Dataset
    from aecore.questions.factors import Scores
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.spec import Spec

    # By beta and seed.
    Key = tuple[float, int]

# About 5 s a run. With three hidden layers or smaller steps, scores hang on the seed more than on beta.
HOW = {"variant": "vae", "depth": 2, "batch_size": 256, "learning_rate": 0.01}
# By the score's name in Scores: its source, and what 0 and 1 mean. ``guess`` and ``chance`` are what guessing gets.
SCORES = {
    "mig": (
        "Chen et al. 2018",
        "the best dimension for a factor knows no more about it than the second best",
        "the best knows everything, the second best nothing",
    ),
    "sap": (
        "Kumar et al. 2018",
        "the same, by squared correlation",
        "the best follows it linearly, the second best not at all",
    ),
    "disentanglement": (
        "Eastwood and Williams 2018",
        "a dimension matters to all factors alike, or to none",
        "to one factor only",
    ),
    "completeness": (
        "Eastwood and Williams 2018",
        "all dimensions matter alike to a factor, or none does",
        "one dimension only",
    ),
    "informativeness": (
        "Eastwood and Williams 2018",
        "no factor is predicted correctly from the code; guessing gets {guess:.2f}",
        "all are",
    ),
    "factor_vae": (
        "Kim and Mnih 2018",
        "the dimension that changes least never tells which factor was held; guessing gets {chance:.2f}",
        "it always does",
    ),
    "modularity": (
        "Ridgeway and Mozer 2018",
        "a dimension knows all factors equally well, or none: each one not in use lowers the score",
        "one factor only",
    ),
}
SAP = (
    "SAP treats every factor as a number, even the shape, and uses its squared correlation with a dimension. "
    "Published scores of discrete factors use a classifier's accuracy instead and must not be compared with it."
)


class Factors(tabs.Tab):
    order = 5
    look_for = (
        "Every image here is made from five known factors: shape, scale, orientation, x and y. Does each "
        "dimension of the code stand for one of them, and does a larger beta help?"
    )
    about = "shapes"
    # Whose matrix is shown: beta and seed.
    remembers = {"matrix": r"\d{1,3}(?:\.\d{1,6})?,\d{1,10}"}

    class Settings(Settings):
        betas: Betas = Field((1.0, 4.0, 8.0), min_length=2, max_length=5, description="The betas to train.")
        seeds: int = Field(3, ge=1, le=3, description="Seeds to train each beta with, from the one given on.")
        latent: int = Field(6, ge=1, le=16, description="Code size: dimensions of a code.")
        epochs: int = Field(8, ge=1, le=200, description="Passes over the training images, in each run.")

    def specs(self) -> dict[Key, Spec]:
        from aecore.runs.spec import Spec

        own = self.settings
        shared = {**self.given, **HOW, "latent": own.latent, "epochs": own.epochs}
        seeds = range(self.given["seed"], self.given["seed"] + own.seeds)
        return {
            (beta, seed): Spec(**shared | {"beta": beta, "seed": seed}) for beta in sorted(own.betas) for seed in seeds
        }

    def draw(self, pool: Pool, seats: Mapping[Key, Seat]) -> None:
        promise = "every beta with every seed becomes a run, scored as soon as it is trained"
        waiting.tell(seats, promise, lambda key: _name(*key))
        self._trained(pool, waiting.trained(seats))
        st.caption(
            "MNIST has no such score: a digit's class is known, but its slant, its thickness and its other factors "
            "were never recorded, and a code can only be compared with known factors."
        )

    def _trained(self, pool: Pool, done: Mapping[Key, Seat]) -> None:
        """What is found of the runs that are trained."""
        from aecore.questions.factors import scores

        found: dict[Key, Scores] = {}
        for key, seat in done.items():
            # One after the other: the forests inside take turns anyway.
            said = f"Scoring run {len(found) + 1} of {len(done)}."
            if (answer := live.answer(pool, seat.run, scores, said)) is None:
                break
            found[key] = answer
        if found:
            _show("-".join(done[key].run.id for key in found), found, next(iter(done.values())).run.data)


def _show(name: str, found: Mapping[Key, Scores], data: Dataset) -> None:
    """The finding, every score by beta, and the matrix of one of the runs, which together are called ``name``."""
    from aecore.questions.factors import best_beta, finding

    of_beta = {beta: [one for (its, _), one in found.items() if its == beta] for beta, _ in found}
    migs = {beta: [one.mig for one in several] for beta, several in of_beta.items()}
    st.markdown(finding(of_beta))
    left, right = st.columns(2)
    with left:
        _scores(of_beta)
    with right:
        _matrix(name, found, best_beta(migs), data.factor_names)
    st.markdown(_meanings(data))
    st.caption(SAP)


def _scores(of_beta: Mapping[float, Sequence[Scores]]) -> None:
    """Every score by beta."""
    from aecore.questions.factors import TITLES

    st.markdown("**Scores** by beta: the mean over the seeds, on a line from the least to the most")
    chart(
        figures.scores(
            list(TITLES.values()),
            {
                f"beta {beta:g}": np.array([[getattr(one, name) for name in TITLES] for one in several])
                for beta, several in of_beta.items()
            },
        ),
        "scores",
    )
    images = next(iter(of_beta.values()))[0].images
    st.caption(
        f"By the posterior means of {images:,} held-out images. A dimension that is not in use, the variance of its "
        "mean 0.01 or less (Burda et al. 2016), counts as telling nothing."
    )


def _matrix(name: str, found: Mapping[Key, Scores], best: float, factor_names: Sequence[str]) -> None:
    """What each code dimension of one run knows of each factor; of the ``best`` beta, if nobody asks for another."""
    from aecore.questions.vae import in_use

    keys = {f"{beta:g},{seed}": (beta, seed) for beta, seed in found}
    usual = next(text for text, (beta, _) in keys.items() if beta == best)
    asked = tabs.remembered("matrix")
    if asked and asked not in keys:
        tabs.remember("matrix", "")
        links.not_taken(f"ignored matrix={asked}: the runs here are {', '.join(keys)} (beta and seed)")
    st.markdown(
        "**Which dimension knows which factor**: mutual information of dimension and factor, as a share of the "
        "factor's entropy"
    )
    text = st.selectbox(
        "The run",
        list(keys),
        index=list(keys).index(asked if asked in keys else usual),
        format_func=lambda text: _name(*keys[text]),
        key=f"matrix-{name}",
    )
    chosen = "" if text == usual else text
    tabs.remember("matrix", chosen)
    scores = found[keys[text]]
    chart(figures.knowledge(scores.known, factor_names), "knowledge")
    st.caption(
        f"{in_use(scores.used)}. A row with one dark cell stands for one factor; a column with two is a factor that "
        "two dimensions share. At 1 a dimension knows all of it. Unless you pick another, the run is the first one "
        "of the beta with the highest MIG."
    )


def _name(beta: float, seed: int) -> str:
    return f"beta {beta:g}, seed {seed}"


def _meanings(data: Dataset) -> str:
    """Every score, its source, and what its ends mean on ``data``."""
    from aecore.measures.disentanglement import MOST
    from aecore.questions.factors import TITLES, guessing

    ends = {"guess": guessing(data.test.factors[:MOST]), "chance": 1 / len(data.factor_names)}
    lines = [
        f"| {TITLES[name]} ({source}) | {zero.format_map(ends)} | {one} |"
        for name, (source, zero, one) in SCORES.items()
    ]
    return "\n".join(["| score | 0 | 1 |", "|---|---|---|", *lines])
