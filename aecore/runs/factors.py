"""What the view of disentanglement asks of a run whose images' factors are known, and what it says of the answers.

Letters: L numbers of a code, F factors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from aecore.measures.disentanglement import MOST, dci, factor_vae_score, mig, modularity, mutual_information, sap
from aecore.runs.run import Run
from aecore.runs.vae import rates


@dataclass(frozen=True)
class Scores:
    """Seven scores of the codes of held-out ``images``, each from 0 to 1, and what every number knows by itself.

    ``known`` [L, F] is the mutual information as a share of each factor's entropy: 1 knows all of it. ``used`` [L]
    tells which numbers are in use.
    """

    mig: float
    sap: float
    disentanglement: float
    completeness: float
    informativeness: float
    factor_vae: float
    modularity: float
    known: np.ndarray
    used: np.ndarray
    images: int


def scores(run: Run) -> Scores:
    """The Scores of a run with a posterior on data with factors, by posterior means; takes about a second."""
    test = run.data.test
    codes, factors = run.model.embed(test.images[:MOST]), test.factors[:MOST]
    used = rates(run).used
    # Scores are blind to scale: the rounding of a number that died would pass for one that tells a little.
    codes[:, ~used] = 0
    information = mutual_information(codes, factors)
    return Scores(
        mig(codes, factors),
        sap(codes, factors),
        *dci(codes, factors),
        factor_vae_score(codes, factors),
        modularity(information),
        information / _entropies(factors),
        used,
        len(codes),
    )


def _entropies(factors: np.ndarray) -> np.ndarray:
    """[F] in nats, of factors [N, F]."""
    shares = [np.unique(column, return_counts=True)[1] / len(column) for column in factors.T]
    return np.array([-(share * np.log(share)).sum() for share in shares])


def best_beta(migs: Mapping[float, Sequence[float]]) -> float:
    """The beta whose MIG, one value a seed, is the highest in the mean; of equal ones the first."""
    return max(migs, key=lambda beta: np.mean(migs[beta]))


def finding(migs: Mapping[float, Sequence[float]]) -> str:
    """One sentence: whether at some beta above 1 the MIG is higher than at beta 1, in the mean over the seeds."""
    above = {beta: values for beta, values in migs.items() if beta > 1}
    if 1 not in migs or not above:
        return "Nothing can be said of beta: trained runs are needed at beta 1 and at one above it."
    best, usual = best_beta(above), f"at beta 1 it is {_in_words(migs[1])}"
    if np.mean(above[best]) > np.mean(migs[1]):
        overlap = ", though single seeds overlap" if min(above[best]) <= max(migs[1]) else ""
        return f"A beta above 1 does better: MIG is {_in_words(above[best])} at beta {best:g}; {usual}{overlap}."
    return f"No beta above 1 does better here: MIG is at most {_in_words(above[best])}, at beta {best:g}; {usual}."


def _in_words(values: Sequence[float]) -> str:
    """``0.310 in the mean of 3 seeds (0.278 to 0.340)``."""
    if len(values) == 1:
        return f"{values[0]:.3f} with one seed"
    return f"{np.mean(values):.3f} in the mean of {len(values)} seeds ({min(values):.3f} to {max(values):.3f})"
