"""Every member of every registry keeps its contract; a new file is tested the moment it exists."""

from __future__ import annotations

import os
import random
from fnmatch import fnmatch
from itertools import combinations

import numpy as np
import pytest
import torch
from combinations import AUTOENCODERS, CASES, COMBINATIONS, OF_IMAGES, SHAPES, likelihoods_of, one_each
from conftest import MNIST, is_sentence
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from aecore.architectures import architectures
from aecore.autoencoder import Autoencoder
from aecore.capabilities import Conditional
from aecore.corruptions import corruptions
from aecore.dataset import Batch, Facts, SourceError, split
from aecore.events import Finished
from aecore.measures.quality import metrics
from aecore.runs.choices import knobs_of
from aecore.runs.spec import Spec
from aecore.settings import SettingsError, build
from aecore.sources import load, sources
from aecore.training import TrainerState, generator, train
from aecore.variants import variants
from aecore.variational import HasPosterior

# What keeps a network small, where an architecture has such a setting.
SMALL = {"width": 8, "depth": 2}
combined = pytest.mark.parametrize(("variant", "architecture"), COMBINATIONS)
# What trains for a moment.
combined_and_trained = pytest.mark.parametrize(("variant", "architecture"), one_each())
# Any two of these meet.
in_turn = pytest.mark.parametrize(("variant", "architecture", "likelihood", "shape"), CASES, ids=str)


def small_spec(variant: str, architecture: str, **more) -> Spec:
    known = knobs_of({"variant": variant, "architecture": architecture})
    return Spec(variant=variant, architecture=architecture, **{k: v for k, v in SMALL.items() if k in known} | more)


def images_of(shape: tuple[int, int], count: int = 12, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((count, *shape), np.float32)


def batch_of(shape: tuple[int, int], count: int = 12) -> Batch:
    return Batch(torch.from_numpy(images_of(shape, count))[:, None], torch.arange(count) % 10)


def model_of(variant: str, architecture: str, shape: tuple[int, int], **more) -> Autoencoder:
    return small_spec(variant, architecture, latent=3, **more).model(Facts(images_of(shape).mean(0)))


@pytest.mark.parametrize("pair", list(combinations(range(4), 2)), ids=str)
def test_any_two_choices_meet(pair):
    allowed = [(v, a, k, s) for v, a in COMBINATIONS for k in likelihoods_of(v) for s in SHAPES]
    assert {tuple(case[i] for i in pair) for case in CASES} == {tuple(case[i] for i in pair) for case in allowed}


@pytest.mark.parametrize(
    ("variant", "architecture", "shape"), dict.fromkeys((v, a, s) for v, a, _, s in CASES), ids=str
)
def test_arrays_in_arrays_out(variant, architecture, shape):
    model = model_of(variant, architecture, shape)
    for count in (12, 1, 0):
        images = images_of(shape, count)
        images.setflags(write=False)
        codes = model.embed(images)
        assert codes.shape == (count, model.latent)
        assert codes.dtype == np.float32
        assert np.isfinite(codes).all()
        for made in (model.generate(codes * 100), model.reconstruct(images)):
            assert made.shape == (count, *shape)
            assert made.dtype == np.float32
            assert ((made >= 0) & (made <= 1)).all()
    if not isinstance(model, Conditional):
        assert np.array_equal(model.generate(model.embed(images_of(shape))), model.reconstruct(images_of(shape)))


@in_turn
def test_tensors_in_tensors_out(variant, architecture, likelihood, shape):
    model, batch = model_of(variant, architecture, shape, likelihood=likelihood), batch_of(shape)
    codes = model.encode(batch.images)
    assert codes.shape == (12, model.latent)
    assert codes.dtype == torch.float32
    assert model.decode(codes).shape == batch.images.shape
    if isinstance(model, HasPosterior):
        posterior = model.posterior(batch.images)
        assert posterior.mean.shape == posterior.log_variance.shape == posterior.kl().shape == (12, model.latent)
        assert torch.equal(codes, posterior.mean)


@combined
def test_many_images_are_taken_in_parts_as_if_in_one(variant, architecture):
    model, images = model_of(variant, architecture, (8, 8)), images_of((8, 8), 2100)
    assert np.allclose(
        model.embed(images), np.concatenate([model.embed(images[:70]), model.embed(images[70:])]), atol=1e-5
    )


@in_turn
def test_terms_are_finite_and_named_and_have_a_unit(variant, architecture, likelihood, shape):
    model = model_of(variant, architecture, shape, likelihood=likelihood)
    for progress in (0.0, 0.5, 1.0):
        terms = model.terms(batch_of(shape), progress, generator(0))
        assert "reconstruction" in terms
        for name, term in terms.items():
            assert name.isidentifier()
            assert term.value.shape == ()
            assert torch.isfinite(term.value)
            assert term.weight >= 0
            assert term.unit.strip()
    for objective in model.objectives(batch_of(shape), 0.5, generator(0)):
        weighed = sum(term.weight * term.value.item() for term in objective.terms.values())
        assert objective.loss.item() == pytest.approx(weighed, rel=1e-5)


# Through training, phases of a variant among it.
MOMENTS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def weights_through_training(model: Autoencoder) -> dict[str, list[float]]:
    """The weight of every term of every player at each of MOMENTS."""
    found: dict[str, list[float]] = {}
    for moment in MOMENTS:
        for objective in model.objectives(batch_of((8, 8)), moment, generator(0)):
            for name, term in objective.terms.items():
                found.setdefault(name, []).append(term.weight)
    return found


@combined
def test_the_formula_holds_every_term_that_is_trained_and_no_other(variant, architecture):
    member = variants[variant]
    weights = weights_through_training(model_of(variant, architecture, (8, 8)))
    trained = {name for name, several in weights.items() if any(several)}
    for name in trained:
        assert any(fnmatch(name, pattern) for pattern in member.stands), f"the formula leaves {name} out"
    for pattern, part in member.stands.items():
        assert any(fnmatch(name, pattern) for name in trained), f"{pattern} is not trained"
        assert part in member.formula
    assert len(set(member.stands.values())) == len(member.stands)


@pytest.mark.parametrize("variant", AUTOENCODERS)
def test_a_weight_that_changes_while_training_is_said_to(variant):
    settings = {"warmup": 0.5} if "warmup" in knobs_of({"variant": variant}) else {}
    model = model_of(variant, next(a for v, a in COMBINATIONS if v == variant), (8, 8), **settings)
    weights = weights_through_training(model)
    if any(len(set(several)) > 1 for several in weights.values()) and not model.phase(0.0):
        assert "grow" in model.letters


@combined
def test_a_loss_is_a_mean_over_images(variant, architecture):
    """The reconstruction of a batch given twice is the same number: not a sum over images."""
    model, once = model_of(variant, architecture, (8, 8)), batch_of((8, 8))
    codes = model.encode(once.images)
    one = model.reconstruction(codes, once.images).value
    two = model.reconstruction(codes.repeat(2, 1), once.images.repeat(2, 1, 1, 1)).value
    assert one.item() == pytest.approx(two.item(), rel=1e-5)


@in_turn
def test_each_players_objective_reaches_all_its_parameters(variant, architecture, likelihood, shape):
    model, players = model_of(variant, architecture, shape, likelihood=likelihood), set()
    for objective in model.objectives(batch_of(shape), 1.0, generator(0)):
        model.zero_grad()
        objective.loss.backward()
        for weights in model.players()[objective.player]:
            assert weights.grad is not None
            assert torch.isfinite(weights.grad).all()
            assert weights.grad.abs().max() > 0
        players.add(objective.player)
    assert players == set(model.players())


@in_turn
def test_every_parameter_belongs_to_exactly_one_player(variant, architecture, likelihood, shape):
    model = model_of(variant, architecture, shape, likelihood=likelihood)
    moved = [id(weights) for player in model.players().values() for weights in player]
    assert sorted(moved) == sorted(id(weights) for weights in model.parameters())


@in_turn
def test_no_two_tensors_of_a_model_share_memory(variant, architecture, likelihood, shape):
    """Or a step on one would move the other: the mean image that inputs are centred by is not learned."""
    state = model_of(variant, architecture, shape, likelihood=likelihood).state_dict()
    places = {name: tensor.data_ptr() for name, tensor in state.items()}
    assert len(set(places.values())) == len(places)


@in_turn
def test_an_untrained_decoder_starts_at_the_mean_image(variant, architecture, likelihood, shape):
    """With code 0 where biases start at 0, the output is the data's mean image."""
    model = model_of(variant, architecture, shape, likelihood=likelihood)
    shown = model.generate(np.zeros((1, model.latent), np.float32))[0]
    assert np.allclose(shown, images_of(shape).mean(0), atol=1e-4)


def weights_of(model: Autoencoder) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@combined_and_trained
def test_all_chance_comes_from_the_seed_and_none_from_outside(variant, architecture):
    data = split(images_of((8, 8), 40), np.arange(40) % 10)

    def trained(seed: int, outside: int) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
        torch.manual_seed(outside)
        spec = small_spec(variant, architecture, seed=seed, epochs=2, batch_size=16)
        model = spec.model(Facts(data.images.mean(0)))
        first = weights_of(model)
        for _ in train(data, spec.training, TrainerState(model, spec.training)):
            pass
        return first, weights_of(model)

    one, again, other = trained(0, 1), trained(0, 2), trained(1, 1)
    assert same(one[0], again[0])
    assert same(one[1], again[1])
    assert not same(one[0], other[0])
    assert not same(one[0], one[1])


@combined_and_trained
def test_global_chance_is_left_alone(variant, architecture):
    before = torch.random.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    spec = small_spec(variant, architecture, data="digits", images=100, epochs=1, batch_size=50)
    data = load("digits", images=100)
    model = spec.model(Facts(data.train.images.mean(0)))
    for _ in train(data.train, spec.training, TrainerState(model, spec.training)):
        pass
    metrics(model, data)
    assert torch.equal(before[0], torch.random.get_rng_state())
    assert np.array_equal(before[1], np.random.get_state()[1])  # noqa: NPY002
    assert before[2] == random.getstate()


@combined
def test_terms_depend_on_their_chance_alone(variant, architecture):
    model, batch = model_of(variant, architecture, (8, 8)), batch_of((8, 8))
    one, again = ({n: t.value.item() for n, t in model.terms(batch, 0.5, generator(7)).items()} for _ in range(2))
    assert one == again


def small_data(source: str, monkeypatch):
    """200 images of a source; skips where it would have to be downloaded."""
    if not sources[source].downloads:
        return load(source, images=200)
    if not os.environ.get("AECORE_MIRROR") and source == "mnist" and MNIST.is_dir():
        monkeypatch.setenv("AECORE_MIRROR", str(MNIST))
    if not os.environ.get("AECORE_MIRROR"):
        pytest.skip(f"{source} is downloaded, and neither AECORE_MIRROR nor ../shared/data has it")
    try:
        return load(source, images=200)
    except SourceError as error:
        pytest.skip(f"AECORE_MIRROR is set, but: {error}")


def check_that_it_trains(source: str, variant: str, architecture: str, monkeypatch) -> None:
    data = small_data(source, monkeypatch)
    spec = small_spec(variant, architecture, data=source, images=200, epochs=1, batch_size=50)
    if min(data.shape) < architectures[architecture].smallest:
        with pytest.raises(SettingsError):
            spec.model(Facts(data.train.images.mean(0)))
        return
    model = spec.model(Facts(data.train.images.mean(0)))
    first = weights_of(model)
    *_, last = train(data.train, spec.training, TrainerState(model, spec.training))
    assert last == Finished(4)
    assert not same(first, weights_of(model))
    found = metrics(model, data)
    assert all(np.isfinite(value) for value in found.values())
    assert found["heldout_squared_error_per_pixel"] * np.prod(data.shape) == pytest.approx(
        found["heldout_squared_error"]
    )


@combined_and_trained
def test_every_combination_trains(variant, architecture, monkeypatch):
    check_that_it_trains("mnist-5k", variant, architecture, monkeypatch)


@pytest.mark.parametrize("source", OF_IMAGES)
def test_every_source_is_trained_on(source, monkeypatch):
    check_that_it_trains(source, "plain", "dense", monkeypatch)


@pytest.mark.wide
@pytest.mark.parametrize(
    ("source", "variant", "architecture"),
    # A combination of both on one of them is enough.
    [(s, v, a) for s in OF_IMAGES for v, a in COMBINATIONS if s != "mnist-5k" and (v == "plain" or a == "dense")],
)
def test_every_source_meets_every_variant_and_every_architecture(source, variant, architecture, monkeypatch):
    check_that_it_trains(source, variant, architecture, monkeypatch)


@pytest.mark.parametrize("architecture", architectures)
def test_an_image_too_small_is_refused_in_one_sentence(architecture):
    least = architectures[architecture].smallest
    shallow = {"depth": 1} if "depth" in knobs_of({"architecture": architecture}) else {}
    model_of("plain", architecture, (least, least), **shallow)
    if least == 1:
        return
    for shape in ((least - 1, 28), (28, least - 1)):
        with pytest.raises(SettingsError, match=f"at least {least}x{least}") as refusal:
            model_of("plain", architecture, shape)
        assert is_sentence(str(refusal.value))
        assert f"{shape[0]}x{shape[1]}" in str(refusal.value)


@given(st.sampled_from(list(architectures)), st.integers(8, 40), st.integers(8, 40), st.integers(1, 3))
def test_decoders_come_back_to_any_size_that_fits(architecture, height, width, depth):
    known = knobs_of({"architecture": architecture})
    more = {k: v for k, v in {"width": 8, "depth": depth}.items() if k in known}
    model = Spec(architecture=architecture, latent=2, **more).model(Facts(np.full((height, width), 0.5, np.float32)))
    assert model.decode(torch.zeros(2, 2)).shape == (2, 1, height, width)
    assert model.encode(torch.zeros(2, 1, height, width)).shape == (2, 2)


@pytest.mark.parametrize("variant", AUTOENCODERS)
def test_a_variant_takes_a_corruption_exactly_where_it_says_so(variant):
    member = variants[variant]
    assert ("corruption" in knobs_of({"variant": variant})) == member.corrupts
    architecture = architectures["linear"](architectures["linear"].Settings(), (8, 8))
    wrong = None if member.corrupts else corruptions["masking"](corruptions["masking"].Settings())
    with pytest.raises(
        SettingsError, match="needs a corruption" if member.corrupts else "takes no corruption"
    ) as refusal:
        member(member.Settings(), architecture, np.zeros((8, 8)), generator(0), wrong)
    assert is_sentence(str(refusal.value))


# Corruptions.

every_corruption = pytest.mark.parametrize("name", corruptions)
levels = st.floats(0, 1)
seeds = st.integers(0, 2**31)


def damaged(name: str, images: torch.Tensor, level: float, seed: int) -> torch.Tensor:
    member = corruptions[name]
    return member(build(member.Settings, {"level": level})).damage(images, generator(seed))


@every_corruption
def test_damage_keeps_shape_and_range_and_depends_on_its_chance_alone(name):
    @given(levels, seeds, st.integers(1, 5), st.integers(1, 30), st.integers(1, 30))
    def check(level, seed, count, height, width):
        images = torch.from_numpy(images_of((height, width), count))[:, None]
        before = images.clone()
        once, again = damaged(name, images, level, seed), damaged(name, images, level, seed)
        assert once.shape == images.shape
        assert once.dtype == images.dtype
        assert torch.equal(once, again)
        assert torch.equal(images, before)
        assert torch.isfinite(once).all()
        if corruptions[name].bounded:
            assert ((once >= 0) & (once <= 1)).all()

    check()


@every_corruption
def test_level_0_changes_nothing(name):
    images = torch.from_numpy(images_of((28, 28), 50))[:, None]
    assert torch.equal(damaged(name, images, 0.0, 3), images)


@every_corruption
def test_another_seed_is_another_damage_where_chance_is_and_more_level_more_of_it(name):
    images = torch.from_numpy(images_of((28, 28), 20))[:, None]
    again = torch.equal(damaged(name, images, 0.5, 0), damaged(name, images, 0.5, 1))
    assert again != corruptions[name].chance
    sizes = [float((damaged(name, images, level, 0) - images).square().mean()) for level in (0.0, 0.1, 0.4, 0.9)]
    assert sizes == sorted(set(sizes))


@every_corruption
def test_damage_is_the_same_where_training_rounds_to_bf16(name):
    images = torch.from_numpy(images_of((28, 28), 20))[:, None]
    with torch.autocast("cpu", torch.bfloat16):
        rounded = damaged(name, images, 0.5, 0)
    assert rounded.dtype == images.dtype
    assert torch.equal(rounded, damaged(name, images, 0.5, 0))


# 64 images of 784 pixels: a share of them is known to 0.0022, one standard deviation, at worst.
GREY = torch.full((64, 1, 28, 28), 0.5)


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_masking_blackens_its_share(level):
    out = damaged("masking", GREY, level, 0)
    assert float((out == 0).float().mean()) == pytest.approx(level, abs=0.012)
    assert ((out == 0) | (out == 0.5)).all()


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_salt_and_pepper_share_their_share(level):
    out = damaged("salt-pepper", GREY, level, 0)
    for value in (0.0, 1.0):
        assert float((out == value).float().mean()) == pytest.approx(level / 2, abs=0.012)
    assert float((out == 0.5).float().mean()) == pytest.approx(1 - level, abs=0.012)


@pytest.mark.parametrize("level", [0.1, 0.5, 2.0])
def test_gaussian_noise_has_its_deviation_and_no_bias(level):
    noise = damaged("gaussian", GREY, level, 0) - GREY
    assert float(noise.std()) == pytest.approx(level, rel=0.02)
    assert float(noise.mean()) == pytest.approx(0, abs=level * 0.025)
    assert float((noise.abs() < level).float().mean()) == pytest.approx(0.6827, abs=0.012)
    # Independent from pixel to pixel and from image to image.
    assert float((noise[:, :, :, 1:] * noise[:, :, :, :-1]).mean()) == pytest.approx(0, abs=0.025 * level**2)
    assert float((noise[1:] * noise[:-1]).mean()) == pytest.approx(0, abs=0.025 * level**2)


def test_a_hole_is_a_square_anywhere_inside_and_grows_where_it_is():
    white, smaller = torch.ones(2000, 1, 9, 14), torch.zeros(2000, 9, 14, dtype=torch.bool)
    for level, side in [(0.1, 1), (0.5, 4), (0.9, 8), (1.0, 9)]:
        out = damaged("hole", white, level, 0)[:, 0]
        black, rows, columns = out == 0, (out == 0).any(2), (out == 0).any(1)
        assert torch.equal(black, rows[:, :, None] & columns[:, None, :])
        assert (out[~black] == 1).all()
        for lines, whole in [(rows, 9), (columns, 14)]:
            places = {tuple(line.nonzero().flatten().tolist()) for line in lines.unique(dim=0)}
            assert places == {tuple(range(start, start + side)) for start in range(whole - side + 1)}
        assert len(black.unique(dim=0)) == (10 - side) * (15 - side)
        assert (black | ~smaller).all()
        smaller = black


@pytest.mark.parametrize("level", [0.1, 0.4, 1.5, 5.0])
def test_blur_spreads_a_point_by_its_deviation(level):
    point = torch.zeros(1, 1, 81, 81)
    point[0, 0, 40, 40] = 1
    spread = damaged("blur", point, level, 0)[0, 0].double()
    away = torch.arange(81).double() - 40
    for line in (spread.sum(0), spread.sum(1)):
        assert float(line.sum()) == pytest.approx(1, abs=1e-5)
        assert float(line @ away) == pytest.approx(0, abs=1e-5)
        assert float(line @ away**2) == pytest.approx(level**2, rel=1e-3)


def test_blur_is_gaussian_and_reflected_at_the_edges():
    images = torch.from_numpy(images_of((13, 9)))[:, None]
    # scipy samples the Gaussian, which is near the discrete one where it is broad.
    theirs = gaussian_filter(images.numpy(), 4, axes=(2, 3), mode="reflect")
    assert damaged("blur", images, 4.0, 0).numpy() == pytest.approx(theirs, abs=2e-3)
    # Variances add up, for Gaussians and for no other: 3 and 4 make 5.
    once, twice = damaged("blur", images, 5.0, 0), damaged("blur", damaged("blur", images, 3.0, 0), 4.0, 0)
    assert torch.allclose(once, twice, atol=1e-6)
    sharp = images.sum((2, 3))
    assert torch.allclose(damaged("blur", images, 0.7, 0).sum((2, 3)), sharp, rtol=1e-5)
    # Shares of a white pixel add up to 1 but for rounding, which may not lead beyond white.
    assert float(damaged("blur", torch.ones(1, 1, 28, 28), 1.5, 0).max()) == 1


def on_black_and_white(name: str, level: float) -> tuple[torch.Tensor, torch.Tensor]:
    """How much of each pixel is hidden and what hides it, [64, 1, 28, 28] each: the same chance on black and white."""
    black, white, between = (damaged(name, torch.full_like(GREY, x), level, 0) for x in (0.0, 1.0, 0.25))
    assert torch.allclose(between, 0.75 * black + 0.25 * white, atol=1e-6)
    hidden = 1 - (white - black)
    return hidden, black / hidden.clamp_min(1e-3)


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_stains_cover_their_share_softly_and_grow_where_they_are(level):
    hidden, grey = on_black_and_white("stains", level)
    covered = hidden > 1e-3
    assert covered.float().mean((1, 2, 3)).numpy() == pytest.approx(np.full(64, level), abs=0.01)
    assert float(hidden.max()) == pytest.approx(0.8, abs=1e-3)
    # Neither here nor there: a soft edge.
    assert float((covered & (hidden < 0.7)).float().mean()) > 0.2 * level
    assert float(grey[covered].quantile(0.1)) < 0.3
    assert float(grey[covered].quantile(0.9)) > 0.7
    assert (on_black_and_white("stains", level + 0.1)[0] >= hidden - 1e-6).all()


@pytest.mark.parametrize("level", [0.1, 0.5, 1.0])
def test_a_watermark_is_one_grey_as_opaque_as_it_should_be_and_on_every_image_elsewhere(level):
    hidden, grey = on_black_and_white("watermark", level)
    assert grey[hidden > 0.05].numpy() == pytest.approx(0.7, abs=1e-4)
    assert float(hidden.max()) == pytest.approx(level, rel=0.02)
    assert torch.allclose(hidden, level * on_black_and_white("watermark", 1.0)[0], atol=1e-6)
    # Every image has some, most of it is left free, and there are 1369 places for 64 images.
    shares = hidden.mean((1, 2, 3)) / level
    assert 0.1 < float(shares.min()) < float(shares.max()) < 0.4
    assert len(hidden.unique(dim=0)) > 55


@pytest.mark.parametrize("name", corruptions)
def test_the_levels_ends_hold_on_images(name):
    member = corruptions[name]
    high = next(m.le for m in member.Settings.model_fields["level"].metadata if hasattr(m, "le"))
    out = damaged(name, GREY, high, 0)
    assert torch.isfinite(out).all()
    if name in ("masking", "hole"):
        assert (out == 0).all()
    if name == "salt-pepper":
        assert ((out == 0) | (out == 1)).all()
