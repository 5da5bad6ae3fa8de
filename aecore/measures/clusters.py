"""Whether rows fall into groups by themselves, and how well these agree with the labels."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aecore import arrays
from aecore.threads import one_thread


@dataclass(frozen=True, eq=False)
class Clusters:
    """Groups of rows [N, D]: the first seed's, and each seed's agreement with the labels.

    ``members`` [N] the group of each row, the largest group being 0, and ``centres`` [k, D], both of the first seed;
    ``rand`` [S] the adjusted Rand index and ``information`` [S] the normalised mutual information, one a seed. Both are
    1 where groups and labels are the same. By chance the first is 0 on average, the second a little more.
    """

    members: np.ndarray
    centres: np.ndarray
    rand: np.ndarray
    information: np.ndarray


def cluster(rows: np.ndarray, labels: np.ndarray, count: int, seeds: Sequence[int] = range(5)) -> Clusters:
    """The ``count`` groups that k-means finds in rows [N, D], and their agreement with ``labels`` [N].

    It starts once a seed, by k-means++ (Arthur and Vassilvitskii 2007). The adjusted Rand index is that of Hubert and
    Arabie 1985; the mutual information is divided by the mean of both entropies (Vinh, Epps and Bailey 2010).
    ValueError for fewer rows than groups.
    """
    arrays.same_length(arrays.matrix(rows, "rows", ("N", "D"), holes=True), labels, ("rows", "labels"))
    if len(rows) < count:
        raise ValueError(f"{count} groups need at least as many rows, got {len(rows)}; ask for fewer groups")
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    found = [_k_means(rows, count, seed) for seed in seeds]
    return Clusters(
        *found[0],
        np.array([adjusted_rand_score(labels, members) for members, _ in found]),
        np.array([normalized_mutual_info_score(labels, members) for members, _ in found]),
    )


def commonest(members: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """[N] for each row the label that most rows of its group have, of ``members`` and ``labels`` [N] from 0 on."""
    table = np.zeros((members.max(initial=0) + 1, labels.max(initial=0) + 1), int)
    np.add.at(table, (members, labels), 1)
    return table.argmax(1)[members]


def _k_means(rows: np.ndarray, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """``members`` [N] and ``centres`` [count, D] of one start, groups by size, so that colours mean the same."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with one_thread(), warnings.catch_warnings():
        # Where fewer rows than groups differ, as in a code that has collapsed, some groups are empty, and no more.
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = KMeans(count, n_init=1, random_state=seed).fit(rows)
    order = np.argsort(-np.bincount(found.labels_, minlength=count), kind="stable")
    return np.argsort(order)[found.labels_], found.cluster_centers_[order]
