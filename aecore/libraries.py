"""Large libraries, loaded when they are first needed, by one thread at a time."""

from __future__ import annotations

import importlib
import threading
from types import ModuleType

_loading = threading.Lock()


def loaded(name: str) -> ModuleType:
    """The module of that name, once nobody else loads one through here.

    Parts of scipy and sklearn import each other: of two threads that begin with different parts each would wait for
    what the other has begun, and Python lets the import of one of them fail.
    """
    with _loading:
        return importlib.import_module(name)
