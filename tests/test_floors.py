"""Who may import whom, read off the files: imports run strictly downwards, chance is passed, nothing is unpickled."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def _told() -> Iterator[tuple[int, list[str], bool]]:
    """Floor, patterns of its files, and whether these may import each other: a row of docs/ARCHITECTURE.md each."""
    for line in (ROOT / "docs" / "ARCHITECTURE.md").read_text().splitlines():
        if row := re.fullmatch(r"\| (\d+) \| [a-z]+ \| (`.+`) \| (⇄)? ?\|", line):
            patterns = [re.escape(path).replace(r"\*", ".*") for path in re.findall(r"`([^`]+)`", row[2])]
            yield int(row[1]), patterns, bool(row[3])


TOLD = list(_told())
FLOORS = [(pattern, height) for height, patterns, _ in TOLD for pattern in patterns]
# Within one of these, modules may import each other as long as they make no cycle.
NEIGHBOURS = ["|".join(patterns) for _, patterns, among in TOLD if among]
# Who may not import what, whatever the floor.
FORBIDDEN: list[tuple[str, set[str]]] = [
    (r"aecore/(?!ui/).*", {"streamlit"}),
    (r"aecore/figures/.*", {"torch", "streamlit"}),
    (r"app\.py|pages/.*", {"torch", "numpy", "sklearn", "umap"}),
    (r".*", {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal", "random"}),
]

DRAWS = {"rand", "randn", "randint", "randperm", "normal", "bernoulli", "multinomial", "poisson"}
DRAWS_IN_PLACE = {
    "uniform_",
    "normal_",
    "bernoulli_",
    "random_",
    "exponential_",
    "cauchy_",
    "geometric_",
    "log_normal_",
}
DRAWS_UNSEEDED = {
    "rand_like",
    "randn_like",
    "randint_like",
    "manual_seed",
    "manual_seed_all",
    "seed",
    "Dropout",
    "dropout",
}
NUMPY_OWN = {"default_rng", "Generator", "SeedSequence", "PCG64", "BitGenerator"}


@dataclass(frozen=True)
class Import:
    """``names`` are what it could mean, the most specific first; ``checked`` where TYPE_CHECKING guards it."""

    names: tuple[str, ...]
    line: int
    checked: bool


@cache
def project() -> dict[str, str]:
    """Source by path of every file that has a floor."""
    files = [*ROOT.glob("aecore/**/*.py"), *ROOT.glob("pages/**/*.py"), *ROOT.glob("app.py")]
    return {str(file.relative_to(ROOT)): file.read_text() for file in files}


def floor(path: str) -> int | None:
    return next((height for pattern, height in FLOORS if re.fullmatch(pattern, path)), None)


def test_the_floors_are_told_and_drawn():
    assert [height for height, *_ in TOLD] == sorted((height for height, *_ in TOLD), reverse=True)
    assert {height for height, *_ in TOLD} == set(range(1, 10))
    drawn = re.findall(r">(\d [a-z]+)<", (ROOT / "docs" / "architecture.svg").read_text())
    told = re.findall(r"^\| (\d) \| ([a-z]+) \|", (ROOT / "docs" / "ARCHITECTURE.md").read_text(), re.MULTILINE)
    assert drawn == list(dict.fromkeys(" ".join(row) for row in told))


def test_every_file_stands_on_one_floor_and_every_path_that_is_told_is_there():
    for path in project():
        assert sum(bool(re.fullmatch(pattern, path)) for pattern, _ in FLOORS) == 1, path
    told = (ROOT / "docs" / "ARCHITECTURE.md").read_text()
    for path in re.findall(r"`((?:aecore|tests|pages|app)[^`*<]*)`", told):
        assert (ROOT / path).exists(), path


@cache
def imports(path: str, source: str) -> tuple[Import, ...]:
    """Every import of a file, those inside functions too."""
    return tuple(_imports(path, ast.parse(source)))


def _imports(path: str, tree: ast.Module) -> Iterator[Import]:
    package = list(Path(path).parent.parts)
    guarded = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import((alias.name,), node.lineno, id(node) in guarded)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*start, *([node.module] if node.module else [])])
            for alias in node.names:
                yield Import((f"{module}.{alias.name}", module), node.lineno, id(node) in guarded)


def file_of(name: str, files: dict[str, str]) -> str | None:
    stem = name.replace(".", "/")
    return next((path for path in (f"{stem}.py", f"{stem}/__init__.py") if path in files), None)


def neighbours(one: str, other: str) -> bool:
    return any(re.fullmatch(pattern, one) and re.fullmatch(pattern, other) for pattern in NEIGHBOURS)


def import_violations(files: dict[str, str]) -> list[str]:
    """A line for each import that the floors do not allow, and one for each cycle."""
    found, graph = [], {}
    for path, source in files.items():
        if floor(path) is None:
            found.append(f"{path} has no floor")
            continue
        for one in imports(path, source):
            if one.checked:
                continue
            outside = one.names[-1].split(".")[0]
            if any(re.fullmatch(pattern, path) and outside in names for pattern, names in FORBIDDEN):
                found.append(f"{path}:{one.line} may not import {outside}")
            target = next((file for name in one.names if (file := file_of(name, files))), None)
            if target is None or target == path:
                continue
            graph.setdefault(path, set()).add(target)
            figure = path.startswith("aecore/figures/") and not target.startswith("aecore/figures/")
            if figure and floor(target) > 1:
                found.append(f"{path}:{one.line} is a figure and may not import {target}")
            elif floor(target) >= floor(path) and not neighbours(path, target):
                found.append(f"{path}:{one.line} may not import {target}")
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as cycle:
        found.append(f"a cycle: {' <- '.join(cycle.args[1])}")
    return found


def dotted(node: ast.expr) -> str:
    """``torch.nn.init.normal_`` of an expression; a call or a subscript in it reads as ``?``."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def draws_globally(call: ast.Call) -> bool:
    """Whether a call draws from, or seeds, chance that all visitors share."""
    name = dotted(call.func)
    head, _, last = name.rpartition(".")
    seeded = any(keyword.arg in ("generator", "rng") for keyword in call.keywords)
    if head in ("np.random", "numpy.random"):
        return last not in NUMPY_OWN or not (call.args or call.keywords)
    if last == "default_rng":
        return not (call.args or call.keywords)
    if head.split(".")[0] in ("torch", "nn", "F") and last in DRAWS_UNSEEDED:
        return True
    return (head == "torch" and last in DRAWS and not seeded) or (last in DRAWS_IN_PLACE and not seeded)


def habit_violations(path: str, source: str) -> list[str]:
    """A line for each use of global chance, each swallowed error and each way to run a file's bytes as code."""
    found = []
    for node in ast.walk(ast.parse(source)):
        where = f"{path}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Call) and draws_globally(node):
            found.append(f"{where} draws from global chance: {ast.unparse(node)}")
        if isinstance(node, ast.Attribute) and dotted(node) in ("torch.load", "torch.save"):
            found.append(f"{where} pickles")
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle" and ast.unparse(node.value) != "False":
            found.append(f"{where} unpickles")
        if isinstance(node, ast.ExceptHandler):
            silent = all(isinstance(one, ast.Pass) or ast.unparse(one) == "..." for one in node.body)
            if node.type is None or silent:
                found.append(f"{where} swallows errors")
    return found


def test_imports_run_strictly_downwards():
    assert import_violations(project()) == []


def test_no_global_chance_no_swallowed_errors_no_pickle():
    assert [line for path, source in project().items() for line in habit_violations(path, source)] == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("aecore/settings.py", "from aecore.autoencoder import Autoencoder"),
        ("aecore/likelihood.py", "from aecore.training import generator"),
        ("aecore/likelihood.py", "from aecore import training"),
        ("aecore/variants/planted.py", "from aecore.variants.vae import VAE"),
        ("aecore/variants/planted.py", "from .vae import VAE"),
        ("aecore/variants/planted.py", "def late():\n    import aecore.corruptions.masking"),
        ("aecore/variants/planted.py", "from aecore.variants import variants"),
        ("aecore/architectures/planted.py", "from aecore.corruptions import masking"),
        ("aecore/architectures/planted.py", "from aecore.training import generator"),
        ("aecore/training.py", "from aecore.measures.pca import fit_pca"),
        ("aecore/training.py", "from aecore.runs.spec import Spec"),
        ("aecore/runs/planted.py", "import streamlit as st"),
        ("aecore/measures/planted.py", "from streamlit import cache_data"),
        ("aecore/runs/planted.py", "from aecore.ui import anything"),
        ("aecore/runs/history.py", "from aecore.runs.run import Run"),
        ("aecore/runs/planted.py", "from aecore.questions.vae import rates"),
        ("aecore/questions/planted.py", "from aecore.ui import live"),
        ("aecore/dataset.py", "from aecore.idx import IdxSource"),
        ("aecore/figures/planted.py", "import torch"),
        ("aecore/figures/planted.py", "from aecore.likelihood import Likelihood"),
        ("pages/planted.py", "import numpy as np"),
        ("pages/planted.py", "def late():\n    from torch import nn"),
        ("app.py", "import umap"),
        ("aecore/nowhere.py", "x = 1"),
        ("aecore/runs/planted.py", "import pickle"),
    ],
)
def test_a_planted_import_is_caught(path, line):
    files = project()
    before = import_violations(files)
    assert len(import_violations(files | {path: files.get(path, "") + f"\n{line}\n"})) > len(before)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("aecore/variants/planted.py", "from aecore.variational import Variational"),
        ("aecore/runs/planted.py", "from aecore.runs.spec import Spec"),
        ("aecore/figures/planted.py", "from aecore.figures.palette import MARKERS"),
        ("aecore/likelihood.py", "if TYPE_CHECKING:\n    from aecore.runs.run import Run"),
        ("aecore/ui/planted.py", "import streamlit as st"),
        ("pages/planted.py", "import streamlit as st"),
    ],
)
def test_what_the_floors_allow_is_not_caught(path, line):
    files = project()
    assert import_violations(files | {path: files.get(path, "") + f"\n{line}\n"}) == import_violations(files)


@pytest.mark.parametrize(
    "line",
    [
        "torch.manual_seed(0)",
        "torch.cuda.manual_seed_all(0)",
        "torch.randn(3)",
        "torch.randperm(3)",
        "torch.rand_like(x)",
        "nn.Dropout(0.5)",
        "F.dropout(x)",
        "nn.init.normal_(x)",
        "x.uniform_(-1, 1)",
        "x[0].normal_()",
        "np.random.seed(0)",
        "np.random.rand(3)",
        "numpy.random.shuffle(x)",
        "np.random.default_rng()",
        "try:\n    x()\nexcept Exception:\n    pass",
        "try:\n    x()\nexcept:\n    raise",
        "try:\n    x()\nexcept OSError:\n    ...",
        "torch.load('x')",
        "torch.save(x, 'x')",
        "np.load('x', allow_pickle=True)",
    ],
)
def test_a_planted_habit_is_caught(line):
    assert habit_violations("planted.py", line)


@pytest.mark.parametrize(
    "line",
    [
        "torch.randn(3, generator=rng)",
        "x.uniform_(-1, 1, generator=rng)",
        "np.random.default_rng(seed)",
        "torch.Generator('cpu').manual_seed(0)",
        "np.load('x', allow_pickle=False)",
        "try:\n    x()\nexcept OSError:\n    y = None",
    ],
)
def test_what_the_habits_allow_is_not_caught(line):
    assert habit_violations("planted.py", line) == []


@pytest.mark.parametrize("package", ["variants", "architectures", "corruptions"])
def test_a_registry_knows_its_contract_by_name_only(package):
    path = f"aecore/{package}/__init__.py"
    found = imports(path, project()[path])
    assert {one.names[-1] for one in found if not one.checked} <= {"aecore.registry", "typing", "__future__"}
    assert any(one.checked for one in found)


def test_names_and_figures_cost_no_torch_and_no_streamlit():
    figures = [path for path in project() if path.startswith("aecore/figures/")]
    modules = [path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in figures]
    program = f"""
import sys, aecore, {", ".join(modules)}
from aecore.architectures import architectures
from aecore.corruptions import corruptions
from aecore.sources import sources
from aecore.variants import variants
assert all(len(list(names)) > 1 for names in (architectures, corruptions, sources, variants))
print(sorted({{"torch", "streamlit", "sklearn", "umap"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.starts
def test_a_run_of_the_default_kind_brings_no_scikit_learn_into_a_server():
    """It and what it needs are 135 MB, which a class on one small server can do without."""
    program = """
import sys
from aecore.runs.pool import Pool
from aecore.runs.run import train_spec
from aecore.runs.spec import Spec
run = train_spec(Spec(variant="vae", images=300, width=16, depth=1, epochs=1))
assert run.snapshot.state == "finished"
print(sorted({"sklearn", "pandas", "umap"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
