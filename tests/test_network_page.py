"""The network on Train, in a real browser: what it says is what torch computes, and it can be touched."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from browsing import expect, fits, press, status

from aecore.runs.run import train_spec
from aecore.runs.spec import Spec

pytestmark = pytest.mark.browser

SETTINGS = {"data": "digits", "variant": "vae", "latent": 3, "width": 32, "depth": 2, "epochs": 4}
LINK = "train?" + "&".join(f"{name}={value}" for name, value in SETTINGS.items())


def network(page):
    return page.locator(".st-key-live-network .view")


def drawn(page) -> None:
    expect(network(page)).to_have_attribute("data-code", re.compile(r"\d"))


def at(page, column: int, of: int, height: float) -> None:
    """Clicks on the drawing in the middle of a column, at a share of its height."""
    box = network(page).locator("canvas").bounding_box()
    page.mouse.click(box["x"] + 8 + (box["width"] - 16) * (column + 0.5) / of, box["y"] + height * box["height"])


@pytest.fixture(scope="module")
def known():
    return train_spec(Spec(**SETTINGS))


def test_its_numbers_are_torchs_and_a_unit_tells_what_it_is_about(visit, known):
    page = visit(f"{LINK}&v=1")
    expect(status(page)).to_contain_text("finished")
    row, model = known.exhibit.row, known.model
    with torch.no_grad():
        codes = model.encode(row).numpy()
        first = torch.nn.functional.silu(model.encoder[1]((row - model.mean).flatten(1))).numpy()
    drawn(page)
    said = [float(number) for number in network(page).get_attribute("data-code").split()]
    assert np.allclose(said, codes[0], atol=2e-3)
    # The first picture is the image in view, and a click brings the next one.
    at(page, 0, 7, 0.4)
    expect(network(page)).to_have_attribute("data-code", re.compile(f"^{re.escape(f'{codes[1, 0]:.4f}'[:-2])}"))
    # A unit under the pointer is read off, and looked into at a click.
    at(page, 1, 7, 0.3)
    readout = network(page).locator(".readout")
    expect(readout).to_contain_text(re.compile(r"encoder: linear then SiLU, 32, .* unit \d+: "))
    unit, value = re.search(r"unit (\d+): (-?[\d.]+)", readout.inner_text()).groups()
    assert float(value) == pytest.approx(first[1, int(unit) - 1], abs=2e-3)
    panel = page.locator(".st-key-live-unit")
    expect(panel).to_contain_text(f"Unit {unit} of 32, encoder, linear")
    expect(panel).to_contain_text("with it held at 0")
    expect(panel.locator(".st-key-live-outputs .js-plotly-plot")).to_be_visible()
    fits(page)


def test_a_code_dimension_is_dragged_and_the_picture_follows(visit):
    page = visit(f"{LINK}&v=1")
    expect(status(page)).to_contain_text("finished")
    drawn(page)
    at(page, 3, 7, 0.4)
    expect(page.locator(".st-key-live-unit")).to_contain_text(re.compile(r"Code dimension \d"))
    expect(page.locator(".st-key-live-moved .view")).to_have_attribute("data-draws", re.compile(r"\d+"))


def test_one_step_is_played_stage_by_stage(visit):
    page = visit(f"{LINK}&seed=4")
    expect(status(page)).to_contain_text("untrained")
    drawn(page)
    press(page, "Step")
    for stage in ("forward", "loss", "backward", "step"):
        expect(network(page)).to_have_attribute("data-stage", stage)
    expect(network(page)).to_have_attribute("data-stage", "")
    expect(status(page)).to_contain_text("paused")


def test_it_lives_while_it_trains_and_fits_a_phone(visit):
    page = visit(LINK.replace("epochs=4", "epochs=400") + "&seed=5")
    expect(status(page)).to_contain_text("untrained")
    drawn(page)
    before = network(page).get_attribute("data-code")
    press(page, "Train")
    expect(network(page)).not_to_have_attribute("data-code", before)
    at(page, 1, 7, 0.3)
    expect(page.locator(".st-key-live-unit")).to_contain_text("Pause to look into it")
    press(page, "Pause")
    expect(page.locator(".st-key-live-unit")).to_contain_text("with it held at 0")
    page.set_viewport_size({"width": 390, "height": 844})
    fits(page)


def test_folded_away_it_is_drawn_for_nobody_and_comes_back(visit):
    page = visit(f"{LINK}&v=1")
    expect(status(page)).to_contain_text("finished")
    drawn(page)
    fold = page.get_by_text("The network", exact=True)
    fold.click()
    expect(network(page)).to_have_count(0)
    expect(page.locator(".st-key-live-map canvas").first).to_be_visible()
    fold.click()
    drawn(page)
