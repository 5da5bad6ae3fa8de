"""Data sets, one a file. ``sources["mnist-5k"]`` is a Source class, ``load("mnist-5k")`` the data set itself."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any
from weakref import WeakValueDictionary

from aecore.dataset import Dataset, Report, Source
from aecore.registry import Registry
from aecore.settings import build

sources: Registry[type[Source]] = Registry("aecore.sources", "aecore.dataset.Source", "data set")


class Shelf:
    """Loaded data sets, at most ``entries`` of them and ``size`` bytes; the least recently asked for go first.

    Two threads that ask for the same data set load it once; one that asks for another does not wait for them.
    """

    def __init__(self, entries: int, size: int):
        self._entries, self._size = entries, size
        self._kept: OrderedDict[Hashable, Dataset] = OrderedDict()
        self._guard = threading.Lock()
        # A turn lives as long as a thread holds it or waits for it, so that keys never asked for again leave nothing.
        self._turns: WeakValueDictionary[Hashable, threading.Semaphore] = WeakValueDictionary()

    def get(self, key: Hashable, make: Callable[[], Dataset]) -> Dataset:
        """The data set of ``key``, from ``make()`` if it is not here. Raises what ``make`` raises, keeping nothing."""
        with self._guard:
            turn = self._turns.setdefault(key, threading.Semaphore())
        with turn:
            with self._guard:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    return self._kept[key]
            made = make()
            with self._guard:
                self._kept[key] = made
                self._trim()
            return made

    def _trim(self) -> None:
        # The newest stays even when it alone is over the bound: it is in use anyway.
        while len(self._kept) > 1 and (
            len(self._kept) > self._entries or sum(map(_bytes, self._kept.values())) > self._size
        ):
            self._kept.popitem(last=False)


def _bytes(data: Dataset) -> int:
    return data.train.nbytes + data.test.nbytes


def _silent(done: int, total: int) -> None:
    """A Report for who does not ask."""


# Room for a dozen small data sets or four of 60,000 images.
_shelf = Shelf(entries=8, size=2**30)


def load(name: str = "mnist-5k", report: Report = _silent, labelled: int | None = None, **settings: Any) -> Dataset:
    """The data set ``name``; its arrays are read-only, because all who ask with the same settings get the same object.

    With ``labelled`` only so many of the images to train on have labels, as many of each class as can be; the others'
    are -1.
    Raises SettingsError for a name or setting there is not, SourceError when the data set cannot be had.
    """
    source = sources[name]
    wanted = build(source.Settings, settings)

    def whole() -> Dataset:
        return _shelf.get((name, wanted), lambda: source(wanted).load(report))

    if labelled is None or labelled >= len(whole().train):
        return whole()
    return _shelf.get((name, wanted, labelled), lambda: whole().with_labels(labelled))
