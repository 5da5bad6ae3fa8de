"""What a page says about what it shows: the formula, its letters, those that a setting gives marked, and its source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from aecore.runs.spec import Spec

# Letters as formulas write them, where that is another sign.
LATEX = {
    "β": r"\beta",
    "γ": r"\gamma",
    "δ": r"\delta",
    "η": r"\eta",
    "λ": r"\lambda",
    "ρ": r"\rho",
    "ℓ": r"\ell",
    "x̃": r"\tilde x",
    "p(x | z)": r"p(x \mid z_i)",
}
# Vermilion of the colour-blind-safe palette, which is read on white and on black; bold tells it without colour too.
MARK = r"{\color{#d55e00}\boldsymbol{%s}}"
# Weight decay, as Adam adds its slope to that of a loss that is a mean over images. As the estimate of most posterior
# probability: -log p(theta) = |theta|^2 / (2 s^2) beside a sum over n images, so that 1 / s^2 = n delta; and squared
# error is -log of a normal density of variance 1/2.
DECAY = r"+ \tfrac{\delta}{2} \|\theta\|^2"
DECAY_LETTERS = "δ: the weight decay; θ: all weights."
DECAY_REMARK = (
    "Weight decay is a normal prior on every weight, of variance σ_w² = 1/(n δ) for n training images; where the loss "
    "is squared error, and so noise of variance σ_D² = 1/2, the lectures' λ = σ_D²/σ_w² is n δ / 2."
)
BEGIN, LINE, END = r"\begin{aligned}", r"\\", r"\end{aligned}"
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
    if not any(spec.training.weight_decay for spec in specs):
        return Formula(variant.title, variant.formula, variant.letters, variant.source, given)
    given["δ"] = _values(str(spec.training.weight_decay) for spec in specs)
    letters = f"{variant.letters.removesuffix('.')}; {DECAY_LETTERS}"
    return Formula(variant.title, _with_decay(variant.formula), letters, variant.source, given, DECAY_REMARK)


def _with_decay(latex: str) -> str:
    """A formula with the term of weight decay at the end of what is minimised, before lines that explain its parts."""
    if not latex.startswith(BEGIN):
        return f"{latex} {DECAY}"
    first, *more = latex.removeprefix(BEGIN).removesuffix(END).split(LINE)
    terms = list(takewhile(lambda line: line.startswith("&+"), more))
    return f"{BEGIN}{LINE.join([first, *terms, f'&{DECAY}', *more[len(terms) :]])}{END}"


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
