"""What each step of descent brings: the formula beside the measured shrinkages, and what the page says of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from aecore.questions.unrolled import STEPS, AskUnrolled, least_squares
from aecore.runs.spec import Spec
from aecore.ui.denoise.unrolled import said

HOW = {"variant": "masked-linear-unrolled", "architecture": "linear", "likelihood": "gaussian", "data": "digits"}
CASES = [(8, 5, 1.0, 0.5), (16, 3, 1.9, 0.7), (40, 8, 0.3, 0.9)]


@pytest.fixture(scope="module", params=CASES, ids=str)
def case(request, shared):
    latent, iterations, step_size, share = request.param
    run = shared(Spec(**HOW, latent=latent, iterations=iterations, step_size=step_size, epochs=2))
    return run, AskUnrolled(share)(run.trained), iterations


def test_every_direction_has_the_share_that_the_formula_says(case):
    _, found, _ = case
    known = np.isfinite(found.measured)
    # A direction in which the least-squares code has next to nothing is measured by a quotient of rounding errors.
    assert known[0].sum() >= np.linalg.matrix_rank(np.diag(found.singular)) - 1
    assert np.abs(found.expected - found.measured)[known].max() < 0.01
    assert np.array_equal(found.expected[0], np.zeros(len(found.singular)))
    eta_s2 = found.expected[1]
    assert np.allclose(found.expected, 1 - (1 - eta_s2) ** STEPS[:, None])
    assert (np.diff(found.singular) <= 0).all()


def test_as_many_steps_as_in_training_are_the_models_own_code(case):
    run, found, iterations = case
    images = torch.from_numpy(run.data.test.images[:5].copy())[:, None]
    seen = torch.ones_like(images)
    seen[:, :, ::2] = 0
    model = run.model
    with torch.no_grad():
        values = torch.where(seen > 0, images - model.output_bias, 0).flatten(1)
        path = model.path(model.matrix(), values, seen.flatten(1))
        codes = [next(path) for _ in range(iterations + 1)][-1]
        assert torch.equal(codes, model.encode_seen(images, seen))
        fitted = least_squares(model.matrix(), values[0], seen.flatten(1)[0])[0]
    known = np.linalg.lstsq((model.matrix() * seen[0].flatten()[:, None]).detach().numpy(), values[0].numpy(), 1e-5)[0]
    assert np.allclose(fitted, known, atol=1e-3 * np.abs(known).max())


def test_the_sentence_is_of_the_curve(case):
    _, found, iterations = case
    best = int(found.errors.argmin())
    words = said(found, iterations)
    assert f"**T = {STEPS[best]}**" in words
    assert f"error of {found.errors.min():.4f}" in words
    assert ("no better than by least squares" in words) == (found.errors.min() >= found.best)
    assert len(found.filled) == len(STEPS) == len(found.errors)
    # The code 0 decodes to the decoder's bias, which was the mean image before training.
    assert found.errors[0] == pytest.approx(found.floor, rel=0.2)


def test_hidden_pixels_alone_are_filled_in(case):
    _, found, _ = case
    shown = found.shown != 128
    assert (found.filled[-1][shown] == found.original[shown]).all()
