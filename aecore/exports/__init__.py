"""What a run is written as, one format a file. ``write(run, "model.safetensors")`` goes by the suffix."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from aecore.export import Export, ExportError
from aecore.home import typed_path, write_atomically
from aecore.registry import Registry
from aecore.settings import shorten

if TYPE_CHECKING:
    from aecore.runs.run import Run

exports: Registry[type[Export]] = Registry("aecore.exports", "aecore.export.Export", "export")

# What is written where a name has no suffix.
USUAL = "model"


def in_order() -> list[Export]:
    """Every export there is, in the order of their buttons."""
    return [kind() for kind in sorted(exports.values(), key=lambda kind: kind.order)]


def export_of(name: str) -> Export:
    """The export that a file of this name is, the usual one where it has no suffix; ExportError for an unknown one."""
    fitting = [one for one in in_order() if name.lower().endswith(one.suffix) and len(name) > len(one.suffix)]
    if fitting:
        return max(fitting, key=lambda one: len(one.suffix))
    suffix, usual = Path(name).suffix, exports[USUAL]()
    if not suffix:
        return usual
    # In a name such as beta0.5 the number is no suffix to be put away.
    stem = name if suffix[1:].isdigit() else Path(name).stem
    known = ", ".join(f"{one.suffix} ({one.title.lower()})" for one in in_order())
    raise ExportError(
        f"{shorten(name)}: nothing is written as {shorten(suffix)}, there are {known}; "
        f"name it {shorten(stem.removesuffix(usual.suffix) + usual.suffix)} for the {usual.title.lower()}"
    )


def write(run: Run, path: str | os.PathLike[str]) -> Path:
    """Where ``run`` now lies, written as the suffix of ``path`` says: whole, or not at all.

    ExportError, one sentence, for a suffix there is not and for a run that cannot be written so; OSError from the disk.
    """
    file = typed_path(path)
    export = export_of(file.name)
    if lacking := export.lacks(run.snapshot):
        raise ExportError(f"{shorten(file.name)} is not written: {lacking}")
    write_atomically(file, export.of(run.trained, run.history))
    return file
