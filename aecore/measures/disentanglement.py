"""How far each number of a code stands for one of the factors that its images were made from.

Letters: N images, L code dimensions, F factors. All but the functions of a matrix take 5,000 of more images, always
the same; they refuse, with a ValueError, fewer than 100, a factor that never changes, and nan. All scores go from 0 to
1, and a number that never changes tells nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from aecore.measures.codes import correlations
from aecore.threads import one_thread

FEWEST, MOST = 100, 5_000
BINS = 20
# Of the forests that tell importance: trees enough for numbers that say the same to share it, and the least share of
# the images in a leaf. Noise is used for nothing where leaves are large; where factors are mixed, small ones tell more.
TREES, LEAVES = 10, (0.03, 0.01, 0.0015)
# Of the score of FactorVAE: votes that say which factor a number stands for, with as many to judge, and images of one.
VOTES, GROUP = 1_000, 64


class DCI(NamedTuple):
    """The three scores of Eastwood and Williams 2018."""

    disentanglement: float
    completeness: float
    informativeness: float


def mutual_information(codes: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """[L, F] in nats, what each number of codes [N, L] tells of each of factors [N, F], and it of the number.

    The numbers fall into 20 bins of equal width between their least and largest value, as in the study of Locatello et
    al. 2019, so that scores compare with published ones; bins of equal count would be less moved by a few codes far
    out. Of a factor of 12 values, noise seems to tell 0.02 nats by 5,000 images, and 0.9 by 100.
    """
    codes, values = _sample(codes, factors)
    return _information(_binned(codes), values)


def mig(codes: np.ndarray, factors: np.ndarray) -> float:
    """The mutual information gap (Chen et al. 2018): how much more of a factor the best number knows than the next.

    In shares of the factor's entropy, averaged over factors; the next to the only number knows nothing.
    """
    codes, values = _sample(codes, factors)
    entropies = np.array([_entropy(column) for column in values.T])
    return float((_gaps(_information(_binned(codes), values)) / entropies).mean())


def sap(codes: np.ndarray, factors: np.ndarray) -> float:
    """The separated attribute predictability (Kumar et al. 2018): how much better the best number fits than the next.

    The fit is the squared correlation of number and factor, averaged over factors. So every factor is taken in the
    order of its values, even where that means nothing, as for a shape: that is their score of continuous factors.
    Published ones of discrete factors are by the accuracy of a classifier on the number, and do not compare.
    """
    codes, values = _sample(codes, factors)
    numbers = codes.shape[1]
    return float(_gaps(correlations(np.column_stack([codes, values]))[:numbers, numbers:] ** 2).mean())


def dci(codes: np.ndarray, factors: np.ndarray) -> DCI:
    """``disentanglement`` and ``completeness`` of the importances, and informativeness (Eastwood and Williams 2018).

    The last is the share of a factor's values that the forests of ``importance`` tell right of a fifth of codes
    [N, L] that is kept from them, averaged over factors [N, F]: 1 at best, and at worst what guessing gets.
    """
    found, right = _forests(codes, factors)
    return DCI(disentanglement(found), completeness(found), float(right.mean()))


def importance(codes: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """[L, F] the share of each number of codes [N, L] in telling each of factors [N, F]; each factor's sum to 1.

    By how much purer a random forest's splits on the number make the values of the factor (Breiman 2001); the size of
    its leaves is the one that tells most of codes not learned from. All 0 where no split helps.
    """
    return _forests(codes, factors)[0]


def disentanglement(importance: np.ndarray) -> float:
    """How far each number is important to one factor only, by ``importance`` [L, F]; numbers count by theirs.

    1 less the entropy of a number's importances in units of log F: section 2 of Eastwood and Williams 2018. Numbers
    that are important to none do not count; where all are such, it is 0.
    """
    total = importance.sum()
    if not total:
        return 0.0
    sums = importance.sum(1)
    shares = importance / np.where(sums, sums, 1)[:, None]
    entropies = -(shares * np.log(np.where(shares, shares, 1))).sum(1)
    # A single factor is never mixed with another.
    return max(0.0, float((sums / total * (1 - entropies / np.log(max(importance.shape[1], 2)))).sum()))


def completeness(importance: np.ndarray) -> float:
    """How far only one number is important to each factor, by ``importance`` [L, F]; factors count by theirs."""
    return disentanglement(importance.T)


def modularity(mutual_information: np.ndarray) -> float:
    """How far each number tells of one factor only, by ``mutual_information`` [L, F]; all numbers count alike.

    1 less the squares beside the largest, as a share of what they would be if all were as large: Ridgeway and Mozer
    2018. A number that tells nothing has 0, unlike one that tells next to nothing of one factor.
    """
    squares = mutual_information**2
    largest = squares.max(1)
    most = largest * max(squares.shape[1] - 1, 1)
    beside = squares.sum(1) - largest
    return float(np.where(largest, 1 - beside / np.where(most, most, 1), 0).mean())


def factor_vae_score(codes: np.ndarray, factors: np.ndarray, seed: int = 0) -> float:
    """How often the number that changes least tells which factor was held fixed (Kim and Mnih 2018).

    64 of codes [N, L] at a time, drawn with ``seed``, share the value of one of factors [N, F]. The number whose
    variance, as a share of that over all codes, is least votes for that factor. Each number stands for the factor that
    most of its first votes are for; the score is the share of as many later votes that are then right, 1 / F by chance.
    """
    codes, values = _sample(codes, factors)
    rng = np.random.default_rng(seed)
    # A number that never changes is now 0, whose variance is 0 and not a rounding of it.
    codes = codes - codes[0]
    variances = codes.var(0)
    votes = np.zeros((2, codes.shape[1], values.shape[1]), np.int64)
    for turn in range(2 * VOTES):
        half, fixed = turn // VOTES, turn % values.shape[1]
        group = codes[_alike(values[:, fixed], rng)].var(0)
        shares = np.divide(group, variances, out=np.full_like(group, np.inf), where=variances > 0)
        votes[half, shares.argmin(), fixed] += 1
    stands_for = votes[0].argmax(1)
    return float(votes[1, np.arange(len(stands_for)), stands_for].sum() / VOTES)


def _alike(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """[GROUP] indices, drawn with replacement, where ``values`` [N] are the same as somewhere drawn."""
    rows = np.flatnonzero(values == values[rng.integers(len(values))])
    return rows[rng.integers(len(rows), size=GROUP)]


def _sample(codes: np.ndarray, factors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes [n, L] float64 and the values [n, F] of factors, counted from 0 without gaps, n at most MOST."""
    if codes.ndim != 2 or factors.ndim != 2 or len(codes) != len(factors):
        raise ValueError(
            f"codes [N, L] and factors [N, F] must be of the same images, got {codes.shape} and {factors.shape}"
        )
    if len(codes) < FEWEST:
        raise ValueError(f"the scores need at least {FEWEST} codes, got {len(codes)}; ask for more images")
    if not np.isfinite(codes).all():
        raise ValueError("codes must be finite to be scored, got nan or infinity: has the model diverged?")
    if len(codes) > MOST:
        chosen = np.random.default_rng(0).choice(len(codes), MOST, replace=False)
        codes, factors = codes[chosen], factors[chosen]
    values = np.column_stack([np.unique(column, return_inverse=True)[1] for column in factors.T])
    if not values.any(0).all():
        raise ValueError(f"every factor must change to be found, got one value of factor {values.any(0).argmin()}")
    return codes.astype(np.float64), values


def _binned(codes: np.ndarray) -> np.ndarray:
    """[N, L] the bin of each number, from 0 to BINS - 1, all 0 where it never changes."""
    low = codes.min(0)
    width = codes.max(0) - low
    return np.minimum(BINS * ((codes - low) / np.where(width, width, 1)), BINS - 1).astype(np.int64)


def _information(bins: np.ndarray, values: np.ndarray) -> np.ndarray:
    """[L, F] in nats, between each column of bins [N, L] and each of values [N, F]."""
    return np.array(
        [[max(0.0, _entropy(b) + _entropy(v) - _entropy(b * (v.max() + 1) + v)) for v in values.T] for b in bins.T]
    )


def _entropy(values: np.ndarray) -> float:
    """In nats, of how often each whole number is among ``values`` [N]."""
    counts = np.bincount(values)
    shares = counts[counts > 0] / len(values)
    return float(-(shares * np.log(shares)).sum())


def _gaps(scores: np.ndarray) -> np.ndarray:
    """[F] by how much the largest of each column of scores [L, F] is above the next, or above 0 if there is none."""
    ranked = np.sort(np.pad(scores, ((1, 0), (0, 0))), axis=0)
    return ranked[-1] - ranked[-2]


def _forests(codes: np.ndarray, factors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``importance`` [L, F], and [F] the share of values told right of a fifth of the codes that decided nothing."""
    codes, values = _sample(codes, factors)
    # Learned from, chosen by and judged by: by chance, as the order of images may follow a factor.
    order = np.random.default_rng(0).permutation(len(codes))
    parts = np.split(order, [len(order) * 3 // 5, len(order) * 4 // 5])
    told = [_forest([(codes[part], column[part]) for part in parts]) for column in values.T]
    return np.column_stack([shares for shares, _ in told]), np.array([right for _, right in told])


def _forest(parts: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, float]:
    """Importances [L] for one factor, and the share told right of the last of three ``parts``, codes and values each.

    A forest learns from the first, and the size of its leaves is chosen by the second.
    """
    from sklearn.ensemble import RandomForestClassifier

    learned, choosing, judging = parts
    found = []
    for leaf in LEAVES:
        # Every split may use every number: else others would stand in for the one that tells the factor.
        forest = RandomForestClassifier(TREES, min_samples_leaf=leaf, max_features=None, random_state=0)
        with one_thread():
            found.append(forest.fit(*learned))
    best = max(found, key=lambda forest: forest.score(*choosing))
    return best.feature_importances_, best.score(*judging)
