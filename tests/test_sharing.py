"""What tests share is what each would have trained for itself, and is trained anew as soon as its code is another."""

from __future__ import annotations

import shutil

import pytest
import sharing
import torch
from sharing import PACKAGE, Shared, digest

from aecore.runs.run import Run, train_spec
from aecore.runs.spec import Spec

SPEC = Spec(data="digits", images=100, variant="vae", epochs=1, width=8, depth=1)
TAKEN = {"seconds", "images_per_second"}


@pytest.fixture
def trainings(monkeypatch) -> list[Spec]:
    """What is trained for sharing from here on."""
    made = []

    def counted(spec: Spec) -> Run:
        made.append(spec)
        return train_spec(spec)

    monkeypatch.setattr(sharing, "train_spec", counted)
    return made


def test_it_is_trained_once_and_everyone_has_his_own(tmp_path, trainings):
    one, other, known = Shared(tmp_path)(SPEC), Shared(tmp_path)(SPEC), train_spec(SPEC)
    assert trainings == [SPEC]
    for run in (one, other):
        assert run.snapshot.state == "finished"
        assert run.snapshot.step == known.snapshot.step
        assert len(run.history.moments) == len(known.history.moments)
        assert {k: v for k, v in run.metrics.items() if k not in TAKEN} == pytest.approx(
            {k: v for k, v in known.metrics.items() if k not in TAKEN}
        )
        assert all(map(torch.equal, run.model.parameters(), known.model.parameters()))
    with torch.no_grad():
        next(one.model.parameters()).zero_()
    assert all(map(torch.equal, other.model.parameters(), known.model.parameters()))


def test_by_other_code_it_is_trained_anew_and_what_was_kept_goes(tmp_path, trainings, monkeypatch):
    Shared(tmp_path)(SPEC)
    monkeypatch.setattr(sharing, "digest", lambda: "other")
    Shared(tmp_path)(SPEC)
    assert trainings == [SPEC, SPEC]
    assert [folder.name for folder in tmp_path.iterdir()] == ["other"]


def test_any_file_that_may_make_runs_is_part_of_the_code_and_pages_are_not(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "same")
    assert digest(tmp_path / "same") == digest()
    for name, counts in (("variants/vae.py", True), ("new.py", True), ("ui/links.py", False), ("cli/words.py", False)):
        package = tmp_path / name.replace("/", "-")
        shutil.copytree(PACKAGE, package)
        with (package / name).open("a") as file:
            file.write("# Another line.\n")
        assert (digest(package) != digest()) == counts
