"""The view of a convolution in a real browser: its numbers are torch's, and it is moved by keys, buttons and itself."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from browsing import ROOT, Server

from aecore.ui.browser.steps import KERNELS, LARGE, SMALL

STEPS = SMALL.size


def expected(mode: str, kernel: str, step: int) -> np.ndarray:
    """[4, 4] or [7, 7] what torch gives once the first ``step`` places were visited; nan where nothing was written."""
    weights, divisor = KERNELS[kernel]
    weights = torch.tensor(weights, dtype=torch.float64)[None, None] / divisor
    visited = torch.arange(STEPS).reshape(1, 1, 4, 4) < step
    if mode == "convolution":
        output = F.conv2d(torch.from_numpy(LARGE).double()[None, None], weights, stride=2, padding=1)
        return output.where(visited, torch.nan)[0, 0].numpy()
    given = torch.from_numpy(SMALL).double()[None, None] * visited
    output = F.conv_transpose2d(given, weights, stride=2, padding=1)
    touched = F.conv_transpose2d(visited.double(), torch.ones_like(weights), stride=2, padding=1) > 0
    return output.where(touched, torch.nan)[0, 0].numpy()


def test_the_page_runs_in_a_runtime_of_its_own():
    from streamlit.testing.v1 import AppTest

    assert not AppTest.from_file(str(ROOT / "tests/convolution_view_app.py"), default_timeout=30).run().exception


def test_a_convolution_and_its_transposed_one_swap_the_two_sizes():
    assert expected("convolution", "blur", STEPS).shape == SMALL.shape
    assert expected("transposed", "blur", STEPS).shape == LARGE.shape


# ---- In the browser


@pytest.fixture(scope="module")
def server(views) -> Server:
    return views.at("convolution")


@pytest.fixture
def visit(visit) -> Callable:
    """Opens the page, once its first step is drawn."""

    def open_page(width: int = 1366, height: int = 768, **options):
        page = visit("", size=(width, height), **options)
        expect_data(page, frame=0)
        return page

    return open_page


def view(page):
    return page.locator(".view[data-view='convolution']")


def expect_data(page, **hooks) -> None:
    from playwright.sync_api import expect

    for hook, value in hooks.items():
        expect(view(page)).to_have_attribute(f"data-{hook}", value if hasattr(value, "match") else str(value))


def press(page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def go_to(page, step: int) -> None:
    page.get_by_role("slider").fill(str(step - 1))
    expect_data(page, frame=step - 1)


def drawn(page) -> np.ndarray:
    values = json.loads(view(page).get_attribute("data-output"))
    return np.array([np.nan if value is None else value for value in values])


def number(text: str) -> float:
    """The value of a written number: '−0.2', '2/16'."""
    above, _, below = text.replace("−", "-").partition("/")
    return float(above) / float(below or 1)


def worth(text: str) -> float:
    """The value of a written sum such as '0.2 × 1/16 + 0.9 × −2'."""
    return sum(math.prod(map(number, term.split("\u00a0×\u00a0"))) for term in text.split(" + "))


@pytest.mark.browser
def test_every_output_is_torchs(visit):
    page = visit()
    for mode, button in (("convolution", re.compile("^Convolution")), ("transposed", "Transposed convolution")):
        page.get_by_role("button", name=button).click()
        expect_data(page, mode=mode, frame=0)
        for kernel in KERNELS:
            page.get_by_role("combobox", name="Kernel").select_option(kernel)
            expect_data(page, kernel=kernel)
            for step in (1, 6, STEPS):
                go_to(page, step)
                np.testing.assert_allclose(drawn(page), expected(mode, kernel, step).ravel(), atol=1e-6)


@pytest.mark.browser
def test_what_is_written_adds_up_to_what_is_drawn(visit):
    page = visit()
    terms, total = view(page).locator(".terms span"), view(page).locator(".total")
    for kernel, step in (("vertical edge", 1), ("vertical edge", 7), ("blur", 7)):
        page.get_by_role("combobox", name="Kernel").select_option(kernel)
        expect_data(page, kernel=kernel)
        go_to(page, step)
        result = drawn(page)[step - 1]
        assert worth(" ".join(terms.all_text_contents())) == pytest.approx(result, abs=1e-6)
        assert number(total.inner_text().strip("=≈ ")) == pytest.approx(result, abs=0.005)
    press(page, "Transposed")
    for kernel in ("blur", "horizontal edge"):
        page.get_by_role("combobox", name="Kernel").select_option(kernel)
        go_to(page, 7)  # Row 2, column 3: no part of its window is cut off.
        window = drawn(page).reshape(7, 7)[1:4, 3:6].ravel()
        for text, result in zip(terms.all_text_contents(), window, strict=True):
            written, said = re.split(r"\n[=≈] ", text)
            assert number(said) == pytest.approx(result, abs=0.005 + 1e-9)
            # What was there before is written to two decimals too.
            assert worth(written) == pytest.approx(result, abs=0.005 + 1e-9)
    go_to(page, 1)
    assert [text == "cut off" for text in terms.all_text_contents()] == [True] * 4 + [False] * 2 + [True] + [False] * 2


@pytest.mark.browser
def test_canvases_and_slider_say_what_they_show(visit):
    page = visit()
    press(page, "Next")
    expect_data(page, frame=1)
    labels = [canvas.get_attribute("aria-label") for canvas in view(page).get_by_role("img").all()]
    assert labels[0].startswith(
        "Input 7 × 7; the frame is on rows 1 to 2, columns 2 to 4; by rows: 0, 0, 0, 0, 0, 0, 0; 0,"
    )
    assert labels[1] == "Kernel 3 × 3: vertical edge; by rows: −1, 0, 1; −2, 0, 2; −1, 0, 1"
    assert labels[2].startswith(
        "Output 4 × 4; the frame is on row 1, column 2; by rows: 0.5, 0.5, none yet, none yet; none"
    )
    said = page.get_by_role("slider").get_attribute("aria-valuetext")
    assert said == "Step 2 of 16: Output row 1, column 2 is 0.5"


@pytest.mark.browser
def test_keys_and_buttons_step_and_the_server_hears_nothing(visit):
    page = visit()
    page.sent.clear()
    slider = page.get_by_role("slider")
    for key, frame in (("ArrowRight", 1), ("ArrowRight", 2), ("End", STEPS - 1), ("ArrowLeft", STEPS - 2), ("Home", 0)):
        slider.press(key)
        expect_data(page, frame=frame)
    assert page.get_by_role("button", name="Previous").is_disabled()
    for name, frame in (("Next", 1), ("Next", 2), ("Previous", 1)):
        press(page, name)
        expect_data(page, frame=frame)
    page.get_by_role("combobox", name="Kernel").select_option("average")
    expect_data(page, kernel="average", frame=1)
    assert page.sent == []
    press(page, "Rerun")  # ... and the count would have seen it; what was chosen stays.
    page.wait_for_function("document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'")
    expect_data(page, kernel="average", frame=1)
    assert page.sent


@pytest.mark.browser
def test_it_plays_to_the_end_once_asked_and_never_before(visit):
    from playwright.sync_api import expect

    page = visit(reduced_motion="reduce")
    button = page.get_by_role("button", name="Play")
    expect(button).to_have_attribute("aria-pressed", "false")
    go_to(page, STEPS - 1)
    button.click()
    expect_data(page, frame=STEPS - 1)
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect_data(page, frame=0)
    expect(button).to_have_attribute("aria-pressed", "true")
    expect_data(page, frame=1)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")


@pytest.mark.browser
def test_nothing_overflows_at_any_width(visit):
    page = visit()
    for mode in (re.compile("^Convolution"), "Transposed convolution"):
        page.get_by_role("button", name=mode).click()
        page.get_by_role("combobox", name="Kernel").select_option("blur")
        go_to(page, 7)
        for width in (320, 390, 700, 1366):
            page.set_viewport_size({"width": width, "height": 800})
            page.wait_for_function(SETTLED)
            inner = view(page).evaluate(
                """root => Math.max(...[...root.querySelectorAll("*")].map((e) => e.getBoundingClientRect().right))
                           - root.getBoundingClientRect().right"""
            )
            assert inner <= 0.5, f"sticks out by {inner} px at {width}"
            spans = (
                view(page).locator(".terms span").evaluate_all("all => all.map((e) => e.scrollWidth - e.clientWidth)")
            )
            assert max(spans) <= 0


# The canvases were drawn for the width that the view has now.
SETTLED = """() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"""


@pytest.mark.browser
def test_controls_are_big_enough_for_a_finger(visit):
    page = visit(390, 844, has_touch=True, is_mobile=True)
    controls = view(page).locator("button, input, select").all()
    assert len(controls) == 7
    for control in controls:
        assert control.bounding_box()["height"] >= 44


@pytest.mark.browser
def test_another_theme_redraws_in_its_colours(visit):
    page = visit(color_scheme="light")
    # The top cell of the kernel's middle column holds a 0: beside its text it has the ground's colour.
    ground = """root => { const c = root.querySelectorAll("canvas")[1], x = c.getContext("2d");
                          return x.getImageData(c.width / 2 - 12, 10, 1, 1).data[0]; }"""
    go_to(page, 7)
    assert view(page).evaluate(ground) > 200
    draws = view(page).get_attribute("data-draws")
    page.emulate_media(color_scheme="dark")
    expect_data(page, draws=re.compile(f"^(?!{draws}$)"))
    assert view(page).evaluate(ground) < 80
    expect_data(page, frame=6)
