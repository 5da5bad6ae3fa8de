"""Names on a page: what Streamlit keeps in one flat dictionary never meets, whatever a setting is called."""

from __future__ import annotations

import ast
from importlib import import_module

import pytest
from browsing import ROOT
from combinations import sampled
from test_pages import open_page

from aecore.cli import FLAGS, OPTIONS, read_flags
from aecore.kinds.number import Number
from aecore.names import RESERVED
from aecore.runs.choices import knobs_of, source_knobs
from aecore.runs.spec import Spec, read_texts
from aecore.settings import VERSION_NAMES, knobs
from aecore.training import Training
from aecore.ui import columns, subjects, tabs

TABS = {page: import_module(f"aecore.ui.{page}").TABS for page in ("pca", "latent", "vae", "denoise")}

# Names that others rely on (containers) and a page's own link parameters, which settings give way to.
PLAIN = {"notices", "view", "mode", "columns", "sweep", "values"}
FILES = sorted(
    path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("pages/*.py"), *ROOT.glob("aecore/ui/**/*.py"))
)


def literal(node: ast.expr) -> str | None:
    """The fixed text of a string in the source, None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value for part in node.values if isinstance(part, ast.Constant))
    return None


def keys_in(tree: ast.AST) -> list[str]:
    """Every literal key of a component or of the session's state."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            found += [literal(word.value) for word in node.keywords if word.arg == "key"]
            if isinstance(node.func, ast.Attribute) and "session_state" in ast.unparse(node.func.value):
                found += [literal(argument) for argument in node.args[:1]]
        if isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("session_state"):
            found.append(literal(node.slice))
        if isinstance(node, ast.Compare) and ast.unparse(node.comparators[0]).endswith("session_state"):
            found.append(literal(node.left))
    return [key for key in found if key]


@pytest.mark.parametrize("name", FILES)
def test_every_key_that_is_no_settings_name_carries_a_hyphen(name):
    """A setting is named by a Python identifier, which a hyphen keeps out of."""
    keys = keys_in(ast.parse((ROOT / name).read_text()))
    assert [key for key in keys if not set("-.") & set(key) and key not in PLAIN] == []


# Names that are others' somewhere: of tabs, links, the command line, containers, components, parts and plain Python.
WORDS = sorted(
    {knob.name for page in TABS.values() for kind in page.values() for knob in knobs(kind.Settings)}
    | {name for page in TABS.values() for kind in page.values() for name in kind.remembers}
    | (
        RESERVED
        | set(columns.OWN)
        | set(OPTIONS)
        | {"select", "samples", "selection", "main", "controls", "key", "atlas"}
    )
    - {*VERSION_NAMES, "json", "latent", "likelihood", "images", "level"}
)
FIELDS = "".join(
    f'            {word}: float = Field(0.25, ge=0, le=1, description="A word of others.")\n' for word in WORDS
)
VARIANT = f"""
    from pydantic import Field
    from aecore.variants.vae import VAE

    class Wordy(VAE):
        title, summary, source = "Wordy", "Names its settings as others do.", "this test"

        class Settings(VAE.Settings):
{FIELDS}
"""
ARCHITECTURE = f"""
    from pydantic import Field
    from aecore.architectures.linear import Linear

    class WordyLinear(Linear):
        title, summary = "Wordy", "Names its settings as others do."

        class Settings(Linear.Settings):
{FIELDS}
"""
SOURCE = f"""
    from pydantic import Field
    from aecore.sources.digits import Digits

    class WordyDigits(Digits):
        title, summary = "Wordy", "Names its settings as others do."

        class Settings(Digits.Settings):
{FIELDS}
"""


@pytest.fixture
def wordy(plant) -> dict[str, str]:
    """A variant, an architecture and a source whose settings are all called as something else is."""
    plant("aecore.variants", "wordy", VARIANT)
    plant("aecore.architectures", "wordy_linear", ARCHITECTURE)
    plant("aecore.sources", "wordy_digits", SOURCE)
    return {"variant": "wordy", "architecture": "wordy-linear", "data": "wordy-digits"}


def test_a_spec_keeps_apart_what_its_parts_call_alike(wordy):
    spec = Spec(**wordy)
    known = knobs_of(spec.names)
    for word in WORDS:
        called = [name for name in known if name.rpartition(".")[2] == word]
        assert len(called) == 3 + (word in Training.model_fields)
    values = {name: 0.5 for name in known if name.rpartition(".")[2] in WORDS and isinstance(known[name].kind, Number)}
    changed = spec.changed(**{name: value for name, value in values.items() if known[name].allows(value)})
    assert Spec.from_json(changed.json()) == changed
    assert read_texts(changed.texts()) == (changed, [])


@pytest.mark.parametrize("page", TABS)
def test_on_every_tab_the_names_of_settings_widgets_and_links_differ(wordy, page):
    for view, kind in TABS[page].items():
        names = tabs.names_on(TABS[page], kind)
        own = {knob.name for knob in knobs(kind.Settings)} | kind.remembers.keys() | RESERVED
        if isinstance(kind.subject, subjects.WholeSpec):
            called = [names.of(name) for name in Spec(**wordy).flat()]
        else:
            called = [
                names.of(name) for name in ("seed", *(knob.name for knob in source_knobs(wordy["data"]).values()))
            ]
        assert len(set(called)) == len(called), view
        assert own.isdisjoint(called), view


@pytest.mark.parametrize("page", TABS)
def test_no_tabs_link_loses_a_setting(wordy, page):
    for kind in TABS[page].values():
        given = {name: 0.5 if value == 0.25 else value for name, value in Spec(**wordy).flat().items()}
        if not isinstance(kind.subject, subjects.WholeSpec):
            given = {"data": kind.about or wordy["data"], "seed": 3}
            given |= {name: knob.default for name, knob in source_knobs(given["data"]).items()}
        link = tabs.link_to(TABS[page], kind(kind.Settings(), given))
        taken, ignored = tabs._understand(TABS[page], link)
        assert ignored == []
        assert taken | {"v": "1"} == link


def test_no_link_of_compare_loses_a_setting(wordy):
    spec = Spec(**wordy)
    link = {"columns": "2", "v": "1"}
    for letter in "ab":
        link |= columns._texts_of(letter, spec)
    taken, ignored = columns._understand(link)
    assert ignored == []
    assert taken | {"v": "1"} == link


def test_no_flag_is_lost(wordy):
    spec = Spec(**wordy)
    argv = [f"--{FLAGS.of(name)}={text}" for name, text in spec.texts().items() if name != "v"]
    assert read_flags(argv)[1] == spec


@pytest.mark.parametrize(
    ("page", "view"),
    [("train", ""), ("compare", "")] + sampled([(page, view) for page in TABS for view in TABS[page]], 5),
)
def test_no_page_breaks_whatever_settings_are_called(wordy, page, view):
    app = open_page(page, view=view, **wordy, images="100") if view else open_page(page, **wordy, images="100")
    assert [error.message for error in app.exception] == []
