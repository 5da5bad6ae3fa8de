"""Names on a page: what Streamlit keeps in one flat dictionary never meets, whatever a setting is called."""

from __future__ import annotations

import ast

import pytest
from browsing import ROOT

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
