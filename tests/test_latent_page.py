"""The page Latent space in a real browser: every view, for codes of every length, and a digit really drawn."""

from __future__ import annotations

import re
import statistics

import pytest
from browsing import RERUN, WIRE, expect, fits, press, status

pytestmark = pytest.mark.browser

SMALL = "data=digits&images=300&width=16&depth=1&epochs=2"
VIEWS = {
    "map": ".st-key-live-map canvas",
    "slice": ".st-key-live-map canvas",
    "draw": ".st-key-canvas canvas",
    "between": ".st-key-walk-distances canvas",
    "numbers": ".st-key-correlations .js-plotly-plot",
    "rewind": ".st-key-live-scrubber",
}


@pytest.mark.parametrize("view", VIEWS)
def test_a_link_opens_a_view_trained_and_nothing_is_cut_off(visit, view):
    page = visit(f"latent?view={view}&{SMALL}&v=1")
    expect(status(page)).to_contain_text("finished: all")
    expect(page.locator(VIEWS[view]).first).to_be_visible()
    fits(page)


@pytest.mark.parametrize(
    ("variant", "more"),
    [
        ("plain", "latent=1"),
        ("sparse-l1", "latent=3"),
        ("vae", "latent=32"),
        ("sparse-kl", "latent=512"),
        ("cvae", "latent=2"),
        ("vq-vae", "latent=2&width=4&depth=1"),
    ],
)
def test_codes_of_every_length_have_a_map(visit, variant, more):
    query = SMALL if variant != "vq-vae" else "data=digits&images=300&epochs=2"
    page = visit(f"latent?variant={variant}&{query}&{more}&v=1")
    expect(status(page)).to_contain_text("finished: all")
    expect(page.locator(".st-key-live-map canvas").first).to_be_visible()
    expect(page.get_by_text("10 nearest codes tell the class")).to_be_visible()


def stroke(page, canvas, *places: tuple[int, int]) -> None:
    """One stroke of the pen through ``places``, in pixels of the canvas."""
    box = canvas.bounding_box()
    (x, y), *others = [(box["x"] + px, box["y"] + py) for px, py in places]
    page.mouse.move(x, y)
    page.mouse.down()
    for px, py in others:
        page.mouse.move(px, py, steps=6)
    page.mouse.up()


def test_a_drawn_digit_lands_on_the_map(visit):
    page = visit(f"latent?view=draw&{SMALL}&v=1", size=(1366, 1000))
    expect(page.get_by_text("Nothing is drawn yet")).to_be_visible()
    canvas = page.locator(".st-key-canvas canvas").last
    stroke(page, canvas, (80, 60), (200, 60), (120, 230))
    expect(page.get_by_text("more than that of")).to_be_visible()
    expect(page.locator(".st-key-landing .js-plotly-plot")).to_be_visible()
    pictures = page.locator(".st-key-live-reconstructions .view")
    expect(pictures.locator("canvas")).to_have_attribute("aria-label", re.compile("drawn from its posterior"))
    seven = pictures.get_attribute("data-shown")
    # One dot more, far away, and it is another image.
    stroke(page, canvas, (20, 250), (21, 251))
    expect(pictures).not_to_have_attribute("data-shown", seven)


def test_a_walk_is_shared_with_its_ends(visit):
    page = visit(f"latent?view=between&{SMALL}&a=3&b=20&path=spherical&beside=plain&v=1")
    expect(status(page)).to_contain_text("finished: all 2")
    label = page.locator(".st-key-walk-images canvas")
    expect(label).to_have_attribute("aria-label", re.compile("Variational autoencoder.*Plain autoencoder"))
    press(page, "Share")
    link = page.locator("[data-testid=stPopoverBody] code").first.inner_text().strip()
    for part in ("view=between", "a=3", "b=20", "path=spherical", "beside=plain", "variant=vae", "v=1"):
        assert part in link
    far = visit(f"latent?view=between&{SMALL}&a=3&b=60000&v=1")
    expect(far.get_by_text("a and b are numbers from 0 to 659")).to_be_visible()


def test_a_known_model_needs_no_press(visit):
    page = visit(f"latent?{SMALL}&seed=5&v=1")
    expect(status(page)).to_contain_text("finished: all")
    expect(visit(f"latent?{SMALL}&seed=5").locator(".st-key-run-status")).to_contain_text("finished: all")


@pytest.mark.timed
def test_umap_blocks_nobody_and_is_kept(visit):
    other = visit("train?data=digits", script=WIRE)
    expect(other.get_by_role("button", name="Train", exact=True)).to_be_enabled()
    query = f"latent?{SMALL}&latent=8&projection=umap&points=600&v=1"
    page = visit(query)
    expect(page.get_by_text("Laying the codes out.")).to_be_visible()
    took = []
    for turn in range(8):
        choice = other.get_by_role("radio", name="epoch" if turn % 2 == 0 else "batch")
        took.append(choice.evaluate(RERUN))
    assert statistics.median(took[1:]) < 100, took
    expect(page.locator(".st-key-live-map canvas").first).to_be_visible(timeout=60_000)
    expect(page.get_by_text("UMAP keeps neighbours and little else")).to_be_visible()
    again = visit(query)
    expect(again.locator(".st-key-live-map canvas").first).to_be_visible()
