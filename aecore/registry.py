"""Registries: a folder of files, one member a file. A new file is a new member, with no other edit."""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Generic, TypeVar

from aecore.sentences import SettingsError, shorten

T = TypeVar("T")


class Registry(Mapping[str, T], Generic[T]):
    """Maps ``factor-vae`` to the one class that ``<package>/factor_vae.py`` defines below ``base``.

    Names are read off the folder and cost no import; a member's file is imported when it is asked for.
    """

    def __init__(self, package: str, base: str, noun: str):
        self._package, self._base, self.noun = package, base, noun

    def _modules(self) -> dict[str, str]:
        folders = importlib.import_module(self._package).__path__
        return _members(self._package, *((folder, _path(folder).stat().st_mtime_ns) for folder in folders))

    @property
    def base(self) -> type:
        """The class that all members are made from."""
        module, _, name = self._base.rpartition(".")
        return getattr(importlib.import_module(module), name)

    def __getitem__(self, name: str) -> T:
        modules = self._modules()
        if name not in modules:
            near = difflib.get_close_matches(str(name), modules, 1)
            hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(modules)}"
            raise SettingsError(f"there is no {self.noun} {shorten(name)}{hint}")
        found = self._found(modules[name])
        if len(found) != 1:
            raise TypeError(f"{modules[name]} must define exactly one {self.base.__name__}, it defines {len(found)}")
        return found[0]

    def _found(self, module: str) -> tuple[type, ...]:
        """What a module defines below the base."""
        found = importlib.import_module(module)
        # Python hands a module out half made where two threads wait for each other's imports: that is not remembered.
        half_made = getattr(found.__spec__, "_initializing", False)
        return (_classes.__wrapped__ if half_made else _classes)(found, self.base)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules())

    def __len__(self) -> int:
        return len(self._modules())

    def __contains__(self, name: object) -> bool:
        return name in self._modules()

    def name_of(self, member: type) -> str:
        """The name under which a member class is registered."""
        return member.__module__.rpartition(".")[2].replace("_", "-")


@cache
def _classes(module: ModuleType, base: type) -> tuple[type, ...]:
    classes = [member for member in vars(module).values() if inspect.isclass(member) and issubclass(member, base)]
    return tuple(member for member in classes if member.__module__ == module.__name__)


# Made once: pages ask thousands of times, and most of what that took was this.
_path = cache(Path)


@cache
def _members(package: str, *folders: tuple[str, int]) -> dict[str, str]:
    """The members' modules by name, of ``folders`` each with the time of its last change."""
    files = [m.name for m in pkgutil.iter_modules([folder for folder, _ in folders]) if not m.name.startswith("_")]
    return {name.replace("_", "-"): f"{package}.{name}" for name in files}
