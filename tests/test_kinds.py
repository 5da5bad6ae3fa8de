"""A new kind of setting is one file: declared, asked for, linked, listed and refused the moment it exists."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Annotated, get_args

import pytest
import test_settings
from pydantic import Field
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import TextInput
from test_names import TABS
from test_pages import open_page

from aecore.cli import flags, read_flags
from aecore.kind import Widget, kinds
from aecore.reference import reference
from aecore.runs.choices import source_knobs
from aecore.runs.naming import differences
from aecore.runs.spec import Spec, read_texts
from aecore.settings import Settings, SettingsError, knobs
from aecore.ui import columns, form, subjects, tabs
from aecore.variants import variants

ROOT = Path(__file__).parents[1]
GRID = '''
    """So many rows of so many columns."""

    from dataclasses import dataclass
    from typing import get_args, get_origin

    from aecore.kind import Kind, bound


    @dataclass(frozen=True)
    class Grid(Kind):
        """``tiles: tuple[Side, Side] = Field((2, 3))``, where ``Side = Annotated[int, Field(ge=1, le=9)]``."""

        most: int

        declared = "pair of ints"
        alone = "1x1"

        @classmethod
        def of(cls, field):
            sides = [get_args(side) for side in get_args(field.annotation)]
            if get_origin(field.annotation) is not tuple or [side[:1] for side in sides] != [(int,), (int,)]:
                return None
            return cls(bound(sides[0][1].metadata, "le"))

        @property
        def rule(self):
            return f"rows x columns, each from 1 to {self.most}"

        @property
        def outside(self):
            return "0x1", f"1x{self.most + 1}", "3", "1x2x3", (0, 1), (1, self.most + 1)

        def allows(self, value):
            return isinstance(value, tuple) and len(value) == 2 and all(v in range(1, self.most + 1) for v in value)

        def read(self, text):
            return tuple(int(part) for part in text.split("x"))

        def text(self, value):
            return "x".join(map(str, value))

        def said(self, value):
            return f"{value[0]} by {value[1]}"

        def at(self, share):
            return 1 + round(share * (self.most - 1)), 1 + round(share * (self.most - 1) / 2)
'''
TILES = """
    from typing import Annotated

    from pydantic import Field

    from aecore.corruption import Corruption

    Side = Annotated[int, Field(ge=1, le=9)]


    class Tiles(Corruption):
        title, summary = "Tiles", "Sets all but the first of some tiles to black."

        class Settings(Corruption.Settings):
            level: float = Field(0.5, ge=0, le=1, description="How black.")
            tiles: tuple[Side, Side] = Field((2, 3), description="Tiles, down and across.")

        def damage(self, images, rng):
            damaged, (rows, columns) = images * (1 - self.settings.level), self.settings.tiles
            height, width = images.shape[-2] // rows, images.shape[-1] // columns
            damaged[..., :height, :width] = images[..., :height, :width]
            return damaged
"""
TILED = """
    from typing import Annotated

    from pydantic import Field

    from aecore.FROM import BASE

    Side = Annotated[int, Field(ge=1, le=9)]


    class NAME(BASE):
        title, summary = "NAME", "Has tiles that it makes nothing of."

        class Settings(BASE.Settings):
            tiles: tuple[Side, Side] = Field(USUAL, description="Tiles, down and across.")
"""
PICKED = {"data": "digits", "variant": "denoising", "corruption": "tiles"}
RULE = "rows x columns, each from 1 to 9"


@pytest.fixture
def tiles(plant) -> None:
    """A kind of setting, and a corruption that has one of the kind."""
    plant("aecore.kinds", "grid", GRID)
    plant("aecore.corruptions", "tiles", TILES)


@pytest.mark.usefixtures("tiles")
def test_it_is_found_and_meets_what_every_setting_meets():
    assert "grid" in kinds
    spec = Spec(**PICKED)
    owner, knob = spec.member("corruption").Settings, spec.knobs["tiles"]
    assert type(knob.kind) is kinds["grid"]
    met = [
        check
        for name, check in vars(test_settings).items()
        if name.startswith("test_") and list(inspect.signature(check).parameters) == ["owner", "knob"]
    ]
    assert len(met) > 6
    for check in met:
        check(owner, knob)


@pytest.mark.usefixtures("tiles")
def test_it_is_linked_and_read_back():
    spec = Spec(**PICKED, tiles=(4, 1))
    assert spec.texts()["tiles"] == "4x1"
    assert read_texts(spec.texts()) == (spec, [])
    assert Spec.from_json(spec.json()) == spec
    assert len({spec.id, Spec(**PICKED).id}) == 2
    assert differences([spec, Spec(**PICKED)]) == [["tiles 4 by 1"], ["tiles 2 by 3"]]


@pytest.mark.usefixtures("tiles")
def test_it_is_refused_in_one_sentence():
    with pytest.raises(SettingsError) as refusal:
        Spec(**PICKED, tiles=(0, 4))
    assert str(refusal.value) == f"tiles must be {RULE}, got (0, 4)"
    for text in ("", "3", "0x3", "axb", "1x2x3", "💥"):
        spec, (sentence,) = read_texts({**PICKED, "tiles": text})
        assert spec == Spec(**PICKED)
        assert sentence == f"ignored tiles={text}: it must be {RULE}; using 2x3"


@pytest.mark.usefixtures("tiles")
def test_it_is_taken_from_the_command_line_and_listed():
    argv = [f"--{choice}={name}" for choice, name in PICKED.items()]
    assert read_flags([*argv, "--tiles", "4x1"])[1] == Spec(**PICKED, tiles=(4, 1))
    assert read_flags([*argv, "--tiles"])[1] == Spec(**PICKED, tiles=(1, 1))
    with pytest.raises(SettingsError, match=f"^tiles must be {RULE}, got many$"):
        read_flags([*argv, "--tiles=many"])
    help = " ".join(flags(PICKED).format_help().split())
    assert "--tiles [VALUE] Tiles, down and across. Rows x columns, each from 1 to 9; default 2x3." in help
    assert f"| `tiles` | 2x3 | {RULE} | Tiles, down and across. |" in reference()


@pytest.mark.usefixtures("tiles")
def test_a_form_asks_for_it():
    app = open_page("train", **PICKED, tiles="4x1", images="100")
    assert not app.exception
    assert not app.warning
    assert tiles_of(app).value == "4x1"
    assert any("tiles=4x1" in code.value for code in app.code)
    tiles_of(app).set_value("4x0").run()
    assert [warning.value for warning in app.warning] == [f"`tiles must be {RULE}, got 4x0; using 2x3`"]
    (level,) = (field for field in app.number_input if field.label == "Level")
    assert level.value == 0.5


def tiled(name: str, base: str, usual: str = "(2, 3)") -> str:
    """The source of a member that has tiles, made from ``base``, as of ``variants.vae.VAE``."""
    home, _, known = base.rpartition(".")
    words = {"NAME": name, "FROM": home, "BASE": known, "USUAL": usual}
    return reduce(lambda source, word: source.replace(word, words[word]), words, TILED)


@pytest.mark.parametrize(("before", "after"), [("4x1", "4x1"), ("2x3", "5x5"), ("nonsense", "nonsense")])
def test_what_was_typed_stays_where_another_variant_has_it_too_and_a_default_does_not(tiles, plant, before, after):
    plant("aecore.variants", "one", tiled("One", "variants.vae.VAE"))
    plant("aecore.variants", "two", tiled("Two", "variants.vae.VAE", usual="(5, 5)"))
    app = open_page("train", data="digits", images="100", variant="one")
    tiles_of(app).set_value(before).run()
    (variant,) = (box for box in app.selectbox if box.label == "Variant")
    variant.set_value("two").run()
    assert not app.exception
    assert tiles_of(app).value == after


def tiles_of(app: AppTest) -> TextInput:
    (field,) = (field for field in app.text_input if field.label == "Tiles")
    return field


@pytest.mark.parametrize("page", TABS)
def test_the_link_of_every_tab_tells_it(tiles, plant, page):
    plant("aecore.sources", "one", tiled("One", "sources.digits.Digits"))
    spec = Spec(**PICKED | {"data": "one"}, **{"data.tiles": (7, 1), "tiles": (4, 1)})
    for kind in TABS[page].values():
        given = spec.flat()
        if not isinstance(kind.subject, subjects.WholeSpec):
            given = {"data": kind.about or "one", "seed": 3}
            given |= {name: knob.kind.at(1) for name, knob in source_knobs(given["data"]).items()}
        link = tabs.link_to(TABS[page], kind(kind.Settings(), given))
        taken, ignored = tabs._understand(TABS[page], link)
        assert ignored == []
        assert taken | {"v": "1"} == link
        if given["data"] == "one":
            assert {"7x1", "9x5"} & set(link.values())


@pytest.mark.usefixtures("tiles")
def test_a_sweep_can_be_over_it():
    spec = Spec(**PICKED)
    assert "tiles" in columns.sweepable(spec)
    app = open_page(
        "compare",
        mode="sweep",
        sweep="tiles",
        data="digits",
        images="100",
        variant="denoising",
        **{"corruption": "tiles"},
    )
    assert not app.exception
    assert not app.warning
    (field,) = (field for field in app.text_input if field.label == "Values")
    assert field.value == "1x1, 3x2, 4x3, 6x3, 7x4, 9x5"


def test_what_has_commas_is_not_swept_and_every_kind_is_declared_somewhere():
    declared = {type(knob.kind) for _, knob in test_settings.DECLARED}
    assert declared == set(kinds.values())
    for variant in variants:
        for knob in columns.sweepable(Spec(variant=variant)).values():
            assert not any("," in knob.text(value) for value in knob.kind.spread(knob.default))


def test_a_form_has_every_widget_that_a_kind_can_name():
    assert set(form.ASKING) == set(get_args(Widget))
    assert {knob.kind.widget for _, knob in test_settings.DECLARED} == set(form.ASKING)


@pytest.mark.parametrize("share", [0, 1e-300, 0.1, 1 / 3, 0.5, 0.9, 1 - 2**-53, 1])
def test_a_value_lies_at_every_share_of_the_way(share):
    for _, knob in test_settings.DECLARED:
        assert knob.allows(knob.kind.at(share)), knob


class _Claimed(Settings):
    side: Annotated[int, "roman"] = Field(1, ge=1, le=9, description="A number that two kinds know.")


def test_a_declaration_that_two_kinds_know_is_refused(plant):
    roman = GRID.replace("Grid", "Roman").replace("pair of ints", "roman numeral")
    before, after = roman.index("            if get_origin"), roman.index("        @property\n        def rule")
    claim = '            return cls(9) if "roman" in field.metadata else None\n\n'
    plant("aecore.kinds", "roman", roman[:before] + claim + roman[after:])
    with pytest.raises(TypeError, match=r"_Claimed.side is declared as int and as roman numeral"):
        list(knobs(_Claimed))


# Nobody asks a setting what it is.


def asked(source: str) -> Iterator[str]:
    """A line for each place where a setting's kind is compared with words, matched, or asked for its class."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            caught = any(map(_is_kind, sides)) and any(map(_has_text, sides))
        elif isinstance(node, ast.Match):
            caught = _is_kind(node.subject)
        elif isinstance(node, ast.Subscript):
            caught = _is_kind(node.slice) and isinstance(node.value, ast.Dict)
        else:
            called = isinstance(node, ast.Call) and ast.unparse(node.func)
            caught = called in ("isinstance", "type") and _is_kind(node.args[0])
        if caught:
            yield f"line {node.lineno}: {ast.unparse(node).splitlines()[0]}"


def _is_kind(node: ast.expr) -> bool:
    """Whether this is a setting's kind; numpy's types have one too, which is a letter."""
    if isinstance(node, ast.Name):
        return node.id == "kind"
    return isinstance(node, ast.Attribute) and node.attr == "kind" and not ast.unparse(node).endswith("dtype.kind")


def _has_text(node: ast.expr) -> bool:
    return any(isinstance(inner, ast.Constant) and isinstance(inner.value, str) for inner in ast.walk(node))


def test_no_file_asks_a_setting_for_its_kind():
    files = [*ROOT.glob("aecore/**/*.py"), *ROOT.glob("pages/*.py"), *ROOT.glob("benchmarks/*.py"), ROOT / "app.py"]
    assert len(files) > 100
    assert [(str(file), line) for file in files for line in asked(file.read_text())] == []


@pytest.mark.parametrize(
    "line",
    [
        'knob.kind == "flag"',
        '"list" != knob.kind',
        'known[name].kind in ("int", "float")',
        'kind not in {"int", "float"}',
        'match knob.kind:\n    case "choice":\n        x = 1',
        "match knob.kind:\n    case Flag():\n        x = 1",
        "isinstance(knob.kind, Flag)",
        "type(knob.kind) is Flag",
        '{"flag": st.toggle}[knob.kind]',
    ],
)
def test_a_planted_question_is_caught(line):
    assert list(asked(line))


@pytest.mark.parametrize(
    "line", ["ASKING[knob.kind.widget]", 'array.dtype.kind in "fc"', "knob.kind.alone is None", "kind is None"]
)
def test_what_may_be_asked_is_not_caught(line):
    assert not list(asked(line))
