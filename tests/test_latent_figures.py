"""Figures of the page Latent space, on the smallest and oddest input."""

from __future__ import annotations

import numpy as np
import pytest

from aecore.figures import latent as figures

RNG = np.random.default_rng(0)


def said(figure) -> str:
    return figure.layout.meta["alt"]


@pytest.mark.parametrize("count", [1, 500])
def test_a_place_lies_among_the_others_with_its_spread_in_axis_units(count):
    places, labels = RNG.normal(size=(count, 2)), np.zeros(count, int)
    spread = np.array([[0.04, 0.0], [0.0, 0.01]])
    figure = figures.landing(places, labels, ["zero", "one"], np.array([1.0, 2.0]), spread, ("x", "y"))
    one = next(trace for trace in figure.data if trace.name == "1 sigma")
    two = next(trace for trace in figure.data if trace.name == "2 sigma")
    assert max(one.x) == pytest.approx(1.2, abs=1e-3)
    assert max(one.y) == pytest.approx(2.1, abs=1e-3)
    assert max(two.x) == pytest.approx(1.4, abs=1e-3)
    assert figure.layout.xaxis.title.text == "x"
    assert "(1, 2)" in said(figure)
    assert "0.2 across and 0.1 up" in said(figure)
    assert said(figure).startswith("Your image among")
    mean = figures.landing(places, labels, ["draws"], np.zeros(2), spread, ("x", "y"), "mean", "draw")
    assert said(mean).startswith("Mean among 500 draws." if count == 500 else "Mean among 1 draw.")


def test_a_tilted_spread_keeps_its_covariance():
    spread = np.array([[2.0, 1.2], [1.2, 1.0]])
    figure = figures.landing(np.zeros((1, 2)), np.zeros(1, int), ["a"], np.zeros(2), spread, ("x", "y"))
    ring = next(trace for trace in figure.data if trace.name == "1 sigma")
    # A covariance of c cos, c sin around a circle is half of its square root times itself.
    points = np.stack([ring.x, ring.y])[:, :-1]
    assert np.allclose(points @ points.T / points.shape[1] * 2, spread, atol=1e-6)


@pytest.mark.parametrize("spread", [None, np.full((2, 2), np.nan), np.zeros((2, 2))])
def test_no_spread_a_broken_one_and_none_at_all(spread):
    figure = figures.landing(np.zeros((1, 2)), np.zeros(1, int), ["a"], np.zeros(2), spread, ("x", "y"))
    assert said(figure).endswith(".")


@pytest.mark.parametrize("found", [np.ones(1), np.array([0.7, 0.3]), np.full(784, 1 / 784), np.full(3, np.nan)])
def test_shares_are_bars_in_percent(found):
    figure = figures.shares(found)
    assert np.allclose(figure.data[0].y, found * 100, equal_nan=True)
    assert f"{len(found)} code dimension" in said(figure)


@pytest.mark.parametrize("count", [1, 2, 64, 65, 300])
def test_correlations_of_the_first_numbers(count):
    figure = figures.correlations(np.eye(count))
    assert figure.data[0].z.shape == (min(count, 64), min(count, 64))
    assert ("first 64" in said(figure)) == (count > 64)
