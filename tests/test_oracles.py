"""Numbers against what is known of them: closed forms, other libraries, Monte Carlo."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from combinations import AUTOENCODERS
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import subspace_angles
from torch import nn
from torch.distributions import Independent, Normal, kl_divergence

from aecore.autoencoder import Autoencoder
from aecore.dataset import Batch, Facts, Split
from aecore.likelihood import likelihoods
from aecore.likelihoods.bernoulli import Bernoulli
from aecore.likelihoods.gaussian import Gaussian
from aecore.likelihoods.gaussian_learned import GaussianLearned
from aecore.measures.pca import fit_pca
from aecore.measures.quality import elbo, floors, mean_terms, metrics, squared_error
from aecore.runs.choices import choice_knob, knobs_of
from aecore.runs.spec import Spec
from aecore.sources import load
from aecore.training import END, RISE, START, TrainerState, generator, one_cycle, train
from aecore.ui.pca.subspace import how
from aecore.variants import variants
from aecore.variational import HIGHEST_LOG_VARIANCE, HasPosterior, Posterior, kl_from_standard_normal

EVERY_VARIANT = AUTOENCODERS
# A discrete code has no slope: by design its gradient is another's.
STRAIGHT_THROUGH = {"vq-vae"}


def normal(*shape: int, seed: int = 0, dtype=torch.float64) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def uniform(*shape: int, seed: int = 0, dtype=torch.float64) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def trained(spec: Spec, data: Split) -> Autoencoder:
    model = spec.model(Facts(data.images.mean(0)))
    for _ in train(data, spec.training, TrainerState(model, spec.training)):
        pass
    return model


# Divergences.


@given(st.floats(-3, 3), st.floats(-4, 2))
def test_kl_is_torchs(mean, log_variance):
    mean, log_variance = torch.tensor(mean).double(), torch.tensor(log_variance).double()
    known = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0))
    assert float(kl_from_standard_normal(mean, log_variance)) == pytest.approx(float(known), abs=1e-6)


@pytest.mark.parametrize(("mean", "log_variance"), [(0.0, 0.0), (1.5, -2.0), (-0.7, 1.0), (2.0, 0.3)])
def test_kl_is_the_monte_carlo_mean_of_log_q_over_p(mean, log_variance):
    count = 400_000
    posterior = Posterior(torch.full((count, 1), mean).double(), torch.full((count, 1), log_variance).double())
    codes = posterior.sample(generator(0, "Monte Carlo"))
    q = Normal(posterior.mean, (posterior.log_variance / 2).exp())
    draws = q.log_prob(codes) - Normal(0.0, 1.0).log_prob(codes)
    error = float(draws.std()) / math.sqrt(count)
    assert float(posterior.kl()[0]) == pytest.approx(float(draws.mean()), abs=5 * error + 1e-6)


def test_codes_are_drawn_from_the_posterior():
    posterior = Posterior(
        torch.tensor([[1.0, -2.0]]).repeat(100_000, 1), torch.tensor([[-2.0, 1.0]]).repeat(100_000, 1)
    )
    codes = posterior.sample(generator(0))
    assert torch.allclose(codes.mean(0), torch.tensor([1.0, -2.0]), atol=0.03)
    assert torch.allclose(codes.var(0).log(), torch.tensor([-2.0, 1.0]), atol=0.03)
    assert abs(float(torch.corrcoef(codes.T)[0, 1])) < 0.02


@pytest.mark.parametrize("variant", [name for name in EVERY_VARIANT if issubclass(variants[name], HasPosterior)])
def test_a_posteriors_log_variance_is_bounded_and_else_untouched(variant):
    model = Spec(variant=variant, architecture="linear").model(Facts(np.zeros((8, 8), np.float32)))
    last = model.encoder[-1]
    with torch.no_grad():
        last.weight.zero_()
        for raw, reached in ((-5.0, -5.0), (0.0, 0.0), (1e4, HIGHEST_LOG_VARIANCE)):
            last.bias.fill_(raw)
            found = model.posterior(torch.zeros(1, 1, 8, 8)).log_variance
            assert torch.allclose(found, torch.full_like(found, reached), atol=0.01)


# Likelihoods. Shapes: 5 images of 6 x 7 pixels.


def test_bernoulli_is_torchs_cross_entropy_on_logits():
    outputs, images = 4 * normal(5, 1, 6, 7), uniform(5, 1, 6, 7)
    known = F.binary_cross_entropy_with_logits(outputs, images, reduction="none").flatten(1).sum(1)
    assert torch.allclose(Bernoulli().loss(outputs, images), known)


def test_bernoulli_is_finite_where_probabilities_are_not():
    outputs = torch.tensor([[[[-500.0, 500.0, 500.0, -500.0]]]])
    loss = Bernoulli().loss(outputs, torch.tensor([[[[0.0, 1.0, 0.0, 1.0]]]]))
    assert float(loss) == pytest.approx(1000.0)


def test_bernoullis_own_gradient_is_torchs():
    outputs, images = (4 * normal(5, 1, 6, 7)).requires_grad_(), uniform(5, 1, 6, 7)
    weights = normal(5, seed=3)
    (ours,) = torch.autograd.grad((weights * Bernoulli().loss(outputs, images)).sum(), outputs)
    known = F.binary_cross_entropy_with_logits(outputs, images, reduction="none").flatten(1).sum(1)
    (theirs,) = torch.autograd.grad((weights * known).sum(), outputs)
    assert torch.allclose(ours, theirs)


def test_gaussian_and_its_constant_are_a_normal_density_of_variance_one_half():
    outputs, images = normal(5, 1, 6, 7), uniform(5, 1, 6, 7)
    known = -Independent(Normal(outputs, math.sqrt(0.5)), 3).log_prob(images)
    assert torch.allclose(Gaussian().loss(outputs, images) + Gaussian().constant(42), known)


@pytest.mark.parametrize("log_variance", [-3.0, 0.0, 1.2])
def test_a_learned_variance_is_a_normal_density(log_variance):
    likelihood = GaussianLearned().double()
    likelihood.log_variance.data.fill_(log_variance)
    outputs, images = normal(5, 1, 6, 7), uniform(5, 1, 6, 7)
    known = -Independent(Normal(outputs, math.exp(log_variance / 2)), 3).log_prob(images)
    assert torch.allclose(likelihood.loss(outputs, images) + likelihood.constant(42), known)


def test_a_fitted_variance_is_the_best_there_is():
    outputs, images = normal(50, 1, 6, 7), uniform(50, 1, 6, 7)
    best = GaussianLearned().fitted(outputs, images).requires_grad_(False)
    assert float(best.log_variance.exp()) == pytest.approx(float((outputs - images).square().mean()), rel=1e-5)
    least = float(best.loss(outputs, images).mean())
    for off in (-0.1, 0.1):
        other = GaussianLearned().double().requires_grad_(False)
        other.log_variance.data.fill_(float(best.log_variance) + off)
        assert float(other.loss(outputs, images).mean()) > least


@pytest.mark.parametrize("name", likelihoods)
def test_a_likelihoods_mean_undoes_outputs_for(name):
    likelihood, images = likelihoods[name](), 0.01 + 0.98 * uniform(5, 1, 6, 7)
    assert torch.allclose(likelihood.mean(likelihood.outputs_for(images)), images)
    ends = likelihood.outputs_for(torch.tensor([0.0, 1.0]))
    assert torch.isfinite(ends).all()
    assert torch.allclose(likelihood.mean(ends), torch.tensor([0.0, 1.0]), atol=2e-3)


@pytest.mark.parametrize("name", likelihoods)
def test_gradients_of_a_likelihood_are_its_slope(name):
    likelihood, images = likelihoods[name]().double(), uniform(3, 1, 2, 4)
    outputs = normal(3, 1, 2, 4).requires_grad_()
    names, own = [], []
    for name, weights in likelihood.named_parameters(prefix="likelihood"):
        names.append(name)
        own.append(weights)

    def loss(outputs, *own):
        return torch.func.functional_call(_Call(likelihood), dict(zip(names, own, strict=True)), (outputs, images))

    assert torch.autograd.gradcheck(loss, (outputs, *own))


class _Call(nn.Module):
    """A likelihood's loss as a module's forward pass."""

    def __init__(self, likelihood):
        super().__init__()
        self.likelihood = likelihood

    def forward(self, outputs, images):
        return self.likelihood.loss(outputs, images)


class _Loss(nn.Module):
    """One player's loss on one batch, with the same chance at every call."""

    def __init__(self, model: Autoencoder, batch: Batch, player: str):
        super().__init__()
        self.model, self.batch, self.player = model, batch, player

    def forward(self):
        objectives = self.model.objectives(self.batch, 0.7, generator(0, "gradcheck"))
        return next(objective.loss for objective in objectives if objective.player == self.player)


def _losses() -> Iterator[tuple[str, str, str]]:
    """Every variant on one architecture, and two of them on every architecture, with all their likelihoods."""
    for variant in set(AUTOENCODERS) - STRAIGHT_THROUGH:
        usual = choice_knob("architecture", {"variant": variant})
        for architecture in usual.choices if variant in ("plain", "vae") else [usual.default]:
            for likelihood in knobs_of({"variant": variant})["likelihood"].choices:
                yield variant, architecture, likelihood


@pytest.mark.parametrize(("variant", "architecture", "likelihood"), sorted(_losses()))
def test_gradients_of_a_variants_losses_are_their_slopes(variant, architecture, likelihood, monkeypatch):
    # Players that hold their outputs in float32 against bf16: here all is double, or slopes could not be measured.
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)
    known = knobs_of({"variant": variant, "architecture": architecture})
    small = {k: v for k, v in {"width": 8, "depth": 1}.items() if k in known}
    spec = Spec(variant=variant, architecture=architecture, likelihood=likelihood, latent=2, **small)
    images = uniform(6, 1, 8, 8)
    model = spec.model(Facts(images.mean((0, 1)).numpy())).double()
    names = {id(weights): f"model.{name}" for name, weights in model.named_parameters()}
    for player, weights in model.players().items():
        loss = _Loss(model, Batch(images, torch.arange(6)), player)
        keys = [names[id(one)] for one in weights]

        def value(*tensors, loss=loss, keys=keys):
            return torch.func.functional_call(loss, dict(zip(keys, tensors, strict=True)), ())

        assert torch.autograd.gradcheck(value, tuple(weights), fast_mode=True)


# Principal components.


@pytest.fixture(scope="module")
def data():
    return load("mnist-5k")


@pytest.fixture(scope="module")
def rows(data):
    return data.train.images.reshape(len(data.train), -1)


@pytest.fixture(scope="module")
def ours(rows):
    return fit_pca(rows)


@pytest.mark.learns
@pytest.mark.parametrize("many", [1200, 300])
def test_pca_is_scikit_learns(rows, many):
    """Also of fewer images than they have pixels."""
    from sklearn.decomposition import PCA

    rows = rows[:many]
    ours = fit_pca(rows)
    known = PCA(50, svd_solver="full").fit(rows.astype(np.float64))
    assert np.allclose(ours.mean, known.mean_, atol=1e-6)
    assert np.allclose(ours.variances[:50], known.explained_variance_, rtol=1e-4)
    for count in (1, 2, 10, 50):
        angles = subspace_angles(ours.components[:count].T.astype(np.float64), known.components_[:count].T)
        assert np.degrees(angles.max()) < 0.2
    assert ((ours.components[:10] * known.components_[:10]).sum(1) > 0.99).all()
    theirs = known.inverse_transform(known.transform(rows))
    assert np.allclose(ours.reconstruct(rows, 50), theirs, atol=1e-3)
    assert np.allclose(ours.components @ ours.components.T, np.eye(min(many, 784)), atol=1e-4)


def test_what_pca_leaves_is_what_its_variances_say(rows, ours):
    for count in (1, 2, 10, 50):
        left = np.square(rows - ours.reconstruct(rows, count)).sum(1).mean()
        assert left == pytest.approx(ours.variances[count:].sum() * (len(rows) - 1) / len(rows), rel=1e-4)


@pytest.mark.parametrize(("count", "known"), [(2, 43.83), (10, 26.95), (30, 14.08)])
def test_pca_of_the_5000_images_on_the_official_test_images(data, mnist_test, count, known):
    fitted = fit_pca(np.concatenate([data.train.images, data.test.images]))
    test = mnist_test.images.reshape(10_000, -1)
    assert np.square(test - fitted.reconstruct(test, count)).sum(1).mean() == pytest.approx(known, abs=0.006)


def test_the_test_images_own_cross_entropy(mnist_test):
    """45.53 nats an image, below which no Bernoulli reconstruction can come; the mean image has 205.7."""
    pixels = mnist_test.images.reshape(10_000, -1).astype(np.float64)
    logits = torch.logit(torch.from_numpy(pixels), eps=1e-9)
    assert float(Bernoulli().loss(logits, torch.from_numpy(pixels)).mean()) == pytest.approx(45.53, abs=0.01)


# Of 30 directions one is found late: components 30 and 31 nearly tie (eigenvalues 0.361 and 0.354).
@pytest.mark.learns
@pytest.mark.parametrize(("latent", "largest", "median"), [(2, 2, 2), (10, 2, 0.5), (30, 90, 0.5)])
def test_a_linear_autoencoder_finds_pcas_subspace(data, rows, ours, latent, largest, median):
    """Baldi and Hornik 1989: with squared error the optimum is PCA's subspace, and there is no other minimum."""
    spec = Spec(architecture="linear", likelihood="gaussian", latent=latent, **how(len(data.train)))
    model = trained(spec, data.train)
    best = np.square(rows - ours.reconstruct(rows, latent)).sum(1).mean()
    assert mean_terms(model, data.train)["reconstruction"] == pytest.approx(best, rel=5e-3)
    columns = model.decoder[0].weight.detach().numpy()
    angles = np.degrees(subspace_angles(columns, ours.components[:latent].T))
    assert angles.max() < largest
    assert np.median(angles) < median
    # The decoder's bias is the mean image, since codes have none of it to add: W c + b = mean.
    assert np.allclose(
        model.generate(model.embed(ours.mean.reshape(1, 28, 28))).ravel(), ours.mean.clip(0, 1), atol=0.02
    )


@pytest.mark.learns
@pytest.mark.parametrize("latent", [4, 8])
def test_a_linear_vae_reaches_probabilistic_pcas_likelihood(latent):
    """Lucas et al. 2019: at a linear VAE's optimum the bound is tight, and it is probabilistic PCA."""
    from sklearn.decomposition import PCA

    data = load("digits").train
    spec = Spec(
        data="digits",
        variant="vae",
        architecture="linear",
        likelihood="gaussian-learned",
        latent=latent,
        batch_size=100,
        epochs=150,
        learning_rate=5e-2,
        precision="fp32",
    )
    model = trained(spec, data)
    flat = data.images.reshape(len(data), -1)
    known = PCA(latent).fit(flat)
    bound = np.mean([elbo(model, data, seed) for seed in range(20)])
    assert bound == pytest.approx(known.score(flat), abs=0.5)
    assert bound <= known.score(flat) + 0.05
    # Tipping and Bishop 1999: the noise is the mean of the variances that are left out.
    assert model.likelihood.log_variance.exp().item() == pytest.approx(known.noise_variance_, rel=0.05)


# Measures.


@pytest.mark.parametrize("likelihood", likelihoods)
def test_floors_are_what_numpy_says(likelihood, data, ours):
    images = data.test.images
    flat = images.reshape(len(images), -1).astype(np.float64)
    mean, pca = floors(likelihoods[likelihood](), ours, images, 10)
    assert (mean.title, pca.title) == ("mean image", "PCA, 10 components")
    basis, centre = ours.components[:10].astype(np.float64), ours.mean.astype(np.float64)
    guesses = np.broadcast_to(centre, flat.shape), (flat - centre) @ basis.T @ basis + centre
    for found, guess in zip((mean, pca), guesses, strict=True):
        if likelihood == "bernoulli":
            p = guess.clip(1e-3, 1 - 1e-3)
            known = -(flat * np.log(p) + (1 - flat) * np.log1p(-p)).sum(1).mean()
        else:
            known = squared = np.square(flat - guess).sum(1).mean()
            if likelihood == "gaussian-learned":
                known = 784 / 2 * (math.log(2 * math.pi * squared / 784) + 1)
        assert found.value == pytest.approx(known, rel=1e-4)


def test_floors_name_one_number_and_leave_out_a_code_as_large_as_the_image(data, ours):
    assert [f.title for f in floors(Gaussian(), ours, data.test.images, 1)] == ["mean image", "PCA, 1 component"]
    assert [f.title for f in floors(Gaussian(), ours, data.test.images, 784)] == ["mean image"]


@pytest.fixture(scope="module")
def small_vae():
    data = load("digits")
    spec = Spec(data="digits", variant="vae", width=16, depth=1, epochs=3, likelihood="gaussian-learned", beta=3.0)
    return trained(spec, data.train), data


def test_squared_error_is_numpys(small_vae):
    model, data = small_vae
    known = np.square(model.reconstruct(data.test.images) - data.test.images).sum((1, 2)).mean()
    assert squared_error(model, data.test) == pytest.approx(known, rel=1e-5)


def test_the_elbo_is_that_of_torchs_densities(small_vae):
    """E_q[log p(x|z)] - KL, whatever beta the model was trained with, over many draws of z."""
    model, data = small_vae
    images = torch.from_numpy(data.test.images.copy())[:, None]
    with torch.no_grad():
        posterior = model.posterior(images)
        q = Normal(posterior.mean, (posterior.log_variance / 2).exp())
        kl = kl_divergence(q, Normal(0.0, 1.0)).sum(1).mean()
        scores = []
        for seed in range(200):
            codes = q.loc + q.scale * normal(*q.loc.shape, seed=seed, dtype=torch.float32)
            p = Normal(model.decode(codes), (model.likelihood.log_variance / 2).exp())
            scores.append(float(p.log_prob(images).sum((1, 2, 3)).mean()))
    found = [elbo(model, data.test, seed) for seed in range(200)]
    error = math.hypot(np.std(scores), np.std(found)) / math.sqrt(200)
    assert np.mean(found) == pytest.approx(np.mean(scores) - float(kl), abs=5 * error + 1e-3)


def test_the_elbo_of_a_gaussian_has_its_constant():
    data = load("digits")
    model = Spec(data="digits", variant="vae", width=16, likelihood="gaussian").model(Facts(data.train.images.mean(0)))
    terms = mean_terms(model, data.test)
    assert elbo(model, data.test) == pytest.approx(
        -terms["reconstruction"] - terms["kl"] - 32 * math.log(math.pi), rel=1e-6
    )


def test_a_mean_over_images_weighs_a_last_small_part_by_its_size():
    data = load("digits").train
    model = Spec(data="digits", width=16).model(Facts(data.images.mean(0)))
    images = torch.from_numpy(data.images.copy())[:, None]
    with torch.no_grad():
        known = float(model.likelihood.loss(model.decode(model.encode(images)), images).double().mean())
    assert len(data) % 1000
    assert mean_terms(model, data)["reconstruction"] == pytest.approx(known, rel=1e-5)


def test_metrics_say_on_which_images(small_vae):
    model, data = small_vae
    found = metrics(model, data)
    assert all(name.startswith(("heldout_", "train_")) for name in found)
    assert found["heldout_squared_error"] == squared_error(model, data.test)
    assert found["train_squared_error"] == squared_error(model, data.train)
    assert found["heldout_elbo"] == elbo(model, data.test)
    assert found["train_kl"] == mean_terms(model, data.train)["kl"]


def test_a_model_without_posterior_has_no_elbo():
    data = load("digits").test
    with pytest.raises(TypeError, match="no posterior"):
        elbo(Spec(width=16).model(Facts(data.images.mean(0))), data)


# The learning rate.


def test_one_cycle_starts_peaks_and_ends_where_it_says():
    assert one_cycle(0.0) == pytest.approx(START)
    assert one_cycle(RISE) == pytest.approx(1)
    assert one_cycle(1.0) == pytest.approx(END)
    rising, falling = ([one_cycle(x) for x in np.linspace(*ends, 50)] for ends in ((0, RISE), (RISE, 1)))
    assert rising == sorted(rising)
    assert falling == sorted(falling, reverse=True)


def test_one_cycle_is_pytorchs():
    known = torch.optim.lr_scheduler.OneCycleLR(
        torch.optim.SGD([nn.Parameter(torch.zeros(1))], 1.0),
        max_lr=1.0,
        total_steps=401,
        pct_start=(RISE * 400 + 1) / 401,
        div_factor=1 / START,
        final_div_factor=START / END,
    )
    for step in range(401):
        assert one_cycle(step / 400) == pytest.approx(known.get_last_lr()[0], abs=1e-6)
        if step < 400:
            known.optimizer.step()
            known.step()


# FactorVAE: total correlation, and the opponent that estimates it.


def reading_codes(correlation: float) -> tuple[Autoencoder, Batch]:
    """A FactorVAE whose codes are the first two pixels, which are normal and correlated, nearly without noise."""
    model = Spec(variant="factor-vae", architecture="linear", latent=2).model(Facts(np.zeros((8, 8), np.float32)))
    with torch.no_grad():
        model.encoder[-1].weight.zero_()
        model.encoder[-1].weight[0, 0] = model.encoder[-1].weight[1, 1] = 1
        model.encoder[-1].bias.copy_(torch.tensor([0.0, 0.0, -12.0, -12.0]))
    images = normal(20_000, 1, 8, 8, dtype=torch.float32)
    images[:, 0, 0, 1] = correlation * images[:, 0, 0, 0] + math.sqrt(1 - correlation**2) * images[:, 0, 0, 1]
    return model, Batch(images, torch.zeros(20_000, dtype=torch.int64))


def opponents_loss(model: Autoencoder, batch: Batch, seed: int) -> torch.Tensor:
    return list(model.objectives(batch, 1.0, generator(seed)))[-1].loss


@pytest.mark.learns
@pytest.mark.parametrize("correlation", [0.0, 0.8])
def test_the_opponents_estimate_is_the_total_correlation(correlation):
    """Two normals of correlation r have TC -log(1 - r^2) / 2; without any, the opponent cannot beat a coin."""
    model, everything = reading_codes(correlation)
    optimiser = torch.optim.Adam(model.players()["opponent"], 3e-3)
    for step in range(400):
        rows = torch.randint(0, 20_000, (512,), generator=generator(step))
        optimiser.zero_grad()
        opponents_loss(model, Batch(everything.images[rows], everything.labels[rows]), step).backward()
        optimiser.step()
    with torch.no_grad():
        estimate = float(model.terms(everything, 1.0, generator(0))["total_correlation"].value)
        loss = float(opponents_loss(model, everything, 0))
    assert estimate == pytest.approx(-math.log(1 - correlation**2) / 2, abs=0.06)
    assert (loss < math.log(2) - 0.05) == (correlation > 0)
    assert loss < math.log(2) + 0.02


def test_an_opponent_that_knows_nothing_costs_nothing():
    model, batch = reading_codes(0.5)
    with torch.no_grad():
        for weights in model.players()["opponent"]:
            weights.zero_()
        assert float(model.terms(batch, 1.0, generator(0))["total_correlation"].value) == 0
        assert float(opponents_loss(model, batch, 0)) == pytest.approx(math.log(2), rel=1e-6)


def test_factor_vae_without_opponent_is_a_vae():
    images = uniform(32, 1, 8, 8, dtype=torch.float32)
    batch = Batch(images, torch.zeros(32, dtype=torch.int64))
    factor, vae = (
        Spec(variant=name, width=16).model(Facts(np.full((8, 8), 0.5, np.float32))) for name in ("factor-vae", "vae")
    )
    own = vae.state_dict()
    vae.load_state_dict({name: tensor for name, tensor in factor.state_dict().items() if name in own})
    one, other = factor.terms(batch, 1.0, generator(0)), vae.terms(batch, 1.0, generator(0))
    for name in ("reconstruction", "kl"):
        assert torch.equal(one[name].value, other[name].value)
        assert one[name].weight == other[name].weight == 1


def test_beta_weighs_the_kl_term_and_warm_up_lets_it_grow():
    batch = Batch(uniform(8, 1, 8, 8, dtype=torch.float32), torch.zeros(8, dtype=torch.int64))
    model = Spec(variant="vae", width=16, beta=4.0, warmup=0.5).model(Facts(np.full((8, 8), 0.5, np.float32)))
    weights = [model.terms(batch, progress, generator(0))["kl"].weight for progress in (0.0, 0.25, 0.5, 1.0)]
    assert weights == [0.0, 2.0, 4.0, 4.0]
    plain = Spec(variant="vae", width=16, beta=4.0).model(Facts(np.full((8, 8), 0.5, np.float32)))
    assert plain.terms(batch, 0.0, generator(0))["kl"].weight == 4.0
