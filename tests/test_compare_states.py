"""Compare without a browser, in every state of its runs: names, numbers or a sentence, and never nan."""

from __future__ import annotations

import re

import pytest
from patience import wait_for
from test_pages import live_texts, open_page

SMALL = {"data": "digits", "images": "100", "width": "8", "depth": "1", "epochs": "2"}
FOUR = SMALL | {"columns": "4", "variant": "plain", "a.latent": "1", "b.latent": "4", "c.latent": "64", "d.latent": "5"}


def words(app) -> str:
    """All that a page says, figures' own texts aside."""
    kinds = ("markdown", "caption", "info", "warning", "error", "subheader")
    said = [str(element.value) for kind in kinds for element in app.get(kind)]
    return "\n".join([*said, *(str(element.text) for element in app.get("progress")), *live_texts(app)])


def until(app, sought: str) -> str:
    """What the page says once it says ``sought``."""
    wait_for(lambda: re.search(sought, words(app.run())), 60)
    assert not app.exception
    return words(app)


def test_untrained_columns_are_named_and_wait_for_a_press():
    app = open_page("compare", **FOUR)
    said = until(app, "untrained: 4 of 4")
    for name in ("A latent 1", "B latent 4", "C latent 64", "D latent 5"):
        assert f"**{name}**" in said
    assert "What this shows" not in said
    assert not re.search(r"\bnan\b", said)


def test_one_column_that_diverges_leaves_the_others_their_conclusions():
    app = open_page(
        "compare", **FOUR, **{"d.learning_rate": "1", "d.variant": "vae", "d.likelihood": "gaussian"}, v="1"
    )
    said = until(app, "What each does")
    assert "**What this shows**" in said
    assert not re.search(r"\bnan\b", said)
    assert "Press Train" not in said


def test_a_sweep_says_what_it_waits_for_and_never_asks_for_a_press_while_it_trains():
    sweep = {"mode": "sweep", "a.variant": "plain", "sweep": "images", "values": "100, 200"}
    asked = {name: text for name, text in SMALL.items() if name not in ("width", "depth", "images")}
    app = open_page("compare", **asked, **sweep, **{"a.width": "8", "a.depth": "1"})
    said = until(app, "untrained: 2 of 2")
    assert "press Train" in said or "Press Train" in said
    assert re.search(r"Every value trains equally long, \d+( to \d+)? steps", said)
    next(button for button in app.button if button.label == "Train").click()
    said = until(app, "finished: all 2")
    assert "press Train" not in said.replace("Press", "press")
    assert "With images 100, 200: held-out squared error" in said
    assert not re.search(r"\bnan\b", said)


@pytest.mark.parametrize("view", ["masked", "curves", "arrows"])
def test_a_view_of_several_models_never_asks_for_a_press_while_they_train(view):
    asked = {"images": "100"} if view == "arrows" else {"data": "digits", "images": "100", "epochs": "500"}
    app = open_page("denoise", view=view, **asked, v="1")
    said = until(app, "epoch|in training")
    assert "press Train" not in said.replace("Press", "press")
    assert not re.search(r"\bnan\b", said)


@pytest.mark.parametrize("data", ["curves", "sheets"])
@pytest.mark.parametrize("view", ["before", "own", "curves", "masked"])
def test_a_view_of_points_is_an_answer_or_a_sentence(view, data):
    app = open_page("denoise", view=view, data=data)
    sought = {
        "before": "What this shows",
        "own": "no images to draw on",
        "curves": "untrained: 2",
        "masked": "untrained: 5",
    }
    assert not re.search(r"\bnan\b", until(app, sought[view]))
