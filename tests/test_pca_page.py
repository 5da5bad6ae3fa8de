"""The page PCA in a real browser: every tab, live and trained, as links and on a phone."""

from __future__ import annotations

import re

import pytest
from browsing import expect, fits, press, shown, status

pytestmark = pytest.mark.browser

# Tabs with what tells that all of it is there; on small digits each trains in a moment.
SMALL = "data=digits&images=300"
TABS = {
    "components": (f"view=components&{SMALL}", ".st-key-explained .js-plotly-plot"),
    "price": ("view=price&data=digits&images=100&linear=false&conv=false", ".st-key-price-size"),
    "curved": ("view=curved&images=100", ".st-key-sheet-scrubber"),
    "ordered": (f"view=ordered&{SMALL}&latent=4", ".st-key-ordered-kept"),
    "clusters": (f"view=clusters&{SMALL}&latent=4&clusters=5", ".st-key-map-clusters canvas"),
}


def pictures(page, key: str):
    """The canvas of images in the container ``key``."""
    return page.locator(f".st-key-{key} .view").first


@pytest.mark.parametrize("view", TABS)
def test_a_link_opens_a_view_trained_and_nothing_is_cut_off(visit, view):
    query, last = TABS[view]
    page = visit(f"pca?{query}&v=1")
    expect(page.locator(last).first).to_be_visible()
    if view != "components":
        expect(status(page)).to_contain_text("finished: all")
    fits(page)


def test_the_slider_over_components_moves_images_in_the_browser_alone(visit):
    page = visit(f"pca?{SMALL}&components=500")
    expect(page.get_by_text("500 components are asked for")).to_contain_text("the slider goes to")
    expect(page.locator(".st-key-components-kept")).to_contain_text("k = 10: squared error")
    expect(page.locator(".st-key-explained .js-plotly-plot")).to_be_visible()
    before, said = shown(pictures(page, "live-reconstructions")), len(page.sent)
    page.locator(".st-key-components-kept input").press("ArrowRight")
    expect(page.locator(".st-key-components-kept")).to_contain_text("k = 11: squared error")
    expect(pictures(page, "live-reconstructions")).not_to_have_attribute("data-shown", before)
    expect(page.locator(".st-key-live-loss .readout")).to_contain_text("k 11")
    assert len(page.sent) == said


def test_angles_fall_to_under_two_degrees_also_if_left_meanwhile(visit):
    """What the lecture promises, as a class sees it: 10 numbers, all angles under 2 degrees, the loss on PCA's."""
    page = visit("pca?view=subspace&data=digits&latent=10&seed=7")
    expect(status(page)).to_contain_text("untrained: 2 of 2")
    untrained = shown(pictures(page, "plain-reconstructions"))
    press(page, "Train")
    expect(pictures(page, "plain-reconstructions")).not_to_have_attribute("data-shown", untrained)
    page.get_by_role("radio", name="ordered").click()
    expect(page.get_by_text("Keep only the first k dimensions")).to_be_visible()
    expect(status(page)).to_contain_text("untrained")
    page.get_by_role("radio", name="subspace").click()
    # Another tab begins at its own defaults.
    latent = page.get_by_role("spinbutton", name="Latent")
    expect(latent).to_have_value("2")
    latent.fill("10")
    latent.press("Enter")
    # It was paused while nobody looked, and goes on by itself from there: the press on Train was never taken back.
    expect(status(page)).to_contain_text("finished: all 2", timeout=90_000)
    said = page.get_by_text("Largest angle").first.inner_text()
    assert float(re.search(r"Largest angle ([\d.]+)", said)[1]) < 2
    label = page.locator(".st-key-plain-loss canvas").get_attribute("aria-label")
    reached, best = re.search(r"held-out ([\d.]+)", label)[1], re.search(r"PCA, 10 components ([\d.]+)", label)[1]
    assert float(reached) == pytest.approx(float(best), rel=5e-3)
    page.get_by_text("Each component, and how close it is to a tie").first.click()
    expect(page.locator(".st-key-plain-gaps .js-plotly-plot")).to_be_visible()
    # One scrubber rewinds both columns.
    trained = {key: shown(pictures(page, f"{key}-reconstructions")) for key in ("plain", "vae")}
    page.locator(".st-key-subspace-scrubber input").press("Home")
    for key, before in trained.items():
        expect(pictures(page, f"{key}-reconstructions")).not_to_have_attribute("data-shown", before)

    press(page, "Share")
    link = page.locator("[data-testid=stPopoverBody] code").first.inner_text().strip()
    for part in ("view=subspace", "data=digits", "latent=10", "beside=vae", "tied=false", "seed=7", "v=1"):
        assert part in link
    again = visit(link.split("/", 3)[3])
    expect(status(again)).to_contain_text("finished: all 2")
    assert shown(pictures(again, "plain-reconstructions")) == trained["plain"]
    fits(again)
    page.keyboard.press("Escape")
    page.reload()
    expect(status(page)).to_contain_text("finished: all 2")


def test_what_a_link_asks_for_in_vain_is_said(visit):
    page = visit(f"pca?view=subspace&{SMALL}&latent=900&tied=perhaps&beta=3")
    notices = page.locator(".st-key-notices")
    expect(notices).to_contain_text("ignored latent=900: it must be a whole number from 1 to 100; using 2")
    expect(notices).to_contain_text("ignored tied=perhaps: it must be true or false")
    expect(notices).to_contain_text("ignored beta=3: this tab has no such setting")
    other = visit(f"pca?view=subspace&{SMALL}&latent=80")
    expect(other.get_by_text("80 dimensions are asked for, but these images vary in").first).to_be_visible()
