"""How close a linear decoder is to PCA: against spaces whose angles are known."""

from __future__ import annotations

import numpy as np
import pytest

from aecore.exhibits.images import subspace_of
from aecore.measures.pca import fit_pca
from aecore.measures.subspace import compare_spans, decoder_columns
from aecore.runs.spec import Spec
from aecore.sources import load

RNG = np.random.default_rng(0)
SHAPE = (4, 5)
COMPONENTS = np.linalg.qr(RNG.normal(size=(20, 20)))[0].T


def test_any_basis_of_the_same_span_is_at_angle_0_and_its_axes_are_not():
    mixed = COMPONENTS[:3].T @ RNG.normal(size=(3, 3))
    found = compare_spans(mixed, COMPONENTS[:3], SHAPE)
    assert np.allclose([found.span, found.reach], 0, atol=1e-5)
    assert found.axes.min() > 1
    own = compare_spans(COMPONENTS[[2, 0, 1]].T * [3, -1, 0.1], COMPONENTS[:3], SHAPE)
    assert np.allclose(own.axes, 0, atol=1e-5)


@pytest.mark.parametrize("degrees", [1e-4, 0.5, 30, 89, 90])
def test_a_direction_turned_out_of_the_span_is_at_that_angle(degrees):
    turn = np.radians(degrees)
    columns = COMPONENTS[:3].T.copy()
    columns[:, 2] = np.cos(turn) * COMPONENTS[2] + np.sin(turn) * COMPONENTS[10]
    found = compare_spans(columns, COMPONENTS[:3], SHAPE)
    assert found.span == pytest.approx([degrees, 0, 0], abs=1e-5)
    assert found.reach == pytest.approx([0, 0, degrees], abs=1e-5)
    assert found.axes == pytest.approx([0, 0, degrees], abs=1e-5)


def test_a_code_number_that_does_nothing_leaves_a_right_angle():
    columns = COMPONENTS[:3].T * [1, 1, 0]
    assert compare_spans(columns, COMPONENTS[:3], SHAPE).span == pytest.approx([90, 0, 0], abs=1e-5)
    assert compare_spans(columns * 0, COMPONENTS[:3], SHAPE).span == pytest.approx([90, 90, 90])


def test_turned_columns_are_the_components():
    mixed = COMPONENTS[:3].T @ RNG.normal(size=(3, 3))
    turned = compare_spans(mixed, COMPONENTS[:3], SHAPE).turned
    assert np.array_equal(turned, compare_spans(COMPONENTS[:3].T, COMPONENTS[:3], SHAPE).raw)


@pytest.mark.parametrize("count", [1, 20])
def test_one_component_and_all_of_them(count):
    found = compare_spans(RNG.normal(size=(20, count)), COMPONENTS[:count], SHAPE)
    assert found.span.shape == found.reach.shape == found.axes.shape == (count,)
    assert found.raw.shape == found.turned.shape == (min(count, 10), *SHAPE)


def test_a_diverged_decoder_has_no_angles():
    assert np.isnan(compare_spans(np.full((20, 2), np.inf), COMPONENTS[:2], SHAPE).span).all()


def test_columns_are_what_a_code_number_adds():
    model = Spec(architecture="linear", data="digits", latent=3, likelihood="gaussian").model(load("digits").facts)
    weights = model.decoder[0].weight.detach().numpy()
    assert np.allclose(decoder_columns(model), weights, atol=1e-6)


def test_a_linear_run_remembers_its_angles_and_others_have_none(shared):
    how = {"data": "digits", "images": 200, "epochs": 1}
    linear = shared(Spec(architecture="linear", latent=3, likelihood="gaussian", **how))
    components = fit_pca(linear.data.train.images).components[:3]
    for moment in linear.history.moments:
        assert subspace_of(moment).span.shape == (3,)
    now = compare_spans(decoder_columns(linear.model), components, (8, 8))
    assert np.allclose(subspace_of(linear.history.moments[-1]).span, now.span)
    for other in ({"architecture": "dense", "width": 8}, {"architecture": "linear", "likelihood": "bernoulli"}):
        assert subspace_of(shared(Spec(latent=3, **how, **other)).history.moments[-1]) is None


def test_points_in_space_are_remembered_rebuilt(shared):
    run = shared(Spec(data="sheets", images=100, epochs=1, width=8, depth=1, likelihood="gaussian"))
    last = run.history.moments[-1].shown["rebuilt"]
    points = run.exhibit.looked_at.images
    assert last.shape == (len(points), 3)
    assert np.allclose(last, run.model.reconstruct(points)[:, 0], atol=1e-6)
