"""An app that nobody touches costs nothing: started as the README says, in a folder that holds the README's .venv."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest
from browsing import ROOT, WIRE, expect, serve, status

pytestmark = pytest.mark.browser

PAGES = ["", *sorted(path.stem for path in (ROOT / "pages").glob("*.py") if path.stem != "home")]
# Longer than any fragment of ours sleeps between two looks.
SILENCE = 2.0
SECONDS = 10.0
# Resolves once the server has told this page nothing for so many seconds.
SILENT = """seconds => new Promise(done => {
  const began = performance.now();
  const poll = setInterval(() => {
    const quiet = performance.now() - Math.max(began, window.wire.at(-1) ?? began);
    if (quiet < 1000 * seconds) return;
    clearInterval(poll);
    done(window.wire.length);
  }, 50);
})"""


def processor_seconds(process: psutil.Process) -> float:
    """What a process and its children have used."""
    used = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return sum(times.user + times.system for times in used)


@pytest.fixture(scope="module")
def resting(checkout, browser, tmp_path_factory):
    """A server, and every page open in a tab of its own, at rest: Home's example is trained, and all wires are silent.

    The environment lies in the checkout, as the README makes it, so that modules are loaded from below the folder.
    """
    venv = checkout / ".venv"
    venv.symlink_to(Path(sys.prefix))
    python = venv / "bin" / Path(sys.executable).name
    with serve("app.py", tmp_path_factory.mktemp("idle"), checkout, python) as served:
        context = browser.new_context()
        context.add_init_script(WIRE)
        tabs = {}
        for name in PAGES:
            tab = tabs[name] = context.new_page()
            tab.goto(f"{served.url}/{name}")
            expect(tab.locator("h1").first).to_be_visible()
        # On a server that has just started, with the other pages asking too.
        expect(status(tabs[""])).to_contain_text("finished", timeout=60_000)
        for tab in tabs.values():
            expect(tab.locator("[data-testid=stApp]")).to_have_attribute("data-test-script-state", "notRunning")
            tab.evaluate(SILENT, SILENCE)
        yield served, tabs
        context.close()


def test_an_idle_server_with_every_page_open_uses_no_processor_and_says_nothing(resting):
    served, tabs = resting
    process = psutil.Process(served.process.pid)
    before, said = processor_seconds(process), served.log.read_text()
    told = {name: tab.evaluate("window.wire.length") for name, tab in tabs.items()}
    tabs[""].evaluate(SILENT, SECONDS)
    used = processor_seconds(process) - before
    assert served.log.read_text() == said
    assert {name: tab.evaluate("window.wire.length") for name, tab in tabs.items()} == told
    assert used < 0.05 * SECONDS
