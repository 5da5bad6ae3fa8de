"""A path is read as it was meant, however it is written and at every door; or one sentence says what is wrong."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch
from conftest import is_sentence

import aecore
from aecore.cli import NOT_ALLOWED, main
from aecore.dataset import SourceError
from aecore.home import PathError, files_below, home, typed_path
from aecore.runs.run import Run
from aecore.runs.spec import Spec
from aecore.runs.store import StoreError, encode, model_bytes

# Ways to write the path of a file or folder, as people and programs do.
SPELLINGS = {
    "as it is": str,
    "a Path": lambda path: path,
    "white space around": lambda path: f"  {path}\n",
    "double quotes": lambda path: f'"{path}"',
    "single quotes": lambda path: f"'{path}'",
    "curly quotes": lambda path: f"“{path}”",
    "file://": lambda path: path.as_uri(),
    "FILE:// of this host": lambda path: path.as_uri().replace("file://", "FILE://localhost"),
    "file:/": lambda path: path.as_uri().replace("file://", "file:"),
    "quotes around file://": lambda path: f'"{path.as_uri()}"',
    "unescaped": lambda path: f"file://{path}",
    "~": lambda path: f"~/{path.relative_to(Path.home())}",
    "quotes around ~": lambda path: f'"~/{path.relative_to(Path.home())}"',
    "a Path with ~": lambda path: Path("~") / path.relative_to(Path.home()),
    "relative": lambda path: os.path.relpath(path),
    "dots": lambda path: f"{path.parent}/./../{path.parent.name}/{path.name}",
}
NAMES = ["plain", "with spaces", "Zürich, 数字", "a#b?c=d", "it's", "100%25"]
# What is no path of this machine.
WINDOWS = [r"C:\data\mnist", "C:/data/mnist", r"\\server\share\mnist", "file:///C:/data/mnist", "file://C:/data"]
NO_PATHS = ["ftp://host/data", "s3://bucket/data", "~nobody-of-this-name/data", *WINDOWS]


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    """A folder inside the user's home, and beside the current folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "some"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_of_every_name_is_the_path_that_is_meant(spelling, name, place):
    if spelling == "unescaped" and name == "100%25":
        pytest.skip("there is no telling this from an escaped address")
    found = typed_path(SPELLINGS[spelling](place / name))
    assert Path(os.path.normpath(found.absolute())) == place / name


@pytest.mark.parametrize("text", [*NO_PATHS, "", "  ", '""', "a\0b", None, 7, b"/data"], ids=ascii)
def test_what_is_no_path_is_a_sentence(text, place):
    with pytest.raises(PathError) as refusal:
        typed_path(text)
    assert is_sentence(str(refusal.value))


def test_a_folder_that_is_called_like_a_path_of_windows_is_found(place):
    Path(r"C:\data").mkdir()
    assert typed_path(r"C:\data") == Path(r"C:\data")


@pytest.mark.skipif(os.name == "nt", reason="there it is the path")
@pytest.mark.parametrize("text", WINDOWS)
def test_a_path_of_windows_is_no_folder_here(text):
    with pytest.raises(PathError, match="no such folder on this machine"):
        typed_path(text)


def test_files_are_found_below_and_not_for_ever(tmp_path):
    for name in ("a", "b/c", "b/d/e", "b/d/f/g"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "b/d/loop").symlink_to(tmp_path)
    assert [str(path.relative_to(tmp_path)) for path in files_below(tmp_path, 2)] == ["a", "b/c", "b/d/e"]


# AECORE_HOME.


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_home_is_read_so(spelling, place, monkeypatch):
    monkeypatch.setenv("AECORE_HOME", str(SPELLINGS[spelling](place)))
    found = home()
    assert found.is_absolute()
    assert Path(os.path.normpath(found)) == place


@pytest.mark.parametrize("text", NO_PATHS)
def test_a_home_that_is_none_is_a_sentence_with_its_name(text, monkeypatch):
    monkeypatch.setenv("AECORE_HOME", text)
    with pytest.raises(PathError) as refusal:
        home()
    assert is_sentence(str(refusal.value))
    assert str(refusal.value).startswith("AECORE_HOME")


def test_a_blank_home_is_none(monkeypatch):
    monkeypatch.setenv("AECORE_HOME", " ")
    assert home().name == "aecore"


def test_the_command_line_says_that_home_is_none(monkeypatch, capsys):
    monkeypatch.setenv("AECORE_HOME", "~nobody-of-this-name/x")
    monkeypatch.setattr("aecore.sources._shelf", aecore.sources.Shelf(1, 1))
    assert main(["train", "--images", "100", "--epochs", "1"]) == NOT_ALLOWED
    said = capsys.readouterr()
    assert said.out == ""
    assert is_sentence(said.err.strip())
    assert "AECORE_HOME" in said.err


# load_model.


@pytest.fixture(scope="module")
def trained() -> Run:
    return aecore.train(Spec(data="digits", images=100, epochs=1, width=8, depth=1))


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_model_is_loaded_from_it(spelling, place, trained):
    path = place / "my model, v2.safetensors"
    place.mkdir()
    path.write_bytes(model_bytes(trained))
    assert aecore.load_model(SPELLINGS[spelling](path)).latent == 2


def torch_file(path: Path, **how) -> bytes:
    torch.save({"weight": torch.zeros(3)}, path, **how)
    return path.read_bytes()


NO_MODELS = {
    "torch": (lambda run, path: torch_file(path), "zip file, as torch.save writes them"),
    "old torch": (
        lambda run, path: torch_file(path, _use_new_zipfile_serialization=False),
        "pickle, as torch.save writes them",
    ),
    "empty": (lambda run, path: b"", "is empty"),
    "a byte": (lambda run, path: b"\0", "no safetensors"),
    "truncated head": (lambda run, path: model_bytes(run)[:50], "cut off"),
    "truncated": (lambda run, path: model_bytes(run)[:-1], "not a model of aecore"),
    "json": (lambda run, path: json.dumps(run.spec.flat()).encode(), "JSON"),
    "an array": (lambda run, path: b"\x93NUMPY\x01\0v\0", "array of numpy"),
    "keras": (lambda run, path: b"\x89HDF\r\n\x1a\n" + bytes(99), "HDF5"),
    "onnx": (lambda run, path: b"\x08\x09\x12\x07pytorch" + bytes(99), "no safetensors"),
    "compressed": (lambda run, path: b"\x1f\x8b\x08\0" + bytes(99), "unpack it first"),
    "a page": (lambda run, path: b"<!doctype html><title>Log in</title>", "no safetensors"),
    "a run": (lambda run, path: encode(run.spec, run.checkpoint()), "a run that the app keeps"),
    "other weights": (lambda run, path: aecore.runs.store.save({"x": torch.zeros(3)}), "of another program"),
}


@pytest.mark.parametrize("kind", NO_MODELS)
def test_a_file_that_is_no_model_is_told_apart_and_never_run(kind, trained, tmp_path, monkeypatch):
    monkeypatch.setattr(torch, "load", lambda *given, **how: pytest.fail("unpickled"))
    make, said = NO_MODELS[kind]
    path = tmp_path / "m.safetensors"
    path.write_bytes(make(trained, path))
    with pytest.raises(StoreError) as refusal:
        aecore.load_model(path)
    text = str(refusal.value).replace(str(tmp_path), "")
    assert is_sentence(text)
    assert said in text


@pytest.mark.parametrize("text", [*NO_PATHS, "", None, 7, "https://host/m.safetensors", "nowhere.safetensors", "."])
def test_a_place_without_a_model_is_a_sentence(text):
    with pytest.raises(StoreError) as refusal:
        aecore.load_model(text)
    assert is_sentence(str(refusal.value))


# --out and --history.

TINY = ["train", "--data", "digits", "--images", "100", "--epochs", "1", "--width", "8", "--depth", "1"]


@pytest.fixture
def untrained(monkeypatch, trained):
    """Training takes no time, or may not be begun."""
    allowed = []
    monkeypatch.setattr("aecore.cli._trained", lambda *given: trained if allowed else pytest.fail("trained"))
    return allowed


@pytest.mark.parametrize(("flag", "name"), [("--out", "m.safetensors"), ("--history", "h.csv"), ("--history", "h.txt")])
@pytest.mark.parametrize("spelling", [s for s in SPELLINGS if not s.startswith("a Path")])
def test_it_is_written_where_it_was_meant(flag, name, spelling, place, untrained, capsys):
    untrained.append(True)
    place.mkdir()
    assert main([*TINY, flag, SPELLINGS[spelling](place / name)]) == 0
    assert capsys.readouterr().err == ""
    assert [path.name for path in place.iterdir()] == [name]


@pytest.mark.parametrize(
    "suffix", [".pt", ".pth", ".pkl", ".h5", ".PT", ".keras", ".json", ".npz", ".bin", ".xlsx", ".safetensors.pt"]
)
def test_a_run_is_not_written_under_the_name_of_another_kind(suffix, tmp_path, untrained, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([*TINY, "--out", f"m{suffix}"]) == NOT_ALLOWED
    said = capsys.readouterr().err.strip()
    assert is_sentence(said)
    assert f"nothing is written as {Path('m' + suffix).suffix}, there are .safetensors (model), .csv (history)" in said
    assert said.endswith(".safetensors for the model")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".xlsx", ".json", ".safetensors", ".png"])
def test_losses_are_not_written_under_the_name_of_another_kind(suffix, untrained, capsys):
    assert main([*TINY, "--history", f"losses{suffix}"]) == NOT_ALLOWED
    assert capsys.readouterr().err.strip().endswith("losses are written as CSV, so name it losses.csv")


def test_without_a_suffix_it_is_said_what_was_written(tmp_path, untrained, capsys):
    untrained.append(True)
    assert main([*TINY, "--out", str(tmp_path / "model")]) == 0
    assert "model is a safetensors file" in capsys.readouterr().err
    assert aecore.load_model(tmp_path / "model").latent == 2


@pytest.mark.parametrize("place", [*NO_PATHS, "nowhere/m.safetensors", "nowhere/", "", '"."', "~"], ids=ascii)
def test_a_place_that_will_not_do_is_refused_before_training(place, untrained, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([*TINY, "--out", place]) != 0
    said = capsys.readouterr()
    assert said.out == ""
    assert is_sentence(said.err.strip())
    assert "--out" in said.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("flag", ["--out", "--history"])
def test_help_says_that_a_file_is_replaced(flag, capsys):
    main(["train", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "a file there is replaced" in text.partition(f"{flag} FILE")[2][:120]


# AECORE_MIRROR: how it is written here, what is in it with the data sets.


@pytest.mark.parametrize("text", [*NO_PATHS, "nowhere"])
def test_a_mirror_that_is_none_is_a_sentence(text, monkeypatch):
    monkeypatch.setenv("AECORE_MIRROR", text)
    source = aecore.sources.sources["mnist"]
    with pytest.raises(SourceError) as refusal:
        source(source.Settings()).load(lambda done, total: None)
    assert is_sentence(str(refusal.value))
    assert "AECORE_MIRROR" in str(refusal.value)
    if text in WINDOWS or text == "nowhere":
        assert "there is no such folder" in str(refusal.value)
