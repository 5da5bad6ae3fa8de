"""What a page says about what it shows: the formula, its letters, those that a setting gives marked, and its source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from aecore.runs.spec import Spec

# Letters as formulas write them, where that is another sign.
LATEX = {
    "β": r"\beta",
    "γ": r"\gamma",
    "η": r"\eta",
    "λ": r"\lambda",
    "ρ": r"\rho",
    "ℓ": r"\ell",
    "x̃": r"\tilde x",
    "p(x | z)": r"p(x \mid z_i)",
}
# Vermilion of the colour-blind-safe palette, which is read on white and on black; bold tells it without colour too.
MARK = r"{\color{#d55e00}\boldsymbol{%s}}"
# More values than these of one letter are told by their ends.
MOST_VALUES = 8


@dataclass(frozen=True)
class Formula:
    """What is minimised, as LaTeX, its ``letters`` in words, and the values of those that a setting gives."""

    title: str
    latex: str
    letters: str
    source: str
    given: Mapping[str, str] = field(default_factory=dict)
    # A sentence on what else the settings change.
    remark: str = ""

    def marked_latex(self) -> str:
        """The formula with the given letters in bold and colour."""
        marked = self.latex
        for letter in self.given:
            sign = LATEX.get(letter, letter)
            alone = rf"(?<![A-Za-z\\])(?<!\\hat){re.escape(sign)}(?![A-Za-z])"
            marked = re.sub(alone, lambda found: MARK % found[0], marked)
        return marked

    def marked_letters(self) -> str:
        """The letters in words, the given ones marked and with their values."""
        said = self.letters
        for letter, value in self.given.items():
            entry = rf"(^|; ){re.escape(letter)}: "
            mark = f":orange-background[**{letter} = {value}**]: "
            said = re.sub(entry, lambda found, mark=mark: found[1] + mark, said, count=1)
        return said


def of_specs(specs: Iterable[Spec]) -> list[Formula]:
    """What the variants of ``specs`` minimise, one formula a variant; a letter has each value that a spec gives it."""
    several: dict[type, list[Spec]] = {}
    for spec in specs:
        several.setdefault(spec.member("variant"), []).append(spec)
    return [_of_variant(list(dict.fromkeys(own))) for own in several.values()]


def _of_variant(specs: list[Spec]) -> Formula:
    variant = specs[0].member("variant")
    named = {letter: how for letter, how in variant.set_letters.items() if _has(variant.letters, letter)}
    given = {letter: _values(how.format_map(_texts(spec)) for spec in specs) for letter, how in named.items()}
    decays = _values(str(spec.training.weight_decay) for spec in specs)
    remark = ""
    if any(spec.training.weight_decay for spec in specs):
        remark = f"Weight decay adds half the sum of the squared weights times {decays}."
    return Formula(variant.title, variant.formula, variant.letters, variant.source, given, remark)


def _has(letters: str, letter: str) -> bool:
    return f"; {letter}: " in f"; {letters}"


def _texts(spec: Spec) -> dict[str, object]:
    """What a letter's value is written with: each setting as links write it, and the likelihood, which has words."""
    from aecore.likelihood import likelihoods

    texts = spec.texts()
    return texts | ({"likelihood": likelihoods[texts["likelihood"]]} if "likelihood" in texts else {})


def _values(texts: Iterable[str]) -> str:
    """The distinct values, in their order."""
    found = list(dict.fromkeys(texts))
    return ", ".join(found) if len(found) <= MOST_VALUES else f"{found[0]} to {found[-1]}, {len(found)} values"


def draw(formulas: Iterable[Formula]) -> None:
    """What is minimised, and who wrote it down first."""
    for formula in formulas:
        st.markdown(f"**What is minimised** ({formula.title})")
        st.latex(formula.marked_latex())
        st.caption(" ".join(filter(None, [formula.marked_letters(), formula.remark, f"Source: {formula.source}."])))
