"""Where files are kept between runs of the program, how they get there whole, and how people write where they are."""

from __future__ import annotations

import itertools
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from aecore.settings import SettingsError, shorten

# What people and shells put around a path.
QUOTES = {'"': '"', "'": "'", "`": "`", "“": "”", "‘": "’", "«": "»"}
# C:\data, C:/data, \\server\share: no machine but one with Windows has such folders.
OF_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")
# Folders that are looked into below one, at most: it may be a whole disk.
MOST_FOLDERS = 300


class PathError(SettingsError):
    """What was typed is no path on this machine; one sentence without its fix, which depends on what it is for."""


def home() -> Path:
    """The folder of the store and the caches: ``AECORE_HOME``, or the user's cache folder. It may not exist yet.

    PathError, in one sentence, where AECORE_HOME cannot be a folder of this machine.
    """
    chosen = os.environ.get("AECORE_HOME", "").strip()
    if chosen:
        try:
            return typed_path(chosen).absolute()
        except PathError as error:
            raise PathError(f"AECORE_HOME must name a folder: {error}; set it to another, or unset it") from None
    import platformdirs

    return platformdirs.user_cache_path("aecore", appauthor=False)


def typed_path(text: str | os.PathLike[str]) -> Path:
    """The path that a person meant: quotes and ``file://`` taken off, ``~`` expanded. It may not exist.

    PathError for nothing at all, an address on the web, an unknown user, and a path of Windows on another system.
    """
    if not isinstance(text, str | os.PathLike) or not isinstance(written := os.fspath(text), str):
        raise PathError(f"a path must be a text, got {type(text).__name__}")
    bare = unquoted(written) if isinstance(text, str) else written
    if re.match(r"file:[\\/]", bare, re.IGNORECASE):
        bare = _of_url(bare)
    elif re.match(r"[A-Za-z][\w+.-]+://", bare):
        raise PathError(f"{shorten(bare.partition('://')[0])}://... is an address and no path")
    if not bare or "\0" in bare:
        raise PathError(
            "an empty text is no path" if not bare else f"{shorten(bare)} holds a zero byte, as no path does"
        )
    if os.name != "nt" and OF_WINDOWS.match(bare) and not os.path.lexists(bare):
        raise PathError(f"{shorten(bare, 100)} is a path of Windows, and there is no such folder on this machine")
    try:
        return Path(bare).expanduser()
    except RuntimeError:
        raise PathError(f"there is no such folder as {shorten(bare, 100)}, since there is no such user") from None


def unquoted(text: str) -> str:
    """A text without the white space and the pair of quotes around it."""
    text = text.strip()
    if len(text) > 1 and QUOTES.get(text[0]) == text[-1]:
        return text[1:-1].strip()
    return text


def _of_url(url: str) -> str:
    """The path in a ``file:`` address, as browsers show it."""
    parts = urlsplit(url.replace("\\", "/"))
    # What looks like a query or a fragment is part of a file's name here.
    rest = "".join(mark + part for mark, part in (("?", parts.query), ("#", parts.fragment)) if part)
    path = unquote(parts.path + rest)
    if re.match(r"[A-Za-z]:$", parts.netloc):
        # file://C:/data, with a slash too few.
        return parts.netloc + path
    if parts.netloc.lower() not in ("", "localhost"):
        return rf"\\{parts.netloc}{path}".replace("/", "\\")
    return path[1:] if re.match(r"/[A-Za-z]:/", path) else path


def files_below(folder: Path, depth: int) -> Iterator[Path]:
    """The files in a folder and in those up to ``depth`` below it, nearer ones first, in the order of their names.

    OSError where the folder itself cannot be read; those below that cannot be are passed over, and so are links.
    """
    level = [folder]
    for below in range(depth + 1):
        deeper: list[Path] = []
        for place in itertools.islice(level, MOST_FOLDERS):
            try:
                inside = sorted(place.iterdir())
            except OSError:
                if place == folder:
                    raise
                continue
            yield from (path for path in inside if path.is_file())
            if below < depth:
                deeper += [path for path in inside if path.is_dir() and not path.is_symlink()]
        level = deeper


def write_atomically(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path``, folders included, so that a reader meets the old file or the new one, never half.

    Raises OSError (disk full, read-only) and then leaves what was there as it was.
    """
    with replacing(path) as temporary:
        temporary.write_bytes(data)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A name beside ``path``, folders included, to write a file under; it becomes ``path`` when all has gone well.

    Otherwise it goes, and what was there stays as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # In the same folder, because a rename is atomic only within one file system.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
