"""The page Variational autoencoder in a real browser: every tab, trained from a link, and one slider over beta."""

from __future__ import annotations

import re

import numpy as np
import pytest
from browsing import expect, fits, listen, press, shown, status

pytestmark = pytest.mark.browser

SMALL = "data=digits&images=300&width=16&depth=1&epochs=2"
VIEWS = {
    "inside": (f"{SMALL}&latent=2", ".st-key-draws-images canvas"),
    "traverse": (f"{SMALL}&latent=4", ".st-key-live-traversals canvas"),
    "generate": (SMALL, ".st-key-generated-samples canvas"),
    "beta": ("data=digits&images=300&epochs=1&latent=3", ".st-key-live-traversals canvas"),
}


@pytest.mark.parametrize("view", VIEWS)
def test_a_link_opens_a_view_trained_and_nothing_is_cut_off(visit, view):
    query, last = VIEWS[view]
    page = visit(f"vae?view={view}&{query}&v=1")
    expect(status(page)).to_contain_text("finished: all")
    expect(page.locator(last).first).to_be_visible()
    fits(page)


def test_draw_again_draws_others_and_stages_can_be_stepped_through(visit):
    page = visit(f"vae?view=inside&{SMALL}&latent=3&stage=decode&v=1")
    pictures = page.locator(".st-key-draws-images .view")
    before = shown(pictures)
    press(page, "Draw again")
    expect(pictures).not_to_have_attribute("data-shown", before)
    expect(page.get_by_role("spinbutton", name="Draw")).to_have_value("1")
    expect(page.get_by_text("4. Two losses.")).to_have_count(0)


BETAS = "vae?view=beta&data=digits&images=300&epochs=40&latent=3&betas=0.1, 1, 8&v=1"
SWITCHED = ("images", "bars", "path", "traversal")


@pytest.fixture
def betas(visit):
    """The tab of three betas, at the second, once it is ready to switch; the traversals are in sight."""
    page = visit(BETAS)
    expect(status(page)).to_contain_text("finished: all 3")
    expect(page.locator(".st-key-beta-scrubber")).to_contain_text("beta 1: KL")
    page.locator(".st-key-beta-traversals").evaluate("element => element.scrollIntoView()")
    expect(part(page, "traversal")).to_have_attribute("data-strips", re.compile("."))
    expect(part(page, "traversal")).to_have_attribute("data-ready", "3")
    return page


def part(page, name: str):
    return page.locator(f".view[data-view='{name}']")


def expect_frame(page, frame: int) -> None:
    for name in SWITCHED:
        expect(part(page, name)).to_have_attribute("data-frame", str(frame))


def test_one_slider_switches_everything_to_another_beta_in_the_browser(betas):
    page = betas
    expect_frame(page, 1)
    pictures = {"images": "data-shown", "traversal": "data-now"}
    before = {name: part(page, name).get_attribute(hook) for name, hook in pictures.items()}
    listen(page)
    slider = page.locator(".st-key-beta-scrubber")
    expect(slider).to_be_in_viewport()  # It stays when the page is scrolled.
    slider.locator("input").press("ArrowRight")
    expect(slider).to_contain_text("beta 8: KL")
    expect_frame(page, 2)
    for name, hook in pictures.items():
        expect(part(page, name)).not_to_have_attribute(hook, before[name])
    # All say the same of this beta.
    kl, reconstruction = re.search("KL (.*), reconstruction (.*) nats", slider.locator(".moment").inner_text()).groups()
    expect(part(page, "bars").locator(".readout")).to_contain_text(f"KL {kl} nats in all")
    expect(part(page, "path").locator(".readout")).to_contain_text(f"reconstruction {reconstruction}")
    numbers = part(page, "bars").get_attribute("data-shown").split()
    expect(part(page, "traversal").locator(".name strong")).to_have_text([f"dimension {number}" for number in numbers])
    # And a strip decodes at once.
    now = part(page, "traversal").get_attribute("data-now")
    strip = part(page, "traversal").get_by_role("slider").first
    strip.press("End")
    expect(part(page, "traversal")).not_to_have_attribute("data-now", now)
    expect(part(page, "traversal")).to_have_attribute("data-code", re.compile(r"\b3\b"))
    slider.locator("input").press("ArrowLeft")
    expect(part(page, "traversal")).to_have_attribute("data-now", before["traversal"])
    assert page.sent == []


# Moves the slider to each frame in turn; returns of each how many milliseconds later all views had drawn it.
SWITCH = """async (views) => {
  const slider = views.find(({ dataset }) => dataset.view === "scrubber").querySelector("input");
  const shows = ({ dataset }, frame) => dataset.frame === String(frame) && dataset.strips !== "";
  const times = [];
  for (const frame of [0, 1, 2, 0, 2, 1]) {
    await new Promise((done) => setTimeout(done, 50));
    const drawn = views.map((view) => new Promise((done) => {
      const watch = new MutationObserver(() => shows(view, frame) && (watch.disconnect(), done()));
      watch.observe(view, { attributes: true });
    }));
    const began = performance.now();
    slider.value = frame;
    slider.dispatchEvent(new Event("input"));
    await Promise.all(drawn);
    times.push(performance.now() - began);
  }
  return times;
}"""


@pytest.mark.timed
def test_everything_is_of_the_other_beta_within_50_ms(betas):
    page = betas
    listen(page)
    times = page.locator(".view:not([data-view=pulse])").evaluate_all(SWITCH)
    print(f"median {np.median(times):.1f} ms, most {max(times):.1f} ms from the slider to the last view")
    assert np.median(times) < 50
    assert page.sent == []


def test_a_model_without_a_posterior_is_told_what_it_lacks(visit):
    page = visit(f"vae?view=inside&variant=plain&{SMALL}&v=1")
    lacks = page.get_by_text("choose another, such as Variational autoencoder.")
    expect(lacks).to_be_visible()
    page.get_by_role("radio", name="traverse").click()
    expect(lacks).to_be_visible()
    page.get_by_role("button", name="Choose Variational autoencoder").click()
    expect(lacks).to_have_count(0)
    expect(page.get_by_role("button", name="Train")).to_be_visible()


def test_a_digit_drawn_on_classify_is_told_every_class(visit):
    page = visit("vae?view=classify&variant=cvae&data=digits&images=300&width=16&depth=1&epochs=2&start=empty&v=1")
    expect(page.get_by_text("Draw a digit: after each stroke")).to_be_visible()
    box = page.locator(".st-key-live-easel canvas").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 4)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 3 / 4, steps=6)
    page.mouse.up()
    expect(page.get_by_text("Best explained as")).to_contain_text("of whatever class it is")
    expect(page.locator(".st-key-label-probabilities .js-plotly-plot")).to_be_visible()
    fits(page)
