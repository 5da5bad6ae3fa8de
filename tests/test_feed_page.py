"""Watching a run in a real browser: pushed, of one moment, and back again after whatever broke the line."""

from __future__ import annotations

import re
import signal
import time

import pytest
from browsing import expect, press, serve, status
from network import network
from patience import patience

from aecore.runs.spec import Spec
from aecore.runs.store import Store

pytestmark = pytest.mark.browser

LONG = "variant=vae&width=32&depth=1&epochs=500&images=1000"
# Keeps the page's sockets, to be cut like a network that drops.
SOCKETS = """
window.sockets = [];
window.WebSocket = class extends WebSocket { constructor(...how) { super(...how); window.sockets.push(this); } };
"""
CUT = """sockets.filter(one => one.url.endsWith("/feed") && one.readyState === WebSocket.OPEN)
  .map(one => one.close()).length"""


def a_map(page):
    return page.locator(".st-key-live-map .view")


def draws(page) -> int:
    expect(a_map(page)).to_have_attribute("data-draws", re.compile("."))
    return int(a_map(page).get_attribute("data-draws"))


def goes_on(page) -> None:
    """Waits for the map to be drawn anew a few times."""
    before = draws(page)
    began = time.monotonic()
    while draws(page) < before + 5:
        assert time.monotonic() - began < patience(20)
        page.wait_for_timeout(100)


def all_draws(page) -> int:
    """How often the pictures of the page were drawn, all together; its words where there are none."""
    found = page.locator(".view[data-draws]")
    pictures = page.locator(".view[data-draws]:not([data-view=progress], [data-view=words], [data-view=pulse])")
    counted = pictures if pictures.count() else found
    return counted.evaluate_all("views => views.reduce((n, view) => n + Number(view.dataset.draws), 0)")


def moves(page) -> None:
    """Waits for a few draws of the page's views."""
    before, began = all_draws(page), time.monotonic()
    while all_draws(page) < before + 5:
        assert time.monotonic() - began < patience(20)
        page.wait_for_timeout(100)


@pytest.fixture
def training(visit):
    """A page whose run trains for minutes, with its sockets in hand."""
    seed = iter(range(900, 999))

    def train(**more):
        page = visit(f"train?{LONG}&seed={next(seed)}&v=1", script=SOCKETS, **more)
        expect(status(page)).to_contain_text("epoch")
        goes_on(page)
        return page

    return train


def test_a_watcher_is_told_and_asks_for_nothing(training):
    page = training()
    page.sent.clear()
    goes_on(page)
    assert page.sent == []
    press(page, "Pause")
    expect(status(page)).to_contain_text("paused")


@pytest.mark.parametrize(
    "address",
    [
        "compare?columns=3&epochs=500&images=1000",
        "compare?view=sweep&epochs=500&images=1000",
        "pca?view=subspace&epochs=500",
        "pca?view=curved&epochs=500",
        "pca?view=ordered&epochs=100",
        "vae?view=inside&epochs=500",
        "vae?view=beta&epochs=100",
        "latent?view=map&variant=vae&epochs=500",
        "latent?view=between&variant=vae&epochs=500",
        "denoise?view=before&epochs=500",
        "denoise?view=arrows&epochs=500",
    ],
)
def test_every_page_is_told_of_what_moves_and_asks_for_nothing(visit, address):
    page = visit(f"{address}&v=1")
    expect(status(page)).to_contain_text("epoch")
    moves(page)
    # An answer or another state may come in between, but not each time.
    for _ in range(3):
        page.sent.clear()
        moves(page)
        if not page.sent:
            return
    pytest.fail("it asked in each of three rounds")


def test_who_closes_a_tab_is_no_watcher_any_more(training, visit):
    page = training()
    other = visit(page.url.split("/", 3)[3])
    expect(status(page)).to_contain_text("2 visitors watch it")
    other.close()
    expect(status(page)).not_to_contain_text("visitors watch it", timeout=5_000)
    press(page, "Pause")
    expect(status(page)).to_contain_text("paused")


def test_the_line_is_opened_again_after_it_was_cut_and_the_scrubber_comes_at_rest(training):
    page = training()
    for _ in range(2):
        page.wait_for_function(CUT, timeout=1000 * patience(10))
        goes_on(page)
    press(page, "Pause")
    expect(status(page)).to_contain_text("paused")
    expect(page.get_by_role("slider").first).to_be_visible()


@pytest.mark.parametrize("drops", ["cut", "stall"])
def test_a_network_that_is_away_for_20_s_loses_nothing(server, browser, drops):
    with network(int(server.url.rsplit(":", 1)[1])) as between:
        context = browser.new_context()
        page = context.new_page()
        seed = {"cut": 61, "stall": 62}[drops]
        page.goto(f"http://127.0.0.1:{between.port}/train?variant=vae&epochs=500&seed={seed}&v=1")
        expect(status(page)).to_contain_text("epoch")
        goes_on(page)
        getattr(between, drops)()
        # Not a wait for something: so long is the outage that is tried.
        page.wait_for_timeout(20_000)
        expect(a_map(page)).to_be_visible()
        between.back()
        goes_on(page)
        press(page, "Pause")
        expect(status(page)).to_contain_text("paused")
        context.close()


def test_two_tabs_watch_one_run_and_one_that_pauses_leaves_the_other_training(training, visit):
    page = training()
    other = visit(page.url.split("/", 3)[3], script=SOCKETS)
    expect(status(other)).to_contain_text("epoch")
    expect(status(other)).to_contain_text("2 visitors watch it")
    goes_on(other)
    press(other, "Pause")
    expect(status(other)).to_contain_text("paused")
    goes_on(page)
    expect(status(page)).not_to_contain_text("visitors watch it")
    other.close()
    press(page, "Pause")
    expect(status(page)).to_contain_text("paused")


def test_leaving_the_page_and_coming_back_finds_it_moving(training):
    page = training()
    page.goto(page.url.split("/train")[0] + "/pca?view=components")
    page.get_by_role("heading", level=1).wait_for()
    page.go_back()
    expect(status(page)).to_contain_text(re.compile("epoch|paused"))
    page.reload()
    expect(status(page)).to_contain_text(re.compile("epoch|paused"))


def test_a_server_that_is_asked_to_end_keeps_what_trains_and_ends(browser, tmp_path):
    # More than train at once; each in a tab, which is a visitor, of whom none may have so many.
    seeds, said = range(41, 49), {}
    with serve("app.py", tmp_path) as ending:
        context = browser.new_context()
        for seed in seeds:
            page = context.new_page()
            page.goto(f"{ending.url}/train?{LONG}&seed={seed}&v=1")
            expect(status(page)).to_contain_text("epoch")
            said[seed] = int(re.search(r"epoch (\d+) of", status(page).inner_text() + " epoch 1 of")[1])
        began = time.monotonic()
        ending.process.send_signal(signal.SIGTERM)
        ending.process.wait(patience(10))
        took = time.monotonic() - began
        context.close()
    assert took < patience(5)
    store = Store(tmp_path / "runs")
    settings = {"variant": "vae", "width": 32, "depth": 1, "epochs": 500, "images": 1000}
    for seed in seeds:
        kept = store.find(Spec(**settings, seed=seed))
        assert kept.snapshot.state == "paused"
        assert kept.snapshot.step > (said[seed] - 1) * kept.snapshot.steps_per_epoch


def test_below_a_path_of_a_host_it_moves_too(browser, tmp_path):
    with serve("app.py", tmp_path, STREAMLIT_SERVER_BASE_URL_PATH="class/one") as below:
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{below.url}/class/one/train?{LONG}&seed=51&v=1")
        expect(status(page)).to_contain_text("epoch")
        goes_on(page)
        context.close()
