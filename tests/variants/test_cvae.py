"""The conditional VAE: its bound by hand, labels where they belong, and Bayes' rule turned round."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from aecore.dataset import Batch, Facts
from aecore.measures.quality import accuracy, metrics
from aecore.runs.spec import Spec
from aecore.sources import load
from aecore.training import TrainerState, generator, train


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def model_of(architecture: str = "dense", classes: int = 4, **more):
    """A model whose labels already make a difference, and some images."""
    spec = Spec(variant="cvae", architecture=architecture, latent=3, **more)
    model = spec.model(Facts(np.full((8, 8), 0.5, np.float32), 9, classes))
    with torch.no_grad():
        model.label_images.copy_(normal(classes, 1, 8, 8, seed=1))
        model.label_codes.copy_(normal(classes, classes, seed=2))
    return model, torch.from_numpy(np.random.default_rng(0).random((9, 1, 8, 8), np.float32))


def distribution(posterior) -> Normal:
    return Normal(posterior.mean, (posterior.log_variance / 2).exp())


def test_labels_enter_as_one_hot_inputs_would():
    """With one matrix on each side: W [x; y] + c and U [z; y] + b, y one-hot."""
    model, images = model_of("linear", likelihood="gaussian")
    labels = torch.arange(9) % 4
    hot = torch.eye(4)[labels]
    encoder, decoder = model.encoder[-1], model.decoder[0].weight
    with torch.no_grad():
        on_labels = encoder.weight @ model.label_images.flatten(1).T
        codes = (images.flatten(1) - 0.5) @ encoder.weight.T + hot @ on_labels.T + encoder.bias
        assert torch.allclose(model.posterior_as(images, labels).mean, codes[:, :3], atol=1e-5)
        known = codes[:, :3] @ decoder[:, :3].T + hot @ model.label_codes @ decoder[:, 3:].T + 0.5
        assert torch.allclose(model.decode_as(codes[:, :3], labels).flatten(1), known, atol=1e-5)


def test_the_two_terms_are_those_of_the_bound_given_the_label():
    model, images = model_of()
    labels = torch.arange(9) % 4
    with torch.no_grad():
        terms = model.terms(Batch(images, labels), 0.3, generator(5))
        q = distribution(model.posterior_as(images, labels))
        codes = q.loc + q.scale * torch.randn(q.loc.shape, generator=generator(5))
        p = Bernoulli(logits=model.decode_as(codes, labels), validate_args=False)
        known = -p.log_prob(images).sum((1, 2, 3)).mean()
        kl = kl_divergence(q, Normal(0.0, 1.0)).sum(1).mean()
    assert terms["reconstruction"].value.item() == pytest.approx(known.item(), rel=1e-5)
    assert terms["kl"].value.item() == pytest.approx(kl.item(), rel=1e-5)
    assert terms["reconstruction"].weight == terms["kl"].weight == 1
    values = {name: term.value.item() for name, term in terms.items()}
    assert model.negative_elbo(values) == pytest.approx(known.item() + kl.item(), rel=1e-5)


def test_it_takes_the_label_that_explains_an_image_best():
    model, images = model_of(likelihood="gaussian")
    with torch.no_grad():
        losses = np.zeros((9, 4))
        for i, label in np.ndindex(9, 4):
            q = distribution(model.posterior_as(images[i : i + 1], torch.tensor([label])))
            output = model.decode_as(q.loc, torch.tensor([label]))
            kl = kl_divergence(q, Normal(0.0, 1.0)).sum()
            losses[i, label] = (output - images[i]).square().sum() + kl
    guesses = model.classify(images)
    assert guesses.tolist() == losses.argmin(1).tolist()
    assert len(set(guesses.tolist())) > 1
    with torch.no_grad():
        known = model.posterior_as(images, guesses)
        assert torch.equal(model.encode(images), known.mean)
        assert torch.equal(model.posterior(images).log_variance, known.log_variance)
        assert torch.equal(model.rebuild(images), model.decode_as(known.mean, guesses))


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian", "gaussian-learned"])
def test_a_code_alone_is_the_average_image_over_the_classes(likelihood):
    model, _ = model_of(likelihood=likelihood)
    codes = normal(5, 3)
    with torch.no_grad():
        each = [model.likelihood.mean(model.decode_as(codes, torch.full((5,), label))) for label in range(4)]
        assert torch.allclose(model.likelihood.mean(model.decode(codes)), sum(each) / 4, atol=1e-5)


@pytest.fixture(scope="module")
def digits():
    data = load("digits")
    spec = Spec(data="digits", variant="cvae", latent=4, width=64, depth=2, epochs=15, batch_size=50)
    model = spec.model(data.facts)
    for _ in train(data.train, spec.training, TrainerState(model, spec.training)):
        pass
    return model, data


def test_it_learns_to_classify_and_rebuilds_as_well_as_if_told_the_class(digits):
    model, data = digits
    found = metrics(model, data)
    assert found["heldout_accuracy"] > 0.85
    with torch.no_grad():
        images, labels = torch.from_numpy(data.test.images.copy())[:, None], torch.from_numpy(data.test.labels.copy())
        outputs = model.decode_as(model.posterior_as(images, labels).mean, labels)
        told = (model.likelihood.mean(outputs) - images).square().sum((1, 2, 3)).mean().item()
    assert found["heldout_squared_error"] <= 1.02 * told


def test_a_code_drawn_from_the_prior_decodes_to_the_class_asked_for(digits):
    """The same styles as each digit: what is drawn is the class, by the judgement of the nearest mean image."""
    model, data = digits
    means = np.stack([data.train.images[data.train.labels == label].mean(0) for label in range(10)])
    styles = normal(40, 4)
    right = []
    for label in range(10):
        with torch.no_grad():
            drawn = model.likelihood.mean(model.decode_as(styles, torch.full((40,), label)))[:, 0].numpy()
        right.append(np.square(drawn[:, None] - means).sum((2, 3)).argmin(1) == label)
    assert np.mean(right) > 0.85


def test_two_classes_are_enough_and_labels_beyond_the_classes_are_never_guessed():
    model, images = model_of(classes=2)
    assert set(model.classify(images).tolist()) <= {0, 1}
    assert model.label_codes.shape == (2, 2)


def test_accuracy_asks_the_classifier(digits):
    model, data = digits
    with torch.no_grad():
        guesses = model.classify(torch.from_numpy(data.test.images.copy())[:, None]).numpy()
    assert accuracy(model, data.test) == pytest.approx((guesses == data.test.labels).mean())
