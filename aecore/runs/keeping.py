"""Runs put on disk, at once or without making a visitor's press wait for it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from aecore.runs.errands import guarded, send
from aecore.runs.run import Run
from aecore.runs.store import Store, StoreError


class Keeper:
    """Keeps runs in ``store``, if there is one; a run that could not be kept says so."""

    def __init__(self, store: Store | None):
        self.store = store
        self._saving = ThreadPoolExecutor(1, "saving")

    def keep(self, run: Run) -> None:
        """Keeps where the run stands, if it has begun."""
        if self.store is None or run.snapshot.state == "untrained" or not run.snapshot.prepared:
            return
        try:
            self.store.keep(run)
            run.unkept = ""
        except StoreError as error:
            run.unkept = str(error)

    def keep_soon(self, run: Run) -> None:
        """Keeps it on a thread of its own."""
        send(self._saving, partial(guarded, self.keep), run, partial(_lost, run))

    def close(self) -> None:
        """Waits for what is being kept."""
        self._saving.shutdown()


def _lost(run: Run, why: str) -> None:
    run.unkept = f"this run is not kept on disk ({why}); it lives until the server stops"
