"""The page Variational autoencoder in a real browser: every view, trained from a link, and one slider over beta."""

from __future__ import annotations

import pytest
from browsing import expect, fits, press, shown, status

pytestmark = pytest.mark.browser

SMALL = "data=digits&images=300&width=16&depth=1&epochs=2"
VIEWS = {
    "inside": (f"{SMALL}&latent=2", ".st-key-draws-images canvas"),
    "traverse": (f"{SMALL}&latent=4", ".st-key-live-traversals canvas"),
    "generate": (SMALL, ".st-key-samples canvas"),
    "beta": ("data=digits&images=300&epochs=1&latent=3", ".st-key-trade .js-plotly-plot"),
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


def test_one_slider_switches_everything_to_another_beta_in_the_browser(visit):
    page = visit("vae?view=beta&data=digits&images=300&epochs=1&latent=3&betas=0.5, 1, 2&v=1")
    expect(status(page)).to_contain_text("finished: all 3")
    slider = page.locator(".st-key-beta-scrubber")
    expect(slider).to_contain_text("beta 1: KL")
    pictures = page.locator(".st-key-beta-images .view")
    expect(page.locator(".st-key-trade .js-plotly-plot")).to_be_visible()
    before, said = shown(pictures), len(page.sent)
    slider.locator("input").press("ArrowRight")
    expect(slider).to_contain_text("beta 2: KL")
    expect(pictures).not_to_have_attribute("data-shown", before)
    assert len(page.sent) == said


def test_a_model_without_a_posterior_is_told_what_it_lacks(visit):
    page = visit(f"vae?view=inside&variant=plain&{SMALL}&v=1")
    expect(page.get_by_text("has no distribution over codes to look into")).to_be_visible()
    page.get_by_role("radio", name="traverse").click()
    expect(page.get_by_text("has no prior to measure a traversal by")).to_be_visible()
