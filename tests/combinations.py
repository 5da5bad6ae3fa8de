"""What goes with what: every variant on every architecture that it takes, likelihoods and shapes in turn.

Any two choices meet somewhere, not any three: an architecture knows no likelihood, and a variant sees of a shape what
its architecture makes of it. A variant that takes some architectures only has a reason to look closer at them: there
every architecture meets every shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations, product

import pytest

from aecore.architectures import architectures
from aecore.autoencoder import Autoencoder
from aecore.dataset import Split
from aecore.runs.choices import knobs_of
from aecore.sources import sources
from aecore.variants import variants

SHAPES = [(8, 8), (28, 28), (13, 9)]
COMBINATIONS = [(v, a) for v, a in product(variants, architectures) if variants[v].takes(architectures[a])]
# Variants and data sets of images; others have tests of their own.
AUTOENCODERS = [name for name in variants if issubclass(variants[name], Autoencoder)]
OF_IMAGES = [name for name in sources if issubclass(sources[name].gives, Split)]


def likelihoods_of(variant: str) -> tuple[str, ...]:
    """Some losses go with some likelihoods only; the setting says which."""
    return knobs_of({"variant": variant})["likelihood"].choices


def in_turn() -> list[tuple[str, str, str, tuple[int, int]]]:
    """Variant, architecture, likelihood and shape: any two of them together, as far as they go together."""
    found = []
    for number, variant in enumerate(AUTOENCODERS):
        taken = [a for v, a in COMBINATIONS if v == variant]
        likelihoods = likelihoods_of(variant)
        pairs = list(product(taken, SHAPES))
        if len(taken) == len(architectures):
            turns = range(max(len(taken), len(SHAPES)))
            pairs = [(taken[i % len(taken)], SHAPES[(i + number) % len(SHAPES)]) for i in turns]
        for i in range(max(len(pairs), len(likelihoods))):
            architecture, shape = pairs[i % len(pairs)]
            found.append((variant, architecture, likelihoods[(i + i // 3 + number // 3) % len(likelihoods)], shape))
    return found + list(_missing(found))


def _missing(found: list[tuple]) -> Iterator[tuple[str, str, str, tuple[int, int]]]:
    """What has to come for any two to meet: where there are many likelihoods, turns alone do not see to it."""
    met = {pair for case in found for pair in _pairs(case)}
    for variant, architecture in COMBINATIONS:
        for case in product([variant], [architecture], likelihoods_of(variant), SHAPES):
            if not _pairs(case) <= met:
                met |= _pairs(case)
                yield case


def _pairs(case: tuple) -> set[tuple]:
    """Any two choices of a case, each with its place."""
    return set(combinations(enumerate(case), 2))


CASES = in_turn()


def sampled(cases: Iterable[object], every: int) -> list[object]:
    """All cases, as parameters: the loop meets the first of each ``every`` of them, the rest are marked ``wide``."""
    several = [case if isinstance(case, tuple) else (case,) for case in cases]
    return [pytest.param(*case, marks=[pytest.mark.wide] if i % every else []) for i, case in enumerate(several)]


def one_each() -> list[object]:
    """COMBINATIONS as parameters, of which the loop meets one of each variant, its architectures in turn."""
    met = set()
    for number, variant in enumerate(AUTOENCODERS):
        taken = [a for v, a in COMBINATIONS if v == variant]
        met.add((variant, taken[number % len(taken)]))
    return [pytest.param(*pair, marks=[] if pair in met else [pytest.mark.wide]) for pair in COMBINATIONS]
