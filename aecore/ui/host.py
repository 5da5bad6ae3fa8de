"""What stands between Streamlit's server and the browser: a script that every page runs before any other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HISTORY = Path(__file__).parent / "browser" / "history.js"
# With these the browser could be told that it has the document already, or get it packed.
UNWANTED = (b"if-none-match", b"if-modified-since", b"accept-encoding", b"range")


def middleware() -> list[Middleware]:
    """What ``st.App`` puts in front of Streamlit."""
    return [Middleware(ScriptInHead, HISTORY.read_text("utf-8"))]


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
