"""A served app and a real browser for the tests that need them."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from patience import patience, wait_for

ROOT = Path(__file__).parents[1]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A tab that closes while the server is sending makes Streamlit 1.67.0 close the same socket twice (taking
# Starlette's "not connected" for a text frame) and say so. The visitor has left: nobody meets it and nothing is lost.
# Our own middleware, which it passes through, is no part in it.
PASSED_THROUGH = r'ui/host\.py", line \d+, in __call__\n\s+await self\.app\('
OTHERS = rf"(?:(?!Exception in ASGI|/aecore/(?!{PASSED_THROUGH})|/pages/|/app\.py).)*?"
LEFT_WHILE_SENDING = re.compile(
    rf"Exception in ASGI application\n{OTHERS}, in _websocket_endpoint\n\s+await websocket\.close\(\)\n{OTHERS}"
    r"Cannot call \"send\" once a close message has been sent\.\n",
    re.DOTALL,
)


@dataclass
class Server:
    """A running ``streamlit run``: its address, its log, and when it was started (``time.perf_counter``)."""

    url: str
    log: Path
    process: subprocess.Popen
    started: float

    @property
    def home(self) -> Path:
        """The folder that AECORE_HOME names there."""
        return self.log.parent

    def at(self, path: str) -> Server:
        """The same server, whose address is that of one of its pages."""
        return replace(self, url=f"{self.url}/{path}")

    def mistakes(self) -> str:
        """What it logged from the first traceback of ours on; empty if there is none."""
        said = LEFT_WHILE_SENDING.sub("", self.log.read_text())
        return said[said.index("Traceback") :] if "Traceback" in said else ""

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        self.process.kill()
        self.process.wait()


def readme_command() -> list[str]:
    """How the README says to start the app, as words: its first shell block, what comes last."""
    block = (ROOT / "README.md").read_text().split("```bash\n")[1].split("```")[0]
    return block.split("&&")[-1].split()


@contextmanager
def serve(
    script: str, home: Path, root: Path = ROOT, python: Path = Path(sys.executable), **more: str
) -> Iterator[Server]:
    """The README's command for ``script`` in the checkout ``root``, on a free port; killed at the end.

    What a user would not have is kept from it: all that a test does differently is the port, the address and the
    folder ``home`` for its store and caches. ``python`` is the interpreter of the environment that has the README's
    programs, ``more`` are environment variables.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program, *words = readme_command()
    command = [python, python.with_name(Path(program).name)]
    command += [script if word == "app.py" else word for word in words]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1"]
    home.mkdir(parents=True, exist_ok=True)
    log = home / "server.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=root, env=environment(script, home) | more, stdout=said, stderr=subprocess.STDOUT,
        )  # fmt: skip
    server = Server(f"http://127.0.0.1:{port}", log, process, time.perf_counter())
    try:
        wait_for(lambda: _listens(server, port), 30)
        yield server
    finally:
        # Not SIGTERM: a server with training under way takes its time to end.
        server.kill()


def environment(script: str, home: Path) -> dict[str, str]:
    """A user's environment with ``home`` for AECORE_HOME.

    Without a display, where Streamlit opens no browser of the machine's own. The tests' own pages, which nobody
    starts from the README, find aecore by PYTHONPATH.
    """
    strange = re.compile(r"(PYTHON|STREAMLIT_|AECORE_|PYTEST_)\w*|DISPLAY|WAYLAND_DISPLAY")
    kept = {name: value for name, value in os.environ.items() if not strange.fullmatch(name)}
    ours = {} if script == "app.py" else {"PYTHONPATH": str(ROOT)}
    return kept | ours | {"AECORE_HOME": str(home)}


def _listens(server: Server, port: int) -> bool:
    assert server.process.poll() is None, f"the server ended: {server.log.read_text()}"
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def chromium() -> Iterator:
    """The system's Chromium through playwright; without it a skip that says so, and in CI a failure."""
    path = _executable()
    if path is None:
        reason = "no chromium on the path: browser tests need the system's (Debian package chromium)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS, timeout=1000 * patience(30))
        browser.on("context", _patient)
        yield browser
        browser.close()


def lasting_context(browser, folder: Path, **options):
    """A context, in a process of its own, that keeps in ``folder`` what it has fetched and compiled.

    The next page is then up in 1.4 s and not in 2.0 (measured).
    """
    context = browser.browser_type.launch_persistent_context(
        folder, executable_path=_executable(), args=FLAGS, timeout=1000 * patience(30), **options
    )
    _patient(context)
    return context


def _executable() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def _patient(context) -> None:
    """Gives each page that opens in ``context`` waits as long as the machine is slow just then."""
    context.on("page", lambda page: page.set_default_timeout(1000 * patience(30)))


# What tests of pages say.


class Expectation:
    """Playwright's assertions of ``actual``, waited for within 20 seconds, or ``timeout`` ms, of an idle machine."""

    def __init__(self, actual):
        self._actual = actual

    def __getattr__(self, name: str):
        from playwright.sync_api import expect as playwright_expect

        def met(*args, timeout: float = 20_000, **options) -> None:
            began, left = time.monotonic(), patience(timeout / 1000)
            while True:
                try:
                    return getattr(playwright_expect(self._actual), name)(*args, timeout=1000 * left, **options)
                except AssertionError:
                    # Load may have come while it waited.
                    left = patience(timeout / 1000) - (time.monotonic() - began)
                    if left <= 0:
                        raise

        return met


def expect(actual) -> Expectation:
    """``expect(locator).to_be_visible()`` as playwright's, but as patient as the machine is slow."""
    return Expectation(actual)


def status(page):
    return page.locator(".st-key-run-status")


def press(page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def arrived(page) -> None:
    """Waits until no view is still fetching what it was last told to show."""
    expect(page.locator(".view[data-awaits]")).to_have_count(0)


def shown(view) -> str:
    """A checksum of the pictures that a view shows, once it shows those that it was last told to."""
    expect(view).to_have_attribute("data-shown", re.compile("."))
    arrived(view.page)
    return view.get_attribute("data-shown")


# Elements of the page's main part that reach past the window's right edge and cannot be scrolled to;
# formulas and sliders hold a second, invisible copy of themselves for screen readers.
OVERFLOW = """() => {
  const scrolls = e => e && e !== document.body &&
    (['auto', 'scroll'].includes(getComputedStyle(e).overflowX) && !e.matches('.stMain') || scrolls(e.parentElement));
  return [...document.querySelectorAll('.stMain *:not(.katex-mathml *, .stSlider input)')]
    .filter(e => e.getBoundingClientRect().width && e.getBoundingClientRect().right > innerWidth + 1 && !scrolls(e))
    .map(e => e.className || e.tagName).slice(0, 5);
}"""


def fits(page) -> None:
    """Fails unless all of the page's main part is within reach, on a projector and on a dark phone, once it rests."""
    for width, height, scheme in ((1366, 768, "light"), (390, 844, "dark")):
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(f"() => !({OVERFLOW})().length")


def listen(page) -> None:
    """From now on ``page.sent`` are the words to the server that come; waits for what trained to be watched no more."""

    def watches() -> bool:
        page.wait_for_timeout(0)  # Frames are noted while Playwright is at work.
        told = [frame for frame in page.sent if isinstance(frame, str) and '"watch"' in frame]
        return bool(told) and told[-1] != '{"watch":[]}'

    wait_for(lambda: not watches())
    page.sent.clear()


# Notes when the page says something to the server and when it is told something.
WIRE = """
window.wire = [];
window.WebSocket = class extends WebSocket {
  constructor(...options) {
    super(...options);
    this.addEventListener('message', () => window.wire.push(performance.now()));
  }
  send(data) { window.sent = performance.now(); super.send(data); }
};"""
# Milliseconds from what a press sends to the last answer to it: after it the wire is silent for 200 ms.
RERUN = """element => new Promise((done, failed) => {
  window.sent = 0;
  window.wire = [];
  element.click();
  const poll = setInterval(() => {
    const last = window.wire.at(-1);
    if (!window.sent || !last || performance.now() - last < 200) return;
    clearInterval(poll);
    done(last - window.sent);
  }, 10);
  setTimeout(failed, window.patience);
})"""
