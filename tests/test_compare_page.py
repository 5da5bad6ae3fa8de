"""Compare in a real browser: four at once, one scrubber, links that restore all, sweeps."""

from __future__ import annotations

import re

import pytest
from browsing import expect, fits, press, shown, status

# Small enough to finish in about a second each.
FOUR = "columns=4&data=digits&images=300&width=16&depth=1&latent=4"
LETTERS = "abcd"


def column(page, letter: str):
    return page.locator(f".st-key-{letter}-status")


def pictures(page, letter: str):
    return page.locator(f".st-key-{letter}-reconstructions .view")


@pytest.mark.browser
def test_four_train_at_once_and_all_four_are_live(visit):
    page = visit(f"compare?{FOUR}&epochs=500&seed=3")
    expect(status(page)).to_contain_text("untrained: 4 of 4")
    press(page, "Train")
    for letter in LETTERS:
        expect(column(page, letter)).to_contain_text("epoch")
    before = {letter: shown(pictures(page, letter)) for letter in LETTERS}
    for letter in LETTERS:
        expect(pictures(page, letter)).not_to_have_attribute("data-shown", before[letter])
    # None of the four has ended or been queued meanwhile.
    for letter in LETTERS:
        expect(column(page, letter)).to_contain_text("epoch")
    expect(page.locator(".st-key-live-loss .view")).to_have_attribute("data-draws", re.compile(r"\d+"))
    press(page, "Pause")
    expect(status(page)).to_contain_text("paused: 4 of 4")
    press(page, "Reset")
    expect(status(page)).to_contain_text("untrained: 4 of 4")
    press(page, "Undo reset")
    expect(status(page)).to_contain_text("paused: 4 of 4")


@pytest.mark.browser
def test_a_link_restores_the_whole_comparison_and_one_scrubber_moves_it(visit):
    page = visit(f"compare?{FOUR}&epochs=2&seed=4&b.variant=contractive&c.corruption=masking&d.latent=9")
    expect(status(page)).to_contain_text("untrained: 4 of 4")
    press(page, "Train")
    expect(status(page)).to_contain_text("finished: all 4")
    expect(page.get_by_text("What each does")).to_be_visible()
    expect(page.locator("table").first).to_contain_text("share of singular values below 1")
    trained = {letter: shown(pictures(page, letter)) for letter in LETTERS}
    press(page, "Share")
    link = page.locator("[data-testid=stPopoverBody] code").first.inner_text().strip()
    for part in ("columns=4", "b.variant=contractive", "c.corruption=masking", "d.latent=9", "seed=4", "v=1"):
        assert part in link
    other = visit(link.split("/", 3)[3])
    expect(status(other)).to_contain_text("finished: all 4")
    for letter in LETTERS:
        expect(pictures(other, letter)).to_have_attribute("data-shown", trained[letter])
    expect(other.locator(".st-key-notices .stAlert")).to_have_count(0)
    slider = other.get_by_role("slider").first
    slider.focus()
    slider.press("Home")
    for letter in LETTERS:
        expect(pictures(other, letter)).to_have_attribute("data-frame", "0")
    other.reload()
    expect(status(other)).to_contain_text("finished: all 4")


@pytest.mark.browser
def test_a_columns_settings_are_its_own_and_data_and_seed_are_shared(visit):
    page = visit(f"compare?{FOUR}&columns=2&epochs=2")
    expect(status(page)).to_contain_text("untrained: 2 of 2")
    press(page, "B")
    box = page.locator("[data-testid=stPopoverBody]").get_by_role("spinbutton", name="Latent")
    box.fill("7")
    box.press("Enter")
    expect(page).to_have_url(re.compile("b.latent=7"))
    assert "a.latent=7" not in page.url
    seed = page.locator("[data-testid=stSidebar]").get_by_role("spinbutton", name="Seed")
    seed.fill("5")
    seed.press("Enter")
    expect(page).to_have_url(re.compile("[?&]seed=5"))


@pytest.mark.browser
def test_a_sweep_makes_every_value_a_run_that_can_be_opened(visit):
    page = visit("compare?mode=sweep&data=digits&images=300&epochs=2&a.width=16&sweep=latent&values=1,2,5,8,zero,4000")
    expect(status(page)).to_contain_text("untrained: 4 of 4")
    said = page.locator(".stAlert").first
    expect(said).to_contain_text("left out: latent must be a whole number from 1 to 1024, got zero")
    press(page, "Train")
    expect(status(page)).to_contain_text("finished: all 4")
    expect(page.locator(".st-key-live-loss .js-plotly-plot")).to_be_visible()
    expect(page.locator("table tr")).to_have_count(5)
    link = page.locator("table a").nth(2).get_attribute("href")
    assert "latent=5" in link
    opened = visit(link.split("/", 3)[3])
    expect(status(opened)).to_contain_text("finished")
    press(page, "Share")
    shared = page.locator("[data-testid=stPopoverBody] code").first.inner_text().strip()
    again = visit(shared.split("/", 3)[3])
    expect(status(again)).to_contain_text("finished: all 4")


@pytest.mark.browser
def test_nothing_is_cut_off(visit):
    page = visit(f"compare?{FOUR}&columns=3&epochs=2&v=1")
    expect(status(page)).to_contain_text("finished: all 3")
    expect(page.get_by_text("What each does")).to_be_visible()
    page.locator(".js-plotly-plot").first.wait_for()
    fits(page)
