"""Layers trained one after another, then together."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from aecore.autoencoder import Autoencoder
from aecore.dataset import Batch, Facts
from aecore.events import PhaseBegan
from aecore.measures.quality import squared_error
from aecore.runs.choices import choice_knob
from aecore.runs.spec import Spec
from aecore.sources import load
from aecore.training import TrainerState, generator, train

layered = pytest.mark.parametrize("architecture", ["dense", "conv"])


def images_of(count: int = 12) -> torch.Tensor:
    return torch.rand(count, 1, 8, 8, generator=generator(0))


def batch_of() -> Batch:
    return Batch(images_of(), torch.zeros(12, dtype=torch.int64))


def model_of(architecture: str = "dense", **more) -> Autoencoder:
    small = {"variant": "stacked", "width": 8, "depth": 2, "latent": 3}
    return Spec(architecture=architecture, **small | more).model(Facts(images_of().mean(0)[0].numpy()))


def moved_by(model: Autoencoder, progress: float) -> set[str]:
    """The names of the parameters that a step at ``progress`` would move."""
    model.zero_grad()
    (objective,) = model.objectives(batch_of(), progress, generator(0))
    objective.loss.backward()
    return {name for name, weights in model.named_parameters() if weights.grad is not None}


def names_of(model: Autoencoder, *parts: nn.Module) -> set[str]:
    own = {id(weights) for part in parts for weights in part.parameters()}
    return {name for name, weights in model.named_parameters() if id(weights) in own}


def test_it_is_made_of_what_has_layers():
    assert {"dense", "conv"} <= set(choice_knob("architecture", {"variant": "stacked"}).choices)
    assert not {"linear", "recurrent"} & set(choice_knob("architecture", {"variant": "stacked"}).choices)


@layered
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_all_stages_one_after_another_are_the_whole_model(architecture, depth):
    model = model_of(architecture, depth=depth)
    assert len(model.stages) == depth + 1
    given = [images_of() - model.mean]
    for down, _ in model.stages:
        given.append(down(given[-1]))
    assert torch.equal(given[-1], model.encode(images_of()))
    rebuilt = given[-1]
    for (_, up), known in zip(reversed(model.stages), reversed(given[:-1]), strict=True):
        rebuilt = up(rebuilt)
        assert rebuilt.shape == known.shape
    assert torch.equal(rebuilt + model.output_bias, model.rebuild(images_of()))
    parts = [name for stage in model.stages for part in stage for name in names_of(model, part)]
    assert sorted(parts) == sorted(names_of(model, model.encoder, model.decoder))


def test_the_code_layer_of_dense_is_linear_and_the_others_are_not():
    downs = [down for down, _ in model_of().stages]
    assert [isinstance(down[-1], nn.SiLU) for down in downs] == [True, True, False]


@pytest.mark.parametrize(("pretraining", "count"), [(0.5, 4), (0.9, 3), (0.3, 7), (0.7, 6)])
def test_phases_share_the_pretraining_equally(pretraining, count):
    model = model_of(depth=count - 1, pretraining=pretraining)
    names = [f"pretraining layer {i + 1} of {count}" for i in range(count)]
    for i, name in enumerate(names):
        assert model.phase((i + 0.001) * pretraining / count) == name
        assert model.phase((i + 0.999) * pretraining / count) == name
    assert model.phase(np.nextafter(pretraining, 0)) == names[-1]
    assert model.phase(pretraining) == model.phase(1.0) == "fine-tuning"
    assert model_of(pretraining=0.0).phase(0.0) == "fine-tuning"


def test_training_says_which_phase_begins():
    data = load("digits", images=100).train
    spec = Spec(data="digits", variant="stacked", width=8, depth=2, epochs=4, batch_size=20)
    events = train(data, spec.training, TrainerState(spec.model(Facts(data.images.mean(0))), spec.training))
    assert [event for event in events if isinstance(event, PhaseBegan)] == [
        PhaseBegan(0, "pretraining layer 1 of 3"),
        PhaseBegan(4, "pretraining layer 2 of 3"),
        PhaseBegan(7, "pretraining layer 3 of 3"),
        PhaseBegan(10, "fine-tuning"),
    ]


@pytest.mark.parametrize(("architecture", "more"), [("dense", {}), ("dense", {"tied": True}), ("conv", {})])
def test_pretraining_moves_one_layer_and_fine_tuning_all(architecture, more):
    model = model_of(architecture, likelihood="gaussian-learned", **more)
    for number, stage in enumerate(model.stages):
        outermost = {"output_bias", "likelihood.log_variance"} if number == 0 else set()
        assert moved_by(model, (number + 0.5) * 0.5 / 3) == names_of(model, *stage) | outermost
    assert moved_by(model, 0.5) == moved_by(model, 1.0) == {name for name, _ in model.named_parameters()}


@layered
def test_a_layers_loss_is_that_of_a_shallow_autoencoder_on_the_codes_before(architecture):
    """The gradient too: nothing of it comes from, or goes to, another layer."""
    model = model_of(architecture, likelihood="gaussian")
    alone = copy.deepcopy(model)
    given = images_of() - model.mean
    for number, (down, up) in enumerate(alone.stages, 1):
        progress = (number - 0.5) * 0.5 / 3
        moved_by(model, progress)
        alone.zero_grad()
        if number == 1:
            rebuilt, target = up(down(given)) + alone.output_bias, images_of()
        else:
            rebuilt, target = up(down(given)), given
        known = (rebuilt - target).square().sum() / 12
        known.backward()
        term = model.terms(batch_of(), progress, generator(0))[f"layer_{number}"]
        assert term.value.item() == pytest.approx(known.item(), rel=1e-5)
        assert term.unit == "squared error"
        for ours, theirs in zip(model.parameters(), alone.parameters(), strict=True):
            assert (ours.grad is None) == (theirs.grad is None)
            assert ours.grad is None or torch.allclose(ours.grad, theirs.grad, atol=1e-5)
        given = down(given).detach()


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_the_outermost_layer_and_the_whole_are_scored_by_the_likelihood(likelihood):
    model = model_of(likelihood=likelihood)
    terms = model.terms(batch_of(), 0.0, generator(0))
    down, up = model.stages[0]
    outputs = up(down(images_of() - model.mean)) + model.output_bias
    for name, made in (("layer_1", outputs), ("reconstruction", model.rebuild(images_of()))):
        if likelihood == "bernoulli":
            known = F.binary_cross_entropy_with_logits(made, images_of(), reduction="none").sum() / 12
        else:
            known = (made - images_of()).square().sum() / 12
        assert terms[name].value.item() == pytest.approx(known.item(), rel=1e-5)
        assert terms[name].unit == model.likelihood.unit
    assert terms["layer_2"].unit == "squared error"


@pytest.mark.parametrize("progress", [0.0, 0.2, 0.4, 0.5, 1.0])
def test_exactly_one_term_is_minimised_and_all_are_always_known(progress):
    """Whatever the phase, terms have the same names and values: they are plotted from first to last."""
    model = model_of()
    terms = model.terms(batch_of(), progress, generator(0))
    wanted = "reconstruction" if progress >= 0.5 else f"layer_{int(progress * 6) + 1}"
    assert {name: term.weight for name, term in terms.items()} == {
        name: float(name == wanted) for name in ("reconstruction", "layer_1", "layer_2", "layer_3")
    }
    last = model.terms(batch_of(), 1.0, generator(0))
    assert all(terms[name].value.item() == last[name].value.item() for name in terms)


@layered
def test_pretrained_weights_rest_until_fine_tuning(architecture):
    """Weight decay and Adam's memory move nothing that is not trained just now."""
    data = load("digits", images=100).train
    spec = Spec(
        data="digits", variant="stacked", architecture=architecture, width=8, depth=2, epochs=4, batch_size=20
    ).changed(weight_decay=0.1)
    model = spec.model(Facts(data.images.mean(0)))
    kept: list[tuple[str, dict[str, torch.Tensor]]] = []
    for event in train(data, spec.training, TrainerState(model, spec.training)):
        if isinstance(event, PhaseBegan):
            kept.append((event.title, {name: tensor.clone() for name, tensor in model.state_dict().items()}))
    kept.append(("the end", model.state_dict()))
    for number, ((_, before), (_, after)) in enumerate(zip(kept[:-2], kept[1:-1], strict=True)):
        changed = {name for name in before if not torch.equal(before[name], after[name])}
        assert changed == names_of(model, *model.stages[number]) | ({"output_bias"} if number == 0 else set())
    (_, before), (_, after) = kept[-2:]
    assert {name for name in before if torch.equal(before[name], after[name])} == {"mean"}


def test_nothing_is_recorded_for_gradients_where_none_are_wanted():
    with torch.no_grad():
        for progress in (0.0, 0.5, 1.0):
            terms = model_of().terms(batch_of(), progress, generator(0))
            assert not any(term.value.requires_grad for term in terms.values())


def test_without_pretraining_it_is_the_plain_autoencoder():
    data = load("digits", images=200)
    made = []
    for variant, more in (("plain", {}), ("stacked", {"pretraining": 0.0})):
        spec = Spec(data="digits", variant=variant, width=16, depth=2, epochs=3, **more)
        model = spec.model(data.facts)
        for _ in train(data.train, spec.training, TrainerState(model, spec.training)):
            pass
        made.append(model.reconstruct(data.test.images))
    assert np.allclose(*made, atol=1e-5)


def test_it_learns():
    data = load("digits")
    spec = Spec(data="digits", variant="stacked", width=64, depth=2, latent=4, epochs=15)
    model = spec.model(data.facts)
    before = squared_error(model, data.test)
    for _ in train(data.train, spec.training, TrainerState(model, spec.training)):
        pass
    assert squared_error(model, data.test) < 0.65 * before
