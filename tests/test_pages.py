"""Every page without a browser: it runs, and no link can make it fail."""

from __future__ import annotations

import pytest
from browsing import ROOT
from conftest import is_sentence
from patience import wait_for
from streamlit.testing.v1 import AppTest
from test_browser_views import unpacked
from test_spec import HOSTILE_NAMES, HOSTILE_TEXTS

PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))


def open_page(name: str, **query: str) -> AppTest:
    """The page as a link with ``query`` opens it."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
    for key, value in query.items():
        app.query_params[key] = value
    app.switch_page(f"pages/{name}.py")
    return app.run()


def live_texts(app: AppTest) -> list[str]:
    """The texts that move with runs, which are canvases of ours."""
    drawn = [element.proto for element in app.get("bidi_component")]
    worded = [one for one in drawn if one.component_name in ("aecore.progress", "aecore.words")]
    return [unpacked(one.bytes)[0]["text"] for one in worded]


@pytest.mark.parametrize("name", PAGES)
def test_the_page_runs_and_runs_again(name):
    app = open_page(name)
    assert not app.exception
    assert app.title[0].value
    assert not app.run().exception


def test_a_new_page_is_one_file_and_its_line_in_the_app():
    listed = (ROOT / "app.py").read_text()
    assert all(f"pages/{name}.py" in listed for name in PAGES)


# No browser can send a lone half of a surrogate pair.
@pytest.mark.parametrize(
    "text", [text for text in HOSTILE_TEXTS if text != "\ud800"], ids=lambda text: ascii(text[:20])
)
def test_hostile_links_are_answered_in_sentences(text):
    """What 200 such links ask for is tested where links are read; here, that widgets and notices survive them."""
    query = {"variant": "vae", "beta": text, "latent": text, "precision": text, "seed": text}
    app = open_page("train", **query, **dict.fromkeys(HOSTILE_NAMES[:5], text))
    assert not app.exception
    said = app.warning[0].value.split("  \n")
    assert len(said) >= 4
    assert all(is_sentence(sentence) for sentence in said)


@pytest.mark.parametrize("text", ["nowhere", "", "1e999", "<b>", "subspace "], ids=ascii)
def test_hostile_links_to_a_view_are_answered_in_sentences(text):
    app = open_page("pca", view=text, data=text, latent=text, seed=text, v=text)
    assert not app.exception
    said = app.warning[0].value.split("  \n")
    assert any("it must be one of components, " in sentence for sentence in said)
    assert all(is_sentence(sentence) for sentence in said)


def test_train_shows_the_untrained_state_first_and_trains(home):
    app = open_page("train", variant="plain", width="16", depth="1", epochs="1", images="200", data="digits")

    def text() -> str:
        return " ".join(str(element.text) for element in app.run().get("progress"))

    wait_for(lambda: "untrained" in text())
    next(button for button in app.button if button.label == "Train").click()
    wait_for(lambda: "finished" in text())
    assert not app.exception


def test_a_data_set_that_cannot_be_had_is_said_and_the_page_goes_on(monkeypatch, tmp_path):
    monkeypatch.setenv("AECORE_MIRROR", str(tmp_path / "nowhere"))
    app = open_page("train", data="fashion-mnist")
    wait_for(lambda: app.run().warning)
    (sentence,) = app.warning[0].value.split("  \n")
    assert is_sentence(sentence)
    assert "fashion-mnist" in sentence
    assert "going on with mnist-5k" in sentence
    assert not app.exception
