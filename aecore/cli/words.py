"""What ``train`` says: a line of progress while it trains, and the metrics after it, for people or as JSON."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aecore.runs.run import Run
    from aecore.runs.snapshot import Snapshot

# Seconds between two lines of progress.
TELL_EVERY = 0.2


class Line:
    """One line of progress on stderr, written over itself."""

    def __init__(self):
        self._told = 0.0

    def loading(self, done: int, total: int) -> None:
        self._tell(lambda: f"loading data: {100 * done // max(total, 1)} %")

    def training(self, snapshot: Snapshot) -> None:
        left = snapshot.seconds_left
        rest = f", {left:.0f} s left" if math.isfinite(left) else ""
        self._tell(lambda: f"epoch {min(int(snapshot.epoch) + 1, snapshot.epochs)} of {snapshot.epochs}{rest}")

    def _tell(self, text: Callable[[], str]) -> None:
        now = time.monotonic()
        if now - self._told >= TELL_EVERY:
            self._told = now
            print(f"\r{text():<60}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        print(f"\r{'':60}\r", end="", file=sys.stderr, flush=True)


def as_json(run: Run) -> str:
    """``spec`` is what ``aecore.Spec(**spec)`` takes; units of the metrics as in the table."""
    return json.dumps({"id": run.id, "spec": run.spec.flat(), "metrics": run.metrics}, indent=2, allow_nan=False)


def as_table(run: Run) -> str:
    """The metrics for people: held-out and train side by side, each with its unit."""
    found, units = run.metrics, run.exhibit.units
    names = [name.removeprefix("heldout_") for name in found if name.startswith("heldout_")]
    rows = [(n, _number(found[f"heldout_{n}"]), _number(found[f"train_{n}"]), units.get(n, "")) for n in names]
    head = (f"mean over {run.snapshot.many}", "held-out", "train", "unit")
    lines = [f"{name:<26}{held:>12}{train:>12}  {unit}".rstrip() for name, held, train, unit in (head, *rows)]
    speed = f"trained in {found['seconds']:.1f} s, {run.snapshot.rate:.0f} {run.snapshot.many} a second"
    return "\n".join([f"{run.spec.names['variant']} on {run.spec.names['data']}, id {run.id}", "", *lines, "", speed])


def _number(value: float) -> str:
    return f"{value:.4f}" if abs(value) < 1e5 else f"{value:.4g}"
