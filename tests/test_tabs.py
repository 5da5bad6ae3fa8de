"""Conformance of tabs: any tab with any variant and any data set answers, or says in one sentence what is lacking."""

from __future__ import annotations

from importlib import import_module

import pytest
from conftest import is_sentence, wait_for
from streamlit.testing.v1 import AppTest
from test_pages import open_page

from aecore.runs.pool import Pool
from aecore.sources import sources
from aecore.ui import engine, sections
from aecore.variants import variants

PAGES = ("pca", "latent", "vae", "denoise")
# As small as each data set allows: what is tried here is that every tab answers, not what it finds out.
FEW = {"images": "100"}
TABS = [(page, view, kind) for page in PAGES for view, kind in import_module(f"aecore.ui.{page}").SECTIONS.items()]
OF_ONE_SPEC = [(page, view) for page, view, kind in TABS if isinstance(kind.subject, sections.WholeSpec)]
OF_A_DATA_SET = [(page, view) for page, view, kind in TABS if not isinstance(kind.subject, sections.WholeSpec)]
# Those whose files are on this machine; what a page says of the others is tested in test_pages.py.
AT_HAND = [name for name in sources if not sources[name].downloads]


def drawn(page: str, **link: str) -> AppTest:
    """The page as a fresh visitor sees it who came by ``link``, once all that it asks of its runs is answered."""
    app = open_page(page, **link)

    def settled() -> bool:
        app.run()
        return not asking(engine.warm_up().result())

    wait_for(settled, 60)
    return app.run()


def asking(pool: Pool) -> bool:
    """Whether a run is being prepared or a question found out."""
    answers = [answer for kept in pool._answers._kept.values() for answer in kept.values()]
    preparing = any(seat.run.view.state == "preparing" for seat in pool._seats.values())
    return preparing or not all(answer.done() for answer in answers)


def complaints(app: AppTest) -> list[str]:
    """What is on the page and should not be: exceptions, and sentences that a person could not read."""
    said = [element.value for kind in (app.error, app.warning, app.info) for element in kind]
    return [str(error.value) for error in app.exception] + [
        line for text in said for line in text.split("  \n") if not is_sentence(line)
    ]


@pytest.mark.parametrize("data", AT_HAND)
@pytest.mark.parametrize("variant", variants)
def test_every_tab_of_one_run_answers_untrained(variant, data):
    found = {}
    for page, view in OF_ONE_SPEC:
        if faults := complaints(drawn(page, view=view, variant=variant, data=data, **FEW)):
            found[page, view] = faults
    assert found == {}
