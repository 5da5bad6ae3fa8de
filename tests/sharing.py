"""Runs that many tests ask about, trained once: kept by the store, for as long as the code that makes them stays.

Whoever asks gets a run of its own, read back, so that no test meets what another did to it. What tests training itself
trains itself.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
from functools import cache
from pathlib import Path

import numpy
import torch
from filelock import FileLock

from aecore.runs.run import Run, train_spec
from aecore.runs.spec import Spec
from aecore.runs.store import Store

PACKAGE = Path(__file__).parents[1] / "aecore"
# What has no part in training.
DOORS = ("ui", "cli", "exports")


@cache
def digest(package: Path = PACKAGE) -> str:
    """What the code that makes runs is known by: another file, another machine or another torch is another digest."""
    known = hashlib.sha256(f"{torch.__version__} {numpy.__version__} {platform.processor()}".encode())
    for file in sorted(package.rglob("*.py")):
        if (name := file.relative_to(package)).parts[0] not in DOORS:
            known.update(f"{name}\n".encode() + file.read_bytes())
    return known.hexdigest()[:16]


class Shared:
    """The run of a spec, trained to its end by whoever asks first: ``shared(spec)``. ``folder`` is pytest's cache."""

    def __init__(self, folder: Path):
        for other in folder.iterdir():
            # Of code that is no more.
            if other.name != digest():
                shutil.rmtree(other, ignore_errors=True)
        self._store = Store(folder / digest())
        self._store.folder.mkdir(exist_ok=True)

    def __call__(self, spec: Spec) -> Run:
        # Of all workers one at a time: the others wait for what it trains.
        with FileLock(self._store.folder / f"{spec.id}.lock"):
            kept = self._store.find(spec)
            if kept is None:
                self._store.keep(train_spec(spec))
                kept = self._store.find(spec)
        run = Run(spec)
        run.prepare(kept)
        return run
