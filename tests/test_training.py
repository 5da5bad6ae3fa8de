"""Training is a generator of events; chance has no state, so a run continues from any step as if never stopped."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from conftest import is_sentence

from aecore.autoencoder import Deterministic
from aecore.dataset import Facts, Split, split
from aecore.events import Diverged, EpochEnded, Finished, Started, Stepped
from aecore.model import Term
from aecore.runs.spec import Spec
from aecore.sources import load
from aecore.training import (
    LOOK_EVERY,
    MisfitError,
    TrainerState,
    generator,
    one_cycle,
    steps_per_epoch,
    train,
    wants_bf16,
)

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def data() -> Split:
    """250 small digits: with batches of 32, 8 steps an epoch, the last of 26 images."""
    return load("digits", images=250).train


def small(**more) -> Spec:
    return Spec(**{"data": "digits", "variant": "vae", "width": 16, "depth": 1, "epochs": 3, "batch_size": 32} | more)


def begin(spec: Spec, data: Split) -> TrainerState:
    return TrainerState(spec.model(Facts(data.images.mean(0))), spec.training)


def finish(spec: Spec, data: Split, progress: TrainerState | None = None) -> dict[str, torch.Tensor]:
    progress = progress or begin(spec, data)
    *_, last = train(data, spec.training, progress)
    assert isinstance(last, Finished)
    return copy(progress.model.state_dict())


def copy(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("precision", ["fp32", "auto"])
@pytest.mark.parametrize("variant", ["plain", "denoising", "vae", "factor-vae"])
def test_the_same_spec_gives_the_same_weights_bit_for_bit(data, variant, precision):
    spec = small(variant=variant, precision=precision)
    assert same(finish(spec, data), finish(spec, data))


@pytest.mark.parametrize("other", [{"seed": 1}, {"learning_rate": 2e-3}, {"batch_size": 33}, {"weight_decay": 0.01}])
def test_another_setting_gives_other_weights(data, other):
    assert not same(finish(small(), data), finish(small(**other), data))


@pytest.mark.parametrize("precision", ["fp32", "auto"])
@pytest.mark.parametrize("variant", ["vae", "factor-vae"])
@pytest.mark.parametrize("stops", [[1], [8], [16], [23], [3, 4, 13, 19]], ids=str)
def test_a_run_goes_on_from_any_step_as_if_never_stopped(data, variant, precision, stops):
    spec = small(variant=variant, precision=precision, weight_decay=1e-3)
    progress = begin(spec, data)
    for stop in stops:
        events = train(data, spec.training, progress)
        while progress.step < stop:
            next(events)
        kept, step = copy(progress.tensors()), progress.step
        # A model of other first weights: nothing may be left of it.
        progress = begin(spec.changed(seed=5), data)
        progress.restore(kept, step)
    assert same(finish(spec, data, progress), finish(spec, data))


def test_what_is_restored_is_not_shared(data):
    spec = small()
    progress = begin(spec, data)
    events = train(data, spec.training, progress)
    while progress.step < 3:
        next(events)
    kept = copy(progress.tensors())
    again = copy(kept)
    twin = begin(spec, data)
    twin.restore(kept, 3)
    finish(spec, data, twin)
    assert same(kept, again)


def test_tensors_that_do_not_fit_are_refused(data):
    spec = small()
    progress = begin(spec, data)
    next(iter(train(data, spec.training, progress)))
    wider = begin(small(width=17), data).tensors()
    with pytest.raises(MisfitError):
        progress.restore(wider, 1)
    with pytest.raises(MisfitError):
        progress.restore({}, 1)


def test_only_a_model_is_restored_where_no_optimiser_was_kept(data):
    spec = small()
    progress = begin(spec, data)
    kept = copy(begin(spec.changed(seed=9), data).tensors())
    weights = {name: tensor for name, tensor in kept.items() if name.startswith("model.")}
    progress.restore(weights, 7)
    assert progress.step == 7
    assert same({n: t for n, t in copy(progress.tensors()).items() if n in weights}, weights)


def test_events_come_in_order(data):
    spec = small()
    events = list(train(data, spec.training, begin(spec, data)))
    one_epoch = [Stepped] * 8 + [EpochEnded]
    assert [type(event) for event in events] == [Started, *one_epoch * 3, Finished]
    assert events[0] == Started(0, 24, 8)
    assert [event.step for event in events if isinstance(event, Stepped)] == list(range(1, 25))
    assert [event for event in events if isinstance(event, EpochEnded)] == [EpochEnded(8 * e, e) for e in (1, 2, 3)]
    assert events[-1] == Finished(24)
    assert set(events[1].terms) == {"reconstruction", "kl"}
    assert not any(term.requires_grad for term in events[1].terms.values())


def test_a_continued_run_starts_where_it_was(data):
    spec = small()
    progress = begin(spec, data)
    events = train(data, spec.training, progress)
    while progress.step < 13:
        next(events)
    again = list(train(data, spec.training, progress))
    assert again[0] == Started(13, 24, 8)
    assert again[1].step == 14
    assert again[-1] == Finished(24)
    assert list(train(data, spec.training, progress)) == [Started(24, 24, 8), Finished(24)]


def test_nobody_asks_nothing_happens(data):
    spec = small()
    progress = begin(spec, data)
    before = copy(progress.tensors())
    events = train(data, spec.training, progress)
    next(events)
    assert progress.step == 0
    assert same(before, copy(progress.tensors()))
    next(events)
    assert progress.step == 1


class Diary(Deterministic):
    """Writes down whom it is shown and when; its loss is no number from step ``bad`` on."""

    title, summary, formula, source = "Diary", "Writes.", "x", "this test"

    def __init__(self, *args, bad: int = 10**9):
        super().__init__(*args)
        self.pages, self.bad = [], bad

    def terms(self, batch, progress, rng):
        self.pages.append((progress, batch.labels.tolist(), batch.images))
        term = self.reconstruction(self.encode(batch.images), batch.images)
        if len(self.pages) >= self.bad:
            term = Term(term.value * math.nan, 1.0, term.unit)
        return {"reconstruction": term}


def diary(spec: Spec, data: Split, **more) -> TrainerState:
    from aecore.architectures import architectures

    architecture = architectures["linear"](architectures["linear"].Settings(), (8, 8))
    model = Diary(Diary.Settings(), architecture, Facts(data.images.mean(0)), generator(0), None, **more)
    return TrainerState(model, spec.training)


def test_every_image_is_seen_once_an_epoch_the_last_ragged_batch_too(data):
    numbered = split(data.images, np.arange(len(data)))
    progress = diary(small(), numbered)
    list(train(numbered, small().training, progress))
    pages = progress.model.pages
    assert [len(labels) for _, labels, _ in pages] == ([32] * 7 + [26]) * 3
    epochs = [sum((labels for _, labels, _ in pages[8 * e : 8 * e + 8]), []) for e in range(3)]
    assert all(sorted(epoch) == list(range(250)) for epoch in epochs)
    assert all(one != other for one, other in pairwise([list(range(250)), *epochs]))
    # Labels go with their images.
    for _, labels, images in pages:
        assert np.array_equal(images[:, 0].numpy(), data.images[labels])
    assert [progress for progress, *_ in pages] == [step / 24 for step in range(24)]


def test_one_image_more_than_a_batch_is_a_step_more():
    how = small(batch_size=100).training
    assert [steps_per_epoch(n, how) for n in (100, 101, 200, 99)] == [1, 2, 2, 1]


def test_a_batch_of_one_image_is_trained_on():
    data = load("digits", images=129).train
    for variant in ("vae", "factor-vae"):
        finish(small(variant=variant), data)


def test_a_loss_that_is_no_number_ends_training_with_advice(data):
    spec = small(learning_rate=0.5)
    events = list(train(data, spec.training, diary(spec, data, bad=5)))
    assert isinstance(events[-1], Diverged)
    # Seen at the next look, and steps until then are told as usual.
    assert events[-1].step == LOOK_EVERY
    assert sum(isinstance(event, Diverged) for event in events) == 1
    assert "learning rate" in events[-1].advice
    assert "0.5" in events[-1].advice
    assert is_sentence(events[-1].advice)


def test_a_loss_that_is_no_number_at_the_very_end_is_seen(data):
    spec = small(epochs=1)
    *_, last = train(data, spec.training, diary(spec, data, bad=8))
    assert isinstance(last, Diverged)


def test_a_learning_rate_far_too_high_is_told_as_divergence():
    spec = Spec(images=500, epochs=6, batch_size=32, learning_rate=1.0, depth=6, width=512, likelihood="gaussian")
    data = load("mnist-5k", images=500).train
    *_, last = train(data, spec.training, begin(spec, data))
    assert isinstance(last, Diverged)
    assert "lower the learning rate (now 1, try" in last.advice


@pytest.mark.learns
def test_losses_fall(data):
    for variant in ("plain", "denoising", "vae", "factor-vae"):
        spec = small(variant=variant, width=64, epochs=40, learning_rate=1e-2)
        steps = [e.terms for e in train(data, spec.training, begin(spec, data)) if isinstance(e, Stepped)]
        first, last = (np.mean([float(terms["reconstruction"]) for terms in part]) for part in (steps[:8], steps[-8:]))
        assert last < 0.95 * first


def test_the_learning_rate_is_the_cycles(data):
    spec = small()
    progress = begin(spec, data)
    events = train(data, spec.training, progress)
    for event in events:
        if isinstance(event, Stepped):
            for optimiser in progress.optimisers.values():
                known = spec.training.learning_rate * one_cycle((event.step - 1) / 24)
                assert optimiser.param_groups[0]["lr"] == pytest.approx(known)


def test_a_step_is_adams(data):
    """Against an Adam of its own on the same batch: the plain autoencoder after one step."""
    spec = small(variant="plain", precision="fp32", weight_decay=0.05)
    progress, known = begin(spec, data), spec.model(Facts(data.images.mean(0)))
    events = train(data, spec.training, progress)
    next(events), next(events)
    order = torch.randperm(250, generator=generator(0, "order", 0)).numpy()[:32]
    images = torch.from_numpy(data.images[order])[:, None]
    adam = torch.optim.Adam(known.parameters(), 3e-3 * one_cycle(0), weight_decay=0.05)
    torch.nn.functional.binary_cross_entropy_with_logits(
        known.decode(known.encode(images)), images, reduction="sum"
    ).div(32).backward()
    adam.step()
    for name, weights in progress.model.state_dict().items():
        assert torch.allclose(weights, known.state_dict()[name], atol=1e-6), name


def test_a_player_moves_only_its_own_weights(data):
    """The opponent of a FactorVAE does not push the encoder, nor the autoencoder the opponent."""
    spec = small(variant="factor-vae", precision="fp32")
    progress = begin(spec, data)
    model, moves = progress.model, []
    for player, optimiser in progress.optimisers.items():

        def step(player=player, inner=optimiser.step):
            before = {name: weights.detach().clone() for name, weights in model.named_parameters()}
            inner()
            moved = {name for name, weights in model.named_parameters() if not torch.equal(weights, before[name])}
            moves.append((player, moved))

        optimiser.step = step
    events = train(data, spec.training, progress)
    next(events), next(events)
    theirs = {name for name, _ in model.named_parameters() if name.startswith("opponent.")}
    ours = {name for name, _ in model.named_parameters()} - theirs
    assert moves == [("autoencoder", ours), ("opponent", theirs)]


def test_chance_depends_on_seed_and_purpose_alone():
    def draw(*key):
        return torch.rand(4, generator=generator(*key)).tolist()

    assert draw(0, "noise", 1) == draw(0, "noise", 1)
    keys = [(0, "noise", 1), (1, "noise", 1), (0, "noise", 2), (0, "order", 1), (0, "noise"), (0, "noise", 1, 0)]
    assert len({tuple(draw(*key)) for key in keys}) == len(keys)


def test_precision_is_taken_at_its_word():
    assert wants_bf16("bf16", CPU)
    assert not wants_bf16("fp32", CPU)
