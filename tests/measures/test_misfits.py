"""Measures refuse arrays that do not go together, in one sentence with both shapes; nothing is broadcast."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import is_sentence

from aecore.dataset import Facts
from aecore.measures import (
    activity,
    clusters,
    codes,
    gain,
    jacobian,
    likelihood,
    paths,
    pca,
    resistance,
    restoration,
    score,
)
from aecore.runs.spec import Spec

IMAGES = np.random.default_rng(0).random((30, 8, 8), np.float32)
ROWS = IMAGES.reshape(30, 64)
LABELS = np.arange(30) % 3


def vae():
    return Spec(variant="vae", width=8, depth=1).model(Facts(IMAGES.mean(0)))


# What is asked, and both sizes that the refusal must name.
MISFITS = {
    "psnr": (lambda: restoration.psnr(IMAGES[:, :1], IMAGES), "[30, 1, 8]", "[30, 8, 8]"),
    "ssim": (lambda: restoration.ssim(IMAGES[:1], IMAGES), "[1, 8, 8]", "[30, 8, 8]"),
    "straight": (lambda: paths.straight(ROWS[0], ROWS[0, :1], 5), "[64]", "[1]"),
    "spherical": (lambda: paths.spherical(ROWS[0, :3], ROWS[0, :2], 5), "[3]", "[2]"),
    "nearest": (lambda: paths.nearest_distances(IMAGES[:, :4], IMAGES), "[1, 4, 8]", "[1, 8, 8]"),
    "score": (lambda: score.smoothed_score(ROWS[:, :1], ROWS, 0.1), "[1, 1]", "[1, 64]"),
    "cosines": (lambda: score.cosines(ROWS[:1], ROWS), "[1, 64]", "[30, 64]"),
    "rebuilt": (lambda: gain.gain(ROWS, ROWS[:1], 2), "[30, 64]", "[1, 64]"),
    "PCA": (lambda: pca.fit_pca(ROWS).reconstruct(ROWS[:, :1], 2), "[N, 64]", "[30, 1]"),
    "errors of PCA": (lambda: pca.fit_pca(ROWS).errors(ROWS[:, :1]), "[N, 64]", "[30, 1]"),
    "labels of neighbours": (lambda: codes.neighbour_accuracy(ROWS, LABELS[:-1]), "[30, 64]", "[29]"),
    "places": (lambda: codes.trustworthiness(ROWS, ROWS[:29, :2]), "[30, 64]", "[29, 2]"),
    "variances": (lambda: codes.variance_shares(IMAGES), "[N, L]", "[30, 8, 8]"),
    "one code": (lambda: codes.used(ROWS[0]), "[N, L]", "[64]"),
    "activity": (lambda: activity.activity(IMAGES), "[N, L]", "[30, 8, 8]"),
    "clusters": (lambda: clusters.cluster(ROWS, LABELS[:-1], 3), "[30, 64]", "[29]"),
    "likelihood": (lambda: likelihood.log_likelihood(vae(), IMAGES[:, :, :7], 2), "[N, 8, 8]", "[30, 8, 7]"),
    "singular values": (lambda: jacobian.singular_values(vae(), IMAGES[0]), "[N, 8, 8]", "[8, 8]"),
    "resistance": (lambda: resistance.resistance(vae(), ROWS, 0.1, 0), "[N, 8, 8]", "[30, 64]"),
}


@pytest.mark.parametrize("name", MISFITS)
def test_what_does_not_go_together_is_told_with_both_shapes(name):
    ask, one, other = MISFITS[name]
    with pytest.raises(ValueError) as refusal:
        ask()
    assert one in str(refusal.value)
    assert other in str(refusal.value)
    assert is_sentence(str(refusal.value))
