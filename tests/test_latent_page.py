"""The page Latent space in a real browser: every tab, for codes of every length, and a digit really drawn."""

from __future__ import annotations

import re
import statistics
from urllib.parse import urlencode

import numpy as np
import pytest
from browsing import RERUN, WIRE, expect, fits, listen, press, status
from patience import slowness

from aecore.runs.run import train_spec
from aecore.runs.spec import Spec

pytestmark = pytest.mark.browser

SMALL = "data=digits&images=300&width=16&depth=1&epochs=2"
TABS = {
    "map": ".st-key-live-map canvas",
    "slice": ".st-key-live-map canvas",
    "draw": ".st-key-live-easel canvas",
    "between": ".st-key-walk-distances canvas",
    "numbers": ".st-key-correlations .js-plotly-plot",
    "rewind": ".st-key-live-scrubber",
}


@pytest.mark.parametrize("view", TABS)
def test_a_link_opens_a_tab_trained_and_nothing_is_cut_off(visit, view):
    page = visit(f"latent?view={view}&{SMALL}&v=1")
    expect(status(page)).to_contain_text("finished: all")
    expect(page.locator(TABS[view]).first).to_be_visible()
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


def spot(page, place: tuple[float, float]) -> tuple[float, float]:
    """Where a place of the map is on the screen."""
    view, box = page.locator(".view[data-view=atlas]"), page.get_by_role("application").bounding_box()
    left, right, _, top = map(float, view.get_attribute("data-part").split())
    scale = box["width"] / (right - left)
    return box["x"] + (place[0] - left) * scale, box["y"] + (top - place[1]) * scale


# A picture beside the map, as the bytes of its pixels.
PIXELS = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return [...data.filter((_, i) => i % 4 === 0)];
}"""


@pytest.mark.parametrize("architecture", ["dense", "conv"])
def test_the_pointer_decodes_as_torch_does_and_tells_the_server_nothing(visit, architecture):
    settings = {"architecture": architecture, "data": "digits", "images": 300, "width": 16, "epochs": 2, "seed": 3}
    page = visit(f"latent?{urlencode(settings)}&variant=vae&latent=2&axes=fixed&v=1")
    model = train_spec(Spec(variant="vae", latent=2, **settings)).model
    expect(status(page)).to_contain_text("finished: all")
    expect(page.locator(".view[data-view=atlas]")).to_have_attribute("data-part", "-5 5 -5 5")
    page.get_by_role("application").scroll_into_view_if_needed()
    listen(page)
    for place in ((0.0, 0.0), (1.5, -2.0), (-3.0, 3.0)):
        page.mouse.move(*spot(page, place))
        said = page.locator(".view[data-view=atlas] figure p").first
        expect(said).to_have_text(re.compile(r"code \("))
        code = [float(n) for n in re.findall(r"-?[\d.]+", said.inner_text().replace("\N{MINUS SIGN}", "-"))]
        assert code == pytest.approx(place, abs=0.02)
        seen = np.array(page.locator(".view[data-view=atlas] figure canvas").first.evaluate(PIXELS))
        # Half a pixel off the place that was asked for, and in whole steps of grey.
        np.testing.assert_allclose(seen, 255 * model.generate(np.array([code], np.float32)).ravel(), atol=4)
    assert page.sent == []


def test_two_marks_are_walked_between_and_kept_in_the_link_with_hidden_classes(visit):
    page = visit(f"latent?{SMALL}&axes=fixed&v=1&marks=oops&hidden=3")
    expect(page.locator(".st-key-notices")).to_contain_text("ignored marks=oops")
    expect(status(page)).to_contain_text("finished: all")
    atlas = page.locator(".view[data-view=atlas]")
    page.get_by_role("application").scroll_into_view_if_needed()
    page.mouse.click(*spot(page, (-2.0, 1.0)))
    page.wait_for_url(re.compile(r"marks=-[\d.]+%3A[\d.]+(&|$)"))
    page.mouse.click(*spot(page, (2.0, -1.0)))
    expect(page.get_by_text("The path from a to b")).to_be_visible()
    atlas.get_by_role("button", name="5", exact=True).click()
    page.wait_for_url(re.compile(r"hidden=3%2C5"))
    press(page, "Share")
    link = page.locator("[data-testid=stPopoverBody] code").first.inner_text().strip()
    again = visit(link.split("/", 3)[3])
    expect(again.get_by_text("The path from a to b")).to_be_visible()
    for name in "ab":
        expect(again.locator(".mark", has_text=name)).to_be_visible()
    expect(again.locator(".view[data-view=atlas]").get_by_role("button", name="5", exact=True)).to_have_attribute(
        "aria-pressed", "false"
    )
    # Two images, also beside a selection, and it goes on beside a second model.
    images = visit(f"latent?{SMALL}&v=1&marks=3,20")
    expect(images.get_by_text("The path from a to b")).to_be_visible()
    images.get_by_role("application").scroll_into_view_if_needed()
    images.locator(".view[data-view=atlas]").get_by_role("button", name="Box").click()
    box = images.get_by_role("application").bounding_box()
    images.mouse.move(box["x"] + 5, box["y"] + 5)
    images.mouse.down()
    images.mouse.move(box["x"] + box["width"] - 5, box["y"] + box["height"] - 5, steps=4)
    images.mouse.up()
    expect(images.get_by_text(re.compile("Selected: [0-9,]+ images"))).to_be_visible()
    expect(images.get_by_text("The path from a to b")).to_be_visible()
    images.get_by_role("button", name=re.compile("Walk from image 3 to image 20")).click()
    expect(images.locator(".st-key-walk-images canvas")).to_be_visible()
    expect(images.get_by_role("spinbutton", name="B", exact=True)).to_have_value("20")


def test_a_drawn_digit_moves_over_the_map_without_a_word_to_the_server(visit):
    page = visit(f"latent?view=draw&{SMALL}&points=300&sample=3&v=1", size=(1366, 1000))
    easel, atlas = (page.locator(f".view[data-view={name}]") for name in ("easel", "atlas"))
    expect(easel.get_by_text("Draw a digit here")).to_be_visible()
    expect(page.locator(".view[data-view=walk]")).to_have_attribute("data-near", "")
    listen(page)
    canvas = easel.get_by_role("application")
    # A dot is drawn and rebuilt too.
    stroke(page, canvas, (90, 90), (91, 91))
    expect(atlas).to_have_attribute("data-pen", re.compile("."))
    dot = atlas.get_attribute("data-pen")
    stroke(page, canvas, (50, 40), (130, 40), (80, 150))
    expect(atlas).not_to_have_attribute("data-pen", dot)
    expect(atlas).to_have_attribute("data-spread", re.compile("."))
    points = atlas.locator(".points")
    points.click(position={"x": 100, "y": 100})
    expect(page.get_by_role("img", name="9 steps from your digit to b, decoded")).to_be_visible()
    expect(page.get_by_role("img", name="10 samples from the posterior of your digit, decoded")).to_be_visible()
    assert page.sent == []


def test_where_the_browser_cannot_encode_the_server_answers_after_each_stroke(visit):
    page = visit(f"latent?view=draw&variant=cvae&latent=2&{SMALL}&points=300&v=1", size=(1366, 1000))
    expect(page.get_by_text("So the server answers each time you lift the pen")).to_be_visible()
    easel, atlas = (page.locator(f".view[data-view={name}]") for name in ("easel", "atlas"))
    stroke(page, easel.get_by_role("application"), (50, 40), (130, 40), (80, 150))
    expect(atlas).to_have_attribute("data-pen", re.compile("."))
    expect(easel.get_by_text(re.compile("squared error [0-9.]+"))).to_be_visible()
    atlas.locator(".points").click(position={"x": 100, "y": 100})
    expect(page.locator(".st-key-walk-images canvas")).to_be_visible()


def test_images_too_small_to_draw_in_are_refused_in_a_sentence(visit):
    page = visit("latent?view=draw&data=curves&width=16&depth=1&epochs=1&v=1")
    expect(page.get_by_text("has no images to draw on; choose another")).to_be_visible()


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
    expect(far.get_by_text("There are 660 images here: b can be 0 to 659.")).to_be_visible()


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
    expect(page.get_by_text("Projecting the codes.")).to_be_visible()
    took = []
    for turn in range(16):
        choice = other.get_by_role("radio", name="epoch" if turn % 2 == 0 else "batch")
        took.append(choice.evaluate(RERUN))
    expect(page.locator(".st-key-live-map canvas").first).to_be_visible(timeout=60_000)
    # Weighed once UMAP is done: what it takes from the other visitor is no slowness of the machine.
    assert statistics.median(took[1:]) < 100 * slowness(), took
    expect(page.get_by_text("UMAP keeps neighbours and little else")).to_be_visible()
    again = visit(query)
    expect(again.locator(".st-key-live-map canvas").first).to_be_visible()
