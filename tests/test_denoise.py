"""Denoising: what is asked of a run, the figure, and the page in a real browser."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
import torch
from browsing import expect, fits, press, shown, status
from PIL import Image

from aecore.corruptions import corruptions
from aecore.figures.denoise import quality
from aecore.measures.restoration import psnr
from aecore.measures.score import smoothed_score
from aecore.questions import denoise as ask
from aecore.questions.coloured import coloured
from aecore.questions.documents import AskPages
from aecore.questions.filled import SHARES, filled
from aecore.runs.run import Run
from aecore.runs.spec import Spec
from aecore.sources.text import page as printed
from aecore.training import generator
from aecore.ui.browser import live_arrows, live_wipe
from aecore.ui.denoise.colour import HOLE

SMALL = {"data": "digits", "images": 300, "variant": "denoising", "width": 16, "depth": 1, "latent": 8, "epochs": 2}
QUERY = "&".join(f"{name}={value}" for name, value in SMALL.items())
QUERIES = {
    "masked": "data=digits&images=300&latent=8&epochs=2",
    "colour": "images=100&epochs=1",
}
# The others are opened below.
VIEWS = {
    "masked": ".st-key-filled-errors canvas",
    "colour": ".st-key-colour-images canvas",
    "curves": ".st-key-ssim .js-plotly-plot, .st-key-psnr .js-plotly-plot",
}


@pytest.fixture(scope="module")
def run(shared) -> Run:
    return shared(Spec(**SMALL))


@pytest.mark.parametrize("damage", corruptions)
def test_any_damage_goes_from_none_to_its_highest_level_by_the_same_chance(run, damage):
    found, clean = ask.AskRestored(damage)(run), run.data.test.images
    assert found.levels[0] == 0
    assert np.array_equal(found.damaged[0], found.clean[0])
    assert np.isinf(found.before[0])
    assert found.damaged.shape == found.restored.shape == found.wrong.shape == (ask.LEVELS, ask.ROW, 8, 8)
    shown = run.model.corruption
    for name, images in (("known", run.data.train.images), ("unknown", clean)):
        whole = torch.from_numpy(images[: ask.MOST].copy())[:, None]
        given = shown.damage(whole, generator(0, "as in training"))[:, 0].numpy()
        assert getattr(found, name) == pytest.approx(psnr(run.model.reconstruct(given), images[: ask.MOST]))
    for index in (5, 20):
        given = ask.damaged(clean, damage, found.levels[index])
        assert found.before[index] == pytest.approx(psnr(given, clean))
        assert found.after[index] == pytest.approx(psnr(run.model.reconstruct(given), clean))


def test_noise_grows_under_the_finger_and_does_not_change():
    images = np.zeros((3, 8, 8), np.float32)
    low, high = (ask.damaged(images, "gaussian", level) for level in (0.2, 0.8))
    np.testing.assert_allclose(4 * low, high, rtol=1e-5)
    assert not np.array_equal(ask.damaged(images, "gaussian", 0.2, seed=1), low)


@pytest.mark.learns
def test_rivals_are_compared_on_the_same_damage_and_tell_how_far_they_are(run, monkeypatch):
    monkeypatch.setattr(ask, "COPIES", 2)
    question = ask.AskRivals("gaussian")
    shares: list[float] = []
    found, own = question(run, shares.append), ask.AskQuality("gaussian")(run)
    assert shares[-1] == 0.9
    assert question == ask.AskRivals("gaussian")
    assert hash(question) == hash(ask.AskRivals("gaussian"))
    assert list(own.psnr) == ["Denoising autoencoder"]
    assert np.array_equal(own.levels, found.levels)
    clean = run.data.test.images[: ask.COMPARED]
    given = ask.damaged(clean, "gaussian", found.levels[2])
    assert found.psnr["Damaged"][2] == pytest.approx(psnr(given, clean))
    assert own.psnr["Denoising autoencoder"][2] == pytest.approx(psnr(run.model.reconstruct(given), clean))
    # The mean image does not see the damage; what was learned for it beats doing nothing and, where it is strong, that.
    assert np.ptp(found.psnr["Mean image"]) == 0
    assert (found.psnr["Best linear map"] > found.psnr["Damaged"]).all()
    assert (found.psnr["Best linear map"][:5] > found.psnr["Mean image"][:5]).all()


def test_the_figure_tells_networks_from_the_others():
    found = {"network": np.array([20.0, 18.0]), "filter": np.array([19.0, np.inf])}
    figure = quality(np.array([0.1, 0.2]), found, "PSNR, dB", 1)
    assert [line.line.dash for line in figure.data] == ["solid", "dash"]
    assert "network from 20 to 18; filter 19" in figure.layout.meta["alt"]


def test_the_best_step_leads_to_the_data_and_is_not_known_far_away():
    data = np.array([[0.2, 0.5], [0.8, 0.5]])
    places = np.array([[0.21, 0.53], [0.8, 0.5], [0.5, 0.5]])
    moved = ask.best_steps(places, data, 0.05)
    np.testing.assert_allclose(moved[:2], data, atol=1e-6)
    assert np.isnan(moved[2]).all()


def test_a_run_on_points_of_the_plane_remembers_what_it_does_to_a_lattice(shared):
    run = shared(Spec(data="curves", images=100, variant="plain", epochs=1, width=8, depth=1))
    places = run.exhibit.probed
    assert places.shape == (441, 1, 2)
    assert (places.min(), places.max()) == pytest.approx((0.5 / 21, 20.5 / 21))
    assert np.array_equal(run.history.moments[-1].shown["rebuilt"], run.model.reconstruct(places)[:, 0])


def test_a_model_that_takes_the_best_steps_agrees_and_one_that_copies_takes_none(monkeypatch, shared):
    run = shared(Spec(data="curves", images=100, variant="plain", epochs=1, width=8, depth=1))
    data = run.data.train.images[:, 0]

    def best(given: np.ndarray) -> np.ndarray:
        return (given[:, 0] + 0.05**2 * smoothed_score(given[:, 0], data, 0.05))[:, None]

    monkeypatch.setattr(run.model, "reconstruct", best)
    found = ask.AskAgreement(0.05)(run)
    assert (found.cosine, found.moved) == pytest.approx((1, found.best))
    monkeypatch.setattr(run.model, "reconstruct", lambda given: given)
    assert ask.AskAgreement(0.05)(run) == ask.Agreement(0, 0, found.best, 0)
    # A step of (0.3, -0.4) from everywhere is 0.5 long, from clean points too.
    monkeypatch.setattr(run.model, "reconstruct", lambda given: given + np.array([[0.3, -0.4]], np.float32))
    found = ask.AskAgreement(0.05)(run)
    assert (found.moved, found.clean) == pytest.approx((0.5, 0.5), rel=1e-5)


@pytest.mark.parametrize("variant", ["masked", "masked-linear-lsq"])
def test_all_models_fill_in_the_same_hidden_pixels_and_seen_ones_stay(variant, shared):
    how = {"data": "digits", "images": 300, "variant": variant, "likelihood": "gaussian", "latent": 8, "epochs": 60}
    run = shared(Spec(**how, architecture="linear"))
    found, seen = filled(run), None
    for k in (2, 9, 17):
        hidden = found.shown[k] != found.original[0]
        # What was hidden stays hidden; pixels of middle grey, hidden or not, look alike.
        assert seen is None or (hidden | ~seen).all()
        seen = hidden
        share = (found.shown[k] == 128).mean()
        assert share == pytest.approx(SHARES[k], abs=0.1)
        assert (found.filled[k] == found.original[0])[found.shown[k] != 128].all()
    # Filling all in by the mean image is as bad whatever is hidden.
    assert found.floors == pytest.approx(np.full(19, found.floors.mean()), rel=0.1)
    assert found.errors[0] < found.floors[0]


def test_a_page_is_restored_whole_at_its_own_size(shared):
    run = shared(Spec(data="text", images=100, variant="denoising-grid", corruption="stains", width=4, epochs=1))
    found, clean = AskPages("stains", 3)(run), printed(3, 240, 360)[None]
    assert found.damaged.shape == found.restored.shape == (len(found.levels), 240, 360)
    assert found.levels[0] == 0
    assert np.isinf(found.before[0])
    # On pages, unlike small images, a stain more is always worse.
    assert (np.diff(found.before[1:]) < 0).all()
    given = ask.damaged(clean, "stains", found.levels[4], seed=3)
    assert found.before[4] == pytest.approx(psnr(given, clean))
    assert found.after[4] == pytest.approx(psnr(run.model.reconstruct(given), clean))


@pytest.mark.learns
def test_colours_are_painted_in_and_brightness_stays(shared):
    how = {"data": "coloured", "images": 600, "variant": "context", "likelihood": "gaussian", "latent": 16, "epochs": 8}
    run = shared(Spec(**how, **HOLE, width=64))
    found = coloured(run)
    assert (found.given == found.given[..., :1]).all()
    # What is rounded to a screen's colours, and cut off there, is no longer as bright to the bit.
    brightness = [np.asarray(row @ [0.299, 0.587, 0.114]) for row in (found.given, found.true)]
    assert np.abs(brightness[0] - brightness[1]).max() <= 1
    assert found.error < 0.9 * found.mean < found.undone


@pytest.mark.parametrize(
    ("before", "after"), [(np.ones((2, 4, 4)), np.ones((3, 4, 4))), (np.ones((4, 4)), np.ones((4, 4)))]
)
def test_a_wipe_needs_two_pictures_alike(before, after):
    with pytest.raises(ValueError, match="must be"):
        live_wipe("a", before, after, ("before", "after"), key="k")


@pytest.mark.parametrize(("ends", "right"), [(np.ones((2, 5, 2)), None), (np.ones((2, 4, 2)), np.ones((5, 2)))])
def test_every_arrow_needs_its_end(ends, right):
    with pytest.raises(ValueError, match="every start needs its end"):
        live_arrows("a", np.ones((3, 2)), np.ones((4, 2)), ends, right, first_frame=0, key="k")


@pytest.mark.browser
@pytest.mark.parametrize("view", VIEWS)
def test_a_link_opens_a_view_trained_and_nothing_is_cut_off(visit, view):
    page = visit(f"denoise?view={view}&{QUERIES.get(view, QUERY)}&v=1")
    expect(status(page)).to_contain_text("finished: all")
    expect(page.locator(VIEWS[view]).first).to_be_visible(timeout=60_000)
    fits(page)


@pytest.mark.browser
def test_the_level_moves_pictures_in_the_browser_alone_and_damage_is_chosen_apart(visit):
    page = visit(f"denoise?{QUERY}&damage=masking&v=1")
    slider, pictures = page.locator(".st-key-level-scrubber"), page.locator(".st-key-before-images .view")
    expect(slider).to_contain_text("level 0.50: damaged")
    fits(page)
    before, said = shown(pictures), len(page.sent)
    slider.locator("input").press("ArrowRight")
    expect(slider).to_contain_text("level 0.55: damaged")
    expect(pictures).not_to_have_attribute("data-shown", before)
    assert len(page.sent) == said
    expect(page.get_by_text("Trained against gaussian noise at level 0.5")).to_be_visible()
    press(page, "Share")
    expect(page.get_by_test_id("stCode")).to_contain_text(re.compile("view=before.*damage=masking"))


@pytest.mark.browser
def test_a_digit_is_damaged_and_restored_by_hand_in_the_browser_alone(visit):
    page = visit("denoise?view=own&variant=context&images=500&epochs=1&image=3&v=1")
    easel = page.locator(".st-key-live-easel .view")
    expect(easel).to_have_attribute("data-hole", "8 8 11 11")
    fits(page)
    first, restored = easel.get_attribute("data-given"), easel.get_attribute("data-restored")
    picture, said = easel.get_by_role("application"), len(page.sent)
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()

    def drag(*places) -> None:
        at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
        page.mouse.move(*at[0])
        page.mouse.down()
        page.mouse.move(*at[1], steps=5)
        page.mouse.up()

    drag((0.5, 0.5), (0.3, 0.7))
    expect(easel).to_have_attribute("data-hole", "14 3 11 11")
    expect(easel).not_to_have_attribute("data-restored", restored)
    assert float(easel.get_attribute("data-pointer-ms")) < 100
    moved = easel.get_attribute("data-restored")
    press(page, "Erase")
    drag((0.2, 0.3), (0.8, 0.4))
    expect(easel).not_to_have_attribute("data-restored", moved)
    press(page, "Undo")
    expect(easel).to_have_attribute("data-restored", moved)
    press(page, "Undo")
    expect(easel).to_have_attribute("data-given", first)
    assert len(page.sent) == said
    page.reload()
    expect(easel).to_have_attribute("data-restored", restored)


@pytest.mark.browser
def test_an_empty_field_waits_for_a_drawing_and_a_photo_for_a_file(visit):
    page = visit(f"denoise?view=own&start=empty&{QUERY}&v=1")
    expect(page.get_by_text("Draw a digit here")).to_be_visible()
    page = visit(f"denoise?view=own&start=photo&{QUERY}&v=1")
    expect(page.get_by_text("No photo yet")).to_be_visible()
    chooser = page.locator("input[type=file]")
    chooser.set_input_files({"name": "digit.png", "mimeType": "image/png", "buffer": b"no picture"})
    expect(page.get_by_text("The file is no picture that can be read")).to_be_visible()
    paper = np.full((200, 160), 230, np.uint8)
    paper[40:160, 70:90] = 20
    file = io.BytesIO()
    Image.fromarray(paper).save(file, "PNG")
    chooser.set_input_files({"name": "one.png", "mimeType": "image/png", "buffer": file.getvalue()})
    easel = page.locator(".st-key-live-easel .view")
    expect(easel.get_by_text("Given to the model")).to_be_visible()
    expect(easel.get_by_text("no damage", exact=True)).to_be_visible()


@pytest.mark.browser
def test_a_model_that_the_browser_cannot_compute_says_so(visit):
    page = visit(f"denoise?view=own&{QUERY.replace('depth=1&', '')}&architecture=recurrent&v=1")
    expect(page.get_by_text("A layer of this encoder (Reader) is not something the browser can")).to_be_visible()


@pytest.mark.browser
def test_arrows_are_rewound_in_the_browser_alone(visit):
    page = visit("denoise?view=arrows&images=100&v=1")
    expect(page.get_by_text("Mean cosine with the gradient")).to_have_count(3)
    fits(page)
    fields = [page.locator(f".st-key-{key}-field .view") for key in ("denoising", "contractive", "plain")]
    trained, said = [shown(field) for field in fields], len(page.sent)
    page.locator(".st-key-arrows-scrubber input").press("Home")
    for field, before in zip(fields, trained, strict=True):
        expect(field).not_to_have_attribute("data-shown", before)
        expect(field.locator("canvas")).to_have_attribute("aria-label", re.compile("441 arrows over 100 points"))
    assert len(page.sent) == said


@pytest.mark.browser
def test_a_page_is_uncovered_in_the_browser_alone(visit):
    page = visit("denoise?view=documents&images=100&epochs=1&v=1")
    wipe, level = page.locator(".st-key-page-wipe .view"), page.locator(".st-key-page-scrubber")
    expect(wipe).to_have_attribute("data-at", "0.5")
    fits(page)
    said = len(page.sent)
    divider = wipe.get_by_role("slider")
    divider.scroll_into_view_if_needed()
    box = divider.bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.5 * box["height"], steps=4)
    page.mouse.up()
    expect(wipe).to_have_attribute("data-at", re.compile(r"^0\.(19|2)"))
    expect(wipe.locator("canvas")).to_have_attribute("aria-label", re.compile("360 x 240 pixels: (19|20|21) % damaged"))
    frame = wipe.get_attribute("data-frame")
    level.locator("input").press("ArrowRight")
    expect(wipe).not_to_have_attribute("data-frame", frame)
    assert len(page.sent) == said
