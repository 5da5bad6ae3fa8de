"""Scores that can be trusted: likelihood on held-out images beside reconstruction error, for two models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import streamlit as st
from pydantic import Field

from aecore.figures.scores import bounds_by_samples
from aecore.settings import Settings
from aecore.ui import live, waiting
from aecore.ui.chart import chart
from aecore.ui.needs import Likelihood
from aecore.ui.one import OneRun

if TYPE_CHECKING:
    from aecore.questions.scores import Scores as Found
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.run import Run
    from aecore.runs.spec import Spec

# At 0.001, with 10 dimensions on mnist-5k, reconstruction wins and likelihood loses, by about 30 nats by annealed
# importance sampling and by 144 by bounds; 0.01 loses by a few nats, and 0.1 gains.
BETAS = {"beta 0.001": 0.001, "beta 0.01": 0.01, "beta 0.1": 0.1, "beta 4": 4.0}
HEADS = {
    "grey": "**Grey pixels**, each read as a probability, as in training.",
    "binarised": "**Binarised pixels**, each sampled once as black or white, with its grey as the probability.",
}
# Of likelihoods that are no probability of black or white.
DENSITY = (
    "**Grey pixels**, under a normal density. Scores of binarised ones would be meaningless: to a density black and "
    "white are two "
    "points among all greys. Choose the likelihood bernoulli to see them."
)
# Of a model that training threw out of the range of numbers.
NOTHING = "diverged: some of its outputs are not finite, so there is nothing to score. Lower the learning rate."


class Scores(OneRun):
    order = 6
    look_for = (
        "A model can be scored by how well it rebuilds images that it never saw, or by how probable it finds them. "
        "Storing detail in a code costs nats: does the model that copies better also find images more probable?"
    )

    needs = (*OneRun.needs, Likelihood())

    class Settings(Settings):
        scored: int = Field(100, ge=10, le=500, description="Held-out images to score.")
        beside: Literal["beta 0.001", "beta 0.01", "beta 0.1", "beta 4", "none"] = Field(
            "beta 0.001", description="A second model, alike but a VAE with this beta; the smallest nearly copies."
        )

    def specs(self) -> dict[str, Spec]:
        own = super().specs()["run"]
        beside = self.settings.beside
        if beside == "none":
            return {"run": own}
        second = own.changed(variant="vae", beta=BETAS[beside])
        return {"run": own} if second == own else {"run": own, "beside": second}

    def draw(self, pool: Pool, seats: Mapping[str, Seat]) -> None:
        from aecore.questions.scores import AskScores

        asked: dict[str, Run] = {}
        for seat in seats.values():
            if seat.snapshot.diverged:
                st.info(f"{_name(seat.run.spec)} {NOTHING}")
            elif seat.snapshot.finished:
                asked[_name(seat.run.spec)] = seat.run
        waiting.tell(seats, "each is scored on images that it never saw", lambda key: _name(seats[key].run.spec))
        found = {}
        for name, run in asked.items():
            if (one := live.answer(pool, run, AskScores(self.settings.scored), f"Scoring {name}.")) is not None:
                found[name] = one.by_name
        if found:
            _scored(asked, found)


def _name(spec: Spec) -> str:
    title, flat = spec.member("variant").title, spec.flat()
    return f"{title}, beta {flat['beta']:g}" if "beta" in flat else title


def _scored(runs: Mapping[str, Run], found: Mapping[str, Mapping[str, Found]]) -> None:
    """What was ``found`` of each of the ``runs``: a column for each way to read pixels."""
    from aecore.measures.annealing import TEMPERATURES
    from aecore.questions.scores import CHAINS, WIDER

    sound = {name: one for name, one in found.items() if all(scores.finite for scores in one.values())}
    for name in found:
        if name not in sound:
            st.info(f"{name} {NOTHING}")
    if not sound:
        return
    first = next(iter(sound))
    for place, reading in zip(st.columns(2), sound[first], strict=False):
        with place, st.container(key=f"scores-{reading}"):
            crossed = "binarised" in sound[first]
            st.markdown(HEADS[reading] if crossed else DENSITY)
            _column(reading, crossed, {name: one[reading] for name, one in sound.items()})
    images, pixels = len(sound[first]["grey"].squared), runs[first].data.train.images[0].size
    st.caption(
        f"Mean over {images:,} held-out images ± its standard error; squared errors and nats are per image, summed "
        f"over {pixels:,} pixels; higher likelihood scores are better. Grey and binarised scores must not be "
        f"compared with each other; published ones use binarised pixels and the whole official test set, so only a "
        f"binarised score on those very images compares with them."
    )
    st.caption(
        "Every likelihood score is a lower bound on log p(x), on average, and the more codes are sampled, the "
        f"tighter. Wide codes are sampled up to {WIDER:g} times as far from the encoder's mean. Where they give "
        "the higher bound, the encoder is overconfident, as a small beta makes it. Annealed importance "
        f"sampling (Neal 2001; Wu et al. 2017) needs no encoder: {CHAINS} chains per image go from the prior to the "
        f"posterior in {TEMPERATURES} moves. It is a lower bound too, on average, so its gain over a bound shows how "
        f"loose that bound is at least."
    )


def _column(reading: str, crossed: bool, found: Mapping[str, Found]) -> None:
    """Words, table and chart on the scores by one ``reading``; ``crossed`` where reconstruction is a cross-entropy."""
    from aecore.questions.scores import SAMPLES, finding, mean_and_error

    names = list(found)
    if len(names) == 2:
        st.markdown(finding(names, list(found.values())))
    st.markdown(_table(found, crossed))
    st.markdown("**Bound on log p(x)**, held-out, ± its standard error")
    means, errors = zip(*(mean_and_error(one.bounds) for one in found.values()), strict=True)
    chart(bounds_by_samples(SAMPLES, names, means, errors), f"bounds-{reading}")


def _table(found: Mapping[str, Found], crossed: bool) -> str:
    from aecore.questions.scores import SAMPLES, mean_and_error

    scores = found.values()
    rows = {"squared error": [one.squared for one in scores]}
    if crossed:
        rows["cross-entropy, nats"] = [one.reconstruction for one in scores]
    for place, count in enumerate(SAMPLES):
        title = "bound by 1 code: ELBO" if count == 1 else f"bound by {count:,} codes"
        rows[title] = [one.bounds[place] for one in scores]
    rows[f"bound by {SAMPLES[-1]:,} wide codes"] = [one.wide for one in scores]
    few = len(next(iter(scores)).annealed)
    rows[f"annealed, first {few} images"] = [one.annealed for one in scores]
    lines = [f"| | {' | '.join(found)} |", f"|---|{'---:|' * len(found)}"]
    for title, values in rows.items():
        cells = ("{:,.1f} ± {:,.1f}".format(*mean_and_error(value)) for value in values)
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines)
