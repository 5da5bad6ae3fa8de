"""What is no image is learned, watched, kept and shared like images, in new files alone."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
import torch
from conftest import is_sentence
from modality import FILES
from patience import wait_for
from test_pages import live_texts, open_page

from aecore.cli import main
from aecore.runs.choices import choice_knob, knobs_of
from aecore.runs.run import Run, train_spec
from aecore.runs.spec import Spec, read_texts
from aecore.runs.store import Store, load_model, model_bytes
from aecore.settings import SettingsError


@pytest.fixture(autouse=True)
def planted(plant):
    for (package, module), text in FILES.items():
        plant(package, module, text)


def test_it_is_offered_with_its_own_data_and_no_other():
    assert choice_knob("data", {"variant": "next-word"}).choices == ("grammar",)
    assert "grammar" not in choice_knob("data", {"variant": "vae"}).choices
    assert set(knobs_of({"variant": "next-word"})) >= {"variant", "data", "sentences", "epochs", "seed"}
    assert not {"architecture", "corruption", "latent", "images"} & set(knobs_of({"variant": "next-word"}))
    for wrong in (
        {"data": "grammar"},
        {"variant": "next-word", "data": "digits"},
        {"variant": "next-word", "latent": 2},
    ):
        with pytest.raises(SettingsError) as refused:
            Spec(**wrong)
        assert is_sentence(str(refused.value))


def test_it_trains_and_is_measured():
    run = train_spec(Spec(variant="next-word", epochs=60, learning_rate=0.1))
    assert run.snapshot.state == "finished"
    # One of two each time; after a noun, a verb (one in four) as often as the stop (one in two).
    assert run.metrics["heldout_surprise"] == pytest.approx(6 * np.log(2), rel=0.02)
    assert run.metrics["sentences_per_second"] > 0
    first, last = run.history.moments[0], run.history.moments[-1]
    assert first.shown["following"].shape == last.shown["following"].shape == (7, 7)
    assert last.shown["following"][:2, 2:4].sum() > 1.9
    assert last.heldout["surprise"] < first.heldout["surprise"]
    assert "heldout_surprise" in run.history.csv()


def test_a_pause_and_the_store_change_no_weight(tmp_path):
    spec, store = Spec(variant="next-word", epochs=12), Store(tmp_path)
    whole = train_spec(spec)
    begun = Run(spec)
    begun.prepare()
    begun.aim(7)
    begun.work()
    assert begun.snapshot.state == "paused"
    store.keep(begun)
    again = Run(spec)
    again.prepare(store.find(spec))
    assert again.snapshot.step == 7
    assert np.array_equal(again.snapshot.newest.shown["following"], begun.snapshot.newest.shown["following"])
    again.aim()
    again.work()
    assert torch.equal(again.model.table, whole.model.table)
    assert again.history.moments[-1].heldout == whole.history.moments[-1].heldout
    (tmp_path / "model.safetensors").write_bytes(model_bytes(whole))
    assert torch.equal(load_model(tmp_path / "model.safetensors").table, whole.model.table)


def test_a_link_opens_it_in_training_and_its_door_draws_it(home):
    app = open_page("train", variant="next-word", epochs="500", v="1")

    def said() -> str:
        app.run()
        return " ".join([*live_texts(app), *(str(bar.text) for bar in app.get("progress"))])

    wait_for(lambda: "sentences a second" in said() and "the dog" in said().replace("the cat", "the dog"))
    next(button for button in app.button if button.label == "Pause").click()
    wait_for(lambda: "paused" in said())
    assert not app.exception
    assert any("Next word" in text.value for text in app.markdown)
    link = next(code.value for code in app.code if "next-word" in code.value and "?" in code.value)
    spec, ignored = read_texts(dict(parse_qsl(urlsplit(link).query)))
    assert not ignored
    assert spec == Spec(variant="next-word", epochs=500)


def test_the_command_line_trains_it(capsys):
    assert main(["train", "--variant", "next-word", "--epochs", "2"]) == 0
    assert "sentences a second" in capsys.readouterr().out


def test_without_exhibit_and_door_it_is_watched_by_its_losses(plant, monkeypatch):
    import aecore.exhibits
    import aecore.ui.exhibits

    for package in (aecore.exhibits, aecore.ui.exhibits):
        monkeypatch.setattr(package, "__path__", [path for path in package.__path__ if "pytest" not in path])
    app = open_page("train", variant="next-word", epochs="1", v="1", seed="3")
    wait_for(lambda: "finished" in " ".join(str(bar.text) for bar in app.run().get("progress")))
    assert not app.exception
