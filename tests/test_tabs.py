"""Conformance of tabs: any tab with any variant and any data set answers, or says in one sentence what is lacking."""

from __future__ import annotations

from importlib import import_module
from itertools import cycle, product

import pytest
from conftest import is_sentence
from patience import wait_for
from streamlit.testing.v1 import AppTest
from test_pages import open_page

from aecore.questions import denoise
from aecore.runs.answers import Answer
from aecore.runs.pool import Pool
from aecore.sources import sources
from aecore.ui import engine, subjects
from aecore.variants import variants

PAGES = ("pca", "latent", "vae", "denoise")
# As small as each data set allows: what is tried here is that every tab answers, not what it finds out.
FEW = {"images": "100"}
TABS = [(page, view, kind) for page in PAGES for view, kind in import_module(f"aecore.ui.{page}").TABS.items()]
OF_ONE_SPEC = [(page, view) for page, view, kind in TABS if isinstance(kind.subject, subjects.WholeSpec)]
OF_A_DATA_SET = [(page, view) for page, view, kind in TABS if not isinstance(kind.subject, subjects.WholeSpec)]
# Those whose files are on this machine; what a page says of the others is tested in test_pages.py.
AT_HAND = [name for name in sources if not sources[name].downloads]


@pytest.fixture(autouse=True)
def few(monkeypatch) -> None:
    """What is found of a tenth of the images is shown as what is found of all."""
    monkeypatch.setattr(denoise, "COMPARED", 10)
    monkeypatch.setattr(denoise, "LEARNED", 30)


def drawn(page: str, **link: str) -> AppTest:
    """The page as a visitor sees it who came by ``link``, once it is at rest."""
    app = open_page(page, **link)
    pool = engine.warm_up().result()

    def rests() -> bool:
        # Not run while something moves: it would take its time from that.
        if moves(pool):
            return False
        known = asked(pool)
        app.run()
        # What it asked anew may have been found by now, and is not on the page.
        return asked(pool) == known and not moves(pool) and not group_waits(app)

    wait_for(rests, 120)
    return app


def asked(pool: Pool) -> list[Answer]:
    return [answer for kept in pool._answers._kept.values() for answer in kept.values()]


def moves(pool: Pool) -> bool:
    """Whether a run is prepared or trained, or a question found out."""
    states = {seat.run.snapshot.state for seat in pool._seats if seat.visitor != engine.EXAMPLE_VISITOR}
    return bool(states & {"preparing", "queued", "running"}) or not all(answer.done() for answer in asked(pool))


def group_waits(app: AppTest) -> bool:
    """Whether runs of a group are still to be started."""
    return "group-under-way" in app.session_state and app.session_state["group-under-way"] is not None


def complaints(app: AppTest) -> list[str]:
    """What is on the page and should not be: exceptions, and sentences that a person could not read."""
    said = [element.value for kind in (app.error, app.warning, app.info) for element in kind]
    return [str(error.value) for error in app.exception] + [
        line for text in said for line in text.split("  \n") if not is_sentence(line)
    ]


def data_of(variant: str, tab: tuple[str, str]) -> str:
    """The data set that a tab is opened on with a variant: the next one from tab to tab and from variant to variant."""
    return AT_HAND[(list(variants).index(variant) + OF_ONE_SPEC.index(tab)) % len(AT_HAND)]


def test_any_two_of_variant_tab_and_data_set_meet():
    cases = [(variant, tab, data_of(variant, tab)) for variant in variants for tab in OF_ONE_SPEC]
    for one, other, all_of_them in ((0, 2, (variants, AT_HAND)), (1, 2, (OF_ONE_SPEC, AT_HAND))):
        assert {(case[one], case[other]) for case in cases} == set(product(*all_of_them))


@pytest.mark.parametrize(("variant", "tab"), list(zip(variants, cycle(OF_ONE_SPEC), strict=False)), ids=str)
def test_each_tab_and_each_variant_answer_untrained(variant, tab):
    page, view = tab
    assert complaints(drawn(page, view=view, variant=variant, data=data_of(variant, tab), **FEW)) == []


@pytest.mark.parametrize(("page", "view"), OF_A_DATA_SET)
def test_each_tab_of_a_data_set_answers_untrained(page, view):
    assert complaints(drawn(page, view=view, data="digits", **FEW)) == []


@pytest.mark.wide
@pytest.mark.parametrize("page", dict.fromkeys(page for page, _ in OF_ONE_SPEC))
@pytest.mark.parametrize("variant", variants)
def test_every_tab_answers_untrained_with_every_variant(variant, page):
    found = {}
    for tab in [tab for tab in OF_ONE_SPEC if tab[0] == page]:
        data = data_of(variant, tab)
        if faults := complaints(drawn(page, view=tab[1], variant=variant, data=data, **FEW)):
            found[tab, data] = faults
    assert found == {}


@pytest.mark.wide
@pytest.mark.parametrize("data", [name for name in AT_HAND if name != "digits"])
def test_every_tab_of_a_data_set_answers_untrained(data):
    found = {}
    for page, view in OF_A_DATA_SET:
        if faults := complaints(drawn(page, view=view, data=data, **FEW)):
            found[page, view] = faults
    assert found == {}


# Each tab once, the variants and data sets in turn.
DIAGONAL = [
    (page, view, name, AT_HAND[number % len(AT_HAND)])
    for number, (name, (page, view)) in enumerate(zip(cycle(variants), OF_ONE_SPEC * 2, strict=False))
] + [(page, view, "", AT_HAND[number % len(AT_HAND)]) for number, (page, view) in enumerate(OF_A_DATA_SET)]


@pytest.mark.learns
@pytest.mark.parametrize(("page", "view", "variant", "data"), DIAGONAL)
def test_every_tab_answers_trained(page, view, variant, data):
    """A link with ``v`` opens trained; few epochs, so that also what hardly learned is drawn."""
    few = {"epochs": "1", **({"variant": variant} if variant else {})}
    kind = dict((tab[:2], tab[2]) for tab in TABS)[page, view]
    if not variant and "epochs" not in kind.Settings.model_fields:
        del few["epochs"]
    assert complaints(drawn(page, view=view, data=data, v="1", **FEW, **few)) == []
