"""A new export is one file: a button below each run, a suffix that is written and that ``--out`` takes."""

from __future__ import annotations

import csv
import json
import re

import pytest
from conftest import is_sentence
from patience import wait_for
from test_pages import open_page

from aecore.cli import DIVERGED, IN_THE_WAY, main
from aecore.export import Export, ExportError
from aecore.exports import export_of, exports, in_order, write
from aecore.runs.history import History
from aecore.runs.run import Run, train_spec
from aecore.runs.snapshot import Snapshot
from aecore.runs.spec import Spec
from aecore.runs.store import load_model

SMALL = {"data": "digits", "images": 100, "width": 8, "depth": 1, "epochs": 1}
TINY = ["train", *(word for name, value in SMALL.items() for word in (f"--{name}", str(value)))]
FACTS = '''
    """What a run is known by, as JSON."""

    import json

    from aecore.export import Export, ExportError


    class Facts(Export):
        title, order, suffix, mime = "Facts", 1.5, ".facts.csv", "application/json"
        help = "Id and metrics, as JSON."

        def of(self, trained, history):
            if trained.spec.flat()["latent"] == 7:
                raise ExportError("seven numbers are too many")
            return json.dumps({"id": trained.id, "moments": len(history.moments)}).encode()
'''


@pytest.fixture(scope="module")
def finished() -> Run:
    return train_spec(Spec(**SMALL))


@pytest.fixture
def untrained() -> Run:
    run = Run(Spec(**SMALL))
    run.prepare()
    return run


@pytest.fixture
def facts(plant):
    assert "facts" not in exports
    plant("aecore.exports", "facts", FACTS)


# What every export keeps to.


@pytest.mark.parametrize("name", list(exports))
def test_an_export_declares_itself_and_writes_a_trained_run(name, finished, tmp_path):
    export = exports[name]()
    assert isinstance(export, Export)
    assert is_sentence(export.help)
    assert export.help.endswith(".")
    assert 0 < len(export.title) <= 16
    assert re.fullmatch(r"(\.[a-z0-9]+)+", export.suffix)
    assert re.fullmatch(r"[a-z]+/[\w.+-]+", export.mime)
    assert re.fullmatch(r":material/\w+:", export.icon)
    assert export.lacks(finished.snapshot) == ""
    data = export.of(finished.trained, finished.history)
    assert isinstance(data, bytes)
    assert data == export.of(finished.trained, finished.history), "equal runs are equal files"
    place = write(finished, tmp_path / f"a.b{export.suffix.upper()}")
    assert place.read_bytes() == data
    assert [path.name for path in tmp_path.iterdir()] == [place.name]


@pytest.mark.parametrize("name", list(exports))
def test_what_a_run_lacks_is_said_and_nothing_is_written(name, untrained, tmp_path):
    export = exports[name]()
    if not export.lacks(untrained.snapshot):
        assert write(untrained, tmp_path / f"early{export.suffix}").read_bytes()
        return
    with pytest.raises(ExportError) as refused:
        write(untrained, tmp_path / f"early{export.suffix}")
    assert is_sentence(str(refused.value))
    assert not list(tmp_path.iterdir())


def test_no_two_have_a_title_or_a_suffix_in_common():
    made = in_order()
    assert len({one.title for one in made}) == len({one.suffix for one in made}) == len(made)


def test_the_model_needs_a_finished_run_and_the_history_two_looks(finished):
    model, history = exports["model"](), exports["history"]()
    running = Snapshot(state="running", history=finished.history)
    assert "end" in model.lacks(running)
    assert history.lacks(running) == ""
    assert "there are 1" in history.lacks(Snapshot(state="running", history=History(finished.history.moments[:1])))


# Written by suffix.


def test_a_run_is_written_as_the_suffix_says(finished, tmp_path):
    assert load_model(write(finished, tmp_path / "m.safetensors")).latent == finished.model.latent
    assert load_model(write(finished, f' "{tmp_path}/plain" ')).latent == finished.model.latent
    rows = list(csv.DictReader(write(finished, tmp_path / "h.csv").read_text().splitlines()))
    assert int(rows[-1]["step"]) == finished.snapshot.steps


def test_an_unknown_suffix_is_a_sentence_that_names_those_there_are(finished, tmp_path):
    with pytest.raises(ExportError) as refused:
        write(finished, tmp_path / "m.pt")
    assert is_sentence(str(refused.value))
    assert str(refused.value) == (
        "m.pt: nothing is written as .pt, there are .safetensors (model), .csv (history); "
        "name it m.safetensors for the model"
    )
    with pytest.raises(ExportError, match=r"name it beta0\.5\.safetensors"):
        export_of("beta0.5")
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_what_was_there(finished, tmp_path, monkeypatch):
    place = tmp_path / "m.safetensors"
    place.write_bytes(b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(OSError, match="No space"):
        write(finished, place)
    assert place.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == [place.name]


# A planted one.


def test_a_planted_export_is_written_by_its_suffix_the_longer_of_two(facts, finished, tmp_path):
    found = json.loads(write(finished, tmp_path / "m.facts.csv").read_text())
    assert found == {"id": finished.id, "moments": len(finished.history.moments)}
    assert export_of("m.csv").title == "History"
    with pytest.raises(ExportError, match=r"\.safetensors \(model\), \.facts\.csv \(facts\), \.csv \(history\)"):
        export_of("m.pt")


def test_the_command_line_takes_its_suffix_and_its_help_says_so(facts, tmp_path, capsys):
    assert main([*TINY, "--json", "--out", str(tmp_path / "m.facts.csv")]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert json.loads((tmp_path / "m.facts.csv").read_text())["id"] == json.loads(told.out)["id"]
    assert main(["train", "--help"]) == 0
    assert ".facts.csv (facts)" in " ".join(capsys.readouterr().out.split())


def test_what_a_model_cannot_be_written_as_costs_the_file_but_not_the_metrics(facts, tmp_path, capsys):
    assert main([*TINY, "--json", "--latent", "7", "--out", str(tmp_path / "m.facts.csv")]) == IN_THE_WAY
    told = capsys.readouterr()
    assert json.loads(told.out)["metrics"]
    assert told.err == "aecore: --out m.facts.csv is not written: seven numbers are too many\n"
    assert not (tmp_path / "m.facts.csv").exists()


def buttons(app) -> dict[str, bool]:
    """The download buttons of a page by what they say, and whether each can be pressed."""
    return {one.proto.label: not one.proto.disabled for one in app.get("download_button")}


def test_the_train_page_offers_it_among_the_others(facts, home):
    asked = {name: str(value) for name, value in SMALL.items()}
    app = open_page("train", **asked)
    wait_for(lambda: buttons(app.run()) == {"Model": False, "Facts": False, "History": False})
    app = open_page("train", **asked, v="1")
    wait_for(lambda: buttons(app.run()) == {"Model": True, "Facts": True, "History": True})
    assert list(buttons(app)) == ["Model", "Facts", "History"]
    assert not app.exception


# --out beside a training that diverges.


@pytest.fixture
def diverges(monkeypatch):
    import torch

    def lost(progress, *_):
        progress.step += 1
        return {"reconstruction": torch.tensor(float("nan"))}, torch.tensor(float("nan"))

    monkeypatch.setattr("aecore.training._step", lost)


@pytest.mark.parametrize(("name", "written"), [("m.safetensors", False), ("h.csv", True)])
def test_of_a_diverged_run_that_is_written_which_needs_no_end(name, written, diverges, tmp_path, capsys):
    assert main([*TINY, "--out", str(tmp_path / name)]) == DIVERGED
    assert capsys.readouterr().err.strip().endswith("no model is written") != written
    assert (tmp_path / name).exists() == written
