"""Traversals in a real browser: what is under the finger is what torch decodes, and the server hears nothing."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from browsing import OVERFLOW, Server, expect, press
from test_portable import torchs

from aecore.autoencoder import Autoencoder
from aecore.dataset import Facts
from aecore.portable import Portable
from aecore.runs.spec import Spec
from aecore.ui.browser import Scene, Strip, live_traversals

# As in the page.
LOW, HIGH, BASE, STEPS, NOTCHES = -30.0, 30.0, -8, 9, 600
PLACES = np.linspace(LOW, HIGH, STEPS)
SETTLED = re.compile(r"^[0-9a-f-]+$")


# ---- Without a browser


def strip(**changes) -> Strip:
    return Strip(**{"number": 0, "title": "number 1", "note": "", "low": -1, "high": 1} | changes)


@pytest.mark.parametrize(
    ("base", "changes", "steps", "said"),
    [
        ([0], {}, 9, "base must have 2 numbers as the decoder's codes, got 1"),
        ([0, 0], {}, 1, "steps must be from 2 to 13, got 1"),
        ([0, 0], {"number": 2}, 9, "number 1 must move a number from 0 to 1, got 2"),
        ([0, 0], {"number": -1}, 9, "number 1 must move a number from 0 to 1, got -1"),
        ([0, 0], {"low": 1}, 9, "number 1 must run from a number to a greater one, got 1 to 1"),
        ([0, 0], {"high": np.nan}, 9, "got -1 to nan"),
        ([0, 0], {"low": -np.inf}, 9, "got -inf to 1"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(base, changes, steps, said):
    decoder = Portable((), {}, 2, (1, 2), "clip", None)
    with pytest.raises(ValueError, match=said):
        live_traversals("a", [Scene(decoder, base, [strip(**changes)])], steps=steps, key="k")


def test_there_must_be_a_scene():
    with pytest.raises(ValueError, match="there must be a scene to show"):
        live_traversals("a", [], key="k")


# ---- In the browser


@pytest.fixture(scope="module")
def server(views) -> Server:
    return views.at("traversal")


@pytest.fixture
def opened(visit):
    """Opens the page with a query, once its strips are decoded."""

    def open_page(query: str = "", **options):
        page = visit(f"?{query}", **options)
        expect_data(page, now=re.compile("."))
        if "strips=0" not in query:
            expect_data(page, strips=SETTLED)
        return page

    return open_page


def view(page):
    return page.locator(".view[data-view='traversal']")


def sliders(page):
    return view(page).get_by_role("slider")


def strips(page):
    return view(page).get_by_role("img", name=re.compile("pictures"))


def data(page, hook: str) -> str:
    return view(page).get_attribute(f"data-{hook}")


def expect_data(page, **hooks) -> None:
    for hook, value in hooks.items():
        expect(view(page)).to_have_attribute(f"data-{hook.replace('_', '-')}", value)


def code_with(number: int, value: float, latent: int = 10) -> str:
    """What the view says of a code that is as it starts but for one number."""
    code = [BASE] * min(8, latent)
    code[number] = value
    return " ".join(f"{value:g}" for value in code)


def model(variant: str = "vae", latent: int = 10, seed: int = 0) -> Autoencoder:
    return Spec(variant=variant, latent=latent, seed=seed).model(Facts(np.full((28, 28), 0.5, np.float32), classes=10))


def codes(number: int, values, latent: int = 10) -> np.ndarray:
    made = np.full((len(values), latent), BASE, np.float32)
    made[:, number] = values
    return made


def pixels(canvas) -> np.ndarray:
    """[H, W] the grey levels that a canvas shows."""
    height, width, levels = canvas.evaluate(
        """(canvas) => {
          const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return [height, width, Array.from({ length: width * height }, (_, i) => data[4 * i])];
        }"""
    )
    return np.reshape(levels, (height, width))


def expect_pictures(shown: np.ndarray, images: np.ndarray) -> None:
    """That grey levels [N, H, W] are those of images [N, H, W] in [0, 1], to the last but for rounding."""
    assert shown.shape == images.shape
    assert np.abs(shown - 255 * images).max() <= 1
    assert np.ptp(images) > 0.1  # Or anything grey would do.


def now(page) -> np.ndarray:
    """[1, H, W] the large picture."""
    return pixels(view(page).locator("figure canvas"))[None]


def pictures_of(page, row: int) -> np.ndarray:
    """[STEPS, H, W] the pictures of a strip; a column of nothing is between each two."""
    shown = pixels(strips(page).nth(row))
    height, width = len(shown), (shown.shape[1] + 1) // STEPS - 1
    return np.pad(shown, ((0, 0), (0, 1))).reshape(height, STEPS, width + 1).transpose(1, 0, 2)[..., :width]


def drag(page, row: int, start: float, end: float) -> None:
    """Presses at a share of a strip's width and moves to another, without letting go."""
    sliders(page).nth(row).scroll_into_view_if_needed()
    box = sliders(page).nth(row).bounding_box()
    page.mouse.move(box["x"] + start * box["width"], box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + end * box["width"], box["y"] + box["height"] / 2, steps=8)


@pytest.mark.browser
def test_strips_and_the_large_picture_are_torchs_of_the_class_given(opened):
    page, decoder = opened("variant=cvae&label"), model("cvae")
    with torch.no_grad():
        decoder.label_codes.fill_diagonal_(20)
    pictures = torchs(decoder, codes(0, [BASE]), 3)
    expect_pictures(now(page), pictures)
    assert np.abs(torchs(decoder, codes(0, [BASE]), 0) - pictures).max() > 0.1
    for row, number in enumerate([3, 2, 1, 0]):
        expect_pictures(pictures_of(page, row), torchs(decoder, codes(number, PLACES), 3))
    first = sliders(page).first
    assert first.get_attribute("aria-label") == "number 4, KL 0.50 nats"
    assert first.get_attribute("aria-valuetext") == "−8.0 prior sigmas"
    assert strips(page).first.get_attribute("aria-label") == "9 pictures, number 4 from −30 to 30"
    assert view(page).locator(".ruler").first.inner_text().split() == ["−20", "0", "20"]  # 40 is beyond the strip.


@pytest.mark.browser
def test_a_drag_decodes_what_is_under_it_and_the_server_hears_nothing(opened):
    page = opened()
    before = data(page, "strips").split("-")
    page.sent.clear()
    drag(page, 1, 0.3, 0.8)
    expect_data(page, strips=SETTLED)
    value = LOW + (HIGH - LOW) * int(sliders(page).nth(1).input_value()) / NOTCHES
    # The middle of the handle, which is as wide as a picture, is where the pointer is.
    picture = 28 / (29 * STEPS - 1)
    assert value == pytest.approx(LOW + (HIGH - LOW) * (0.8 - picture / 2) / (1 - picture), abs=0.3)
    expect_data(page, code=code_with(2, value))
    expect_pictures(now(page), model().generate(codes(2, [value])))
    after = data(page, "strips").split("-")
    assert [old == new for old, new in zip(before, after, strict=True)] == [False, True, False, False]
    others = codes(0, PLACES)
    others[:, 2] = value
    expect_pictures(pictures_of(page, 3), model().generate(others))
    expect(view(page).locator(".reading")).to_have_text(f"number 3{value:.1f} prior sigmas−8.0 in the image")
    page.mouse.up()
    expect_data(page, code=code_with(2, value))  # A drag does not end as a click would.
    assert page.sent == []
    press(page, "Rerun")  # ... and the count would have seen it.
    expect(page.get_by_text("1 reruns")).to_be_visible()
    assert page.sent


@pytest.mark.browser
def test_a_click_on_a_picture_goes_there_keys_go_on_and_there_is_a_way_back(opened):
    page = opened()
    before = data(page, "now"), data(page, "strips")
    back = view(page).get_by_role("button", name="Back to the image")
    expect(back).to_be_disabled()
    box = strips(page).first.bounding_box()
    page.mouse.click(box["x"] + 6.3 / STEPS * box["width"], box["y"] + 10)
    expect_data(page, code=code_with(3, PLACES[6]), strips=SETTLED)
    np.testing.assert_array_equal(now(page)[0], pictures_of(page, 0)[6])
    np.testing.assert_array_equal(pixels(view(page).locator(".frame canvas").last), now(page)[0])
    for key, value in (("ArrowLeft", 14.9), ("End", HIGH), ("PageDown", 24), ("Home", LOW)):
        page.keyboard.press(key)
        expect_data(page, code=code_with(3, value))
    sliders(page).last.focus()
    outline = "e => getComputedStyle(e.previousElementSibling).outlineStyle"
    assert [slider.evaluate(outline) for slider in sliders(page).all()] == ["none"] * 3 + ["solid"]
    back.click()
    expect_data(page, now=before[0], strips=before[1], code=code_with(0, BASE))
    expect(back).to_be_disabled()
    expect(view(page).locator(".reading")).to_have_text("As in the image")


@pytest.mark.browser
def test_the_code_outlives_reruns_even_under_a_finger_but_not_another_name(opened):
    page = opened()
    drag(page, 0, 0.3, 0.5)
    moved = code_with(3, 0)
    expect_data(page, code=moved)
    page.get_by_role("button", name="Rerun").press("Enter")  # By keyboard, because the mouse is busy.
    expect(page.get_by_text("1 reruns")).to_be_visible()
    expect_data(page, code=moved, strips=SETTLED)
    box = sliders(page).first.bounding_box()
    page.mouse.move(box["x"] + box["width"], box["y"] + box["height"] / 2)
    expect_data(page, code=code_with(3, HIGH))
    page.mouse.up()
    press(page, "Other image")
    expect_data(page, code=code_with(3, BASE), strips=SETTLED)


@pytest.mark.browser
def test_every_frame_has_a_scene_of_its_own_that_keeps_its_code(opened):
    page = opened("scenes=3")
    expect_data(page, frame="0", ready="3")
    page.sent.clear()
    frame = page.get_by_role("slider", name="Scene")
    sliders(page).first.fill("450")
    moved = code_with(3, LOW + (HIGH - LOW) * 0.75)
    expect_data(page, code=moved)
    first = data(page, "now")
    frame.fill("1")
    expect_data(page, frame="1", code=code_with(0, BASE), strips=SETTLED)
    expect_pictures(now(page), model(seed=1).generate(codes(0, [BASE])))
    for row, number in enumerate([0, 1, 2, 3]):  # In this scene's order.
        expect_pictures(pictures_of(page, row), model(seed=1).generate(codes(number, PLACES)))
    expect(view(page).locator(".strip").first).to_have_text(re.compile("^number 1KL 2.00 nats"))
    drag(page, 3, 0.3, 1)
    expect_data(page, code=code_with(3, HIGH), strips=SETTLED)
    expect_pictures(now(page), model(seed=1).generate(codes(3, [HIGH])))
    page.mouse.up()
    # A strip in focus hands it on to the one in its place.
    frame.evaluate("slider => { slider.value = 0; slider.dispatchEvent(new Event('input')); }")
    expect_data(page, frame="0", code=moved, now=first)
    expect(sliders(page).last).to_be_focused()
    frame.fill("1")
    expect_data(page, frame="1", code=code_with(3, HIGH))
    press_back = view(page).get_by_role("button", name="Back to the image")
    press_back.click()
    expect_data(page, code=code_with(0, BASE))
    assert page.sent == []


@pytest.mark.browser
def test_a_finger_moves_along_a_strip_and_scrolls_across_it(opened):
    page = opened(size=(390, 500), has_touch=True, is_mobile=True)
    session = page.context.new_cdp_session(page)
    scrolled = "() => document.querySelector('[data-testid=stMain]').scrollTop"

    def swipe(right: float, down: float) -> None:
        box = sliders(page).nth(1).bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        for kind, share in (("touchStart", 0), *(("touchMove", step / 5) for step in range(1, 6)), ("touchEnd", None)):
            points = [] if share is None else [{"x": x + right * share, "y": y + down * share}]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    sliders(page).nth(1).scroll_into_view_if_needed()
    begun = page.evaluate(scrolled)
    swipe(80, 0)
    expect_data(page, code=re.compile(rf"^{BASE} {BASE} \d"))
    assert page.evaluate(scrolled) == begun
    moved = data(page, "code")
    swipe(0, -150)
    page.wait_for_function(f"begun => ({scrolled})() > begun + 50", arg=begun)
    assert data(page, "code") == moved
    # The large picture stays in sight.
    assert 0 < view(page).locator("figure").bounding_box()["y"] < 100


@pytest.mark.browser
def test_of_many_strips_twelve_are_shown_at_first_and_those_in_sight_decoded(opened):
    page = opened("latent=512&strips=64")
    assert strips(page).count() == 12
    assert 0 < len(data(page, "strips").split("-")) < 12
    press(page, "Show all 64")
    assert strips(page).count() == 64
    sliders(page).last.scroll_into_view_if_needed()
    last = "canvas => canvas.getContext('2d').getImageData(1, 1, 1, 1).data[3]"
    page.wait_for_function(f"canvas => ({last})(canvas)", arg=strips(page).last.element_handle())
    assert not strips(page).nth(30).evaluate(last)
    assert view(page).get_by_text("not used").count() == 56
    expect_data(page, strips=SETTLED)
    drag(page, 63, 0.3, 1)
    expect_data(page, code=code_with(0, HIGH))
    expect_pictures(now(page), model(latent=512).generate(codes(0, [HIGH], 512)))
    page.mouse.up()
    press(page, "Show the first 12")
    assert strips(page).count() == 12


@pytest.mark.browser
def test_a_code_of_one_number_and_one_without_strips_do_not_fail(opened):
    page = opened("latent=1")
    sliders(page).first.fill("0")
    expect_data(page, code=f"{LOW:g}", strips=SETTLED)
    page = opened("strips=0")
    expect(view(page).locator(".hint")).to_have_text("There is no code dimension to move.")
    expect_pictures(now(page), model().generate(codes(0, [BASE])))


@pytest.mark.browser
def test_nothing_overflows_at_any_width(opened):
    page = opened("strips=13&latent=16&steps=13&origin")
    expect(view(page).get_by_role("button", name="Back to the origin")).to_be_disabled()
    for width in (1366, 820, 390, 320):
        page.set_viewport_size({"width": width, "height": 844})
        for row, place in ((0, "600"), (1, "0")):  # The frames' ends.
            sliders(page).nth(row).fill(place)
        expect_data(page, strips=SETTLED)
        assert page.evaluate(OVERFLOW) == []
        inner = view(page).evaluate(
            """root => { const box = root.getBoundingClientRect();
                         const boxes = [...root.querySelectorAll("*")].map((e) => e.getBoundingClientRect());
                         return Math.max(...boxes.filter((b) => b.width).flatMap((b) =>
                           [b.right - box.right, box.left - b.left])); }"""
        )
        assert inner <= 0.5, f"sticks out by {inner} px at {width}"
        assert sliders(page).first.bounding_box()["height"] >= 44 or width == 320


@pytest.mark.browser
@pytest.mark.timed
def test_the_picture_follows_the_finger_within_a_frame(opened):
    page = opened("strips=12&latent=16")
    drag(page, 0, 0.3, 0.35)
    box, times, frames = sliders(page).first.bounding_box(), [], []
    for share in np.linspace(0.4, 0.9, 11):
        before = [data(page, "now"), data(page, "draws")]
        page.mouse.move(box["x"] + share * box["width"], box["y"] + 20)
        changed = "([root, [now, draws]]) => root.dataset.now !== now && root.dataset.draws > Number(draws)"
        page.wait_for_function(changed, arg=[view(page).element_handle(), before])
        times.append(float(data(page, "pointer-ms")))
        frames.append(float(data(page, "ms")))
    print(f"median {np.median(times):.2f} ms from pointer to picture, {np.median(frames):.2f} ms a frame")
    assert np.median(times) < 16
    assert np.median(frames) < 16
