"""aecore as a person installs it: from a checkout, into an environment that holds what it declares and nothing else."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from browsing import ROOT, environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = {name: [Requirement(one) for one in asked] for name, asked in PROJECT["optional-dependencies"].items()}
CORE = [Requirement(one) for one in PROJECT["dependencies"]]
PINS = {
    canonicalize_name(pin.name): pin
    for line in (ROOT / "requirements.txt").read_text().splitlines()
    if line and not line.startswith("#")
    for pin in [Requirement(line)]
}
# What core aecore does without, and says so in a sentence where it is asked for.
OPTIONAL = {"umap-learn"}


def names(requirements: list[Requirement]) -> set[str]:
    return {canonicalize_name(requirement.name) for requirement in requirements}


def needed(requirements: list[Requirement]) -> set[str]:
    """The names of all distributions that installing ``requirements`` would bring."""
    found, open_ends = set(), [(r.name, frozenset(r.extras)) for r in requirements]
    while open_ends:
        name, extras = open_ends.pop()
        if (key := (canonicalize_name(name), extras)) in found:
            continue
        found.add(key)
        for text in distribution(name).requires or []:
            more = Requirement(text)
            if more.marker is None or any(more.marker.evaluate({"extra": extra}) for extra in {"", *extras}):
                open_ends.append((more.name, frozenset(more.extras)))
    return {name for name, _ in found}


packages = cache(packages_distributions)


def imported(path: Path) -> set[str]:
    """The distributions that a file imports, inside functions too, but for the standard library and aecore."""
    tops = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            tops |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            tops.add(node.module.split(".")[0])
    tops -= {*sys.stdlib_module_names, "aecore"}
    return {canonicalize_name(packages().get(top, [top])[0]) for top in tops}


def in_core(path: Path) -> bool:
    return not path.is_relative_to(ROOT / "aecore" / "ui") and not path.is_relative_to(ROOT / "aecore" / "figures")


MODULES = sorted((ROOT / "aecore").rglob("*.py"))


def test_core_declares_all_that_it_imports_and_no_more():
    used = set().union(*(imported(path) for path in MODULES if in_core(path)))
    assert used - OPTIONAL == names(CORE)


def test_the_pages_declare_all_that_they_import():
    files = [path for path in MODULES if not in_core(path)] + [ROOT / "app.py", *(ROOT / "pages").glob("*.py")]
    used = set().union(*(imported(path) for path in files)) | OPTIONAL
    assert used <= names(CORE) | names(EXTRAS["app"])
    assert names(EXTRAS["app"]) <= used


def test_the_pinned_set_is_what_is_declared_and_every_range_admits_its_pin():
    declared = {canonicalize_name(one.name): one for one in [*CORE, *EXTRAS["app"]]}
    # Whoever has the pinned set can run the tests that need no browser.
    assert declared.keys() == PINS.keys() - {"pytest"}
    for name, pin in PINS.items():
        (exact,) = pin.specifier
        assert exact.operator == "==", pin
        if name != "pytest":
            assert declared[name].specifier.contains(exact.version), (pin, declared[name])


def test_every_range_has_a_lower_bound():
    for one in [*CORE, *(one for asked in EXTRAS.values() for one in asked)]:
        assert any(bound.operator == ">=" for bound in one.specifier), one


def test_the_oldest_python_is_one_and_the_same_everywhere_and_every_pin_runs_on_it():
    said = re.search(r"Python (\d+\.\d+) or later", (ROOT / "README.md").read_text())[1]
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert PROJECT["requires-python"] == f">={said}"
    assert settings["tool"]["ruff"]["target-version"] == f"py{said.replace('.', '')}"
    for name in needed([*CORE, *EXTRAS["app"]]):
        bound = distribution(name).metadata["Requires-Python"]
        assert bound is None or SpecifierSet(bound).contains(f"{said}.0"), (name, bound)


# ---- Installed


@pytest.fixture(scope="module")
def installed(checkout, tmp_path_factory) -> Path:
    """Where ``pip install`` puts the project, without what it depends on: nothing is fetched."""
    place = tmp_path_factory.mktemp("installed")
    command = "install --quiet --no-index --no-deps --no-build-isolation --disable-pip-version-check --target"
    done = subprocess.run(
        [sys.executable, "-m", "pip", *command.split(), str(place), str(checkout)],
        cwd=place, env=environment("app.py", place), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return place


class Bare:
    """An environment outside of any checkout that holds aecore, what ``requirements`` bring, and nothing else."""

    def __init__(self, folder: Path, installed: Path, requirements: list[Requirement]):
        self.folder = folder
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
        (packages,) = (folder / "venv").glob("lib/python*/site-packages")
        for name in needed(requirements):
            found = distribution(name)
            for top in {file.parts[0] for file in found.files} - {"..", "__pycache__"}:
                link = packages / top
                if not link.exists():
                    link.symlink_to(Path(found.locate_file(top)).resolve())
        (packages / "aecore.pth").write_text(f"{installed}\n")
        (folder / "here").mkdir()

    def run(self, *words: str, cwd: Path | None = None) -> str:
        """What ``python`` with these words prints; a failure of the test if it fails or says a word on stderr."""
        done = subprocess.run(
            [self.folder / "venv" / "bin" / "python", *words], cwd=cwd or self.folder / "here",
            env=environment("app.py", self.folder / "home"), capture_output=True, text=True,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def bare(installed, tmp_path_factory) -> Bare:
    return Bare(tmp_path_factory.mktemp("bare"), installed, CORE)


@pytest.mark.starts
def test_what_is_installed_is_aecore_whole_and_alone(checkout, installed):
    tops = {path.name for path in installed.iterdir()} - {"bin", "__pycache__"}
    assert tops == {"aecore", f"aecore-{PROJECT['version']}.dist-info"}

    def held(folder: Path) -> dict[str, bytes]:
        files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        return {str(path.relative_to(folder)): path.read_bytes() for path in files}

    assert held(installed / "aecore") == held(checkout / "aecore")


def modules(core: bool) -> list[str]:
    paths = [path.relative_to(ROOT).with_suffix("") for path in MODULES if in_core(path) == core]
    return [".".join(path.parts).removesuffix(".__init__") for path in paths]


IMPORT_ALL = """
import importlib, importlib.util, json, sys
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
print(sys.modules["aecore"].__file__, *(name for name in sys.argv[2:] if importlib.util.find_spec(name)))
"""


@pytest.mark.starts
def test_every_module_of_core_imports_where_there_is_no_streamlit(bare, installed):
    said = bare.run("-c", IMPORT_ALL, json.dumps(modules(core=True)), "streamlit", "plotly", "umap", "pytest")
    assert said.split() == [str(installed / "aecore" / "__init__.py")]


@pytest.fixture(scope="module")
def app(installed, tmp_path_factory) -> Bare:
    return Bare(tmp_path_factory.mktemp("app"), installed, [*CORE, *EXTRAS["app"]])


@pytest.mark.starts
def test_every_module_of_the_pages_imports_with_the_extra(app):
    assert app.run("-c", IMPORT_ALL, json.dumps(modules(core=False)), "pytest").split()[1:] == []


@pytest.mark.starts
def test_the_command_line_works_from_it(bare, installed, capsys):
    from aecore.cli import main

    assert main(["variants"]) == 0
    table = capsys.readouterr().out
    assert bare.run("-m", "aecore", "variants") == table
    assert bare.run(str(installed / "bin" / "aecore"), "variants") == table


# What differs from one training to the next.
TAKEN = {"seconds", "images_per_second"}


@pytest.mark.starts
def test_the_code_that_a_page_gives_away_trains_to_the_same_numbers(bare):
    from aecore.runs.run import train_spec
    from aecore.runs.spec import Spec
    from aecore.ui.controls import script

    spec = Spec(variant="vae", width=16, depth=1, epochs=1, images=200)
    told = {name: str(value) for name, value in train_spec(spec).metrics.items() if name not in TAKEN}
    lines = (line.split() for line in bare.run("-c", script(spec)).splitlines())
    assert {name: value for name, value in lines if name not in TAKEN} == told


def blocks(language: str) -> list[str]:
    """The README's blocks of code in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)


@pytest.mark.starts
def test_the_code_of_the_readme_runs_from_it(bare):
    (code,) = blocks("python")
    assert -300 < float(bare.run("-c", code)) < 0


@pytest.mark.starts
def test_the_commands_of_the_readme_run_from_it(bare):
    lines = [line.split("#")[0].split() for block in blocks("bash") for line in block.splitlines()]
    commands = [words[2:] for words in lines if words[:3] == ["python", "-m", "aecore"]]
    assert len(commands) >= 2
    for words in commands:
        assert bare.run("-m", *words)
    assert (bare.folder / "here" / "model.safetensors").is_file()


@pytest.mark.starts
def test_core_says_what_to_install_for_what_it_does_without(bare):
    program = """
import numpy as np
from aecore.measures.projection import flatten
try:
    flatten(np.random.default_rng(0).normal(size=(20, 5)), "umap")
except ImportError as error:
    print(error)
"""
    assert "pip install umap-learn" in bare.run("-c", program)


IMPORT_BENCHMARKS = """
import runpy, sys
for path in sys.argv[1:]:
    assert callable(runpy.run_path(path, run_name="started")["main"])
    print(path)
"""


@pytest.mark.starts
def test_every_benchmark_is_in_the_readme_and_starts_in_a_checkout(app, checkout):
    there = sorted(str(path.relative_to(checkout)) for path in (checkout / "benchmarks").glob("*.py"))
    assert sorted(re.findall(r"`python (benchmarks/\w+\.py)`", (ROOT / "README.md").read_text())) == there
    said = app.run("-c", IMPORT_BENCHMARKS, *there, cwd=checkout)
    assert said.split() == there
