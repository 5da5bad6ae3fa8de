"""Tied weights: the decoder uses the encoder's matrices, transposed."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from conftest import is_sentence
from scipy.linalg import subspace_angles

from aecore.architectures import architectures
from aecore.autoencoder import Autoencoder
from aecore.dataset import Batch, Dataset, Facts
from aecore.measures.pca import fit_pca
from aecore.measures.quality import squared_error
from aecore.runs.spec import Spec
from aecore.settings import SettingsError
from aecore.sources import load
from aecore.training import TrainerState, generator, train

tiable = pytest.mark.parametrize("architecture", ["linear", "dense"])


def images_of(count: int = 12) -> torch.Tensor:
    return torch.rand(count, 1, 8, 8, generator=generator(0))


def model_of(architecture: str, variant: str = "plain", **more) -> Autoencoder:
    small = {"width": 16, "depth": 2} if architecture == "dense" else {}
    return Spec(variant=variant, architecture=architecture, latent=3, **small | {"tied": True} | more).model(
        Facts(images_of().mean(0)[0].numpy())
    )


def trained(data: Dataset, **flat) -> Autoencoder:
    """The model of a spec on the handwritten digits ``data``."""
    spec = Spec(data="digits", tied=True, **flat)
    model = spec.model(data.facts)
    for _ in train(data.train, spec.training, TrainerState(model, spec.training)):
        pass
    return model


@tiable
@pytest.mark.parametrize("variant", ["plain", "vae"])
def test_a_decoder_is_its_encoders_matrices_transposed(architecture, variant):
    """The means of a distribution over codes come first: the rows of the variances are not used."""
    model, codes = model_of(architecture, variant), torch.randn(5, 3, generator=generator(1))
    with torch.no_grad():
        for weights in model.parameters():
            weights.add_(0.1)
        matrices = [part.weight for part in model.encoder if isinstance(part, torch.nn.Linear)]
        biases = [weights for name, weights in model.decoder.named_parameters() if name.endswith("bias")]
        known = codes @ matrices[-1][:3]
        for matrix, bias in zip(reversed(matrices[:-1]), biases, strict=True):
            known = torch.nn.functional.silu(known + bias) @ matrix
        assert torch.allclose(model.decode(codes), known.reshape(5, 1, 8, 8) + model.output_bias, atol=1e-5)


def test_channels_beyond_the_image_have_no_part_in_the_decoder():
    made = architectures["linear"](architectures["linear"].Settings(tied=True), (8, 8))
    encoder = made.encoder(3, generator(0), channels=2)
    decoder = made.decoder(3, generator(0), encoder)
    assert torch.equal(decoder(torch.eye(3)).reshape(3, 64), encoder[-1].weight[:, :64])


def test_the_gradient_of_a_tied_matrix_is_the_sum_of_both_uses():
    """For x^ = W^T W x + b and squared error, with e = x^ - x: dL/dW = 2 (W x e^T + W e x^T)."""
    model, images = model_of("linear", likelihood="gaussian"), images_of()
    model.terms(Batch(images, torch.zeros(12)), 1.0, generator(0))["reconstruction"].value.backward()
    matrix = model.encoder[-1].weight
    x = (images - model.mean).flatten(1)
    e = (x @ matrix.T @ matrix + model.mean.flatten() - images.flatten(1)).detach()
    known = 2 * ((x @ matrix.T).T @ e + (e @ matrix.T).T @ x) / 12
    assert torch.allclose(matrix.grad, known, atol=1e-5)


@tiable
@pytest.mark.parametrize("variant", ["plain", "vae", "denoising"])
def test_a_tied_matrix_is_there_once_and_everything_is_trained(architecture, variant):
    model, untied = model_of(architecture, variant), model_of(architecture, variant, tied=False)
    assert not any(name.endswith("weight") for name, _ in model.decoder.named_parameters())
    matrices = sum(w.numel() for name, w in untied.decoder.named_parameters() if name.endswith("weight"))
    assert sum(w.numel() for w in model.parameters()) == sum(w.numel() for w in untied.parameters()) - matrices
    places = [tensor.data_ptr() for tensor in model.state_dict().values()]
    assert len(set(places)) == len(places)
    (objective,) = model.objectives(Batch(images_of(), torch.zeros(12)), 1.0, generator(0))
    objective.loss.backward()
    assert all(weights.grad.abs().max() > 0 for weights in model.parameters())


def test_a_plain_tied_model_has_half_the_matrices():
    model = model_of("linear")
    assert sum(weights.numel() for weights in model.parameters()) == 64 * 3 + 3 + 64


@tiable
def test_a_copy_is_tied_to_its_own_encoder(architecture):
    model, codes = model_of(architecture), torch.ones(1, 3)
    other, before = copy.deepcopy(model), model.decode(codes)
    assert torch.equal(other.decode(codes), before)
    with torch.no_grad():
        other.encoder[-1].weight.mul_(2)
    assert not torch.equal(other.decode(codes), before)
    assert torch.equal(model.decode(codes), before)
    other.decode(codes).sum().backward()
    assert other.encoder[-1].weight.grad is not None
    assert model.encoder[-1].weight.grad is None


@tiable
@pytest.mark.parametrize("to", [{"dtype": torch.float64}, {"device": "meta"}], ids=["double", "on another device"])
def test_a_model_moves_as_a_whole(architecture, to):
    model = model_of(architecture).to(**to)
    model.decode(torch.ones(1, 3, **to)).sum().backward()
    assert model.encoder[-1].weight.grad.shape == model.encoder[-1].weight.shape


@tiable
def test_untrained_it_makes_the_mean_image_of_code_0(architecture):
    shown = model_of(architecture).generate(np.zeros((1, 3), np.float32))[0]
    assert np.allclose(shown, images_of().mean(0)[0], atol=1e-4)


@tiable
def test_a_kept_model_comes_back(architecture):
    model, other = model_of(architecture), model_of(architecture, seed=1)
    codes = torch.ones(2, 3)
    assert not torch.equal(model.decode(codes), other.decode(codes))
    other.load_state_dict(model.state_dict())
    assert torch.equal(model.decode(codes), other.decode(codes))


@pytest.mark.parametrize(("outputs", "latent"), [(3, 4), (6, 12), (32, 26)])
@tiable
def test_a_decoder_of_more_than_the_code_is_refused_in_one_sentence(architecture, outputs, latent):
    made = architectures[architecture](architectures[architecture].Settings(tied=True), (8, 8))
    with pytest.raises(SettingsError, match="tied must be false") as refusal:
        made.decoder(latent, generator(0), made.encoder(outputs, generator(0)))
    assert is_sentence(str(refusal.value))
    assert f"takes {latent} numbers" in str(refusal.value)


def test_an_encoder_without_a_matrix_is_refused():
    made = architectures["linear"](architectures["linear"].Settings(tied=True), (8, 8))
    with pytest.raises(SettingsError, match="tied must be false"):
        made.decoder(3, generator(0), torch.nn.Identity())


def test_convolutions_have_no_such_setting():
    with pytest.raises(SettingsError, match="^plain on conv has no setting tied$"):
        Spec(architecture="conv", tied=True)


def test_a_tied_linear_autoencoder_finds_pcas_subspace():
    data = load("digits")
    model = trained(
        data,
        architecture="linear",
        likelihood="gaussian",
        latent=4,
        epochs=60,
        learning_rate=1e-2,
        precision="fp32",
    )
    pca, rows = fit_pca(data.train.images), data.train.images.reshape(-1, 64)
    best = np.square(rows - pca.reconstruct(rows, 4)).sum(1).mean()
    found = model.rebuild(torch.from_numpy(data.train.images.copy())[:, None]).detach().numpy().reshape(-1, 64)
    assert np.square(rows - found).sum(1).mean() == pytest.approx(best, rel=5e-3)
    matrix = model.encoder[-1].weight.detach().numpy()
    assert np.degrees(subspace_angles(matrix.T, pca.components[:4].T).max()) < 2
    # At the optimum the rows are orthonormal, as PCA's are, though turned within the subspace.
    assert np.allclose(matrix @ matrix.T, np.eye(4), atol=0.03)


@pytest.mark.learns
def test_a_tied_dense_vae_learns():
    data = load("digits")
    model = trained(data, variant="vae", latent=4, width=64, depth=2, epochs=30)
    mean_image = np.square(data.test.images - data.train.images.mean(0)).sum((1, 2)).mean()
    assert squared_error(model, data.test) < 0.65 * mean_image
