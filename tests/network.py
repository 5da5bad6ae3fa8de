"""A network between a browser and a server, which can be dropped and comes back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

CHUNK = 1 << 16


class Network:
    """Carries what browsers and a server on ``port`` of this machine say to each other; on ``port`` of its own."""

    def __init__(self, port: int):
        self._server, self._refuses = port, False
        self._ends: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Ends every connection, and takes no other until it is back."""
        self._refuses = True
        self._loop.call_soon_threadsafe(self._end_all)

    def stall(self) -> None:
        """Carries nothing more and tells neither end, as where a laptop sleeps or has no signal."""
        self._loop.call_soon_threadsafe(self._open.clear)

    def back(self) -> None:
        """Takes connections again; those of before are over."""
        self._refuses = False
        self._loop.call_soon_threadsafe(self._end_all)
        self._loop.call_soon_threadsafe(self._open.set)

    def _end_all(self) -> None:
        for end in self._ends:
            end.transport.abort()

    async def _run(self, ready: threading.Event) -> None:
        self._loop, self._open, self._over = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        self._open.set()
        async with await asyncio.start_server(self._connect, "127.0.0.1", 0) as listening:
            self.port = listening.sockets[0].getsockname()[1]
            ready.set()
            await self._over.wait()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            writer.transport.abort()
            return
        there, to_server = await asyncio.open_connection("127.0.0.1", self._server)
        ends = {writer, to_server}
        self._ends |= ends
        try:
            await asyncio.gather(self._carry(reader, to_server), self._carry(there, writer))
        finally:
            self._ends -= ends
            for end in ends:
                end.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Either end may go at any time.
        with suppress(OSError):
            while said := await reader.read(CHUNK):
                await self._open.wait()
                writer.write(said)
                await writer.drain()
        writer.close()


@contextmanager
def network(port: int) -> Iterator[Network]:
    """A network before the server on ``port``, in a thread of its own: Playwright's loop runs in this one."""
    made, ready = Network(port), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(made._run(ready)), name="network", daemon=True)
    thread.start()
    ready.wait()
    yield made
    made._loop.call_soon_threadsafe(made._over.set)
    thread.join()
