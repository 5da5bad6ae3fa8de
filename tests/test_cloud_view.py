"""The view of clouds in a real browser: one camera turns them all, and their points lie where the formula says."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from browsing import OVERFLOW, ROOT, Server, expect, press

from aecore.ui.browser import Panel, live_cloud
from aecore.ui.browser.cloud import SHADES, _places, _shades
from aecore.ui.browser.payload import NOWHERE, STEPS

START = "-78 14"
FIRST = np.array([0.9, 0.2, 0.7])  # The first point of the first cloud.


# ---- Without a browser


def test_places_travel_as_steps_from_the_cubes_middle():
    points = [[[0, 0.5, 1], [1.25, np.nan, -0.25]], [[1.6, -9, np.inf], [0.25, 3e38, 0.75]]]
    nowhere = [NOWHERE] * 3
    assert _places(np.array(points, np.float32)).tolist() == [
        [[-STEPS, 0, STEPS], [STEPS * 3 // 2, NOWHERE, -STEPS * 3 // 2]],
        [nowhere, [-STEPS // 2, NOWHERE, STEPS // 2]],
    ]


def test_values_travel_as_numbers_of_colours():
    shades = _shades(np.array([[0, 0.5, 1, -3, 3e38, np.inf, np.nan]], np.float32))
    assert shades.dtype == np.uint8
    assert shades.tolist() == [[0, 127, SHADES - 1, 0, SHADES - 1, SHADES - 1, SHADES]]


@pytest.mark.parametrize(
    ("note", "points", "said"),
    [
        ("", np.ones((1, 4, 3)), r"rebuilt must be \[F, 5, 3\] as the values, got \[1, 4, 3\]"),
        ("", np.ones((5, 3)), r"rebuilt must be \[F, 5, 3\] as the values, got \[5, 3\]"),
        ("", np.ones((3, 5, 3)), "1 or F frames, got 1, 2, 3"),
        (["a", "b", "c"], np.ones((2, 5, 3)), "1 or F frames, got 2, 3"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_in_words(note, points, said):
    with pytest.raises(ValueError, match=said):
        live_cloud("a", [Panel("rebuilt", note, points)], np.ones((2, 5)), value_title="", first_frame=0, key="k")


def test_the_page_runs_in_a_runtime_of_its_own():
    from streamlit.testing.v1 import AppTest

    assert not AppTest.from_file(str(ROOT / "tests/cloud_view_app.py"), default_timeout=30).run().exception


# ---- In the browser


@pytest.fixture(scope="module")
def server(views) -> Server:
    return views.at("cloud")


@pytest.fixture
def visit(visit) -> Callable:
    """Opens the page with a query, once it is drawn."""

    def open_page(query: str = "", **options):
        page = visit(f"?{query}", **options)
        expect_data(page, draws=re.compile(r"\d+"))
        if "resting" in query:
            page.get_by_role("slider").wait_for()
        return page

    return open_page


def view(page):
    return page.locator(".view[data-view='cloud']")


def clouds(page):
    return view(page).get_by_role("img")


def data(page, hook: str) -> str:
    return view(page).get_attribute(f"data-{hook}")


def expect_data(page, **hooks) -> None:
    for hook, value in hooks.items():
        name = f"data-{hook.replace('_', '-')}"
        expect(view(page)).to_have_attribute(name, value if hasattr(value, "match") else str(value))


def changed(page, hook: str, before: str) -> str:
    expect_data(page, **{hook: re.compile(f"^(?!{re.escape(before)}$)")})
    return data(page, hook)


def drag(page, cloud: int, right: float, down: float) -> None:
    """Drags from the middle of a cloud, by shares of its width."""
    box = clouds(page).nth(cloud).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right * box["width"], y + down * box["width"], steps=4)
    page.mouse.up()


def seen_from(azimuth: float, elevation: float, place: np.ndarray, side: float) -> np.ndarray:
    """Where ``place`` is seen on a canvas of ``side`` pixels: turned about z, then tilted."""
    a, e = np.deg2rad([azimuth, elevation])
    x, y, z = place - 0.5
    # With the camera turned onto the x axis, y points to the right; tilting it swings x downwards.
    ahead, across = x * np.cos(a) + y * np.sin(a), y * np.cos(a) - x * np.sin(a)
    up = z * np.cos(e) - ahead * np.sin(e)
    return side / 2 + np.array([across, -up]) * (side / 2 - 3) / np.sqrt(0.75)


@pytest.mark.browser
def test_three_clouds_say_what_they_show(visit):
    page = visit()
    expect_data(page, view_angles=START, frame=2, frames=1)
    assert [cloud.get_attribute("aria-label").split("; ") for cloud in clouds(page).all()][1:] == [
        [
            f"{title}: 2000 points in a cube, coloured by code dimension 1, frame 2",
            note.inner_text(),
            "seen from azimuth −78, elevation 14 degrees",
            "arrow keys turn it",
        ]
        for title, note in zip(
            ["PCA's reconstruction", "The autoencoder's reconstruction"],
            view(page).locator(".note").all()[1:],
            strict=True,
        )
    ]
    assert len(set(data(page, "shown").split("-")[:3])) == 3
    expect(view(page)).to_contain_text("code dimension 1: low")


@pytest.mark.browser
def test_a_point_is_seen_where_the_formula_says(visit):
    page = visit()
    side = clouds(page).first.bounding_box()["width"]
    clouds(page).first.focus()
    for key, angles in ((None, (-78, 14)), ("ArrowRight", (-83, 14)), ("ArrowDown", (-83, 19)), ("Home", (-78, 14))):
        if key:
            page.keyboard.press(key)
        expect_data(page, view_angles="{} {}".format(*angles))
        x, y = map(float, data(page, "first").split())
        np.testing.assert_allclose([x, y], seen_from(*angles, FIRST, side), atol=0.02)


@pytest.mark.browser
def test_a_drag_turns_all_clouds_and_the_server_hears_nothing(visit):
    page = visit()
    before = data(page, "shown").split("-")
    page.sent.clear()
    drag(page, 1, 0.25, 0.125)
    expect_data(page, view_angles=re.compile(r"-123(\.\d+)? 36\.5"))
    after = data(page, "shown").split("-")
    assert [old == new for old, new in zip(before, after, strict=True)] == [False] * 3 + [True]
    page.mouse.move(5, 5)  # Let go, it stays.
    drag(page, 2, 0, 0.5)
    expect_data(page, view_angles=re.compile(r"-123(\.\d+)? 90$"))
    clouds(page).first.dblclick()
    expect_data(page, view_angles=START, shown="-".join(before))
    assert page.sent == []
    press(page, "Retitle")  # ... and the count would have seen it.
    expect(view(page).locator("figcaption").first).to_have_text("The data'")
    assert page.sent


@pytest.mark.browser
def test_keys_turn_the_cloud_in_focus_and_no_further_than_upright(visit):
    page = visit()
    press(page, "Retitle")
    page.keyboard.press("Tab")
    first = clouds(page).first
    expect(first).to_be_focused()
    assert first.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    expect_data(page, view_angles="-63 14")
    for _ in range(23):
        page.keyboard.press("ArrowUp")
    expect_data(page, view_angles="-63 -90")
    page.keyboard.press("Control+ArrowDown")  # Not ours.
    page.keyboard.press("Home")
    expect_data(page, view_angles=START)
    for _ in range(25):
        page.keyboard.press("ArrowRight")
    expect_data(page, view_angles="157 14")


@pytest.mark.browser
def test_a_finger_turns_inside_and_scrolls_outside(visit):
    page = visit("resting", size=(390, 500), has_touch=True, is_mobile=True)
    session = page.context.new_cdp_session(page)
    scrolled = "() => document.querySelector('[data-testid=stMain]').scrollTop"

    def swipe(box: dict, right: float, down: float) -> None:
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        for kind, share in (("touchStart", 0), *(("touchMove", step / 5) for step in range(1, 6)), ("touchEnd", None)):
            points = [] if share is None else [{"x": x + right * share, "y": y + down * share}]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    cloud = clouds(page).first
    cloud.scroll_into_view_if_needed()
    begun = page.evaluate(scrolled)
    swipe(cloud.bounding_box(), 40, -40)
    expect_data(page, view_angles=re.compile(r"-\d+(\.\d+)? -\d+"))
    assert page.evaluate(scrolled) == begun
    angles = data(page, "view-angles")
    swipe(view(page).locator("figcaption").first.bounding_box(), 0, -150)
    page.wait_for_function(f"begun => ({scrolled})() > begun + 50", arg=begun)
    assert data(page, "view-angles") == angles


@pytest.mark.browser
def test_the_scrubber_moves_what_has_frames_and_the_camera_stays(visit):
    page = visit("frames=8&resting")
    expect_data(page, frame=7, frames=8)
    drag(page, 0, 0.25, 0)
    angles = changed(page, "view-angles", START)
    shown, notes = data(page, "shown").split("-"), view(page).locator(".note").all_inner_texts()
    page.sent.clear()
    page.get_by_role("slider").fill("1")
    expect_data(page, frame=1, view_angles=angles)
    moved, said = data(page, "shown").split("-"), view(page).locator(".note").all_inner_texts()
    assert [old == new for old, new in zip(shown, moved, strict=True)] == [True, True, False, True]
    assert [old == new for old, new in zip(notes, said, strict=True)] == [True, True, False]
    assert page.sent == []


@pytest.mark.browser
def test_live_data_and_reruns_keep_the_camera_even_under_a_finger(visit):
    page = visit()
    box = clouds(page).first.bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 100)
    angles, shown = changed(page, "view-angles", START), data(page, "shown")
    # A press by keyboard, because the mouse is busy.
    page.get_by_role("button", name="Grow").press("Enter")
    expect_data(page, frame=3, view_angles=angles)
    assert data(page, "shown") != shown
    page.mouse.move(box["x"] + 200, box["y"] + 100)
    changed(page, "view-angles", angles)
    page.mouse.up()
    angles = data(page, "view-angles")
    press(page, "Rest")
    expect_data(page, frames=4, view_angles=angles)


@pytest.mark.browser
def test_nothing_overflows_at_any_width(visit):
    page = visit("resting")
    for width, across in ((1366, 3), (700, 3), (390, 2), (320, 2)):
        page.set_viewport_size({"width": width, "height": 844})
        page.wait_for_function(SETTLED)
        assert page.evaluate(OVERFLOW) == []
        inner = view(page).evaluate(
            """root => Math.max(...[...root.querySelectorAll("*")].map((e) => e.getBoundingClientRect().right))
                       - root.getBoundingClientRect().right"""
        )
        assert inner <= 0.5, f"sticks out by {inner} px at {width}"
        boxes = [cloud.bounding_box() for cloud in clouds(page).all()]
        assert sum(box["y"] == boxes[0]["y"] for box in boxes) == across
        assert len({round(side) for box in boxes for side in (box["width"], box["height"])}) == 1


# The canvases were drawn for the width that the view has now.
SETTLED = """() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"""


@pytest.mark.browser
@pytest.mark.parametrize(
    ("query", "points", "frame"),
    [("points=0", 0, 2), ("points=1", 1, 2), ("nowhere", 0, 2), ("frames=0", 2000, 0)],
)
def test_few_points_or_none_do_not_fail(visit, query, points, frame):
    page = visit(query)
    expect_data(page, frame=frame)
    assert clouds(page).first.get_attribute("aria-label").startswith(f"The data: {points} points")
    assert bool(data(page, "first")) == bool(points)
    drag(page, 0, 0.25, 0)
    changed(page, "view-angles", START)


@pytest.mark.browser
@pytest.mark.timed
def test_three_clouds_of_2000_points_are_drawn_within_a_frame(visit):
    page = visit()
    clouds(page).first.focus()
    times = []
    for _ in range(15):
        draws = data(page, "draws")
        page.keyboard.press("ArrowLeft")
        changed(page, "draws", draws)
        times.append(float(data(page, "ms")))
    # A third of this where nothing else runs, and 16 is a frame; the tests share their cores.
    assert np.median(times) < 25


@pytest.mark.browser
def test_each_theme_leaves_out_the_colours_that_its_page_would_swallow(visit):
    page = visit(color_scheme="light")
    ends = (
        """bar => [...getComputedStyle(bar).backgroundImage.matchAll(/rgb\\(([^)]+)\\)/g)].map((found) => found[1])"""
    )
    for scheme in ("light", "dark"):
        draws = data(page, "draws")
        if scheme == "dark":
            page.emulate_media(color_scheme=scheme)
            changed(page, "draws", draws)
        colours = [luminance(text) for text in view(page).locator(".bar").evaluate(ends)]
        ground = luminance(page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor"))
        contrasts = [(max(c, ground) + 0.05) / (min(c, ground) + 0.05) for c in (colours[0], colours[-1])]
        assert min(contrasts) > 1.5
        assert colours == sorted(colours)


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2) of a text with red, green and blue in it."""
    channels = np.array(re.findall(r"\d+", colour)[:3], float) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])
