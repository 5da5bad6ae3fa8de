"""The easel in a real browser: it restores as torch does, centres as MNIST does, and the server hears nothing."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from browsing import OVERFLOW, Server, expect, press
from easel_view_app import digit, louder

from aecore.autoencoder import Autoencoder
from aecore.intake.drawing import as_mnist
from aecore.measures.restoration import psnr
from aecore.portable import Portable
from aecore.ui.browser import live_easel

SEVEN = [(0.3, 0.3), (0.7, 0.35), (0.45, 0.8)]
ACROSS = [(0.2, 0.3), (0.75, 0.4)]


# ---- Without a browser


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"image": np.ones((2, 3))}, r"image must be \[2, 2\] as the restorer's, got \[2, 3\]"),
        ({"inputs": 5}, "restorer must take 4 pixels or twice as many, got 5"),
        ({"tool": "axe"}, "tool must be one of draw, erase, scribble, noise, hole, got axe"),
        ({"hole": (1, 0, 2, 1)}, r"hole must lie within \[2, 2\] pixels, got \(1, 0, 2, 1\)"),
        ({"hole": (0, 0, 1, 0)}, "hole must lie within"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(changes, said):
    given = {"image": np.ones((2, 2)), "inputs": 4, "tool": "draw", "hole": None} | changes
    restorer = Portable((), {}, given.pop("inputs"), (2, 2), "clip", None)
    with pytest.raises(ValueError, match=said):
        live_easel("a", restorer, given.pop("image"), key="k", **given)


# ---- In the browser


@pytest.fixture(scope="module")
def server(views) -> Server:
    return views.at("easel")


@pytest.fixture
def opened(visit):
    """Opens the page with a query, once something is restored."""

    def open_page(query: str = "", **options):
        page = visit(f"?{query}", **options)
        expect_data(page, restored=re.compile("."))
        return page

    return open_page


def view(page):
    return page.locator(".view[data-view='easel']")


def data(page, hook: str) -> str:
    return view(page).get_attribute(f"data-{hook}")


def expect_data(page, **hooks) -> None:
    for hook, value in hooks.items():
        expect(view(page)).to_have_attribute(f"data-{hook.replace('_', '-')}", value)


def left(page):
    return view(page).get_by_role("application")


def slider(page, name: str):
    return view(page).get_by_role("slider", name=name)


def stroke(page, places, hold: bool = False) -> None:
    """Drags over the left picture through places in shares of its sides."""
    left(page).scroll_into_view_if_needed()
    box = left(page).bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    page.mouse.move(*at[0])
    page.mouse.down()
    for place in at[1:]:
        page.mouse.move(*place, steps=6)
    if not hold:
        page.mouse.up()


def levels(canvas, side: int = 28) -> np.ndarray:
    """[side, side] what a canvas shows, in [0, 1], at the middle of each of so many pixels a side."""
    shown = canvas.evaluate(
        """(canvas, side) => {
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          const fine = canvas.width / side;
          const at = (i) => Math.floor((Math.floor(i / side) + 0.5) * fine) * canvas.width + ((i % side) + 0.5) * fine;
          return Array.from({ length: side * side }, (_, i) => data[4 * Math.floor(at(i))]);
        }""",
        side,
    )
    return np.reshape(shown, (side, side)).astype(np.float32) / 255


def given(page) -> np.ndarray:
    return levels(left(page))


def pictures(page) -> list[np.ndarray]:
    """What is restored, the picture beside it (the one without damage, or the one given), and the error."""
    return [levels(canvas) for canvas in view(page).locator("canvas[role=img]").all()]


def expect_near(shown: np.ndarray, image: np.ndarray, most: float = 1) -> None:
    """That pixels are those of an image, to so many grey levels of 255."""
    assert np.ptp(image) > 0.05  # Or anything grey would do.
    assert np.abs(shown - image).max() * 255 <= most


@torch.no_grad()
def filled(made: Autoencoder, image: np.ndarray, hole: str) -> np.ndarray:
    """[28, 28] torch's reconstruction of an image with a hole as the view tells it."""
    top, start, height, width = map(int, hole.split())
    seen = torch.ones(1, 1, 28, 28)
    seen[:, :, top : top + height, start : start + width] = 0
    return made.generate(made.encode_seen(torch.from_numpy(image)[None, None], seen).numpy())[0]


@pytest.mark.browser
@pytest.mark.parametrize("query", ["", "architecture=conv", "variant=vae&tool=scribble"])
def test_the_image_and_what_is_painted_over_it_are_restored_as_torch_does(opened, query):
    page = opened(query)
    spec = dict(part.split("=") for part in query.split("&") if part)
    made = louder(spec.get("variant", "denoising"), spec.get("architecture", "dense"))
    expect_near(given(page), digit())
    expect_near(pictures(page)[0], made.reconstruct(digit()[None])[0])
    page.sent.clear()
    stroke(page, ACROSS)
    damaged, (restored, clean, wrong) = given(page), pictures(page)
    expect_near(clean, digit())
    assert np.abs(damaged - clean).max() > 0.3
    # What is shown of the given is rounded.
    expect_near(restored, made.reconstruct(damaged[None])[0], 4)
    expect_near(wrong, np.abs(restored - clean), 1.5)
    assert float(data(page, "damaged-db")) == pytest.approx(psnr(damaged, clean), abs=0.05)
    assert float(data(page, "restored-db")) == pytest.approx(psnr(restored, clean), abs=0.05)
    expect(view(page).locator("figcaption").first).to_contain_text(re.compile(r"Given to the model[\d.]+ dB"))
    assert page.sent == []
    press(page, "Rerun")  # ... and the count would have seen it.
    expect(page.get_by_text("1 reruns")).to_be_visible()
    assert page.sent


@pytest.mark.browser
def test_a_hole_is_refilled_wherever_it_is_dragged_and_moved_by_keys(opened):
    page = opened("variant=context&tool=hole")
    made = louder("context", "dense")
    expect_data(page, hole="8 8 11 11")
    expect_near(pictures(page)[0], filled(made, digit(), "8 8 11 11"))
    expect(view(page).get_by_text("The model is told which pixels are hidden")).to_be_visible()
    page.sent.clear()
    stroke(page, [(0.5, 0.5), (0.6, 0.3)])
    hole = data(page, "hole")
    assert hole == "3 11 11 11"
    expect_near(pictures(page)[0], filled(made, digit(), hole))
    for key in ("ArrowUp", "ArrowUp", "ArrowLeft", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    expect_data(page, hole="1 12 11 11")
    slider(page, "Height of the hole").fill("28")
    expect_data(page, hole="0 12 28 11")
    expect_near(pictures(page)[0], filled(made, digit(), "0 12 28 11"))
    left(page).press("Delete")
    expect_data(page, hole="")
    expect_near(pictures(page)[0], made.reconstruct(digit()[None])[0])
    stroke(page, [(0.02, 0.03), (0.02, 0.02)])
    expect_data(page, hole="0 0 11 11")
    assert page.sent == []


@pytest.mark.browser
def test_a_model_that_cannot_be_told_is_given_black_in_the_hole(opened):
    page = opened("tool=hole")
    expect(view(page).get_by_text("it is given black there")).to_be_visible()
    cut = digit()
    cut[8:19, 8:19] = 0
    expect_near(pictures(page)[0], louder("denoising", "dense").reconstruct(cut[None])[0])


@pytest.mark.browser
def test_a_drawing_is_centred_as_mnist_and_damage_does_not_move_it(opened):
    page = opened("empty&tool=draw")
    expect(view(page).get_by_text("Draw a digit here")).to_be_visible()
    expect(view(page).get_by_text("nothing yet")).to_be_visible()
    expect(view(page).get_by_role("button", name="Start again")).to_be_hidden()
    stroke(page, SEVEN)
    expect(view(page).get_by_text("Draw a digit here")).to_be_hidden()
    drawn, (_, given_small, _) = levels(left(page), 280), pictures(page)
    assert drawn.max() == 1
    assert drawn[:60].max() == 0
    expect_near(given_small, as_mnist(np.rint(255 * drawn).astype(np.uint8)))
    press(page, "Erase")
    expect_near(given(page), given_small)
    stroke(page, [(0.5, 0), (0.5, 0.5)])
    assert np.abs(given(page) - given_small).max() > 0.3
    expect_near(pictures(page)[1], given_small)
    view(page).get_by_role("checkbox").uncheck()
    expect_near(pictures(page)[1], drawn.reshape(28, 10, 28, 10).mean((1, 3)))


@pytest.mark.browser
def test_undo_takes_back_strokes_sliders_and_buttons_one_by_one(opened):
    page = opened()
    pasts = []

    def after(act, *given) -> None:
        before = data(page, "given"), data(page, "restored")
        act(*given)
        expect_data(page, given=re.compile(f"^(?!{before[0]}$)"))
        pasts.append(before)

    expect(view(page).get_by_role("button", name="Undo")).to_be_disabled()
    after(stroke, page, ACROSS)
    for tool in ("Scribble", "Noise", "Draw"):
        press(page, tool)
        after(stroke, page, SEVEN)
    after(slider(page, "Noise everywhere").fill, "0.5")
    after(press, page, "Other noise")
    after(press, page, "Hole")
    after(stroke, page, [(0.2, 0.2), (0.8, 0.8)])
    after(view(page).get_by_role("checkbox").check)
    for button in ("No damage", "Clear", "Start again"):
        after(press, page, button)
    for turn, (drawn, restored) in enumerate(reversed(pasts)):
        if turn % 2:
            left(page).press("Control+z")
        else:
            press(page, "Undo")
        expect_data(page, given=drawn, restored=restored)
    expect(view(page).get_by_role("button", name="Undo")).to_be_disabled()


@pytest.mark.browser
def test_noise_keeps_its_pattern_as_it_grows_and_other_noise_is_another(opened):
    page = opened("empty&tool=noise")
    slider(page, "Noise everywhere").fill("0.2")
    little = given(page)
    slider(page, "Noise everywhere").fill("0.4")
    seen = (little > 0) & (little < 0.4)
    assert np.abs(given(page) - 2 * little)[seen].max() < 3 / 255
    assert little[little > 0].std() == pytest.approx(0.2 * np.sqrt(1 - 2 / np.pi), rel=0.1)  # Of half a normal.
    press(page, "Other noise")
    assert np.abs(given(page) - 2 * little)[seen].mean() > 0.1


@pytest.mark.browser
def test_the_drawing_outlives_reruns_and_another_model_but_not_another_name(opened):
    page = opened("empty&tool=draw")
    stroke(page, SEVEN, hold=True)
    drawn = data(page, "given")
    page.get_by_role("button", name="Rerun").press("Enter")  # By keyboard, because the mouse is busy.
    expect(page.get_by_text("1 reruns")).to_be_visible()
    page.mouse.up()
    expect_data(page, given=drawn, tool="draw")
    press(page, "Hide")
    expect(view(page)).to_have_count(0)
    press(page, "Hide")
    expect_data(page, given=drawn)
    image, restored = pictures(page)[1], data(page, "restored")
    press(page, "Other model")
    expect_data(page, tool="hole", hole="8 8 11 11", restored=re.compile(f"^(?!{restored}$)"))
    expect_near(pictures(page)[1], image)
    expect_near(pictures(page)[0], filled(louder("context", "dense"), image, "8 8 11 11"), 4)
    press(page, "Other picture")
    expect(view(page).get_by_text("Press Draw, then draw a digit here")).to_be_visible()
    assert pictures(page)[1].max() == 0


@pytest.mark.browser
def test_a_finger_draws_and_does_not_scroll_the_page(opened):
    page = opened("empty&tool=draw", size=(390, 500), has_touch=True, is_mobile=True)
    session, scrolled = page.context.new_cdp_session(page), "document.querySelector('[data-testid=stMain]').scrollTop"
    left(page).scroll_into_view_if_needed()
    begun, box = page.evaluate(scrolled), left(page).bounding_box()
    for kind, share in (
        ("touchStart", 0.2),
        *(("touchMove", 0.2 + step / 10) for step in range(1, 7)),
        ("touchEnd", 0),
    ):
        points = [{"x": box["x"] + box["width"] / 2, "y": box["y"] + share * box["height"]}] if share else []
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    expect(view(page).get_by_text("Draw a digit here")).to_be_hidden()
    drawn = levels(left(page), 280)
    assert drawn[80:200, 140].min() == 1
    assert page.evaluate(scrolled) == begun
    expect(view(page).locator(".brush")).to_be_hidden()  # It is under the finger.


@pytest.mark.browser
def test_nothing_overflows_and_pictures_are_side_by_side_at_any_width(opened):
    page = opened("variant=context&tool=hole")
    for width in (1366, 820, 390, 320):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate(OVERFLOW) == []
        one, other = (canvas.bounding_box() for canvas in (left(page), view(page).locator("canvas[role=img]").first))
        assert one["y"] == pytest.approx(other["y"], abs=1)
        assert one["width"] == pytest.approx(other["width"], abs=1)
        assert one["width"] > 0.35 * min(width, 1000)
        assert one["x"] + one["width"] <= other["x"]


@pytest.mark.browser
@pytest.mark.timed
@pytest.mark.parametrize("query", ["tool=draw&empty", "tool=noise&architecture=conv", "variant=context&tool=hole"])
def test_the_restored_picture_follows_the_finger_within_a_frame(opened, query):
    page = opened(query)
    stroke(page, [(0.3, 0.3), (0.32, 0.32)], hold=True)
    box, times = left(page).bounding_box(), []
    for share in np.linspace(0.37, 0.79, 9):
        before = data(page, "given")
        page.mouse.move(box["x"] + share * box["width"], box["y"] + (1 - share) * box["height"])
        expect_data(page, given=re.compile(f"^(?!{before}$)"))
        times.append(float(data(page, "pointer-ms")))
    print(f"{query}: median {np.median(times):.2f} ms from pointer to picture, at most {max(times):.2f}")
    assert np.median(times) < 16
    assert max(times) < 100
