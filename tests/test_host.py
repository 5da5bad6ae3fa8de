"""What stands beside Streamlit in its server, without a browser."""

from __future__ import annotations

import asyncio
import socket
import threading

from streamlit.web.server.starlette.starlette_server import _bind_socket

from aecore.ui.host import send_at_once


async def accepted(loop: asyncio.AbstractEventLoop, listening: socket.socket) -> int:
    """Whether what Streamlit's own socket accepts sends at once."""
    found = loop.create_future()

    class Connection(asyncio.Protocol):
        def connection_made(self, transport):
            found.set_result(transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            transport.close()

    server = await loop.create_server(Connection, sock=listening)
    async with server:
        _, writer = await asyncio.open_connection(*listening.getsockname())
        at_once = await found
        writer.close()
        return at_once


def test_small_messages_of_the_server_do_not_wait_for_one_another():
    found = []

    async def look() -> None:
        loop = asyncio.get_running_loop()
        send_at_once(loop)
        found.append(await accepted(loop, _bind_socket("127.0.0.1", 0, 5)))

    # In a thread of its own: no other loop may start beside that of the browser's tests.
    thread = threading.Thread(target=asyncio.run, args=(look(),))
    thread.start()
    thread.join()
    assert found == [1]
