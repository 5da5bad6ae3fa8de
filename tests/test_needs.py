"""What a tab needs is said once: pickers offer what fits, a tab says what is lacking and offers what would do."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from combinations import AUTOENCODERS, OF_IMAGES
from conftest import is_sentence
from test_tabs import AT_HAND, TABS, complaints, drawn

from aecore.dataset import FEWEST_PIXELS
from aecore.registry import Registry
from aecore.runs.choices import CHOICES, offered
from aecore.runs.spec import Spec
from aecore.sources import sources
from aecore.ui import needs, pca, tabs
from aecore.variants import variants

ROOT = Path(__file__).parents[1]
NEEDING = [(page, view, kind) for page, view, kind in TABS if kind.needs]
FEW = {"data": "digits", "images": "100"}

TINY = '''
    """What needs a code of one number."""

    from aecore.runs.spec import Spec
    from aecore.ui import needs, tabs, subjects


    class OneNumber(needs.Need):
        """A code of one number."""

        def lack(self, member):
            return "" if member.title.startswith("VAE") else "is not the one"

        def missing(self, run, settings):
            return "" if run.model.latent == 1 else "There are too many dimensions here: choose a code size of 1."


    class Tiny(tabs.Tab):
        order = 9
        look_for = "Nothing but what it needs. Is it told?"
        subject = subjects.WholeSpec()
        needs = (OneNumber(),)

        def specs(self):
            return {"run": Spec(**self.given)}

        def draw(self, pool, seats):
            raise AssertionError("drawn although something is lacking")
'''


@pytest.mark.parametrize(("page", "view", "kind"), NEEDING, ids=str)
def test_every_member_fits_or_is_told_what_it_lacks(page, view, kind):
    for choice in dict.fromkeys(need.choice for need in kind.needs):
        picked = {"variant": CHOICES["variant"][1]}
        members = {name: CHOICES[choice][0][name] for name in offered(choice, picked)}
        found = needs.fitting(kind.needs, choice, members, list(members))
        assert "" in found.values(), f"nothing fits {page}, {view}"
        for name, lack in found.items():
            said = needs.lacking(kind.needs, picked | {choice: name}, kind.subject.defaults)
            if choice == "variant":
                assert bool(said) == bool(lack)
            assert not lack or (is_sentence(f"{members[name].title} {lack}.") and found[said.fit] == "")


@pytest.mark.parametrize("name", [name for name in AT_HAND if name in OF_IMAGES])
def test_a_data_set_is_of_pictures_or_of_points_as_it_says(name):
    smallest = sources[name].Settings.model_fields["images"].metadata[0].ge
    shape = sources[name](sources[name].Settings(images=smallest)).load(lambda done, total: None).shape
    assert sources[name].pictures == (min(shape) >= FEWEST_PIXELS)


def test_a_picker_offers_what_fits_and_names_what_does_not_with_the_reason():
    app = drawn("vae", view="traverse", **FEW)
    assert complaints(app) == []
    picker = next(box for box in app.selectbox if box.label == "Variant")
    fits = [name for name in variants if not needs.Posterior().lack(variants[name])]
    assert picker.options == fits
    told = " ".join(text.value for text in app.caption if "Not on this tab" in text.value)
    assert all(name in told for name in variants if name not in fits)
    assert "has no distribution over codes" in told


def test_what_a_link_asks_for_stays_picked_and_one_press_chooses_what_fits():
    app = drawn("vae", view="traverse", variant="plain", **FEW)
    assert complaints(app) == []
    picker = next(box for box in app.selectbox if box.label == "Variant")
    assert picker.value == "plain"
    (said,) = (one.value for one in app.info)
    assert said.startswith("The variant Plain autoencoder has no distribution over codes; choose another, such as ")
    assert not any(button.label == "Train" for button in app.button)
    next(button for button in app.button if button.label.startswith("Choose ")).click().run()
    picker = next(box for box in app.selectbox if box.label == "Variant")
    assert "plain" not in picker.options
    assert not any("choose another" in one.value for one in app.info)
    assert any(button.label == "Train" for button in app.button)


def test_a_need_of_a_tab_of_its_own_is_asked_of_picker_and_run(plant):
    plant("aecore.ui.pca", "tiny", TINY)
    assert "tiny" in pca.TABS
    app = drawn("pca", view="tiny", variant="plain", **FEW)
    assert [one.value for one in app.info] == [
        "The variant Plain autoencoder is not the one; choose another, such as VAE with its own sigma."
    ]
    app = drawn("pca", view="tiny", variant="vae-sigma", latent="2", **FEW)
    assert "There are too many dimensions here: choose a code size of 1." in [one.value for one in app.info]
    assert not app.exception


@dataclass
class Given:
    """A run and settings as a need asks them."""

    images: int = 30
    classes: int = 3
    latent: int = 4
    shape: tuple[int, int] = (8, 8)
    settings: dict = field(default_factory=dict)

    def asked(self, need: needs.Need) -> str:
        """What the need says of it."""
        data = SimpleNamespace(
            train=np.zeros(self.images - 10), test=np.zeros(10), class_names=("a",) * self.classes, shape=self.shape
        )
        run = SimpleNamespace(data=data, model=SimpleNamespace(latent=self.latent))
        return need.missing(run, SimpleNamespace(**self.settings))


def need_of(page: str, view: str, name: str) -> needs.Need:
    """The need of a tab that is called so."""
    kind = next(kind for p, v, kind in TABS if (p, v) == (page, view))
    return next(need for need in kind.needs if type(need).__name__ == name)


@pytest.mark.parametrize(
    ("need", "fits", "lacks", "said"),
    [
        (
            ("latent", "between", "Numbered"),
            Given(settings={"a": 29, "b": 0}),
            Given(settings={"a": 30, "b": 31}),
            "There are 30 images here: a and b can be 0 to 29.",
        ),
        (
            ("vae", "inside", "Numbered"),
            Given(settings={"image": 29}),
            Given(settings={"image": 30}),
            "There are 30 images here: image can be 0 to 29.",
        ),
        (
            ("vae", "generate", "Label"),
            Given(settings={"label": 2}),
            Given(settings={"label": 3}),
            "There are 3 classes here: take a label from 0 to 2, or -1 for each in turn.",
        ),
        (
            ("latent", "slice", "TwoDimensions"),
            Given(settings={"across": 0, "up": 0}),
            Given(settings={"across": 2, "up": 2}),
            "A slice needs two different dimensions from 1 to 4; across is 2 and up is 2.",
        ),
        (
            ("latent", "slice", "TwoDimensions"),
            Given(settings={"across": 4, "up": 1}),
            Given(latent=1, settings={"across": 0, "up": 0}),
            "A slice needs a code of at least two dimensions; this one has 1: choose a larger code size.",
        ),
        (
            ("latent", "draw", "Pictures"),
            Given(),
            Given(shape=(7, 20)),
            "Images of 7 x 20 pixels are too small to draw on: choose a data set whose images have at least 8 x 8.",
        ),
    ],
    ids=lambda one: one[-1] if isinstance(one, tuple) else "",
)
def test_what_is_missing_of_a_run_is_one_sentence(need, fits, lacks, said):
    assert fits.asked(need_of(*need)) == ""
    assert lacks.asked(need_of(*need)) == said
    assert is_sentence(said)


# Variants beside others.


@pytest.mark.parametrize("beside", AUTOENCODERS)
def test_any_variant_walks_beside_any_other(beside):
    kind = next(kind for page, view, kind in TABS if (page, view) == ("latent", "between"))
    for own in AUTOENCODERS:
        given = Spec(variant=own).flat()
        made = kind(kind.Settings(beside=beside), given).specs()
        assert [spec.names["variant"] for spec in made.values()] == list(dict.fromkeys([own, beside]))


PLANTED = '''
    """A variant for tests."""

    from aecore.autoencoder import Deterministic
    from aecore.capabilities import FindsAxes, Ordered, StepsBack
    from aecore.variants.plain import Plain


    class Sorting(Deterministic, Ordered, FindsAxes, StepsBack):
        title = "Sorting autoencoder"
        summary = "Is planted."
        formula = Plain.formula
        letters = Plain.letters
        stands = Plain.stands
        source = Plain.source
        why_axes = "It was told to."

        def terms(self, batch, done, rng):
            return {"reconstruction": self.reconstruction(self.encode(batch.images), batch.images)}
'''


@pytest.mark.parametrize(
    ("page", "view", "own"),
    [
        ("pca", "ordered", {}),
        ("pca", "subspace", {"beside": "sorting"}),
        ("denoise", "arrows", {}),
        ("latent", "between", {"beside": "sorting"}),
    ],
)
def test_a_new_variant_appears_beside_the_others_by_itself(page, view, own, plant):
    plant("aecore.variants", "sorting", PLANTED)
    data = {"images": "100"} if view == "arrows" else FEW
    app = drawn(page, view=view, **data, **own)
    assert complaints(app) == []
    assert not app.warning
    assert any("Sorting autoencoder" in text.value for text in app.markdown)


def test_no_page_names_a_variant_but_to_train_it_or_as_what_it_opens_with():
    found = {str(path.relative_to(ROOT)): named(path.read_text()) for path in pages()}
    assert {path: names for path, names in found.items() if names} == {}


def pages() -> list[Path]:
    """The files that draw, ask and measure, without those that hold links."""
    folders = ("ui", "questions", "figures", "exhibits", "measures")
    files = [path for folder in folders for path in sorted((ROOT / "aecore" / folder).rglob("*.py"))]
    return [path for path in files if path.name != "presets.py"]


def named(text: str) -> list[str]:
    """The variants that a file names otherwise than as the value of ``variant`` or as a field's default."""
    tree, allowed = ast.parse(text), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            allowed |= {id(value) for key, value in pairs if getattr(key, "value", "") == "variant"}
        elif isinstance(node, ast.keyword) and node.arg == "variant":
            allowed.add(id(node.value))
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Field" and node.args:
            allowed.add(id(node.args[0]))
    strings = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in allowed)
    return sorted({node.value for node in strings if isinstance(node.value, str) and node.value in variants})


def test_a_named_variant_is_found():
    assert named('a = {"plain": 1}; b = name == "vae"; c: Literal["nested"]') == ["nested", "plain", "vae"]
    assert named('Spec(variant="vae"); HOW = {"variant": "vae"}; a = Field("plain")') == []
    assert isinstance(variants, Registry)
    assert issubclass(next(iter(pca.TABS.values())), tabs.Tab)
