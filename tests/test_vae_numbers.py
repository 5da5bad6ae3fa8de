"""Every number of the page Variational autoencoder is what plain torch makes of the same model and images."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from conftest import is_sentence
from streamlit.testing.v1 import AppTest
from torch.distributions import Normal, kl_divergence
from torch.nn.functional import binary_cross_entropy_with_logits

from aecore.capabilities import Conditional, Spread
from aecore.dataset import Batch
from aecore.figures.grey import grey
from aecore.questions import drawn
from aecore.questions import vae as ask
from aecore.questions.latent import image_of
from aecore.questions.walks import AskWalk
from aecore.runs.run import Run
from aecore.runs.spec import Spec
from aecore.training import generator
from aecore.variants import variants
from aecore.variational import HasPosterior, Posterior

SMALL = {"data": "digits", "images": 300, "width": 16, "depth": 1, "epochs": 6, "latent": 3, "learning_rate": 1e-2}
every = pytest.mark.parametrize("variant", [name for name in variants if issubclass(variants[name], HasPosterior)])


@pytest.fixture(scope="module")
def run_of(shared) -> Callable[[str], Run]:
    return cache(lambda variant: shared(Spec(**SMALL, variant=variant)))


def tensors(run: Run, first: int, last: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Held-out images [N, 1, H, W] and their labels."""
    split = run.data.test
    return torch.from_numpy(split.images[first:last].copy())[:, None], torch.from_numpy(split.labels[first:last].copy())


@torch.no_grad()
def plain_posterior(run: Run, images: torch.Tensor, labels: torch.Tensor) -> Normal:
    """q(z | x), and where the model takes a class, q(z | x, y), from the encoder's own output."""
    model = run.model
    shown = images + model.label_images[labels] if isinstance(model, Conditional) else images
    mean, raw = model.encoder(shown - model.mean).chunk(2, 1)
    # Log-variances are bent to stay below 6.
    return Normal(mean, ((6 - torch.nn.functional.softplus(6 - raw)) / 2).exp())


@torch.no_grad()
def plain_outputs(run: Run, codes: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    model = run.model
    given = torch.cat([codes, model.label_codes[labels]], 1) if isinstance(model, Conditional) else codes
    return model.decoder(given) + model.output_bias


@torch.no_grad()
def plain_losses(run: Run, codes: torch.Tensor, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    outputs = plain_outputs(run, codes, labels)
    if isinstance(run.model, Spread):
        log_variance = run.model.log_variance(codes)
        sigma = (log_variance.reshape(len(codes), 1, *(log_variance.shape[2:] or (1, 1))) / 2).exp()
        return -Normal(outputs, sigma).log_prob(images).sum((1, 2, 3))
    return binary_cross_entropy_with_logits(outputs, images, reduction="none").sum((1, 2, 3))


@torch.no_grad()
def plain_pictures(run: Run, codes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    outputs = plain_outputs(run, torch.from_numpy(np.array(codes, np.float32)), torch.from_numpy(np.array(labels)))
    shown = outputs if isinstance(run.model, Spread) else outputs.sigmoid()
    return shown[:, 0].clamp(0, 1).numpy()


def near(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two sheets of pictures, uint8, are the same but for rounding."""
    return one.shape == other.shape and np.abs(one.astype(int) - other.astype(int)).max() <= 1


# What is asked of a run.


@every
def test_inside_an_image_is_what_plain_torch_makes_of_it(variant, run_of):
    run = run_of(variant)
    found = ask.inside(run, 5, draws=8, seed=1)
    images, labels = tensors(run, 5, 6)
    posterior = plain_posterior(run, images, labels)
    codes, told = torch.from_numpy(found.codes), labels.expand(8)
    assert found.mean == pytest.approx(posterior.mean[0].numpy(), abs=1e-5)
    assert found.sigma == pytest.approx(posterior.stddev[0].numpy(), rel=1e-4)
    assert found.kl == pytest.approx(kl_divergence(posterior, Normal(0, 1))[0].numpy(), rel=1e-3, abs=1e-5)
    losses = plain_losses(run, codes, images.expand(8, -1, -1, -1), told)
    assert found.losses == pytest.approx(losses.numpy(), rel=1e-4, abs=1e-3)
    of_mean = plain_pictures(run, posterior.mean.numpy(), labels.numpy())
    decoded = plain_pictures(run, found.codes, told.numpy())
    assert near(found.decoded, grey(decoded))
    assert near(found.rebuilt[None], grey(of_mean))
    assert found.apart == pytest.approx(np.square(decoded - of_mean).sum((1, 2)), rel=1e-3, abs=1e-6)
    assert found.error == pytest.approx(np.square(of_mean - images[:, 0].numpy()).sum(), rel=1e-4)


@every
def test_inside_an_image_are_the_models_own_terms(variant, monkeypatch, run_of):
    """The same codes put into what is trained: a variant with a loss of its own cannot be shown another."""
    run = run_of(variant)
    found = ask.inside(run, 5, draws=8, seed=1)
    codes = torch.from_numpy(found.codes)
    monkeypatch.setattr(Posterior, "sample", lambda posterior, rng: codes)
    monkeypatch.setattr(Posterior, "draws", lambda posterior, count, rng: (codes[None], torch.zeros(1, 8)))
    images, labels = tensors(run, 5, 6)
    with torch.no_grad():
        terms = run.model.terms(Batch(images.expand(8, -1, -1, -1), labels.expand(8)), 1.0, generator(0))
    assert found.losses.mean() == pytest.approx(float(terms["reconstruction"].value), rel=1e-5)
    assert found.kl.sum() == pytest.approx(float(terms["kl"].value), rel=1e-4)
    assert found.weights == {name: term.weight for name, term in terms.items() if term.weight}


@every
def test_rates_are_of_all_held_out_images_each_told_its_class(variant, run_of):
    run = run_of(variant)
    found = ask.rates(run)
    posterior = plain_posterior(run, *tensors(run, 0, len(run.data.test)))
    kl = kl_divergence(posterior, Normal(0, 1)).mean(0).numpy()
    assert found.kl == pytest.approx(kl, rel=1e-3, abs=1e-5)
    assert found.kl.sum() == pytest.approx(run.metrics["heldout_kl"], rel=1e-4)
    assert found.variance == pytest.approx(posterior.mean.numpy().var(0), rel=1e-3)
    assert np.array_equal(found.used, found.variance > 0.01)


@every
def test_what_moves_is_decoded_as_of_the_class_of_its_image(variant, run_of):
    run = run_of(variant)
    images, labels = tensors(run, 7, 8)
    base = plain_posterior(run, images, labels).mean.numpy()
    code, label = ask.start_of(run, 7)
    assert code == pytest.approx(base[0], abs=1e-5)
    assert label == labels[0]
    sheet = ask.AskQuantiles(0, 1, 3, 7)(run).pictures
    base[0, :2] = 0
    assert near(sheet[1, 1][None], grey(plain_pictures(run, base, labels.numpy())))
    walk = AskWalk(7, 8, "straight", 5)(run)
    both, told = tensors(run, 7, 9)
    ends = plain_posterior(run, both, told).mean.numpy()
    path = np.linspace(ends[0], ends[1], 5)
    assert near(walk.pictures, grey(plain_pictures(run, path, told.numpy()[[0, 0, 0, 1, 1]])))
    assert bool(walk.told) == isinstance(run.model, Conditional)


@every
def test_samples_are_of_their_class_and_their_distances_are_to_the_nearest(variant, run_of):
    run = run_of(variant)
    found = ask.AskSamples("prior", 1.0, 0, 12)(run)
    codes = torch.randn(12, 3, generator=generator(0, "samples")).numpy()
    pictures = plain_pictures(run, codes, np.arange(12) % 10)
    assert near(found.pictures, grey(pictures))
    train = run.data.train.images
    away = np.sqrt(np.square(pictures[:, None] - train[None]).sum((2, 3)))
    assert found.distances == pytest.approx(away.min(1), rel=1e-3)
    assert near(found.nearest, grey(train[away.argmin(1)]))


@every
def test_ones_own_digit_lies_and_is_rebuilt_as_of_the_class_that_the_model_takes_it_for(variant, run_of):
    run = run_of(variant)
    image, _ = image_of(run, 3)
    placed = drawn.place(run, image[0])
    with torch.no_grad():
        shown = torch.from_numpy(image.copy())[:, None]
        label = run.model.classify(shown) if isinstance(run.model, Conditional) else torch.zeros(1, dtype=torch.int64)
    posterior = plain_posterior(run, shown, label)
    mean, log_variance = posterior.mean.detach(), 2 * posterior.stddev.detach().log()
    np.testing.assert_allclose(placed.numbers, torch.cat([mean, log_variance]).numpy(), atol=1e-4)
    np.testing.assert_allclose(placed.rebuilt, plain_pictures(run, mean.numpy(), label.numpy())[0], atol=1e-4)


def test_an_image_beyond_all_is_refused_and_one_of_a_long_code_is_not(run_of):
    run = run_of("vae")
    with pytest.raises(IndexError, match="there are"):
        image_of(run, len(run.data.test) + len(run.data.train))
    last, label = image_of(run, len(run.data.test) + len(run.data.train) - 1)
    assert np.array_equal(last[0], run.data.train.images[-1])
    assert label[0] == run.data.train.labels[-1]


# What is written on the page.


def written(tab: str, run: Run, **settings) -> str:
    """All the words of a tab of a trained run."""

    def page(tab, pool, seats, settings, spec):
        from aecore.ui.vae import TABS

        kind = TABS[tab]
        kind(kind.Settings(**settings), spec.flat()).draw(pool, seats)

    def answer(run, question, of_data=False):
        return SimpleNamespace(done=lambda: True, result=lambda: question(run))

    seats = {"run": SimpleNamespace(joined=True, run=run, snapshot=run.snapshot)}
    given = {"tab": tab, "pool": SimpleNamespace(ask=answer), "seats": seats}
    app = AppTest.from_function(page, kwargs=given | {"settings": settings, "spec": run.spec}, default_timeout=60)
    app.run()
    assert not app.exception
    return "\n".join(element.value for kind in ("markdown", "caption", "info") for element in app.get(kind))


@every
def test_inside_prints_the_models_own_losses(variant, run_of):
    run, text = run_of(variant), written("inside", run_of(variant), image=5)
    found = ask.inside(run, 5, 10, 0)
    images, labels = tensors(run, 5, 6)
    told = labels.expand(10)
    losses = plain_losses(run, torch.from_numpy(found.codes), images.expand(10, -1, -1, -1), told)
    unit = "nats"
    assert f"Reconstruction: {losses.mean():.1f} {unit}, mean over 10 samples" in text
    assert f"(from {losses.min():.1f} to {losses.max():.1f})" in text
    kl = kl_divergence(plain_posterior(run, images, labels), Normal(0, 1)).sum()
    assert f"KL to the prior: {kl:.2f} nats" in text


def test_what_a_model_minimises_is_told_with_its_weights(run_of):
    assert "minimises, as a mean over images: bound." in written("inside", run_of("iwae"))
    assert "reconstruction + KL + 0.5 x total correlation." in written("inside", run_of("beta-tcvae"))


@every
def test_traverse_prints_the_rates(variant, run_of):
    run = run_of(variant)
    posterior = plain_posterior(run, *tensors(run, 0, len(run.data.test)))
    kl = kl_divergence(posterior, Normal(0, 1)).sum(1).mean()
    text = written("traverse", run, image=7)
    assert f"{kl:.2f} in all" in text
    assert f"{len(run.data.test):,} held-out images" in text
    used = int((posterior.mean.var(0, correction=0) > 0.01).sum())
    assert f"{used} of 3 code dimension" in text
    base = plain_posterior(run, *tensors(run, 7, 8)).mean.numpy()
    label = tensors(run, 7, 8)[1].numpy()
    codes = np.tile(base, (3, 5, 1))
    for dimension in range(3):
        codes[dimension, :, dimension] = np.linspace(-3, 3, 5)
    pictures = plain_pictures(run, codes.reshape(15, 3), np.tile(label, 15)).reshape(3, 5, 8, 8)
    moves = np.square(pictures - plain_pictures(run, base, label)).sum((2, 3)).max(1)
    assert ask.AskMoves(7, False, 3.0)(run).errors == pytest.approx(moves, rel=1e-3, abs=1e-5)
    assert ask.moves_said(ask.rates(run).used, ask.AskMoves(7, False, 3.0)(run).errors) in text


@every
def test_generate_prints_the_distances(variant, run_of):
    run = run_of(variant)
    found = re.search(r"is ([\d.]+) away on average.*?([\d.]+) at least", written("generate", run), re.DOTALL)
    codes = torch.randn(40, 3, generator=generator(0, "samples")).numpy()
    pictures = plain_pictures(run, codes, np.arange(40) % 10)
    away = np.sqrt(np.square(pictures[:, None] - run.data.train.images[None]).sum((2, 3))).min(1)
    assert [float(text) for text in found.groups()] == pytest.approx([away.mean(), away.min()], abs=0.01)
    real = run.data.test.images[:100]
    usual = np.sqrt(np.square(real[:, None] - run.data.train.images[None]).sum((2, 3))).min(1).mean()
    assert f"Held-out images are {usual:.2f} away" in written("generate", run)


# The words.


def test_what_strips_change_is_told_of_the_case_in_view():
    moves = np.array([3.0, 30.25, 0.01])
    assert ask.moves_said(np.array([True, True, False]), moves) == (
        "Along its strip the picture changes by 3.00 to 30.25 of squared error where the dimension is in use, and by "
        "0.01 where it is not, which is paler."
    )
    assert ask.moves_said(np.ones(3, bool), moves).endswith("by 0.01 to 30.25 of squared error.")
    assert ask.moves_said(np.zeros(1, bool), moves[2:]) == (
        "Along its strip the picture changes by 0.01 of squared error, and each is paler, for none is in use."
    )


def test_dimensions_in_use_are_told_of_the_case_in_view():
    sigma, kl = np.array([0.1, 0.98, 1.004]), np.array([3.0, 0.01, 0.02])
    assert ask.use_said(np.array([True, True, True]), sigma, kl).startswith("3 of 3 code dimensions are in use: ")
    assert "grey" not in ask.use_said(np.array([True, True, True]), sigma, kl)
    one = ask.use_said(np.array([True, False, False]), sigma, kl)
    assert one.startswith("1 of 3 code dimensions is in use: ")
    assert "2 are not. They are grey here. Their sigma for this image is 0.98 to 1.00, where the prior's is 1" in one
    assert one.endswith("and their KL 0.03 nats in all.")
    two = ask.use_said(np.array([True, True, False]), sigma, kl)
    assert "One is not. It is grey here. Its sigma for this image is 1.00" in two
    assert two.endswith("and its KL 0.02 nats.")
    assert ask.use_said(np.array([True]), sigma[:1], kl[:1]).startswith("1 of 1 code dimension is in use")
    assert all(map(is_sentence, (one, two)))


def test_scores_prints_means_and_errors_of_each_image(run_of):
    run = run_of("vae")
    text = written("scores", run, scored=10, beside="none")
    squared = np.square(run.model.reconstruct(run.data.test.images[:10]) - run.data.test.images[:10]).sum((1, 2))
    mean, error = squared.mean(), squared.std(ddof=1) / np.sqrt(10)
    assert f"| squared error | {mean:,.1f} ± {error:,.1f} |" in text
    assert "| annealed, first 10 images |" in text
    assert "Mean over 10 held-out images" in text
