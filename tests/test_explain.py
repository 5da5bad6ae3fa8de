"""The formula under a tab is that tab's own, and the letters that a setting gives are marked with its value."""

from __future__ import annotations

import importlib
import re
from string import Formatter

import pytest
from combinations import AUTOENCODERS

from aecore.runs.choices import CHOICES, knobs_of
from aecore.runs.spec import Spec
from aecore.settings import build
from aecore.ui import explain, subjects
from aecore.ui.pca.clusters import Clusters
from aecore.variants import variants

PAGES = ("pca", "latent", "vae", "denoise")
TABS = {
    f"{page}/{name}": kind for page in PAGES for name, kind in importlib.import_module(f"aecore.ui.{page}").TABS.items()
}
# Settings that no letter of a formula stands for: how training goes on, and what the networks take beside it.
NO_LETTER = {
    "latent",
    "likelihood",
    "warmup",
    "fresh",
    "patch",
    "flags",
    "moving",
    "hole_top",
    "hole_left",
    "pretraining",
}


def shown(page_view: str):
    """A tab at its defaults, and its formulas."""
    kind = TABS[page_view]
    whole = isinstance(kind.subject, subjects.WholeSpec)
    given = kind.subject.defaults if whole else {"data": kind.about or "mnist-5k"}
    picked = Spec(**given)
    given = picked.flat() if whole else {"data": given["data"], **picked.source_settings(), "seed": 0}
    tab = kind(build(kind.Settings, {}), given)
    return tab, tab.formulas(tab.specs())


@pytest.mark.parametrize("name", variants)
def test_every_letter_that_a_setting_gives_is_explained_written_and_marked_with_its_value(name):
    variant = variants[name]
    spec = Spec(variant=name)
    (formula,) = explain.of_specs([spec])
    for letter, value in formula.given.items():
        assert re.search(rf"(^|; ){re.escape(letter)}: ", variant.letters), letter
        assert f":orange-background[**{letter} = {value}**]: " in formula.marked_letters()
    # What ELBO stands for is not written out.
    marks = formula.marked_latex().count(r"\boldsymbol")
    assert marks >= len(formula.given) - ("ELBO" in variant.letters)
    assert re.sub(r"\{\\color\{#d55e00\}\\boldsymbol\{(.*?)\}\}", r"\1", formula.marked_latex()) == variant.formula


@pytest.mark.parametrize("name", variants)
def test_every_setting_of_a_variants_own_is_a_letter_of_its_formula(name):
    variant = variants[name]
    written = {
        re.split(r"\.", field)[0]
        for how in variant.set_letters.values()
        for _, field, _, _ in Formatter().parse(how)
        if field
    }
    known = set(knobs_of({"variant": name}))
    assert written <= known
    assert set(variant.Settings.model_fields) - NO_LETTER <= written


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"variant": "vae", "beta": 4}, "β = 4"),
        ({"variant": "vae", "likelihood": "gaussian"}, "p = normal, variance 1/2"),
        ({"variant": "plain", "likelihood": "gaussian"}, "ℓ = squared error"),
        ({"variant": "iwae", "samples": 7}, "k = 7"),
        ({"variant": "masked", "hidden_share": 0.25}, "p = 1 − 0.25"),
        ({"variant": "denoising", "corruption": "masking"}, "x̃ = masking, level"),
        ({"variant": "nested", "latent": 9}, "m = 9"),
        ({"variant": "plain", "weight_decay": 0.01}, "δ = 0.01"),
    ],
)
def test_a_changed_setting_changes_what_is_said(settings, said):
    def words(spec: Spec) -> str:
        (formula,) = explain.of_specs([spec])
        return formula.marked_letters() + formula.remark

    assert said in words(Spec(**settings))
    assert words(Spec(**settings)) != words(Spec(variant=settings["variant"], **_others(settings)))


def _others(settings: dict) -> dict:
    """Another value than the one of the setting under test, where leaving it out would not do."""
    return {"corruption": "salt-pepper"} if "corruption" in settings else {}


def test_models_that_share_a_formula_share_it_with_all_their_values():
    formulas = explain.of_specs([Spec(variant="vae", beta=beta) for beta in (1, 4, 4)] + [Spec()])
    assert [formula.title for formula in formulas] == [variants["vae"].title, variants["plain"].title]
    assert formulas[0].given["β"] == "1, 4"
    many = explain.of_specs([Spec(variant="vae", beta=beta) for beta in range(20)])
    assert many[0].given["β"] == "0 to 19, 20 values"


@pytest.mark.parametrize("page_view", TABS)
def test_a_tabs_formulas_are_those_of_what_it_trains(page_view):
    tab, formulas = shown(page_view)
    titles = {formula.title for formula in formulas}
    assert len(titles) == len(formulas)
    if tab.trains:
        trained = {spec.member("variant").title for spec in tab.specs().values()}
        own = {"Plain autoencoder": "Linear autoencoder"} if page_view == "pca/subspace" else {}
        assert {own.get(title, title) for title in trained} <= titles


def test_the_views_that_show_more_than_a_variant_say_so():
    titles = {view: [formula.title for formula in shown(view)[1]] for view in TABS}
    assert titles["pca/components"] == ["PCA"]
    assert titles["pca/clusters"][0] == "k-means"
    assert titles["pca/ordered"][0] == titles["pca/curved"][0] == titles["pca/price"][0] == "PCA"
    masked = {CHOICES["variant"][0][f"masked-linear-{way}"].title for way in ("scaled", "lsq", "unrolled")}
    assert masked < set(titles["denoise/masked"])


def test_a_views_own_settings_are_marked_too():
    tab = Clusters(build(Clusters.Settings, {"clusters": 7}), {"data": "digits", "seed": 0})
    assert "k = 7" in tab.formulas(tab.specs())[0].marked_letters()


@pytest.mark.parametrize("name", AUTOENCODERS)
def test_weight_decay_is_in_the_formula_and_nothing_else_changes(name):
    """At the end of what is minimised: after its terms, before lines that only say what a letter is."""
    (without,) = explain.of_specs([Spec(variant=name)])
    (decayed,) = explain.of_specs([Spec(variant=name, weight_decay=0.1)])
    assert decayed.latex.replace(rf"\\&{explain.DECAY}", "").replace(f" {explain.DECAY}", "") == without.latex
    assert decayed.latex.count(explain.DECAY) == 1
    after = decayed.latex.split(explain.DECAY)[1].removesuffix(r"\end{aligned}")
    assert not after.startswith(r"\\&+")
    assert decayed.given == {**without.given, "δ": "0.1"}
    assert r"\boldsymbol{\delta}" in decayed.marked_latex()
