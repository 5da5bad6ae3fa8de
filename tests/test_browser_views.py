"""The live views in a real browser: what they draw, that they follow the scrubber, that nothing overflows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import numpy as np
import pytest
from browsing import ROOT, Server, expect

from aecore.figures.floor import Floor
from aecore.ui.browser import (
    Axes,
    Line,
    images_drawing,
    live_bars,
    live_loss,
    live_path,
    loss_drawing,
    map_drawing,
    payload,
)
from aecore.ui.browser.payload import LARGE, NOWHERE, STEPS, pack, steps
from aecore.ui.browser.scripts import lean, script_of

NAMES = ("loss", "map", "images", "scrubber", "bars", "path")
FRAMES = 20


# ---- Without a browser


def unpacked(buffer: bytes) -> tuple[dict, dict[str, np.ndarray]]:
    length = int.from_bytes(buffer[:4], "little")
    header = json.loads(buffer[4 : 4 + length])
    body = -(-(4 + length) // 8) * 8
    arrays = {}
    for name, said in header.pop("arrays").items():
        count = int(np.prod(said["shape"]))
        arrays[name] = np.frombuffer(buffer, said["dtype"], count, body + said["offset"]).reshape(said["shape"])
    return header, arrays


def bars(values, used) -> None:
    live_bars("a", values, used, what="KL", unit="nats", key="k")


def path(x, y, labels) -> None:
    live_path("a", x, y, labels, name="beta", axes=("rate", "distortion"), unit="nats", key="k")


@pytest.mark.parametrize("title", ["", "a", "Verlust über Epochen"])
def test_what_is_packed_is_read_back_and_aligned(title):
    arrays = {
        "odd": np.arange(5, dtype=np.uint8),
        "none": np.empty((0, 3, 2), np.int16),
        "turned": np.arange(6, dtype=np.float32).reshape(2, 3).T,
        "last": np.array([1.5, np.nan]),
    }
    buffer = pack({"title": title}, arrays)
    header, read = unpacked(buffer)
    assert header == {"title": title}
    assert len(buffer) % 8 == 0
    for name, array in arrays.items():
        assert read[name].dtype == array.dtype
        np.testing.assert_array_equal(read[name], array)


def test_a_large_array_stays_out_where_somebody_hands_it_out():
    handed = {}
    arrays = {"small": np.arange(5, dtype=np.uint8), "large": np.arange(LARGE, dtype=np.float32)}
    buffer = pack({}, arrays, lambda name, raw: handed.setdefault(name, raw) and f"/media/{name}")
    assert len(buffer) < LARGE
    assert handed == {"large": arrays["large"].tobytes()}
    body = 8 * -(-(4 + int.from_bytes(buffer[:4], "little")) // 8)
    header = json.loads(buffer[4 : 4 + int.from_bytes(buffer[:4], "little")])
    assert header["arrays"]["large"] == {"dtype": "float32", "shape": [LARGE], "address": "/media/large"}
    assert buffer[body:] == bytes(range(5)) + bytes(3)
    assert len(pack({}, arrays)) > 4 * LARGE


def test_an_array_the_browser_cannot_read_is_refused():
    with pytest.raises(TypeError, match="labels must be one of uint8, int16, float32, float64, got int64"):
        pack({}, {"labels": np.arange(3)})


def test_places_travel_as_fractions_of_their_frames_limit():
    places = np.array([[[1, -2], [np.nan, 0]], [[5, 99], [-np.inf, 2.5]]], np.float32)
    fractions = steps(places, np.array([2, 5], np.float32))
    assert fractions.dtype == np.int16
    assert fractions.tolist() == [[[STEPS // 2, -STEPS], [NOWHERE, 0]], [[STEPS, 32767], [-32767, STEPS // 2]]]


def test_comments_and_indentation_stay_at_home():
    script = (
        '/** @typedef {A} B\n * text\n */\n/* style */\n// why\nconst a = "// kept";\n  // why\n  go(a); // kept too\n'
    )
    assert lean(script) == 'const a = "// kept";\ngo(a); // kept too\n'


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda: loss_drawing("a", np.arange(3), [Line("loss", "train", np.ones(2))], axes=Axes(5, 1, "")),
            "3 epochs, 2 values",
        ),
        (
            lambda: map_drawing("a", np.ones((2, 5, 2)), np.ones(5), "ab", limits=[1], axes="xy", first_frame=0),
            "2 limits and 5 labels, got 1 and 5",
        ),
        (
            lambda: images_drawing("a", [(str(f), np.ones((f, 1, 2, 2), np.uint8)) for f in (1, 2, 3)], first_frame=0),
            "1 or F frames, got 1, 2, 3",
        ),
        (lambda: bars(np.ones((2, 3)), np.ones((2, 4))), r"got \[2, 3\] and \[2, 4\]"),
        (lambda: bars(np.ones(3), np.ones(3)), r"got \[3\] and \[3\]"),
        (lambda: path([1, 2], [1, 2, 3], "ab"), "got 2, 3 and 2"),
        (lambda: path([1, 2], [1, 2], "abc"), "got 2, 2 and 3"),
        (lambda: path([1, np.nan], [1, 2], "ab"), "rate and distortion must be finite"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_in_words(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def test_outside_a_page_the_views_do_nothing():
    floors = [Floor("mean image", 206.0), Floor("diverged", np.nan)]
    live_loss("a", [], [], floors, axes=Axes(np.nan, 0, "nats"), key="k")
    bars(np.zeros((1, 1)), np.zeros((1, 1), bool))
    path([0], [0], ["1"])


@pytest.mark.parametrize("query", [{}, {"frames": "3"}, {"frames": "3", "resting": ""}])
def test_the_page_runs_in_a_runtime_of_its_own(query):
    from streamlit.testing.v1 import AppTest

    # The registry of components is the process's, the runtime is the test's: the views must be found in both.
    page = AppTest.from_file(str(ROOT / "tests" / "browser_views_app.py"), default_timeout=30)
    for name, value in query.items():
        page.query_params[name] = value
    assert not page.run().exception


# ---- Fixtures


@pytest.fixture(scope="module")
def server(views) -> Server:
    return views.at("browser")


@pytest.fixture
def visit(visit) -> Callable:
    """Opens the page with a query, once it is drawn."""

    def open_page(query: str = "", **options):
        page = visit(f"?{query}", **options)
        for name in NAMES if "resting" in query else NAMES[:3]:
            expect_data(page, name, draws=re.compile(r"\d+"))
        return page

    return open_page


def view(page, name: str):
    return page.locator(f".view[data-view='{name}']")


def expect_data(page, name: str, **hooks) -> None:
    for hook, value in hooks.items():
        expect(view(page, name)).to_have_attribute(f"data-{hook}", value if hasattr(value, "match") else str(value))


def data(page, name: str, hook: str) -> str:
    return view(page, name).get_attribute(f"data-{hook}")


def changed(page, name: str, hook: str, before: str) -> str:
    expect_data(page, name, **{hook: re.compile(f"^(?!{re.escape(before)}$)")})
    return data(page, name, hook)


def press(page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def scrub_to(page, frame: int) -> None:
    page.get_by_role("slider").fill(str(frame))


# ---- In the browser


@pytest.mark.browser
def test_before_training_the_axes_invite(visit):
    page = visit()
    for name in NAMES[:3]:
        expect_data(page, name, frames=0)
        assert "press Train" in view(page, name).get_by_role("img").get_attribute("aria-label")


@pytest.mark.browser
def test_new_data_redraw_without_a_new_mount(visit):
    page = visit("frames=3")
    page.evaluate("document.querySelectorAll('[data-testid=stBidiComponentIsolated]').forEach(e => (e.mark = true))")
    moved, shown = data(page, "map", "moved"), data(page, "images", "shown")
    for frame in (3, 4):
        press(page, "Grow")
        expect_data(page, "loss", frame=frame, frames=frame + 1)
        expect_data(page, "map", frame=frame, frames=1)
        expect_data(page, "images", frame=frame, frames=1)
        moved, shown = changed(page, "map", "moved", moved), changed(page, "images", "shown", shown)
    assert page.evaluate("document.querySelector('[data-testid=stBidiComponentIsolated]').mark")
    label = view(page, "loss").get_by_role("img").get_attribute("aria-label")
    assert label.startswith("Loss at epoch 2.5 of 25: train 190.5, held-out 193.5 nats per image")
    assert label.endswith("floors: mean image 206; PCA, 2 components 170; PCA, 3 components 165")


@pytest.mark.browser
def test_the_scrubber_moves_all_three_and_the_server_hears_nothing(visit):
    page = visit(f"frames={FRAMES}&resting")
    for name in NAMES:
        expect_data(page, name, frame=FRAMES - 1, frames=FRAMES)
    newest = {"map": data(page, "map", "moved"), "images": data(page, "images", "shown")}
    page.sent.clear()
    slider = page.get_by_role("slider")
    for key, frame in (("Home", 0), ("ArrowRight", 1), ("End", FRAMES - 1), ("ArrowLeft", FRAMES - 2)):
        slider.press(key)
        for name in NAMES:
            expect_data(page, name, frame=frame)
    scrub_to(page, 5)
    changed(page, "map", "moved", newest["map"])
    changed(page, "images", "shown", newest["images"])
    expect(view(page, "loss")).to_contain_text("epoch 3.0")
    assert slider.get_attribute("aria-valuetext") == "epoch 3.0, step 216, 1.8 s"
    assert page.sent == []
    press(page, "Retitle")  # ... and the count would have seen it.
    page.wait_for_function("document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'")
    assert page.sent


@pytest.mark.browser
def test_replay_runs_to_the_end_by_itself_once_asked(visit):
    page = visit(f"frames={FRAMES}&resting", reduced_motion="reduce")
    replay = page.get_by_role("button", name="Replay")
    assert replay.get_attribute("aria-pressed") == "false"
    scrub_to(page, FRAMES - 4)
    replay.click()
    expect_data(page, "map", frame=FRAMES - 1)
    expect_data(page, "scrubber", frame=FRAMES - 1)
    page.wait_for_function("button => button.getAttribute('aria-pressed') === 'false'", arg=replay.element_handle())


@pytest.mark.browser
def test_a_rerun_keeps_the_chosen_frame_and_training_on_drops_it(visit):
    page = visit(f"frames={FRAMES}&resting")
    scrub_to(page, 5)
    expect_data(page, "map", frame=5)
    calls = data(page, "map", "draws")
    press(page, "Retitle")
    changed(page, "map", "draws", calls)
    for name in NAMES:
        expect_data(page, name, frame=5)
    press(page, "Leave")
    view(page, "map").wait_for(state="detached")
    press(page, "Leave")
    for name in NAMES:
        expect_data(page, name, frame=5, frames=FRAMES)
    press(page, "Grow")
    expect_data(page, "map", frame=FRAMES, frames=1)
    press(page, "Rest")
    for name in NAMES:
        expect_data(page, name, frame=FRAMES, frames=FRAMES + 1)


@pytest.mark.browser
def test_another_run_starts_at_its_own_newest_frame(visit):
    page = visit(f"frames={FRAMES}&resting")
    scrub_to(page, 1)
    expect_data(page, "loss", frame=1)
    press(page, "Other run")
    expect_data(page, "loss", frame=2, frames=3)
    expect_data(page, "map", frame=2, frames=1)


@pytest.mark.browser
def test_updates_and_leaving_pile_up_no_listeners(visit):
    page = visit("frames=2&resting")
    for _ in range(3):
        before = data(page, "map", "draws")
        press(page, "Retitle")
        changed(page, "map", "draws", before)
    press(page, "Leave")
    view(page, "map").wait_for(state="detached")
    session = page.context.new_cdp_session(page)
    window = session.send("Runtime.evaluate", {"expression": "window"})["result"]["objectId"]
    listeners = session.send("DOMDebugger.getEventListeners", {"objectId": window})["listeners"]
    assert [heard for heard in listeners if heard["type"] == "aecore-frame"] == []


@pytest.mark.browser
def test_a_view_outlives_a_call_that_was_overtaken_whichever_comes_first(visit, monkeypatch):
    """Two reruns before the module has loaded: Streamlit calls for both, in either order, and cleans up the old.

    What is large in either may still be on its way by then.
    """
    page = visit()
    monkeypatch.setattr(payload, "LARGE", 64)
    pixels = {"old": np.zeros((1, 1, 8, 8), np.uint8), "new": np.zeros((2, 1, 8, 8), np.uint8)}
    for name, large in pixels.items():
        body = large.tobytes()
        page.route(f"**/media/{name}*", lambda route, request, body=body: route.fulfill(body=body))
    for case, (first, *away) in enumerate(
        [first, *away] for first in pixels for away in ((), ("old",), ("new",), ("old", "new"))
    ):
        # An address of its own in each case: what was fetched once is kept.
        asked = {name: f"/media/{name}{case}" if name in away else None for name in pixels}
        sent = {
            name: list(
                pack(
                    {"run": "a", "first": 0, "titles": ["original"], "frames": len(large)},
                    {"row0": large},
                    lambda part, raw, address=asked[name]: address,
                )
            )
            for name, large in pixels.items()
        }
        order = sorted(pixels, key=lambda name, first=first: name != first)
        frames = page.evaluate(OVERTAKEN, {"script": script_of("images"), "sent": sent, "order": order})
        assert frames == "2", (order, away)


OVERTAKEN = """async ({ script, sent, order }) => {
  const { default: present } = await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
  const parentElement = document.body.appendChild(document.createElement("div"));
  parentElement.innerHTML = '<div class="view" style="width: 300px"></div>';
  const call = (name) => present({ parentElement, data: new Uint8Array(sent[name]) });
  const cleanups = {};
  for (const name of order) cleanups[name] = call(name);
  cleanups.old();
  const { dataset } = parentElement.firstChild;
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  for (let i = 0; i < 200 && (dataset.frames !== "2" || dataset.fetching); i++) await frame();
  for (let i = 0; i < 5; i++) await frame();
  return dataset.frames;
}"""


@pytest.mark.browser
def test_what_cannot_be_fetched_is_said(visit):
    page = visit()
    page.route("**/media/gone", lambda route: route.fulfill(status=404))
    header = {"run": "a", "first": 0, "titles": ["original"], "frames": 1}
    large = {"row0": np.zeros((1, LARGE // 64, 8, 8), np.uint8)}
    script = script_of("images").replace("const RETRY_MS = [300, 1000, 3000]", "const RETRY_MS = [1]")
    said = page.evaluate(LOST, {"script": script, "sent": list(pack(header, large, lambda part, raw: "/media/gone"))})
    assert said == "The pictures did not come; reload the page"


LOST = """async ({ script, sent }) => {
  const { default: present } = await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
  const parentElement = document.body.appendChild(document.createElement("div"));
  parentElement.innerHTML = '<div class="view" style="width: 300px"></div>';
  present({ parentElement, data: new Uint8Array(sent) });
  const { dataset } = parentElement.firstChild;
  while (!dataset.fetching?.includes("reload")) await new Promise((done) => requestAnimationFrame(done));
  return dataset.fetching;
}"""


@pytest.mark.browser
def test_a_class_is_hidden_and_shown_by_keyboard(visit):
    page = visit("frames=9")
    moved = data(page, "map", "moved")
    chip = view(page, "map").get_by_role("button", name="3", exact=True)
    chip.focus()
    page.keyboard.press("Space")
    hidden = changed(page, "map", "moved", moved)
    assert chip.get_attribute("aria-pressed") == "false"
    assert "1 of them hidden" in view(page, "map").get_by_role("img").get_attribute("aria-label")
    page.keyboard.press("Space")
    assert changed(page, "map", "moved", hidden) == moved


@pytest.mark.browser
def test_the_pointer_reads_values_and_class_names(visit):
    page = visit(f"frames={FRAMES}")
    loss = view(page, "loss")
    expect(loss.locator(".when")).to_have_text("epoch 10.0")
    box = loss.get_by_role("img").bounding_box()
    loss.get_by_role("img").hover(position={"x": 1, "y": box["height"] / 2})
    expect(loss.locator(".when")).to_have_text("epoch 0.5")
    expect(loss.locator(".entry").first).to_have_text(re.compile(r"train \d+\.\d"))
    page.mouse.move(1, 1)
    expect(loss.locator(".when")).to_have_text("epoch 10.0")
    chart, tip = view(page, "map").get_by_role("img"), view(page, "map").locator(".tip")
    expect(tip).to_be_hidden()
    # The first class lies on the x axis, three quarters of the way to the right.
    side = chart.bounding_box()["width"]
    chart.hover(position={"x": side * 0.82, "y": side * 0.44})
    expect(tip).to_be_visible()
    assert tip.inner_text() in "0123456789"


@pytest.mark.browser
def test_bars_and_a_path_say_what_the_frame_shows_and_what_is_pointed_at(visit):
    page = visit("frames=8&resting")
    scrub_to(page, 3)
    bars, path = view(page, "bars"), view(page, "path")
    expect(bars.locator(".when")).to_have_text("17 of 24 in use")
    expect(bars).to_contain_text("KL 9.03 nats in all")
    expect_data(page, "bars", shown=re.compile(r"^3 4 5 .* 24 1 2$"))
    label = bars.get_by_role("img").get_attribute("aria-label")
    assert label.startswith(
        "KL of each code dimension, nats; 17 of 24 in use. The highest first: dimension 3: 0.750, dimension"
    )
    expect(path.locator(".readout")).to_have_text("beta 8rate: KL 9.03distortion: reconstruction 179.7")
    label = path.get_by_role("img").get_attribute("aria-label")
    assert "8 points. Shown: beta 8: rate: KL 9.03, distortion: reconstruction 179.7. All: beta 1: rate" in label
    # What a pointer is on: the last bar, which is as good as empty, and the first point.
    box = bars.get_by_role("img").bounding_box()
    bars.get_by_role("img").hover(position={"x": box["width"] - 17, "y": 100})
    expect(bars.locator(".readout")).to_contain_text("dimension 2: 0.002, not in use")
    box = path.get_by_role("img").bounding_box()
    path.get_by_role("img").hover(position={"x": box["width"] * 0.9, "y": box["height"] * 0.72})
    expect(path.locator(".readout")).to_contain_text("beta 1rate: KL 36.12")
    page.mouse.move(1, 1)
    expect(path.locator(".readout")).to_contain_text("beta 8rate")


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 390, 1366])
@pytest.mark.parametrize("query", ["frames=20&resting", ""])
def test_nothing_overflows(visit, width, query):
    page = visit(query, size=(width, 800))
    wide = page.evaluate(
        """() => [document.documentElement, document.querySelector("[data-testid=stMain]")]
                 .filter((e) => e.scrollWidth > e.clientWidth).length"""
    )
    assert wide == 0
    for name in NAMES if "resting" in query else NAMES[:3]:
        inner = view(page, name).evaluate(
            """root => Math.max(...[...root.querySelectorAll("*")].map((e) => e.getBoundingClientRect().right))
                       - root.getBoundingClientRect().right"""
        )
        assert inner <= 0.5, f"{name} sticks out by {inner} px"


@pytest.mark.browser
def test_controls_are_big_enough_for_a_finger(visit):
    page = visit("frames=20&resting", size=(390, 800), has_touch=True, is_mobile=True)
    for control in [*page.get_by_role("slider").all(), *page.locator(".view button").all()]:
        assert control.bounding_box()["height"] >= 44


@pytest.mark.browser
def test_another_theme_redraws_in_its_colours(visit):
    page = visit("frames=9&resting", color_scheme="light")
    # The pixel where the axes' labels stand changes from dark to light ink; the sum over the strip tells.
    ink = """root => { const c = root.querySelector("canvas"), x = c.getContext("2d");
                       const d = x.getImageData(0, 0, 16, c.height).data; let s = 0, n = 0;
                       for (let i = 0; i < d.length; i += 4) if (d[i + 3] > 200) { s += d[i]; n++; } return s / n; }"""
    light = {name: view(page, name).evaluate(ink) for name in ("loss", "map", "bars", "path")}
    before = {name: data(page, name, "draws") for name in NAMES}
    page.emulate_media(color_scheme="dark")
    for name, draws in before.items():
        changed(page, name, "draws", draws)
    for name, value in light.items():
        assert value < 110
        assert view(page, name).evaluate(ink) > 160
