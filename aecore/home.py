"""Where files are kept between runs of the program, and how they get there whole."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def home() -> Path:
    """The folder of the store and the caches: ``AECORE_HOME``, or the user's cache folder. It may not exist yet."""
    chosen = os.environ.get("AECORE_HOME")
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs

    return platformdirs.user_cache_path("aecore", appauthor=False)


def write_atomically(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path``, folders included, so that a reader meets the old file or the new one, never half.

    Raises OSError (disk full, read-only) and then leaves what was there as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # In the same folder, because a rename is atomic only within one file system.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
