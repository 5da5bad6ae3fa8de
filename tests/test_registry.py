"""A new file is a new member, with no other edit."""

from __future__ import annotations

import importlib
import sys
from textwrap import dedent
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from conftest import is_sentence

from aecore.dataset import Facts
from aecore.registry import Registry
from aecore.runs.choices import CHOICES, choice_knob, knobs_of
from aecore.runs.spec import Spec, read_texts
from aecore.settings import SettingsError
from aecore.sources import load, sources
from aecore.training import TrainerState, train

HALF_BLACK = """
    from pydantic import Field
    from aecore.corruption import Corruption

    class HalfBlack(Corruption):
        title, summary = "Half black", "Sets the left part of an image to black."

        class Settings(Corruption.Settings):
            level: float = Field(0.5, ge=0, le=1, description="Share of the columns that are set to 0.")

        def damage(self, images, rng):
            damaged = images.clone()
            damaged[..., : round(self.settings.level * images.shape[-1])] = 0
            return damaged
"""
SHRUNK_CODE = """
    from pydantic import Field
    from aecore.autoencoder import Deterministic
    from aecore.model import Term

    class ShrunkCode(Deterministic):
        title, summary, formula, source = "Shrunk code", "Keeps codes small.", "x", "this test"
        corrupts = True

        class Settings(Deterministic.Settings):
            shrinkage: float = Field(0.1, ge=0, le=10, description="Weight of the squared code.")

        def terms(self, batch, progress, rng):
            codes = self.encode(self.inputs(batch.images, rng))
            size = Term(codes.square().sum(1).mean(), self.settings.shrinkage, "squared code")
            return {"reconstruction": self.reconstruction(codes, batch.images), "size": size}
"""
ONE_HIDDEN = """
    from pydantic import Field
    from torch import nn
    from aecore.architecture import Architecture, layer

    class OneHidden(Architecture):
        title, summary = "One hidden layer", "One hidden layer on each side."

        class Settings(Architecture.Settings):
            hidden: int = Field(8, ge=2, le=64, description="Units in the hidden layer.")

        def encoder(self, outputs, rng, channels=1):
            h, w = self.shape
            units = self.settings.hidden
            one = layer(nn.Linear, h * w, units, rng=rng)
            return nn.Sequential(nn.Flatten(), one, nn.Tanh(), layer(nn.Linear, units, outputs, rng=rng))

        def decoder(self, latent, rng, encoder):
            h, w = self.shape
            units = self.settings.hidden
            last = layer(nn.Linear, units, h * w, rng=rng, bias=False)
            return nn.Sequential(layer(nn.Linear, latent, units, rng=rng), nn.Tanh(), last, nn.Unflatten(1, (1, h, w)))
"""
DRAWN_BARS = """
    import numpy as np
    from aecore.dataset import Dataset, Source, split

    class DrawnBars(Source):
        title, summary = "Bars", "Columns of white."

        def load(self, report):
            columns = np.arange(self.settings.images + 20) % 10
            images = (np.arange(10)[None, None, :] == columns[:, None, None]) * np.ones((1, 9, 1))
            cut = self.settings.images
            return Dataset("drawn-bars", split(images[:cut], columns[:cut]), split(images[cut:], columns[cut:]),
                           tuple("0123456789"))
"""
PLANTED = {
    "corruption": ("aecore.corruptions", "half_black", HALF_BLACK),
    "variant": ("aecore.variants", "shrunk_code", SHRUNK_CODE),
    "architecture": ("aecore.architectures", "one_hidden", ONE_HIDDEN),
    "data": ("aecore.sources", "drawn_bars", DRAWN_BARS),
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A fresh package folder ``gadgets`` that can be imported, and its registry of corruptions."""
    folder = tmp_path / "gadgets"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder, Registry("gadgets", "aecore.corruption.Corruption", "gadget")
    for name in [name for name in sys.modules if name.split(".")[0] == "gadgets"]:
        del sys.modules[name]


@pytest.fixture
def planted(plant):
    """One new file in a folder beside each registry's own."""
    for package, module, source in PLANTED.values():
        plant(package, module, source)


def test_a_file_is_a_member_the_moment_it_exists(package):
    folder, gadgets = package
    assert list(gadgets) == []
    (folder / "half_black.py").write_text(dedent(HALF_BLACK))
    importlib.invalidate_caches()
    assert list(gadgets) == ["half-black"]
    assert len(gadgets) == 1
    assert "half-black" in gadgets
    assert gadgets["half-black"].__name__ == "HalfBlack"
    assert gadgets.name_of(gadgets["half-black"]) == "half-black"


def test_names_are_listed_without_importing_the_files(package):
    folder, gadgets = package
    (folder / "broken.py").write_text("raise RuntimeError('imported')")
    assert list(gadgets) == ["broken"]
    assert "gadgets.broken" not in sys.modules


def test_a_file_whose_name_starts_with_an_underscore_is_no_member(package):
    folder, gadgets = package
    (folder / "_shared.py").write_text(dedent(HALF_BLACK))
    assert "-shared" not in gadgets
    assert list(gadgets) == []


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("", 0),
        ("from aecore.corruptions.masking import Masking", 0),
        (dedent(HALF_BLACK) + "\n\nclass Another(HalfBlack): ...", 2),
    ],
)
def test_a_file_defines_exactly_one_member(package, source, count):
    folder, gadgets = package
    (folder / "odd.py").write_text(source)
    importlib.invalidate_caches()
    with pytest.raises(TypeError, match=f"gadgets.odd must define exactly one Corruption, it defines {count}"):
        gadgets["odd"]


@pytest.mark.parametrize("choice", CHOICES)
def test_every_member_says_what_it_is(choice):
    registry = CHOICES[choice][0]
    for name in registry:
        member = registry[name]
        assert registry.name_of(member) == name == name.lower()
        assert "_" not in name
        assert is_sentence(member.title)
        assert is_sentence(member.summary)
        assert member.summary.endswith(".")
        if choice == "variant":
            assert is_sentence(member.source)
            assert member.formula


@pytest.mark.parametrize("choice", CHOICES)
def test_titles_tell_members_apart(choice):
    titles = [member.title for member in CHOICES[choice][0].values()]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize(
    ("choice", "typo", "meant"),
    [
        ("variant", "vea", "vae"),
        ("variant", "factor_vae", "factor-vae"),
        ("architecture", "dens", "dense"),
        ("corruption", "salt-peper", "salt-pepper"),
        ("data", "mnist5k", "mnist-5k"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(choice, typo, meant):
    with pytest.raises(SettingsError, match=f"did you mean {meant}") as refusal:
        CHOICES[choice][0][typo]
    assert is_sentence(str(refusal.value))
    assert CHOICES[choice][0].noun in str(refusal.value)


@pytest.mark.parametrize(
    "name", ["", "zzzzzzzz", "../settings", "__init__", "a\nb", "x" * 10_000, "aecore.variants.vae"]
)
def test_a_name_near_nothing_is_answered_with_what_there_is(name):
    with pytest.raises(SettingsError) as refusal:
        CHOICES["variant"][0][name]
    assert is_sentence(str(refusal.value))
    assert "there are" in str(refusal.value)


@pytest.mark.usefixtures("planted")
def test_a_planted_file_is_in_picker_form_link_and_spec():
    picked = {
        "variant": "shrunk-code",
        "architecture": "one-hidden",
        "corruption": "half-black",
        "data": "drawn-bars",
    }
    for choice, name in picked.items():
        assert name in choice_knob(choice, {}).choices
    assert {"shrinkage", "hidden", "level", "latent", "images"} <= set(knobs_of(picked))
    spec = Spec(**picked, shrinkage=2.0, hidden=5, level=0.25)
    again, ignored = read_texts(spec.texts())
    assert ignored == []
    assert again.id == spec.id
    assert Spec.from_json(spec.json()) == spec
    with pytest.raises(SettingsError, match="shrinkage must be from 0 to 10, got 11"):
        Spec(**picked, shrinkage=11)


@pytest.mark.usefixtures("planted")
def test_a_planted_file_trains():
    spec = Spec(
        data="drawn-bars",
        variant="shrunk-code",
        architecture="one-hidden",
        corruption="half-black",
        epochs=40,
        learning_rate=0.03,
        batch_size=20,
    )
    data = load("drawn-bars").train
    model = spec.model(Facts(data.images.mean(0)))
    steps = [
        event.terms
        for event in train(data, spec.training, TrainerState(model, spec.training))
        if hasattr(event, "terms")
    ]
    assert set(steps[0]) == {"reconstruction", "size"}
    assert float(steps[-1]["reconstruction"]) < 0.8 * float(steps[0]["reconstruction"])
    assert model.reconstruct(data.images).shape == data.images.shape
    assert np.isfinite(model.embed(data.images)).all()


def test_what_a_module_defines_is_not_remembered_while_it_is_half_made(monkeypatch):
    """Another thread's import can be seen in the middle, when it has defined nothing yet."""
    whole = sources["digits"]
    module = ModuleType("aecore.sources.digits")
    module.__spec__ = SimpleNamespace(_initializing=True)
    monkeypatch.setitem(sys.modules, "aecore.sources.digits", module)
    with pytest.raises(TypeError, match="it defines 0"):
        sources["digits"]
    module.Digits, module.__spec__ = whole, SimpleNamespace(_initializing=False)
    assert sources["digits"] is whole
