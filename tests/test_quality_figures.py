"""What the defaults reach, on the 10,000 official test images: figures to be kept, not timings."""

from __future__ import annotations

import pytest
import torch

from aecore.measures.quality import elbo, mean_terms
from aecore.runs.spec import Spec
from aecore.training import wants_bf16


@pytest.mark.learns
def test_the_default_vae_reaches_its_bound(default_vae, mnist_test):
    """-ELBO in nats an image, grey pixels as probabilities, 2 code dimensions, learned from 4,500 images."""
    assert default_vae.snapshot.state == "finished"
    assert -elbo(default_vae.model, mnist_test) <= 151


@pytest.mark.learns
@pytest.mark.skipif(not wants_bf16("auto", torch.device("cpu")), reason="this processor has no bf16")
def test_bf16_costs_no_more_than_noise(shared):
    """A VAE in either precision: held-out losses differ by less than 0.3 nats an image."""
    runs = [shared(Spec(variant="vae", epochs=3, precision=precision)) for precision in ("bf16", "fp32")]
    fast, slow = (mean_terms(run.model, run.data.test) for run in runs)
    assert sum(fast.values()) == pytest.approx(sum(slow.values()), abs=0.3)
    assert fast != slow


@pytest.mark.learns
def test_thirty_code_numbers_of_a_convolutional_autoencoder_beat_pca_by_far(mnist_test, shared):
    """Squared error an image, summed over pixels; PCA of the same images with 30 numbers has 14.08."""
    how = {"architecture": "conv", "latent": 30, "likelihood": "gaussian", "epochs": 12, "learning_rate": 5e-3}
    run = shared(Spec(variant="plain", **how))
    assert mean_terms(run.model, mnist_test)["reconstruction"] <= 7.3
