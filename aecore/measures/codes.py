"""What codes are like as points: which numbers are used, how these hang together, and who is near whom.

Letters: N images, L code dimensions. Codes with nan, as of a model that diverged, have nan for a variance, and no
neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from aecore import arrays
from aecore.threads import one_thread

# Codes taken at once: what bounds the memory.
PART = 1_000
# Points that trustworthiness is taken on: it sorts the distances between all of them.
MOST_TRUSTED = 2_000


def variance_shares(codes: np.ndarray) -> np.ndarray:
    """[L] the share of the summed variance of codes [N, L] that each number has; all 0 where none varies."""
    variances = _variances(codes)
    total = variances.sum()
    return variances / total if total else variances


def used(codes: np.ndarray, least: float = 0.01) -> np.ndarray:
    """[L] bool: whether each number of codes [N, L] has a variance over the images above ``least``.

    For the posterior means of a VAE, this is what Burda, Grosse and Salakhutdinov 2016 call an active unit.
    """
    return _variances(codes) > least


def correlations(codes: np.ndarray) -> np.ndarray:
    """[L, L] between the numbers of codes [N, L]: 1 on the diagonal, 0 beside it where a number does not vary."""
    covariance = _covariance(codes)
    deviations = np.sqrt(np.diag(covariance))
    deviations[deviations == 0] = 1
    found = np.clip(covariance / deviations / deviations[:, None], -1, 1)
    np.fill_diagonal(found, 1)
    return found


def effective_dimension(codes: np.ndarray) -> float:
    """In how many directions codes [N, L] vary about evenly, from 1 to L: the participation ratio; 0 without variance.

    (sum l)^2 / sum l^2 over the eigenvalues l of the covariance (Gao et al. 2017, "A theory of multineuronal
    dimensionality, dynamics and measurement"). Both sums are had without them: a trace and a sum of squares.
    """
    covariance = _covariance(codes)
    squares = np.square(covariance).sum()
    return float(np.trace(covariance) ** 2 / squares) if squares else 0.0


def neighbour_accuracy(codes: np.ndarray, labels: np.ndarray, count: int = 10) -> float:
    """The share of codes [N, L] whose label, of labels [N], is the most frequent among their ``count`` nearest others.

    Of labels as frequent, that of the nearest other decides. The time grows with the square of N. ValueError as for
    nearest_others.
    """
    arrays.same_length(codes, labels, ("codes", "labels"))
    near = labels[nearest_others(codes, count)]
    votes = (near[:, :, None] == near[:, None]).sum(2)
    # The first of the largest is the nearest of them.
    chosen = np.take_along_axis(near, votes.argmax(1)[:, None], axis=1)[:, 0]
    return float((chosen == labels).mean())


def nearest_others(codes: np.ndarray, count: int, report: Callable[[float], None] = lambda done: None) -> np.ndarray:
    """[N, count] which others of codes [N, L] are nearest to each, the nearest first, by Euclidean distance.

    ``report`` is told the share that is done. ValueError where there are not so many others, and for nan.
    """
    if len(codes) <= count:
        raise ValueError(f"{count} nearest others need at least {count + 1} codes, got {len(codes)}; ask for fewer")
    _check_finite(codes)
    from sklearn.neighbors import NearestNeighbors

    # Compared one with all: in more than a few dimensions no tree is faster.
    search = NearestNeighbors(n_neighbors=count + 1, algorithm="brute").fit(codes)
    found = np.empty((len(codes), count), np.int64)
    for first in range(0, len(codes), PART):
        with one_thread():
            near = search.kneighbors(codes[first : first + PART], return_distance=False)
        others = near != np.arange(first, first + len(near))[:, None]
        # Among many at its own place a code may not be found itself: then the last has to go.
        others[others.all(1), -1] = False
        found[first : first + PART] = near[others].reshape(-1, count)
        report(min(1.0, (first + PART) / len(codes)))
    return found


def trustworthiness(codes: np.ndarray, places: np.ndarray, count: int = 10) -> float:
    """From 0 to 1, how far neighbours on a map of places [N, 2] are neighbours among codes [N, L] too.

    That of Venna and Kaski 2001, by scikit-learn: an intruder among the ``count`` nearest on the map costs the more,
    the farther down the code's own list it is. Of more than 2,000 points, 2,000 are taken, always the same.
    ValueError for no more than twice as many points as ``count``, and for nan.
    """
    arrays.same_length(codes, places, ("codes", "places"))
    if len(codes) > MOST_TRUSTED:
        chosen = np.random.default_rng(0).choice(len(codes), MOST_TRUSTED, replace=False)
        codes, places = codes[chosen], places[chosen]
    if len(codes) <= 2 * count:
        raise ValueError(f"{count} neighbours need more than {2 * count} points, got {len(codes)}; ask for fewer")
    _check_finite(codes)
    _check_finite(places)
    from sklearn.manifold import trustworthiness

    with one_thread():
        return float(trustworthiness(codes, places, n_neighbors=count))


def _check_finite(codes: np.ndarray) -> None:
    if not np.isfinite(codes).all():
        raise ValueError("codes must be finite to have neighbours, got nan or infinity: has the model diverged?")


def _centred(codes: np.ndarray) -> Iterator[np.ndarray]:
    """[n, L] float64, part after part: codes [N, L] less their mean.

    Counted from the first code, so that a number that does not vary is 0 and not a rounding of it.
    """
    first = codes[:1].astype(np.float64)
    starts = range(0, len(codes), PART)
    mean = sum((codes[i : i + PART] - first).sum(0) for i in starts) / max(len(codes), 1)
    for i in starts:
        yield codes[i : i + PART] - first - mean


def _variances(codes: np.ndarray) -> np.ndarray:
    """[L] float64 the variance of each number of codes [N, L]."""
    codes = arrays.matrix(codes, "codes", holes=True)
    squares = (np.square(part).sum(0) for part in _centred(codes))
    return sum(squares, np.zeros(codes.shape[1])) / max(len(codes), 1)


def _covariance(codes: np.ndarray) -> np.ndarray:
    """[L, L] float64 the covariance of codes [N, L]."""
    codes = arrays.matrix(codes, "codes", holes=True)
    with one_thread():
        products = (part.T @ part for part in _centred(codes))
        return sum(products, np.zeros((codes.shape[1],) * 2)) / max(len(codes), 1)
