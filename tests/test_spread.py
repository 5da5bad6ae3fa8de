"""How weights and activations are spread, and the priors that weight decay and an L1 penalty are."""

from __future__ import annotations

import math

import numpy as np
import pytest

from aecore.measures.histogram import BINS, histogram
from aecore.questions.findings import find
from aecore.runs.spec import Spec
from aecore.ui import promises


def test_a_histogram_is_the_density_of_what_was_drawn():
    values = np.random.default_rng(0).normal(0, 0.3, 200_000)
    found = histogram(values)
    assert len(found.middles) == BINS
    assert found.middles[BINS // 2] == pytest.approx(0, abs=1e-12)
    assert found.size == pytest.approx(0.3, rel=0.01)
    known = np.exp(-((found.middles / 0.3) ** 2) / 2) / (0.3 * math.sqrt(2 * math.pi))
    assert np.abs(found.density - known).max() < 0.03 * known.max()
    width = found.middles[1] - found.middles[0]
    assert found.density.sum() * width == pytest.approx(0.999, abs=1e-3)


@pytest.mark.parametrize("values", [np.zeros(5), np.array([]), np.array([np.nan, np.inf, 1.0]), np.full(3, -2.0)])
def test_odd_numbers_have_one_too(values):
    found = histogram(values)
    assert np.isfinite([*found.middles, *found.density, found.size, found.zeros]).all()
    assert found.zeros == (1 if len(values) == 5 else 0)


def test_weight_decay_is_a_prior_of_that_width_and_none_is_none():
    spec = Spec(data="digits", variant="plain", weight_decay=0.01)
    assert promises._sigma(spec) == pytest.approx((0.01 * 1437) ** -0.5)
    assert promises._sigma(Spec(data="digits", variant="plain")) is None
    x = np.linspace(-8, 8, 4001)
    assert promises._normal(0.7, x).sum() * (x[1] - x[0]) == pytest.approx(1)
    assert promises._normal(0.7, x).argmax() == 2000


def test_an_l1_penalty_is_a_laplace_prior_on_what_is_not_negative():
    prior = promises._laplace(Spec(data="digits", variant="sparse-l1", sparsity=0.5))
    x = np.linspace(-1, 60, 610_001)
    density = prior.density(x)
    assert np.isnan(density[x < 0]).all()
    assert np.nansum(density) * (x[1] - x[0]) == pytest.approx(1, abs=1e-3)
    assert promises._laplace(Spec(data="digits", variant="sparse-kl")) is None


@pytest.mark.learns
def test_more_weight_decay_leaves_smaller_weights_and_an_l1_penalty_zeros(shared):
    few = {"data": "digits", "images": 300, "epochs": 30, "width": 32, "depth": 1, "latent": 16}
    sizes = [
        find(shared(Spec(variant="plain", **few, weight_decay=decay)).trained).trained_numbers.size
        for decay in (0.0, 0.01, 0.1)
    ]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[2] < 0.95 * sizes[0]
    zeros = [find(shared(Spec(variant=v, **few)).trained).activations.zeros for v in ("plain", "sparse-l1")]
    assert zeros[0] == 0 < 0.2 < zeros[1]
