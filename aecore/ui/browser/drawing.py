"""A drawing, described: what a canvas shows, apart from any page it may be put on. Pure functions return them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any

import numpy as np
from streamlit.runtime import exists, get_instance

from aecore.ui.browser.payload import pack
from aecore.ui.browser.scripts import component


@dataclass(frozen=True, eq=False)
class Drawing:
    """What a canvas shows: ``scripts.script_of(canvas)`` draws it from a header, which is JSON, and arrays by name."""

    canvas: str
    header: dict[str, Any]
    arrays: dict[str, np.ndarray] = field(default_factory=dict)

    def followed(self, address: str) -> Drawing:
        """The same, which then goes on in the browser as what the feed pushes to ``address``."""
        return replace(self, header={**self.header, "feed": address})


def mount(drawing: Drawing, key: str, **callbacks: Callable[[], None]) -> Any:
    """Puts a drawing on the page under ``key``; returns what a visitor has made its canvas say, by name."""

    def hand_out(part: str, raw: bytes) -> str | None:
        if not exists():
            return None
        # Streamlit tells large files apart by samples of them and their names: the digest makes it every byte.
        digest = hashlib.sha256(raw).hexdigest()
        files = get_instance().media_file_mgr
        return files.add(raw, "application/octet-stream", f"{key}-{part}", file_name=digest)

    return component(drawing.canvas)(key=key, data=pack(drawing.header, drawing.arrays, hand_out), **callbacks)


def live(draw: Callable[..., Drawing]) -> Callable[..., None]:
    """A function that mounts what ``draw`` returns: its arguments are those of ``draw``, and a ``key``."""

    @wraps(draw)
    def mounted(*args: Any, key: str, **named: Any) -> None:
        mount(draw(*args, **named), key)

    return mounted
