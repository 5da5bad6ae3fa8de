"""The map of a latent space in a real browser: what it decodes, how it is walked in, and what Python hears of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import quote

import numpy as np
import pytest
from atlas_view_app import BASE, LIMITS, codes, deep, linear
from browsing import OVERFLOW, ROOT, Server, arrived, expect

from aecore.ui.browser import Colouring, Decoding, MapPoints, Plane, atlas_drawing
from aecore.ui.browser.atlas import _chosen, _described, _limits

NONE = np.empty((0, 2, 2), np.uint8)

# ---- Without a browser


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"colourings": [Colouring("error", np.ones(4))]}, ValueError, "error must have 5 values, got 4"),
        ({"images": np.ones((2, 3, 3))}, TypeError, r"images must be uint8 \[K, H, W\], got float64 \[2, 3, 3\]"),
        ({"images": np.ones((6, 2, 2), np.uint8)}, ValueError, "6 images are more than 5 points"),
        ({"rebuilt": np.ones((1, 2, 2), np.uint8)}, ValueError, r"rebuilt must be \[0, 2, 2\] as the images"),
        ({"decoding": Decoding(linear(3), Plane(np.ones(2)))}, ValueError, "a code of 3 numbers, got 2"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_in_words(given, error, said):
    given = {"colourings": [], "images": NONE, **given}
    decoding = given.pop("decoding", None)
    points = MapPoints(np.ones((1, 5, 2)), limits=LIMITS, axes=("x", "y"), **given)
    with pytest.raises(error, match=said):
        atlas_drawing("a", points, decoding)


@pytest.mark.parametrize(
    ("limits", "mended"),
    [
        ((-1, 2, 0, 5), [-1, 2, 0, 5]),
        ((3, 3, 1, 0), [2.5, 3.5, 0.5, 1.5]),
        ((np.nan, np.inf, 0, 1), [-0.5, 0.5, 0, 1]),
    ],
)
def test_limits_always_hold_something(limits, mended):
    assert _limits(limits) == mended


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [(np.arange(101.0), 1, 99), ([np.nan, 2, np.inf], 2, 3), ([np.nan], 0, 1), ([], 0, 1)],
)
def test_a_figure_is_coloured_without_its_extremes(values, low, high):
    assert _described(Colouring("error", np.array(values), unit="nats")) == {
        "title": "error",
        "unit": "nats",
        "low": low,
        "high": high,
    }


def test_what_was_chosen_under_another_name_is_forgotten():
    said = {"selected": {"name": "a", "points": [3, 5]}, "picked": None}
    assert _chosen(said, "selected", "a", []) == [3, 5]
    assert _chosen(said, "selected", "b", [7]) == _chosen(said, "picked", "a", [7]) == [7]


def test_the_page_runs_in_a_runtime_of_its_own():
    from streamlit.testing.v1 import AppTest

    assert not AppTest.from_file(str(ROOT / "tests/atlas_view_app.py"), default_timeout=30).run().exception


# ---- In the browser

# What had been asked for is drawn.
SETTLED = """() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"""


@pytest.fixture(scope="module")
def server(views) -> Server:
    return views.at("atlas")


@pytest.fixture
def visit(visit) -> Callable:
    """Opens the page with a query, once it is drawn."""

    def open_page(query: str = "", *, size: tuple[int, int] = (1366, 900), **options):
        page = visit(f"?{query}", size=size, **options)
        expect_data(page, draws=re.compile(r"\d+"))
        return page

    return open_page


def view(page):
    return page.locator(".view[data-view='atlas']")


def points(page):
    return view(page).get_by_role("application")


def data(page, hook: str) -> str:
    return view(page).get_attribute(f"data-{hook}")


def part(page) -> list[float]:
    """Left, right, bottom and top of what is in view."""
    page.evaluate(SETTLED)
    return [float(side) for side in data(page, "part").split()]


def expect_data(page, **hooks) -> None:
    for hook, value in hooks.items():
        name = f"data-{hook.replace('_', '-')}"
        expect(view(page)).to_have_attribute(name, value if hasattr(value, "match") else str(value))


def changed(page, hook: str, before: str) -> str:
    expect_data(page, **{hook: re.compile(f"^(?!{re.escape(before)}$)")})
    return data(page, hook)


def press(page, name: str) -> None:
    view(page).get_by_role("button", name=name, exact=True).click()


def on_screen(page, place) -> tuple[float, float]:
    """Where a place (u, v) is on the screen."""
    (left, right, _, top), box = part(page), points(page).bounding_box()
    scale = box["width"] / (right - left)
    u, v = map(float, place)
    return box["x"] + (u - left) * scale, box["y"] + (top - v) * scale


def hover(page, place) -> None:
    page.mouse.move(*on_screen(page, place))


def drag(page, *places) -> None:
    """Drags from place to place, as they are on the screen before it."""
    spots = [on_screen(page, place) for place in places]
    page.mouse.move(*spots[0])
    page.mouse.down()
    for spot in spots[1:]:
        page.mouse.move(*spot, steps=3)
    page.mouse.up()


def picture(page, number: int) -> np.ndarray:
    """The pixels [H, W] of a picture beside the map."""
    script = """canvas => {
      const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return [...data.filter((_, i) => i % 4 === 0), height, width];
    }"""
    *pixels, height, width = view(page).locator("figure canvas").nth(number).evaluate(script)
    return np.array(pixels).reshape(height, width)


def words(page) -> list[str]:
    """What is said below the pictures."""
    return view(page).locator("figure p").all_inner_texts()


def decodes(code, label: float | None = None) -> np.ndarray:
    """What the page's linear decoder makes of a code, from 0 to 255."""
    decoder = linear(len(code), label is not None)
    given = [*code, label] if label is not None else code
    return 255 * np.clip(decoder.arrays["weight"] @ np.array(given, np.float32) + 0.5, 0, 1).reshape(decoder.shape)


def decodes_deep(code) -> np.ndarray:
    decoder, values = deep(), np.array(code)
    for layer in decoder.layers:
        silu = layer["kind"] == "silu"
        values = values / (1 + np.exp(-values)) if silu else decoder.arrays[layer["weight"]] @ values
    return 255 / (1 + np.exp(-values.reshape(decoder.shape)))


def echo(page) -> dict:
    return json.loads(page.locator("[data-testid=stCode]").inner_text())


def heard(page, **expected) -> dict:
    """What Python has heard, once it is as expected."""
    fits = """expected => {
      const said = JSON.parse(document.querySelector("[data-testid=stCode]").innerText);
      return Object.entries(expected).every(([what, count]) => said[what].length === count);
    }"""
    page.wait_for_function(fits, arg={what: int(count) for what, count in expected.items()})
    return echo(page)


def ask(page, query: str) -> None:
    """Has the page send other data to the same view."""
    field = page.get_by_label("Query")
    field.fill(query)
    field.press("Enter")
    page.wait_for_function(
        "query => JSON.parse(document.querySelector('[data-testid=stCode]').innerText).asked === query", arg=query
    )
    arrived(page)
    page.evaluate(SETTLED)


@pytest.mark.browser
def test_the_place_under_the_pointer_is_decoded_and_the_server_hears_nothing(visit):
    page = visit()
    places, labels = codes(500)
    page.sent.clear()
    for place in ((1.0, -0.5), (-2.5, 2.0)):
        hover(page, place)
        np.testing.assert_allclose(picture(page, 0), decodes(place), atol=2)
        distances = np.hypot(*(places - place).T)
        nearest = int(distances.argmin())
        expect_data(page, nearest=nearest)
        said = "code ({:.2f}, {:.2f})|class {}, {:.2f} away".format(*place, labels[nearest], distances.min())
        assert words(page) == said.replace("-", "\N{MINUS SIGN}").split("|")
    assert float(data(page, "decode-ms")) > 0
    drag(page, (0, 0), (1, 1))
    press(page, "Whole map")
    view(page).locator("select").select_option("error")
    hover(page, places[7])  # A point without a value.
    expect(view(page).locator("figure p").nth(1)).to_contain_text("error unknown")
    assert page.sent == []


@pytest.mark.browser
def test_other_numbers_and_the_class_stay_and_a_projection_shows_the_nearest_image(visit):
    page = visit("slice&labels")
    hover(page, (1.5, -1.0))
    np.testing.assert_allclose(picture(page, 0), decodes([BASE[0], -1.0, 1.5], 4), atol=2)
    view(page).get_by_role("group", name="Decode as").get_by_role("button", name="8").click()
    np.testing.assert_allclose(picture(page, 0), decodes([BASE[0], -1.0, 1.5], 8), atol=2)

    ask(page, "projection&images=200")
    places = codes(500)[0][:200]
    hover(page, (0.3, 0.4))
    expect_data(page, nearest=int(np.hypot(*(places - (0.3, 0.4)).T).argmin()))
    np.testing.assert_array_equal(picture(page, 1), 255 - picture(page, 0))
    assert picture(page, 0).any()
    expect(view(page).get_by_role("button", name="Sheet")).to_be_hidden()


@pytest.mark.browser
@pytest.mark.timed
@pytest.mark.parametrize(("query", "least"), [("points=5000&deep", 50), ("points=60000&images=500&deep", 20)])
def test_it_follows_the_pointer_within_a_frame_and_a_drag_at_full_speed(visit, query, least):
    page = visit(query)
    times = []
    for step in range(20):
        hover(page, (-2 + step / 5, 1))
        times.append(float(data(page, "pointer-ms")))
    assert np.median(times) <= 16
    x, y = on_screen(page, (0, 0))
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(90):
        page.mouse.move(x + 3 * (step % 40), y + 2 * (step % 30))
    assert float(data(page, "fps")) >= least


@pytest.mark.browser
def test_boxes_lassos_and_clicks_reach_python_and_nothing_else_does(visit):
    page = visit()
    places = codes(500)[0]
    press(page, "Box")
    drag(page, (-1, 0.5), (2, 2.5))
    inside = (places > (-1, 0.5)).all(1) & (places < (2, 2.5)).all(1)
    assert heard(page, selected=inside.sum())["selected"] == np.flatnonzero(inside).tolist()
    expect_data(page, selected=inside.sum())
    press(page, "Lasso")
    drag(page, (-3, -3), (3, -3), (-3, 3))
    below = (places.sum(1) < 0) & (places > -3).all(1)
    assert heard(page, selected=below.sum())["selected"] == np.flatnonzero(below).tolist()

    press(page, "Pan")
    click = [(float(u), float(v)) for u, v in (places[3], (3.5, 3.5), (-3.5, 3.5))]
    page.mouse.click(*on_screen(page, click[0]))
    page.mouse.click(*on_screen(page, click[1]))
    a, b = heard(page, picked=2)["picked"]
    assert a == {"point": 3, "x": pytest.approx(click[0][0]), "y": pytest.approx(click[0][1])}
    assert b == {"point": None, "x": pytest.approx(3.5, abs=0.02), "y": pytest.approx(3.5, abs=0.02)}
    runs = echo(page)["runs"]
    page.mouse.dblclick(*on_screen(page, (0, 0)))  # Zooms; its first click is taken back.
    expect_data(page, part=re.compile(r"-2(\.\d+)? 2(\.\d+)? .*"))
    press(page, "Whole map")
    page.mouse.click(*on_screen(page, click[2]))
    page.wait_for_function("() => document.querySelector('[data-testid=stCode]').innerText.includes('\"x\": -3.')")
    assert [pick["x"] for pick in echo(page)["picked"]] == pytest.approx([-3.5, 3.5], abs=0.02)
    assert echo(page)["runs"] == runs + 1
    page.keyboard.press("Escape")
    heard(page, selected=0, picked=0)
    expect(view(page).get_by_role("button", name="Clear")).to_be_disabled()

    press(page, "Box")
    drag(page, (-1, 0.5), (2, 2.5))
    heard(page, selected=inside.sum())
    ask(page, "name=other")  # Another run's points are others.
    heard(page, selected=0)
    expect_data(page, selected=0)


@pytest.mark.browser
def test_walking_by_wheel_keys_and_buttons_and_images_where_few_points_are(visit):
    page = visit("points=5000", size=(1366, 600))
    places = codes(5000)[0]
    whole = data(page, "part")
    scrolled = "document.querySelector('[data-testid=stMain]').scrollTop"
    hover(page, (1, 1))
    page.mouse.wheel(0, 100)
    page.wait_for_function(f"{scrolled} > 0")
    assert data(page, "part") == whole
    drag(page, (1, 1), (1.5, 1.5))
    assert part(page) == pytest.approx([-4.5, 3.5, -4.5, 3.5], abs=0.05)
    scroll, seen = page.evaluate(scrolled), data(page, "part")
    before = on_screen(page, (1.5, 1.5))
    page.mouse.move(*before)
    page.mouse.wheel(0, -100)  # After a press inside it is the map's.
    changed(page, "part", seen)
    assert page.evaluate(scrolled) == scroll
    np.testing.assert_allclose(on_screen(page, (1.5, 1.5)), before, atol=1)

    points(page).focus()
    page.keyboard.press("0")
    expect_data(page, part=whole)
    page.keyboard.press("ArrowRight")
    assert part(page) == pytest.approx([-3.2, 4.8, -4, 4], abs=0.01)
    page.keyboard.press("0")
    page.keyboard.press("+")
    page.keyboard.press("+")
    page.keyboard.press("-")
    assert part(page) == pytest.approx([side / 1.5 for side in LIMITS], abs=0.01)
    assert data(page, "thumbnails") == "0"
    for _ in range(6):
        press(page, "Zoom in")
    left, right, bottom, top = part(page)
    inside = (places > (left, bottom)).all(1) & (places < (right, top)).all(1)
    assert 0 < inside.sum() <= 250
    expect_data(page, thumbnails=inside.sum(), points=0)

    press(page, "Whole map")
    page.mouse.move(5, 5)
    points(page).focus()
    page.keyboard.press("Escape")
    assert points(page).evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    for key in ("ArrowRight", "ArrowRight", "ArrowUp"):
        page.keyboard.press(f"Shift+{key}")
    expect(view(page).locator(".cross")).to_be_visible()
    read = tuple(float(n) for n in re.findall(r"-?[\d.]+", words(page)[0].replace("\N{MINUS SIGN}", "-")))
    np.testing.assert_allclose(picture(page, 0), decodes(read), atol=2)
    page.keyboard.press("Enter")
    (pick,) = heard(page, picked=1)["picked"]
    assert (pick["x"], pick["y"]) == pytest.approx(read, abs=0.2)


@pytest.mark.browser
def test_classes_are_hidden_also_under_a_figure_and_for_the_pointer(visit):
    page = visit("frames=3")
    labels = codes(500)[1]
    page.sent.clear()
    chips = view(page).get_by_role("group", name="Classes shown").get_by_role("button")
    for c in range(9):
        chips.nth(c).click()
    expect_data(page, points=int((labels == 9).sum()))
    assert chips.first.get_attribute("aria-pressed") == "false"
    view(page).get_by_label("Colour by").select_option("error")
    expect(view(page).locator(".scale")).to_contain_text("nats")
    expect_data(page, points=int((labels == 9).sum()))
    page.get_by_role("slider").fill("0")
    expect_data(page, frame=0, frames=3)
    for frame in (0, 1):
        page.get_by_role("slider").fill(str(frame))
        expect_data(page, frame=frame)
        places = codes(500, frame)[0]
        hover(page, (0, 0))
        nearest = np.where(labels == 9, np.hypot(*places.T), np.inf).argmin()
        expect_data(page, nearest=nearest)
    chips.nth(9).click()
    expect_data(page, points=0, nearest=-1)
    assert heard(page, hidden=10)["hidden"] == list(range(10))


@pytest.mark.browser
def test_it_begins_with_the_classes_and_marks_that_the_page_remembers(visit):
    marks = [{"point": 3, "x": 0, "y": 0}, {"point": None, "x": 1.5, "y": -1}]
    page = visit(f"hidden=[2,5]&picked={quote(json.dumps(marks))}")
    places, labels = codes(500)
    expect_data(page, points=int((~np.isin(labels, [2, 5])).sum()))
    expect(view(page).get_by_role("button", name="2", exact=True)).to_have_attribute("aria-pressed", "false")
    for mark, place in zip("ab", (places[3], (1.5, -1)), strict=True):
        box = view(page).locator(".mark", has_text=mark).bounding_box()
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        np.testing.assert_allclose(middle, on_screen(page, place), atol=1.5)
    assert echo(page)["hidden"] == [2, 5]
    view(page).get_by_role("button", name="2", exact=True).click()
    assert heard(page, hidden=1)["hidden"] == [5]


@pytest.mark.browser
def test_a_single_code_number_is_decoded_along_the_map(visit):
    page = visit("line")
    for height in (2.0, -3.0):
        hover(page, (1.5, height))
        np.testing.assert_allclose(picture(page, 0), decodes([1.5]), atol=2)
    assert words(page)[0] == "code 1.50"
    expect(view(page).get_by_role("button", name="Sheet")).to_be_hidden()


@pytest.mark.browser
def test_images_travel_once_however_often_the_page_runs(visit):
    page = visit("points=5000&deep")
    told = []
    page.on("response", lambda answer: told.append(answer.url))
    ask(page, "points=5000&deep&hidden=[1]")
    ask(page, "points=5000&deep&hidden=[2]")
    assert [url for url in told if url.endswith(".bin")] == []
    ask(page, "points=4000&deep")
    expect_data(page, points=4000)
    assert [url for url in told if url.endswith(".bin")]


@pytest.mark.browser
def test_the_sheet_is_decoded_over_several_frames_and_again_where_the_map_comes_to_rest(visit):
    page = visit("points=5&deep")
    page.sent.clear()
    for button, half in (("Sheet", 4), ("Zoom in", 4 / 1.5)):
        steps = view(page).get_by_role("button", name=button).evaluate(UNTIL_DECODED)
        assert len(steps) > 5
        first = decodes_deep((-0.95 * half, 0.95 * half))  # The middle of the cell in the upper left corner.
        side = points(page).bounding_box()["width"] / 20
        seen = (np.arange(28) + 0.5) * side / 28
        drawn = behind(page, side)[np.ix_(seen.astype(int), seen.astype(int))]
        assert np.corrcoef(drawn.ravel(), first.ravel())[0, 1] > 0.8
    press(page, "Sheet")
    page.evaluate(SETTLED)
    assert len(np.unique(behind(page, side))) < 5
    assert page.sent == []


# Presses a button and says after how many cells the frames until the sheet was whole were drawn.
UNTIL_DECODED = """button => new Promise((done) => {
  const { dataset } = button.closest(".view");
  const steps = new Set();
  const note = () => {
    steps.add(dataset.sheet);
    if (dataset.sheet === "400") done([...steps]);
    else requestAnimationFrame(note);
  };
  dataset.sheet = "0";
  button.click();
  note();
})"""


def behind(page, side: float) -> np.ndarray:
    """What is drawn behind the points in the upper left corner of the map: red, [side, side]."""
    box, back = points(page).bounding_box(), view(page).locator(".back")
    script = (
        """(canvas, spot) => [...canvas.getContext("2d").getImageData(...spot).data.filter((_, i) => i % 4 === 0)]"""
    )
    corner = [box[axis] - back.bounding_box()[axis] for axis in "xy"]
    return np.array(back.evaluate(script, [*corner, round(side), round(side)])).reshape(round(side), -1)


def smaller(page, side: int) -> list[str]:
    """What a finger or the mouse can press that is smaller than ``side`` pixels."""
    script = """(all, side) => all.filter((e) => e.offsetParent && Math.min(e.offsetWidth, e.offsetHeight) < side)
                                  .map((e) => e.innerText)"""
    return view(page).locator("button, select").evaluate_all(script, side)


@pytest.mark.browser
def test_a_finger_reads_pans_and_scrolls_beside_and_two_zoom(visit):
    page = visit("deep", size=(390, 600), has_touch=True, is_mobile=True)
    session = page.context.new_cdp_session(page)
    scrolled = "() => document.querySelector('[data-testid=stMain]').scrollTop"

    def swipe(*ways) -> None:
        """Each way is ((x, y), (x, y)): from where to where one of the fingers goes."""
        for share in range(6):
            fingers = [np.add(start, np.subtract(end, start) * share / 5).tolist() for start, end in ways]
            touched = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(fingers)]
            kind = "touchMove" if share else "touchStart"
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touched})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    points(page).scroll_into_view_if_needed()
    begun = page.evaluate(scrolled)
    spot = on_screen(page, (1, 1))
    swipe((spot, spot))
    expect(view(page).locator(".cross")).to_be_visible()
    assert len(heard(page, picked=1)["picked"]) == 1
    decoded = data(page, "decoded")
    swipe((spot, np.add(spot, (-40, 60))))
    changed(page, "part", "-4 4 -4 4")
    np.testing.assert_allclose(on_screen(page, (1, 1)), np.add(spot, (-40, 60)), atol=1.5)
    seen, (left, right, *_) = data(page, "part"), part(page)
    scale = points(page).bounding_box()["width"] / (right - left)
    middle = np.array(on_screen(page, (0, 0)))
    swipe((middle, middle + (-10, 20)), (middle + (40, 0), middle + (110, 20)))
    changed(page, "part", seen)
    assert (right - left) / np.subtract(*part(page)[1::-1]) == pytest.approx(3, rel=0.05)
    # What was between the fingers still is.
    np.testing.assert_allclose(on_screen(page, (20 / scale, 0)), middle + (50, 20), atol=1.5)
    seen = data(page, "part")
    press(page, "Look")
    swipe((middle, middle + (50, 20)))
    changed(page, "decoded", decoded)
    assert data(page, "part") == seen
    assert page.evaluate(scrolled) == begun
    box = view(page).locator(".back").bounding_box()
    margin = (box["x"] + 20, box["y"] + 200)
    swipe((margin, np.add(margin, (0, -150))))
    page.wait_for_function(f"begun => ({scrolled})() > begun + 50", arg=begun)
    assert smaller(page, 44) == []


@pytest.mark.browser
def test_nothing_overflows_at_any_width(visit):
    page = visit("labels")
    for width in (1366, 800, 390, 320):
        page.set_viewport_size({"width": width, "height": 844})
        page.evaluate(SETTLED)
        assert page.evaluate(OVERFLOW) == []
        inner = view(page).evaluate(
            """root => Math.max(...[...root.querySelectorAll(":not(.above, .above *)")]
                         .map((e) => e.getBoundingClientRect().right)) - root.getBoundingClientRect().right"""
        )
        assert inner <= 0.5, f"sticks out by {inner} px at {width}"
        assert smaller(page, 32) == []


# Waits until so many points are drawn, as dots or as images.
SHOWS = """async ({ dataset }, count) => {
  while (Number(dataset.points) + Number(dataset.thumbnails) !== count) {
    await new Promise((done) => requestAnimationFrame(done));
  }
}"""


@pytest.mark.browser
def test_few_points_or_none_do_not_fail(visit):
    page = visit("points=0")
    for query, shown, nearest in (
        ("", 0, -1),
        ("points=1", 1, 0),
        ("points=500&nowhere=2&images=0&plain", 250, None),
        ("points=500&nowhere=1&projection", 0, -1),
    ):
        ask(page, query)
        view(page).evaluate(SHOWS, shown)
        hover(page, (1, 1))
        expect_data(page, nearest=re.compile(r"\d+") if nearest is None else nearest)
        press(page, "Lasso")
        drag(page, (-3, -3), (3, -3), (0, 3))
        press(page, "Pan")
        page.mouse.click(*on_screen(page, (3, 3)))
        heard(page, picked=1)
        page.keyboard.press("Escape")
        heard(page, picked=0)
