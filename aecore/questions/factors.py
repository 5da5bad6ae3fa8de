"""What the tab on disentanglement asks of a run whose images' factors are known, and what it says of the answers.

Letters: L code dimensions, F factors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from aecore.measures.disentanglement import MOST, dci, factor_vae_score, mig, modularity, mutual_information, sap
from aecore.questions.vae import rates
from aecore.runs.trained import Trained

# The scores in the order they are shown, by their names in Scores.
TITLES = {
    "mig": "MIG",
    "sap": "SAP",
    "disentanglement": "DCI: disentanglement",
    "completeness": "DCI: completeness",
    "informativeness": "DCI: informativeness",
    "factor_vae": "FactorVAE score",
    "modularity": "modularity",
}


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


def scores(trained: Trained) -> Scores:
    """The Scores of a run with a posterior on data with factors, by posterior means; takes about a second."""
    test = trained.data.test
    codes, factors = trained.model.embed(test.images[:MOST]), test.factors[:MOST]
    used = rates(trained).used
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


def guessing(factors: np.ndarray) -> float:
    """The informativeness of a code that tells nothing: the share of each factor's most frequent value, their mean."""
    return float(np.mean([np.unique(column, return_counts=True)[1].max() / len(column) for column in factors.T]))


def best_beta(migs: Mapping[float, Sequence[float]]) -> float:
    """The beta whose MIG, one value a seed, is the highest in the mean; of equal ones the first."""
    return max(migs, key=lambda beta: np.mean(migs[beta]))


def finding(found: Mapping[float, Sequence[Scores]]) -> str:
    """By which scores each beta above 1 does better than beta 1 and by which worse, means over seeds, as Markdown."""
    above = [beta for beta in found if beta > 1]
    if 1 not in found or not above:
        return "Nothing can be said of a beta above 1: trained runs are needed at beta 1 and at one above it."
    return "  \n".join(_against(beta, found[beta], found[1]) for beta in above)


def _against(beta: float, several: Sequence[Scores], usual: Sequence[Scores]) -> str:
    """``**Beta 4 against beta 1**, means of 3 seeds: higher by 1 of 7 scores (MIG 0.310 against 0.278); ...``."""
    sides: dict[str, list[str]] = {"higher": [], "lower": [], "the same": []}
    overlaps = 0
    for name, title in TITLES.items():
        one, other = ([getattr(scores, name) for scores in runs] for runs in (several, usual))
        texts = [f"{np.mean(values):.3f}" for values in (one, other)]
        side = "the same" if texts[0] == texts[1] else "higher" if np.mean(one) > np.mean(other) else "lower"
        sides[side].append(f"{title} {texts[0]}" + ("" if side == "the same" else f" against {texts[1]}"))
        overlaps += max(min(one), min(other)) <= min(max(one), max(other))
    parts = [f"{side} by {len(told)} ({', '.join(told)})" for side, told in sides.items() if told]
    counts = sorted({len(several), len(usual)})
    seeds = " and ".join(map(str, counts))
    of = "one seed each" if counts == [1] else f"means of {seeds} seed{'s' * (counts[-1] > 1)}"
    ends = f" Single seeds overlap in {overlaps} of {len(TITLES)}." if counts[-1] > 1 else ""
    return f"**Beta {beta:g} against beta 1**, {of}: of {len(TITLES)} scores {'; '.join(parts)}.{ends}"
