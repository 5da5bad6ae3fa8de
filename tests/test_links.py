"""Links: what is not taken is said, in one sentence that names it, whatever page it opens; trackers are dropped."""

from __future__ import annotations

import pytest
from conftest import is_sentence
from patience import wait_for
from streamlit.testing.v1 import AppTest
from test_pages import PAGES, open_page

from aecore.runs.spec import Spec
from aecore.ui import columns, engine, links
from aecore.ui.links import TRACKERS, is_tracker

SMALL = {"data": "digits", "images": "100"}


def said(app: AppTest) -> list[str]:
    """What the page says that it did not take."""
    return [line.strip("`") for warning in app.warning for line in warning.value.split("  \n")]


def settled(app: AppTest) -> AppTest:
    """The page once its runs are prepared."""
    pool = engine.warm_up().result()
    wait_for(lambda: app.run() and not any(seat.run.snapshot.state == "preparing" for seat in pool._seats))
    return app


@pytest.mark.parametrize("page", PAGES)
def test_any_page_says_what_it_does_not_know_and_is_silent_on_trackers(page):
    app = open_page(page, nonsense="7", fbclid="x1", utm_source="mail", gclid="3", v="1")
    assert not app.exception
    (sentence,) = said(app)
    assert is_sentence(sentence)
    assert "nonsense=7" in sentence


def test_no_setting_is_taken_for_a_tracker():
    known = {name for variant in ("vae", "iwae", "context", "vq-vae") for name in Spec(variant=variant).flat()}
    assert not any(map(is_tracker, known))
    assert all(map(is_tracker, TRACKERS))


@pytest.mark.parametrize("page", ["train", "latent", "compare"])
def test_a_parameter_given_twice_is_said(page):
    app = open_page(page, latent=["2", "8"], **SMALL)
    assert not app.exception
    assert "ignored latent=2: latent is given more than once; using 8" in said(app)


def test_a_parameter_given_twice_alike_is_no_matter():
    assert links._once({"latent": ["8", "8"]}) == ({"latent": "8"}, [])


@pytest.mark.parametrize("claim", ["zzzz", "0123456789abcdef", "", "a-b-c"])
@pytest.mark.parametrize("page", ["train", "latent", "compare", "pca"])
def test_an_id_of_another_model_is_said(page, claim):
    app = settled(open_page(page, trained=claim, **SMALL))
    assert not app.exception
    (sentence,) = said(app)
    assert is_sentence(sentence)
    assert "is not the id of what these settings train, so nothing was started" in sentence


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"a.seed": "1", "b.seed": "2"}, "ignored b.seed=2: all columns share seed; using 1"),
        ({"a.data": "digits", "b.data": "shapes"}, "ignored b.data=shapes: all columns share data; using digits"),
        ({"mode": "sweep", "sweep": "nonsense"}, "ignored sweep=nonsense: it must be one of variant, "),
        ({"mode": "sweep", "sweep": "beta", "a.variant": "plain"}, "ignored sweep=beta: it must be one of variant, "),
    ],
)
def test_what_columns_cannot_have_is_said(asked, sentence):
    taken, ignored = columns._understand(asked)
    assert len(ignored) == 1
    assert ignored[0].startswith(sentence)
    assert "sweep" not in taken


@pytest.mark.parametrize(
    ("page", "link", "name"),
    [
        ("latent", {"view": "map", "marks": "9999"}, "marks=9999"),
        ("latent", {"view": "map", "hidden": "3,88"}, "hidden=3,88"),
        ("latent", {"view": "slice", "latent": "4", "hidden": "77"}, "hidden=77"),
    ],
)
def test_what_only_the_data_can_tell_is_said_too(page, link, name):
    app = open_page(page, **SMALL, **link)
    wait_for(lambda: said(app.run()))
    assert not app.exception
    assert any(sentence.startswith(f"ignored {name}: ") for sentence in said(app))
