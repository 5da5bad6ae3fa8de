"""How large the parts of aecore are: files, functions and signatures that a reader can take in."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Lines of a file by its suffix, lines of a function, arguments of a signature.
MOST_LINES = {".py": 300, ".js": 400}
MOST_OF_A_FUNCTION, MOST_ARGUMENTS = 50, 8
# Signatures that another library asks for: scikit-learn reads an estimator's keywords off its own.
ASKED_FOR = {("aecore/estimator.py", "__init__")}


def files() -> dict[str, str]:
    """Every file with a limit, by its path."""
    found = sorted(path for path in (ROOT / "aecore").rglob("*") if path.suffix in MOST_LINES)
    return {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in found}


def too_large(path: str, text: str) -> list[str]:
    """A line for each thing in a file that is larger than it may be."""
    most, lines = MOST_LINES[Path(path).suffix], text.count("\n")
    found = [f"{path} has {lines} lines, at most {most} are allowed"] if lines > most else []
    return found + (list(_functions(path, text)) if path.endswith(".py") else [])


def _functions(path: str, text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        lines = node.end_lineno - node.lineno + 1
        if lines > MOST_OF_A_FUNCTION:
            yield f"{path}: {node.name} has {lines} lines, at most {MOST_OF_A_FUNCTION} are allowed"
        given = node.args
        arguments = [*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg))]
        arguments = [one for one in arguments if one.arg not in ("self", "cls")]
        if len(arguments) > MOST_ARGUMENTS and (path, node.name) not in ASKED_FOR:
            yield f"{path}: {node.name} takes {len(arguments)} arguments, at most {MOST_ARGUMENTS} are allowed"


def test_no_part_is_larger_than_it_may_be():
    found = [line for path, text in files().items() for line in too_large(path, text)]
    assert found == [], "split it, or put arguments that belong together into a record"


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("a.py", "x = 1\n" * 301, "a.py has 301 lines"),
        ("a.js", "x = 1;\n" * 401, "a.js has 401 lines"),
        ("a.py", "def f():\n" + "    x = 1\n" * 50, "a.py: f has 51 lines"),
        ("a.py", "class A:\n    def f(self, a, b, c, d, e, *, f, g, h, i): ...\n", "a.py: f takes 9 arguments"),
        ("a.py", "async def f(a, b, c, d, /, e, f, *g, h, **i): ...\n", "a.py: f takes 9 arguments"),
    ],
)
def test_what_is_too_large_is_found(path, text, said):
    (found,) = too_large(path, text)
    assert found.startswith(said)
    assert not too_large(path, "def f(self, a, b, c, d, e, f, g, h): ...\n" if path == "a.py" else "x = 1;\n" * 400)
