"""One word, one thing: what the glossary gave up is not said again, in sentences or in code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py")), *sorted((ROOT / "aecore").rglob("*.py"))]

# What is not said any more, and what is said for it, in any sentence: docstrings too.
SENTENCES = {
    r"\bcode numbers?\b": "code dimension",
    r"\bnumbers (of|in) (a|the|their|its) codes?\b": "code dimensions",
    r"\b(this|another|every|each) view\b": "tab, snapshot or canvas",
    r"\bnever were\b": "new",
    r"\bby heart\b": "memorised",
    r"\bhow often every\b": "passes over",
}
# Names of classes and modules that meant several things.
NAMES = {"View": "Snapshot", "Section": "Tab", "SECTIONS": "TABS", "Progress": "TrainerState", "sections": "tabs"}
# Values that links of before have.
FORMER = {"code number 1"}
# Where a word of these is of something else: sections of a curve.
ELSEWHERE = {"aecore/points.py": {"SECTIONS", "sections"}, "aecore/sources/curves.py": {"sections"}}


def said(text: str) -> Iterator[str]:
    """What a file says that the glossary gave up, and what to say."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            # A value that links had before is no sentence.
            for wrong, right in SENTENCES.items() if node.value not in FORMER else ():
                if found := re.search(wrong, " ".join(node.value.split()), re.IGNORECASE):
                    yield f"line {node.lineno} says {found[0]!r}: say {right}"


def named(text: str) -> set[str]:
    """The names that a file defines and that the glossary gave up."""
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names & NAMES.keys()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_says_or_names_what_the_glossary_gave_up(path):
    name, text = str(path.relative_to(ROOT)), path.read_text("utf-8")
    assert list(said(text)) == []
    assert named(text) - ELSEWHERE.get(name, set()) == set()
    assert path.stem not in NAMES


def test_what_is_given_up_is_found():
    planted = '"""One of the numbers of a code."""\nclass View: ...\nSECTIONS = ["learned by heart"]\n'
    assert [line.split(": say ")[1] for line in said(planted)] == ["code dimensions", "memorised"]
    assert named(planted) == {"View", "SECTIONS"}
