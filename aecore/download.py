"""A file from the web: asked for, bounded, and in its place only when all of it has come."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from pathlib import Path

from aecore.home import replacing

# Seconds until a server that has not answered at all counts as out of reach; a class waits for this sentence.
WAIT = 4
# Seconds that a server which did answer may fall silent.
SILENCE = 20
CHUNK = 2**16

# Called with the bytes that have come, and how many are announced, where a server says so.
Heard = Callable[[int, int | None], None]


class Refused(Exception):
    """No file, or not the right one; says why. Another try may go better."""


def status(url: str) -> int:
    """The status with which the server answers for ``url``. Raises Refused if it does not within WAIT seconds.

    Asked on a thread of its own, because a socket's timeout bounds neither the search for a name nor all
    the addresses of a host that are tried in turn.
    """
    import requests

    answers: queue.SimpleQueue[int | None] = queue.SimpleQueue()

    def ask() -> None:
        try:
            with requests.head(url, timeout=WAIT) as answer:
                answers.put(answer.status_code)
        except (OSError, ValueError):
            answers.put(None)

    threading.Thread(target=ask, name="aecore-reach", daemon=True).start()
    try:
        found = answers.get(timeout=WAIT)
    except queue.Empty:
        found = None
    if found is None:
        raise Refused(f"no connection to {_host(url)}")
    return found


def download(url: str, path: Path, most: int, heard: Heard) -> None:
    """Puts what ``url`` serves at ``path``, folders included, if it is no longer than ``most`` bytes.

    Raises Refused, and OSError where ``path`` cannot be written; what was there then stays as it was.
    """
    with replacing(path) as temporary:
        _receive(url, temporary, path.name, most, heard)


def _receive(url: str, place: Path, name: str, most: int, heard: Heard) -> None:
    """Writes what ``url`` serves, which is called ``name``, to ``place``.

    The connection is closed as soon as the file is refused, and bytes are kept as they come where a server declares a
    .gz file to be a compressed page.
    """
    import requests
    import urllib3

    try:
        with requests.get(url, stream=True, timeout=(WAIT, SILENCE), headers={"Accept-Encoding": "identity"}) as answer:
            if not answer.ok:
                raise Refused(f"{_host(url)} answered {answer.status_code} for {name}")
            announced, received = answer.raw.length_remaining, 0
            with place.open("wb") as sink:
                for chunk in answer.raw.stream(CHUNK, decode_content=False):
                    received += len(chunk)
                    if received > most:
                        raise Refused(f"{_host(url)} sent more than {name} can hold")
                    sink.write(chunk)
                    heard(received, announced)
    except (requests.RequestException, urllib3.exceptions.HTTPError):
        raise Refused(f"the connection to {_host(url)} broke off") from None


def _host(url: str) -> str:
    """The host of ``url``, without the password that may stand before it."""
    return url.split("/")[2].rpartition("@")[2]
