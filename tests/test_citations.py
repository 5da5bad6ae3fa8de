"""Sources are cited in one form, and one work by one year wherever it is named."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT

from aecore.ui.pca import formulas
from aecore.variants import variants

# Authors (Year), Title, where it appeared, and where in it: "Kim and Mnih (2018), Disentangling by factorising, ICML".
WORK = re.compile(r"[^()]*[A-Z][^()]* \((1[89]|20)\d\d\), [^,;()]{8,}[^;()]*, [A-Z][^;()]*")
SOURCES = {name: variant.source for name, variant in variants.items()} | {
    formula.title: formula.source for formula in (formulas.pca("k"), formulas.linear(2, False), formulas.k_means(10))
}
# A year, and before it a first author as in running text, with others or alone.
YEAR = re.compile(r",? \(?((?:1[89]|20)\d\d)\b")
NAME = r"(?:van den |de )?[A-ZÖ][\w'-]+"
AUTHORS = re.compile(rf"({NAME})(?:,? et al\.|(?:, {NAME})*,? and {NAME}|)$")
# Of authors of whom more than one work is cited: those works' years.
SEVERAL = {
    "Bengio": {"2007", "2014"},
    "Chen": {"2018"},
    "He": {"2016", "2022"},
    "Hinton": {"2006"},
    "Kingma": {"2014"},
    "Srivastava": {"2014", "2015"},
    "Vincent": {"2008", "2010"},
}


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_names_authors_year_title_and_place(name):
    works = re.split(r"; ", SOURCES[name])
    assert works
    for work in works:
        assert WORK.fullmatch(work), work


def named() -> dict[str, dict[str, set[str]]]:
    """First author -> year -> the files where so cited, in all that the project says."""
    found: dict[str, dict[str, set[str]]] = {}
    for path in [
        *ROOT.glob("aecore/**/*.py"),
        *ROOT.glob("pages/*.py"),
        *ROOT.glob("benchmarks/*.py"),
        ROOT / "README.md",
    ]:
        text = re.sub(r"[\s\"]+", " ", path.read_text())
        for year in YEAR.finditer(text):
            authors = AUTHORS.search(text[max(0, year.start() - 90) : year.start()])
            if authors:
                found.setdefault(authors[1], {}).setdefault(year[1], set()).add(path.name)
    return found


def test_one_work_has_one_year_everywhere():
    found = named()
    assert {"Burda", "Kingma", "Vincent", "Rifai", "Higgins"} <= set(found)
    for author, years in found.items():
        assert len(years) == 1 or set(years) <= SEVERAL.get(author, set()), (author, years)
