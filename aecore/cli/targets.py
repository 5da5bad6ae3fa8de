"""The files that ``train`` writes: named as what they hold, tried out before the training, written after it."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from aecore.export import Export, ExportError
from aecore.home import PathError, typed_path, unquoted, write_atomically
from aecore.settings import SettingsError, shorten

if TYPE_CHECKING:
    from aecore.runs.run import Run

# The ends of a name that say that losses are in it, the usual one first.
LOSSES = (".csv", ".txt")
# Written to try whether a disk takes anything: more than a file system hides in its directory entry.
TRIAL = bytes(2**16)


class InTheWay(RuntimeError):
    """Disk or device will not do; one sentence."""


def export_named(text: str) -> Export:
    """What ``--out`` writes to the file that was typed; SettingsError where its suffix is none of an export's."""
    from aecore.exports import export_of

    try:
        return export_of(_name(text))
    except ExportError as error:
        raise SettingsError(f"--out {error}") from None


def check_losses(text: str) -> None:
    """SettingsError where the name of the file for ``--history`` says that it holds something else than losses."""
    name = _name(text)
    suffix = Path(name).suffix
    if suffix and suffix.lower() not in LOSSES:
        # In a name such as beta0.5 the number is no suffix to be put away.
        stem = name if suffix[1:].isdigit() else Path(name).stem
        right = shorten(stem + LOSSES[0])
        raise SettingsError(f"--history {shorten(name)}: losses are written as CSV, so name it {right}")


def _name(text: str) -> str:
    """The name of the file that was typed, also of a path of another system."""
    return re.split(r"[\\/]", unquoted(text))[-1]


def target(flag: str, text: str | None) -> Path | None:
    """The file to write to, tried out now, because after the training is too late; InTheWay if it will not do."""
    if text is None:
        return None
    if not text.strip():
        raise InTheWay(f"{flag} needs the name of a file")
    try:
        path = typed_path(text).resolve()
        if path.is_dir() or text.rstrip("\"' ").endswith(("/", os.sep)):
            raise InTheWay(f"{flag} {shorten(text)} is a folder; name a file in it")
        if not path.parent.is_dir():
            raise InTheWay(f"{flag} {shorten(text)}: there is no folder {path.parent}; make it first")
        if path.exists() and not path.is_file():
            raise InTheWay(f"{flag} {shorten(text)} is no regular file; name another")
        _try_out(path)
    except InTheWay:
        raise
    except PathError as error:
        raise InTheWay(f"{flag} cannot be written: {error}; name another place") from None
    # RuntimeError: links in a circle.
    except (OSError, ValueError, RuntimeError) as error:
        raise InTheWay(_cannot_write(flag, text, error)) from None
    return path


def _try_out(path: Path) -> None:
    """Writes a file beside ``path``, named as long as the one that will be renamed to it, and removes it."""
    trial = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        trial.write_bytes(TRIAL)
    finally:
        trial.unlink(missing_ok=True)


def _cannot_write(flag: str, text: object, error: Exception) -> str:
    reason = getattr(error, "strerror", None) or error
    return f"{flag} {shorten(text)} cannot be written ({reason}); choose another place or make room"


def save(run: Run, out: tuple[Export, Path] | None, history: Path | None) -> list[str]:
    """Writes the run and its losses where asked for; a sentence for each that could not be written after all."""
    wanted = []
    if out is not None:
        export, path = out
        wanted.append(("--out", path, lambda: export.of(run.trained, run.history)))
    if history is not None:
        wanted.append(("--history", history, lambda: run.history.csv().encode()))
    faults = []
    for flag, path, make in wanted:
        try:
            write_atomically(path, make())
        except OSError as error:
            faults.append(_cannot_write(flag, path, error))
        except ExportError as error:
            faults.append(f"{flag} {shorten(path.name)} is not written: {error}")
    return faults
