"""What stands beside Streamlit in its server: the feed, a script that every page runs first, and an orderly end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from streamlit.config import get_option

from aecore.ui import engine
from aecore.ui.browser.scripts import SCRIPTS, serve_scripts
from aecore.ui.feed import HUB

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from streamlit.web.server.starlette import App

FOR_EVER = "public, max-age=31536000, immutable"
HISTORY = Path(__file__).parent / "browser" / "history.js"
# With these the browser could be told that it has the document already, or get it packed.
UNWANTED = (b"if-none-match", b"if-modified-since", b"accept-encoding", b"range")


def middleware() -> list[Middleware]:
    """What ``st.App`` puts in front of Streamlit."""
    return [Middleware(ScriptInHead, HISTORY.read_text("utf-8"))]


def routes() -> list[BaseRoute]:
    """What ``st.App`` serves beside Streamlit."""
    path = get_option("server.baseUrlPath").strip("/")
    base = f"/{path}" if path else ""
    return [WebSocketRoute(f"{base}/feed", HUB.serve), Route(f"{base}/canvas/{{name}}", _script)]


async def _script(request: Request) -> Response:
    """A canvas's script; its name tells its text, so that it is asked for once."""
    script = SCRIPTS.get(request.path_params["name"])
    if script is None:
        return PlainTextResponse("There is no such script.", 404)
    return Response(script, headers={"cache-control": FOR_EVER}, media_type="text/javascript")


@asynccontextmanager
async def lifespan(_: App) -> AsyncIterator[None]:
    """The server's life: the feed runs, and at the end all that trains is paused and kept."""
    send_at_once(asyncio.get_running_loop())
    serve_scripts()
    running = asyncio.ensure_future(HUB.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.to_thread(engine.close)


def send_at_once(loop: asyncio.AbstractEventLoop) -> None:
    """From now on ``loop`` serves TCP sockets whose small messages do not wait for one another (TCP_NODELAY).

    asyncio sees to that itself, but for sockets that do not name their protocol, and Streamlit 1.67.0 opens its own so:
    each answer of more than one message then took 40 ms more, until the browser had confirmed the first.
    """
    serve = loop.create_server

    def create_server(*args: Any, sock: socket.socket | None = None, **how: Any) -> Any:
        if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
            # Those that it accepts have it from this one.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return serve(*args, sock=sock, **how)

    loop.create_server = create_server


def sorry(_: Exception) -> bool:
    """Says in a sentence that a page stopped on a mistake of ours, which Streamlit has logged."""
    st.error("This page stopped because of an error in the app (see the server's log); reload it, or go back.")
    return True


class ScriptInHead:
    """ASGI middleware: HTML documents carry ``script`` at the top of their head; all else passes as it is."""

    def __init__(self, app: ASGIApp, script: str):
        self.app, self.script = app, f"<head><script>{script}</script>".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = scope.get("headers", [])
        asks_for_document = any(name == b"accept" and b"text/html" in value for name, value in headers)
        if scope["type"] != "http" or scope["method"] != "GET" or not asks_for_document:
            await self.app(scope, receive, send)
            return
        kept = [(name, value) for name, value in headers if name not in UNWANTED]
        await self.app({**scope, "headers": kept}, receive, self._within(send))

    def _within(self, send: Send) -> Send:
        """A ``send`` that holds a document back until it is whole."""
        start: Message | None = None
        body = b""

        async def hold(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                if not MutableHeaders(scope=start).get("content-type", "").startswith("text/html"):
                    await send(start)
                    start = None
            elif start is None or message["type"] != "http.response.body":
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    body = body.replace(b"<head>", self.script, 1)
                    MutableHeaders(scope=start)["content-length"] = str(len(body))
                    await send(start)
                    await send({"type": "http.response.body", "body": body})

        return hold
