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
from dataclasses import dataclass
from pathlib import Path

import pytest

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
LEFT_WHILE_SENDING = re.compile(
    r"Exception in ASGI application\n(?:(?!Exception in ASGI|/aecore/|/pages/|/app\.py).)*?, in _websocket_endpoint\n"
    r"\s+await websocket\.close\(\)\n(?:(?!Exception in ASGI|/aecore/|/pages/|/app\.py).)*?"
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

    def mistakes(self) -> str:
        """What it logged from the first traceback of ours on; empty if there is none."""
        said = LEFT_WHILE_SENDING.sub("", self.log.read_text())
        return said[said.index("Traceback") :] if "Traceback" in said else ""

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        self.process.kill()
        self.process.wait()


@contextmanager
def serve(script: str, home: Path, **environment: str) -> Iterator[Server]:
    """``streamlit run script`` on a free port, with its store and caches in ``home``; killed at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = f"--server.port {port} --server.address 127.0.0.1 --server.headless true --server.fileWatcherType none"
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / script), *options.split()]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "AECORE_HOME": str(home), **environment}
    home.mkdir(parents=True, exist_ok=True)
    log = home / "server.log"
    with log.open("wb") as said:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=said, stderr=subprocess.STDOUT)
    server = Server(f"http://127.0.0.1:{port}", log, process, time.perf_counter())
    try:
        _await_port(server, port)
        yield server
    finally:
        # Not SIGTERM: a server with training under way takes its time to end.
        server.kill()


def _await_port(server: Server, port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert server.process.poll() is None, f"the server ended: {server.log.read_text()}"
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
    pytest.fail(f"the server did not listen within 30 s: {server.log.read_text()}")


@contextmanager
def chromium() -> Iterator:
    """The system's Chromium through playwright; without it a skip that says so, and in CI a failure."""
    path = _executable()
    if path is None:
        reason = "no chromium on the path: browser tests need the system's (Debian package chromium)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def lasting_context(browser, folder: Path, **options):
    """A context, in a process of its own, that keeps in ``folder`` what it has fetched and compiled.

    The next page is then up in 1.4 s and not in 2.0 (measured).
    """
    kind = browser.browser_type
    return kind.launch_persistent_context(folder, executable_path=_executable(), args=FLAGS, **options)


def _executable() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def slowness() -> float:
    """How many times as long the machine takes just now as where bounds in seconds were set; 1 where it is no slower.

    By bare torch and nothing of ours, so that code of ours that becomes slower meets the bound as it was: 400 steps on
    one thread took 2.7 s where the default run, without a page, took 5.9.
    """
    import torch
    from torch import nn

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    model, images = nn.Sequential(nn.Linear(784, 512), nn.SiLU(), nn.Linear(512, 784)), torch.rand(128, 784)
    optimiser = torch.optim.Adam(model.parameters(), fused=True)
    # The first few warm up.
    for step in range(-20, 400):
        if step == 0:
            began = time.perf_counter()
        optimiser.zero_grad()
        (model(images) - images).square().mean().backward()
        optimiser.step()
    taken = time.perf_counter() - began
    torch.set_num_threads(threads)
    return max(1.0, taken / 2.7)


# What tests of pages say.


def expect(locator):
    from playwright.sync_api import expect as playwright_expect

    playwright_expect.set_options(timeout=20_000)
    return playwright_expect(locator)


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
        page.wait_for_function(f"() => !({OVERFLOW})().length", timeout=10_000)


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
  setTimeout(failed, 10000);
})"""
