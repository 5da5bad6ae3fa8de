"""A pen in a real browser: code, posterior and what lies around follow it as torch has them, in silence."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from browsing import OVERFLOW, Server, expect, press
from easel_view_app import louder
from pen_view_app import ground, images
from test_easel_view import SEVEN, data, expect_data, expect_near, left, levels, slider, stroke, view

from aecore.intake.drawing import as_mnist
from aecore.ui.browser import Known, pen_drawing, walk_drawing
from aecore.ui.browser.easel import Halves, picture_of
from aecore.variational import HasPosterior

# Of each kind one: a plane as it is with a posterior, one dimension, a projection, squashed codes, a grid of entries,
# an encoder that is told what is seen, and none at all.
CASES = [
    "variant=vae",
    "variant=vae&latent=1",
    "variant=plain&latent=32&architecture=conv",
    "variant=sparse-kl&latent=16",
    "variant=masked&latent=2",
    "variant=masked-linear-lsq&architecture=linear",
]
ANY = re.compile(".")


# ---- Without a browser


@pytest.mark.parametrize("text", ["", "?", "AAAA", "A" * 1046])
def test_what_is_no_picture_is_none(text):
    assert picture_of(text, (28, 28)) is None


def test_a_picture_comes_back_as_it_was_sent():
    found = picture_of("AP8AgA==", (2, 2))
    np.testing.assert_allclose(found, [[0, 1], [0, 128 / 255]])
    assert found.dtype == np.float32


def test_what_does_not_fit_is_refused_in_words():
    with pytest.raises(ValueError, match=r"image must be \[2, 2\], got \[2, 3\]"):
        pen_drawing("a", Halves("a", 2, None, None), np.ones((2, 3)), (2, 2), np.ones(3))
    pixels = np.zeros((3, 2, 2), np.uint8)
    with pytest.raises(ValueError, match="one code and label an image, got 2, 3, 3"):
        walk_drawing("a", "a", None, Known(np.ones((2, 2)), pixels, np.zeros(3), []), places=True)


# ---- In the browser


@pytest.fixture(scope="module")
def server(views) -> Server:
    return views.at("pen")


@pytest.fixture
def opened(visit):
    """Opens the page with a query, once all of it is there."""

    def open_page(query: str = "", **options):
        page = visit(f"?{query}", **options)
        expect_data(page, restored=ANY)
        expect(atlas(page)).to_have_attribute("data-points", ANY)
        expect(walk(page)).to_have_attribute("data-waiting", ANY)
        return page

    return open_page


def atlas(page):
    return page.locator(".view[data-view='atlas']")


def walk(page):
    return page.locator(".view[data-view='walk']")


def numbers(text: str) -> np.ndarray:
    return np.array([float(word) for word in text.split()])


def given_rebuilt(page) -> tuple[np.ndarray, np.ndarray]:
    """The picture that the model is given and what is rebuilt of it."""
    rebuilt, given, _ = (levels(canvas) for canvas in view(page).locator("canvas[role=img]").all())
    return given, rebuilt


def cells(page, name: re.Pattern) -> list[np.ndarray]:
    row = walk(page).get_by_role("img", name=name)
    expect(row).to_be_visible()
    expect(walk(page)).to_have_attribute("data-waiting", "0")
    return [levels(canvas) for canvas in row.locator("canvas").all()]


@torch.no_grad()
def variances(model, image: np.ndarray) -> np.ndarray:
    return model.posterior(torch.from_numpy(image)[None, None]).log_variance.exp()[0].numpy()


@pytest.mark.browser
@pytest.mark.parametrize("query", CASES)
def test_code_posterior_and_neighbours_follow_the_pen_as_torch_has_them(opened, query):
    page = opened(query)
    spec = {"architecture": "dense", "latent": 2, **dict(part.split("=") for part in query.split("&"))}
    made = louder(spec["variant"], spec["architecture"], int(spec["latent"]))
    expect_data(page, code="")
    page.sent.clear()
    stroke(page, SEVEN, hold=True)  # The pen is down all the while.
    expect_data(page, code=ANY)
    (given, rebuilt), code = given_rebuilt(page), numbers(data(page, "code"))
    # What is shown of the given is rounded.
    np.testing.assert_allclose(code, made.embed(given[None])[0], atol=0.02 * max(1, np.abs(code).max()))
    expect_near(rebuilt, made.generate(code[None].astype(np.float32))[0], 1.5)
    codes = made.embed(images())
    centre, directions, _ = ground(codes)
    place = (code - centre) @ directions
    np.testing.assert_allclose(numbers(atlas(page).get_attribute("data-pen")), place, atol=1e-3)
    spread = atlas(page).get_attribute("data-spread")
    if isinstance(made, HasPosterior):
        known = (directions.T * variances(made, given)) @ directions
        np.testing.assert_allclose(numbers(spread), known[[0, 0, 1], [0, 1, 1]], rtol=0.05, atol=1e-4)
    else:
        assert spread == ""
    near = numbers(walk(page).get_attribute("data-near")).astype(int)
    distances = np.square(codes - code).sum(1)
    np.testing.assert_allclose(distances[near], np.sort(distances)[:10], rtol=1e-3)
    page.mouse.up()
    assert page.sent == []
    press(page, "Rerun")  # ... and the count would have seen it.
    expect(page.get_by_text("1 reruns")).to_be_visible()
    assert page.sent


@pytest.mark.browser
@pytest.mark.parametrize("query", ["variant=vae", "variant=plain&latent=8"])
def test_a_click_walks_from_the_digit_to_a_place_or_an_image(opened, query):
    page = opened(query)
    made = louder(*(("plain", "dense", 8) if "plain" in query else ("vae", "dense", 2)))
    stroke(page, SEVEN)
    page.sent.clear()
    points = atlas(page).locator(".points")
    points.scroll_into_view_if_needed()
    points.click(position={"x": 40, "y": 60})
    steps = cells(page, re.compile("steps from your digit to b"))
    assert len(steps) == 9
    code = numbers(data(page, "code")).astype(np.float32)
    expect_near(steps[0], made.generate(code[None])[0], 1.5)
    ends = made.generate(made.embed(images()))
    if "plain" in query:
        # To one of the images, and the middle of the way is half of both codes.
        goal = np.abs(ends - steps[-1]).max((1, 2)).argmin()
        expect_near(steps[-1], ends[goal], 1.5)
        middle = (code + made.embed(images()[goal][None])[0]) / 2
        expect_near(steps[4], made.generate(middle[None])[0], 1.5)
    if "vae" in query:
        samples = cells(page, re.compile("samples from the posterior"))
        assert len(samples) == 10
        assert np.abs(samples[0] - samples[1]).max() > 0.01
    # It goes along with the pen, and away with the mark.
    stroke(page, [(0.2, 0.8), (0.8, 0.8)])
    again = cells(page, re.compile("steps from your digit to b"))
    assert np.abs(again[0] - steps[0]).max() > 0.01
    expect_near(again[-1], steps[-1], 1)
    points.press("Escape")
    expect(walk(page)).to_have_attribute("data-walked", "0")
    assert page.sent == []


@pytest.mark.browser
def test_wherever_and_however_large_it_is_drawn_it_is_placed_as_python_places_it(opened):
    page = opened(size=(1366, 1400))  # All of it in view, none of it under the page's own bar.
    everywhere = [(x, y) for k in range(12) for x, y in ((0.02, 0.03 + k / 12), (0.98, 0.03 + k / 12))]
    for brush, places in ((1, [(0.1, 0.1), (0.11, 0.1)]), (4, [(0.8, 0.6), (0.98, 0.98)]), (10, everywhere)):
        press(page, "Clear")
        expect_data(page, code="")
        slider(page, "Brush").fill(str(brush))
        stroke(page, places)
        expect_data(page, code=ANY)
        expect_near(given_rebuilt(page)[0], as_mnist(np.rint(255 * levels(left(page), 280)).astype(np.uint8)))


@pytest.mark.browser
def test_undo_redo_and_clear_are_in_reach_of_a_thumb_and_of_keys(opened):
    page = opened(size=(390, 844), has_touch=True, is_mobile=True)
    assert page.evaluate(OVERFLOW) == []
    expect(view(page).get_by_text("Draw a digit here")).to_be_visible()
    for name in ("Undo", "Redo", "Clear"):
        box = view(page).get_by_role("button", name=name).bounding_box()
        assert min(box["width"], box["height"]) >= 44
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    assert view(page).locator("canvas[role=img]").first.bounding_box()["width"] >= 140
    # Pen and map are in sight together.
    top, bottom = left(page).bounding_box()["y"], atlas(page).locator(".points").bounding_box()
    assert bottom["y"] + bottom["height"] - top <= 844 - 60
    stroke(page, SEVEN)
    drawn = data(page, "code")
    expect(atlas(page).locator(".mine")).to_be_visible()
    for act, empty in (("Undo", True), ("Redo", False), ("Clear", True), ("Control+z", False), ("Control+z", True)):
        if act.startswith("Control"):
            left(page).press(act)
        else:
            view(page).get_by_role("button", name=act).tap()
        expect_data(page, code="" if empty else drawn)
    left(page).press("Control+y")
    expect_data(page, code=drawn)
    expect(atlas(page)).to_have_attribute("data-pen", ANY)
    view(page).get_by_role("button", name="Clear").press("Enter")
    expect_data(page, code="")
    expect(atlas(page)).to_have_attribute("data-pen", "")
    expect(walk(page).locator("figure:visible")).to_have_count(0)


@pytest.mark.browser
def test_the_drawing_outlives_reruns_and_another_model(opened):
    page = opened()
    stroke(page, SEVEN)
    given, code = given_rebuilt(page)[0], data(page, "code")
    press(page, "Rerun")
    expect(page.get_by_text("1 reruns")).to_be_visible()
    expect_data(page, code=code)
    press(page, "Other model")
    expect_data(page, code=re.compile(f"^(?!{re.escape(code)}$)."))
    np.testing.assert_array_equal(given_rebuilt(page)[0], given)
    # The map is the other model's, and knows.
    expect(atlas(page)).to_have_attribute("data-spread", "")
    expect(atlas(page)).to_have_attribute("data-pen", ANY)
    place = numbers(atlas(page).get_attribute("data-pen"))
    np.testing.assert_allclose(place, numbers(data(page, "code")), atol=1e-3)
    view(page).get_by_role("button", name="Undo").click()
    expect_data(page, code="")


@pytest.mark.browser
@pytest.mark.timed
@pytest.mark.parametrize("query", ["", "variant=vae&latent=32&architecture=conv"])
def test_code_and_map_follow_the_pen_within_a_frame(opened, query):
    page = opened(query)
    stroke(page, [(0.3, 0.3), (0.32, 0.32)], hold=True)
    box, times = left(page).bounding_box(), []
    for share in np.linspace(0.37, 0.79, 9):
        before = data(page, "code")
        page.mouse.move(box["x"] + share * box["width"], box["y"] + (1 - share) * box["height"])
        expect_data(page, code=re.compile(f"^(?!{re.escape(before)}$)."))
        times.append(float(data(page, "pointer-ms")))
    print(f"{query}: median {np.median(times):.2f} ms from pointer to code and mark, at most {max(times):.2f}")
    assert np.median(times) < 16
    assert max(times) < 100


def test_there_is_one_drawing_field_in_the_project():
    from conftest import ROOT

    texts = [path.read_text("utf-8") for path in (ROOT / "aecore").rglob("*.py")]
    for file in ("requirements.txt", "pyproject.toml"):
        texts.append((ROOT / file).read_text("utf-8"))
    assert not [text for text in texts if "drawable" in text]
