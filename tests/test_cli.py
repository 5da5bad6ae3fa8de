"""The command line trains, lists what there is, and says in one sentence what it will not do."""

from __future__ import annotations

import csv
import json
import math
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from combinations import AUTOENCODERS, OF_IMAGES
from patience import patience

import aecore
from aecore.cli import COMMANDS, DIVERGED, IN_THE_WAY, NOT_ALLOWED, STOPPED, flags, main, read_flags
from aecore.dataset import SourceError
from aecore.runs.choices import CHOICES, knobs_of
from aecore.runs.spec import Spec
from aecore.settings import SettingsError, knobs
from aecore.variants import variants

ROOT = Path(__file__).parents[1]
# A run of a few steps on data that come with scikit-learn.
DIGITS = ["train", "--data", "digits", "--images", "100", "--epochs", "1"]
TINY = [*DIGITS, "--width", "16", "--depth", "1"]


@pytest.fixture(autouse=True)
def one_home(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("AECORE_HOME", str(tmp_path_factory.getbasetemp() / "home"))
    monkeypatch.delenv("AECORE_MIRROR", raising=False)


@pytest.fixture
def call(capsys):
    """Runs a command in this process: its exit code, stdout and stderr."""

    def called(*argv: str) -> tuple[int, str, str]:
        code = main([*argv])
        return code, *capsys.readouterr()

    return called


@pytest.fixture
def untrained(monkeypatch):
    """Any training from here on is a failure of the test."""

    def refuse(*_):
        raise AssertionError("it must be refused before training")

    monkeypatch.setattr("aecore.runs.run.train_spec", refuse)


def refusal(result: tuple[int, str, str], code: int) -> str:
    """The one sentence on stderr of a command that printed nothing else and left with ``code``."""
    got, out, err = result
    assert (got, out) == (code, "")
    assert err.startswith("aecore: ")
    assert err.count("\n") == 1
    return err.strip()


# --- train -----------------------------------------------------------------------------------------------------------


def test_train_prints_json_and_keeps_a_model_that_is_read_back(call, tmp_path):
    out, history = tmp_path / "model.safetensors", tmp_path / "history.csv"
    code, text, err = call(
        *TINY, "--variant", "vae", "--latent", "3", "--beta", "4", "--seed", "7", "--json",
        "--out", str(out), "--history", str(history),
    )  # fmt: skip
    assert (code, err) == (0, "")
    found = json.loads(text)
    assert set(found) == {"id", "spec", "metrics"}
    spec = Spec(**found["spec"])
    assert (spec.id, found["spec"]["beta"], found["spec"]["latent"], found["spec"]["seed"]) == (found["id"], 4, 3, 7)
    assert all(math.isfinite(value) for value in found["metrics"].values())
    assert {"heldout_reconstruction", "heldout_kl", "train_elbo"} <= set(found["metrics"])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["history.csv", "model.safetensors"]
    run = aecore.train(spec)
    images = run.data.test.images
    np.testing.assert_array_equal(aecore.load_model(out).embed(images), run.model.embed(images))
    rows = list(csv.DictReader(history.read_text().splitlines()))
    assert float(rows[-1]["heldout_reconstruction"]) == pytest.approx(
        found["metrics"]["heldout_reconstruction"], rel=0.05
    )


@pytest.mark.starts
def test_the_command_of_the_documentation_in_a_process_of_its_own(tmp_path):
    command = "train --variant vae --latent 2 --beta 4 --data mnist-5k --epochs 1 --images 200 --seed 0 --json"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "aecore", *command.split(), "--out", "model.safetensors"],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["spec"]["beta"] == 4
    assert aecore.load_model(tmp_path / "model.safetensors").latent == 2


@pytest.mark.parametrize("variant", AUTOENCODERS)
def test_the_table_names_every_metric_with_its_unit(variant, call):
    known = knobs_of({"variant": variant})
    small = [word for name in ("width", "depth") if name in known for word in (f"--{name}", str(known[name].low))]
    code, text, err = call(*DIGITS, *small, "--variant", variant)
    assert (code, err) == (0, "")
    lines = text.splitlines()
    rows = [line.split(None, 3) for line in lines[lines.index("") + 2 : -2]]
    assert {"reconstruction", "squared_error"} <= {row[0] for row in rows}
    assert all(len(row) == 4 and row[3] for row in rows)
    assert "images a second" in lines[-1]


def test_progress_is_told_to_a_terminal_only(call, monkeypatch):
    monkeypatch.setattr("aecore.cli.words.TELL_EVERY", 0.0)
    monkeypatch.setattr("aecore.runs.run.GLANCE", 0.0)
    assert call(*TINY)[2] == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    told = call(*TINY, "--epochs", "3")[2]
    assert "epoch 3 of 3" in told
    assert "s left" in told
    assert told.endswith("\r")


def test_a_setting_may_be_spelled_as_links_do_and_with_an_equals_sign():
    flat = read_flags(["--batch_size=64", "--learning-rate", "0.01", "--weight_decay", "1e-3"])[1].flat()
    assert (flat["batch_size"], flat["learning_rate"], flat["weight_decay"]) == (64, 0.01, 1e-3)


def _picks():
    for choice, (registry, _, _) in CHOICES.items():
        if choice != "corruption":
            yield from ({choice: name} for name in (OF_IMAGES if choice == "data" else registry))
    for name, member in variants.items():
        if member.corrupts:
            yield from ({"variant": name, "corruption": c} for c in CHOICES["corruption"][0])


@pytest.mark.parametrize("picked", list(_picks()), ids=str)
def test_every_setting_of_every_member_is_a_flag_and_is_in_its_help(picked, call):
    chosen = [word for choice, name in picked.items() for word in (f"--{choice}", name)]
    spec = Spec(**picked)
    every = [word for name, text in spec.texts().items() if name != "v" for word in (f"--{name}", text)]
    assert read_flags(every)[1] == read_flags(chosen)[1] == spec
    code, text, _ = call("train", *chosen, "--help")
    assert code == 0
    text = " ".join(text.split())
    for knob in knobs_of(picked).values():
        value = "VALUE" if knob.kind.alone is None else "[VALUE]"
        assert f"--{knob.name.replace('_', '-')} {value}" in text
        assert f"default {knob.text(knob.default)}." in text
    flags(picked)


# --- what is not allowed ---------------------------------------------------------------------------------------------

NOT_ALLOWED_HERE = [
    (["trian"], "there is no command trian; did you mean train?"),
    (["xyzzy"], "there is no command xyzzy; there are train, "),
    (["variants", "now"], "variants takes no arguments, got now"),
    (["train", "--variant", "vea"], "there is no variant vea; did you mean vae?"),
    (["train", "--data", "mnits"], "there is no data set mnits; did you mean mnist?"),
    (["train", "--variant", "vea", "--help"], "did you mean vae?"),
    (["train", "--beta", "4"], "plain with dense has no setting beta; it belongs to variant"),
    (["train", "--level=1"], "has no setting level; it belongs to corruption "),
    (
        ["train", "--corruption", "masking"],
        "has no setting corruption; it belongs to variant denoising",
    ),
    (["train", "--epohcs", "3"], "there is no flag --epohcs for plain with dense; did you mean --epochs?"),
    (["train", "--variant=vae", "--beta", "400"], "beta must be from 0 to 100, got 400"),
    (["train", "--variant=vae", "--beta=nan"], "beta must be from 0 to 100, got nan"),
    (["train", "--epochs", "many"], "epochs must be a whole number from 1 to 500, got many"),
    (["train", "--epochs", "1.5"], "epochs must be a whole number"),
    (["train", "--epochs", "-1"], "epochs must be a whole number"),
    (["train", "--latent", "2.5"], "latent must be"),
    (["train", "--epochs"], "--epochs needs a value"),
    (["train", "--variant"], "--variant needs a value"),
    (["train", "--batch-size", "--json"], "--batch-size needs a value"),
    (["train", "--json=yes"], "--json takes no value"),
    (["train", "vae"], "vae belongs to no flag"),
    (["train", ""], "an empty text belongs to no flag"),
    (["train", "--lat", "2"], "there is no flag --lat"),
    (["train", "--likelihood", "poisson"], "likelihood must be one of bernoulli"),
    (["train", "--images", "99"], "images must be a whole number from 100 to 4500, got 99"),
    (["train", "--device", "tpu"], "--device must be one of cpu, cuda, got tpu"),
    (["train", "--out", "same", "--history", "./same"], "--out and --history must be two files"),
    (["train", "--\x1b[31m" + "x" * 500], "there is no flag --?[31m"),
]


@pytest.mark.parametrize(("argv", "sentence"), NOT_ALLOWED_HERE, ids=lambda value: str(value)[:40])
def test_what_is_not_allowed_is_said_in_one_sentence(argv, sentence, call, untrained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert sentence in refusal(call(*argv), NOT_ALLOWED)
    assert list(tmp_path.iterdir()) == []


# --- what is in the way ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flag", ["--out", "--history"])
@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("missing/model", "there is no folder"),
        (".", "is a folder"),
        ("", "needs the name of a file"),
        ("file/model", "there is no folder"),
        ("loop/model", "cannot be written"),
        ("n" * 300, "cannot be written (File name too long)"),
        ("nul\0", "cannot be written"),
        ("/dev/full", "is no regular file"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused_before_training(
    flag, place, sentence, call, untrained, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    Path("loop").symlink_to("loop")
    assert sentence in refusal(call(*TINY, flag, place), IN_THE_WAY)


def _full(*_):
    raise OSError(28, "No space left on device")


def test_a_full_disk_is_noticed_before_training(call, untrained, tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "write_bytes", _full)
    said = refusal(call(*TINY, "--out", str(tmp_path / "model")), IN_THE_WAY)
    assert "cannot be written (No space left on device)" in said


def test_a_disk_that_fills_up_while_training_costs_the_file_but_not_the_metrics(call, tmp_path, monkeypatch):
    monkeypatch.setattr("aecore.cli.targets.write_atomically", _full)
    code, out, err = call(*TINY, "--json", "--out", str(tmp_path / "model"))
    assert code == IN_THE_WAY
    assert json.loads(out)["metrics"]
    assert "--out" in err
    assert "No space left on device" in err


def test_a_model_that_was_there_is_replaced(call, tmp_path):
    out = tmp_path / "model"
    out.write_bytes(b"old")
    assert call(*TINY, "--out", str(out))[0] == 0
    assert aecore.load_model(out).latent == 2
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_data_that_cannot_be_had(call, monkeypatch, tmp_path):
    monkeypatch.setenv("AECORE_MIRROR", str(tmp_path))
    assert "mnist-5k, which needs no files" in refusal(call("train", "--data", "kmnist"), IN_THE_WAY)


def test_no_graphics_card(call, untrained, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert "--device cuda: torch finds no CUDA device" in refusal(call(*TINY, "--device", "cuda"), IN_THE_WAY)


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), IN_THE_WAY, "has not enough memory"),
        (MemoryError(), IN_THE_WAY, "not enough memory"),
        (SourceError("the disk is gone."), IN_THE_WAY, "the disk is gone."),
        (SettingsError("too small"), NOT_ALLOWED, "too small"),
        (KeyboardInterrupt(), STOPPED, "stopped"),
    ],
)
def test_what_stops_a_training_is_said_in_one_sentence(error, code, sentence, call, monkeypatch):
    def stop(*_):
        raise error

    monkeypatch.setattr("aecore.runs.run.train_spec", stop)
    assert sentence in refusal(call(*TINY), code)


# --- diverged, stopped, unread ---------------------------------------------------------------------------------------


def _not_a_number(progress, *_):
    progress.step += 1
    return {"reconstruction": torch.tensor(math.nan)}, torch.tensor(math.nan)


@pytest.mark.parametrize("json_flag", [["--json"], []])
def test_a_diverged_run_prints_no_metrics_and_writes_no_model(json_flag, call, tmp_path, monkeypatch):
    monkeypatch.setattr("aecore.training._step", _not_a_number)
    out, history = tmp_path / "model", tmp_path / "history.csv"
    said = refusal(call(*TINY, *json_flag, "--out", str(out), "--history", str(history)), DIVERGED)
    assert "diverged in epoch" in said
    assert "lower the learning rate" in said
    assert said.endswith("no model is written")
    assert not out.exists()
    assert history.read_text().startswith("step,epoch,")


def test_weights_lost_in_the_very_last_step_count_as_diverged(call, monkeypatch):
    monkeypatch.setattr("aecore.exhibits.images.metrics", lambda model, data: {"heldout_reconstruction": math.nan})
    assert "lower the learning rate" in refusal(call(*TINY), DIVERGED)


SAYS_WHEN_IT_WORKS = """
import sys
from aecore.cli import main
from aecore.runs.run import Run
work = Run.work
def told(*args):
    print("working", flush=True)
    work(*args)
Run.work = told
sys.exit(main())
"""


@pytest.mark.starts
def test_control_c_stops_with_a_word(tmp_path):
    command = ["train", "--data", "digits", "--epochs", "500", "--batch-size", "8", "--out", "model"]
    process = subprocess.Popen(
        [sys.executable, "-c", SAYS_WHEN_IT_WORKS, *command],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        # A suite that runs in the background is deaf to it, and so would be what it starts.
        text=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert process.stdout.readline() == "working\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=patience(30))
    assert (process.returncode, out, err) == (STOPPED, "", "aecore: stopped\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.starts
def test_a_reader_that_goes_away_is_no_mistake():
    process = subprocess.Popen(
        [sys.executable, "-m", "aecore", "reference"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(patience(30)) == 141


# --- what there is ---------------------------------------------------------------------------------------------------


def test_without_a_command_it_says_which_there_are(call):
    code, text, err = call()
    assert (code, err) == (NOT_ALLOWED, "")
    assert all(f"\n  {name} " in text for name in COMMANDS)
    assert call("--help") == (0, text, "")


LISTS = {"variants": "variant", "architectures": "architecture", "corruptions": "corruption", "sources": "data"}


@pytest.mark.parametrize(("command", "choice"), LISTS.items())
def test_lists_name_title_and_summary_of_every_member(command, choice, call):
    code, text, err = call(command)
    assert (code, err) == (0, "")
    registry, lines = CHOICES[choice][0], text.splitlines()
    assert [line.split()[0] for line in lines] == list(registry)
    for line, member in zip(lines, registry.values(), strict=True):
        assert f"  {member.title}  " in line
        assert line.endswith(f"  {member.summary}")
    assert COMMANDS[command][1] in call(command, "--help")[1]


def test_the_reference_has_every_setting_of_every_member(call):
    text = call("reference")[1]
    for registry, _, _ in CHOICES.values():
        for name, member in registry.items():
            section = text.partition(f"### {name}: {member.title}\n")[2].partition("\n#")[0]
            for knob in knobs(member.Settings):
                assert f"| `{knob.name}` | {knob.text(knob.default)} | {knob.rule} | {knob.meaning} |" in section
    assert all(line.count(" | ") == 3 for line in text.splitlines() if line.startswith("| `"))
