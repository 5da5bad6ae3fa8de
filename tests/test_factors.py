"""Disentanglement: scores of a run on images with known factors, what is said of them, and the tab in a browser."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from browsing import expect, fits, press, status
from streamlit.testing.v1 import AppTest

from aecore.figures import factors as figures
from aecore.measures.disentanglement import mig, mutual_information
from aecore.questions import factors as ask
from aecore.runs.run import Run
from aecore.runs.spec import Spec

SMALL = {"data": "shapes", "images": 300, "variant": "vae", "width": 16, "depth": 1, "latent": 3, "epochs": 1}
FACTORS = ("shape", "scale", "orientation", "x", "y")
NUMBERS = ("mig", "sap", "disentanglement", "completeness", "informativeness", "factor_vae", "modularity")


@pytest.fixture(scope="module")
def run(shared) -> Run:
    return shared(Spec(**SMALL, learning_rate=1e-2))


def silenced(beta: float, *numbers: int) -> Run:
    """An untrained run, some of whose code dimensions are no longer moved by the image but for a rounding."""
    untrained = Run(Spec(**SMALL, beta=beta))
    untrained.prepare()
    layers = [module for module in untrained.model.modules() if isinstance(module, torch.nn.Linear)]
    # The encoder's last: a mean and a log-variance of each number, the means first.
    last = next(layer for layer in layers if layer.out_features == 2 * untrained.model.latent)
    with torch.no_grad():
        last.weight *= 100
        last.weight[list(numbers)] *= 1e-6
    return untrained


def test_scores_are_the_measures_over_all_held_out_images(run):
    found, test = ask.scores(run), run.data.test
    codes = run.model.embed(test.images)
    assert found.used.all()
    assert found.images == len(test) == 3_104
    assert found.mig == mig(codes, test.factors)
    assert all(0 <= getattr(found, name) <= 1 for name in NUMBERS)
    # The 12 values of x are about equally frequent.
    share = mutual_information(codes, test.factors)[:, 3] / np.log(12)
    assert found.known.shape == (3, 5)
    assert found.known[:, 3] == pytest.approx(share, rel=1e-3)
    # The matrix is what MIG is the gap in.
    ranked = np.sort(found.known, axis=0)
    assert found.mig == pytest.approx((ranked[-1] - ranked[-2]).mean())


def test_a_number_that_is_not_in_use_tells_nothing_however_it_is_rounded():
    found = ask.scores(silenced(1, 1))
    assert list(found.used) == [True, False, True]
    assert not found.known[1].any()
    assert found.known[[0, 2]].any()


def test_a_code_that_died_scores_0_where_guessing_does():
    found = ask.scores(silenced(32, 0, 1, 2))
    assert not found.used.any()
    assert not found.known.any()
    assert [found.mig, found.sap, found.disentanglement, found.completeness, found.modularity] == [0] * 5
    # The most frequent of 3, 6, 12, 12 and 12 values, and one of five factors.
    assert found.informativeness == pytest.approx(0.15, abs=0.03)
    assert found.factor_vae == pytest.approx(0.2, abs=0.03)


def of_scores(**values: float) -> ask.Scores:
    """Scores of one run, 0.5 where nothing else is said."""
    numbers = dict.fromkeys(NUMBERS, 0.5) | values
    return ask.Scores(**numbers, known=np.zeros((2, 5)), used=np.ones(2, bool), images=100)


def test_the_finding_counts_all_scores_and_hides_none_that_fall():
    usual = [of_scores(mig=0.1, sap=0.4, modularity=0.9), of_scores(mig=0.2, sap=0.3, modularity=0.8)]
    four = [of_scores(mig=0.3, sap=0.1, modularity=0.8), of_scores(mig=0.4, sap=0.2, modularity=0.8)]
    assert ask.finding({1: usual, 4: four}) == (
        "**Beta 4 against beta 1**, means of 2 seeds: of 7 scores higher by 1 (MIG 0.350 against 0.150); lower by 2 "
        "(SAP 0.150 against 0.350, modularity 0.800 against 0.850); the same by 4 (DCI: disentanglement 0.500, "
        "DCI: completeness 0.500, DCI: informativeness 0.500, FactorVAE score 0.500). Single seeds overlap in 5 of 7."
    )


def test_the_finding_has_a_sentence_for_each_beta_above_1():
    said = ask.finding({0.5: [of_scores()], 1: [of_scores()], 4: [of_scores(mig=0.6)], 8: [of_scores(mig=0.4)]})
    four, eight = said.split("  \n")
    assert four.startswith(
        "**Beta 4 against beta 1**, one seed each: of 7 scores higher by 1 (MIG 0.600 against 0.500);"
    )
    assert eight.startswith(
        "**Beta 8 against beta 1**, one seed each: of 7 scores lower by 1 (MIG 0.400 against 0.500);"
    )
    assert "overlap" not in said


def test_the_best_beta_is_that_of_the_highest_mean():
    assert ask.best_beta({1: [0.1, 0.2], 4: [0.3, 0.4], 8: [0.2, 0.2]}) == 4


@pytest.mark.parametrize("betas", [[4], [1], [0.5, 1]])
def test_without_runs_on_both_sides_there_is_no_finding(betas):
    assert ask.finding({beta: [of_scores()] for beta in betas}).startswith("Nothing can be said of a beta above 1")


def test_what_guessing_gets_is_counted():
    assert ask.guessing(np.array([[0, 1], [0, 2], [1, 3], [2, 4]])) == pytest.approx((2 / 4 + 1 / 4) / 2)


def test_sap_and_guessing_are_told_as_they_are_here(run):
    def page(data):
        import streamlit as st

        from aecore.ui.vae import factors

        st.markdown(factors._meanings(data))
        st.caption(factors.SAP)

    app = AppTest.from_function(page, kwargs={"data": run.data}).run()
    text = app.markdown[0].value
    assert f"guessing gets {ask.guessing(run.data.test.factors):.2f} |" in text
    assert "guessing gets 0.20 |" in text
    assert all(title in text for title in ask.TITLES.values())
    assert "must not be compared" in app.caption[0].value


def test_the_mean_over_seeds_stands_between_the_least_and_the_most():
    found = {"beta 1": np.array([[0.1, 1.0], [0.3, 0.4]]), "beta 4": np.array([[0.5, 0.0]])}
    figure = figures.scores(["MIG", "SAP"], found)
    one, four = figure.data
    assert list(one.x) == pytest.approx([0.2, 0.7])
    assert list(one.x - one.error_x.arrayminus) == pytest.approx([0.1, 0.4])
    assert list(one.x + one.error_x.array) == pytest.approx([0.3, 1.0])
    assert not np.any(four.error_x.array)
    assert list(figure.layout.yaxis.ticktext) == ["MIG", "SAP"]
    # Within their row, and not upon each other.
    assert (np.abs(np.array([one.y, four.y]) - [0, 1]) < 0.5).all()
    assert len({*one.y, *four.y}) == 4
    said = figure.layout.meta["alt"]
    assert "beta 1, mean of 2 seeds: MIG 0.2, SAP 0.7" in said
    assert "beta 4, mean of 1 seed: MIG 0.5, SAP 0" in said


def test_the_matrix_says_which_number_knows_most_of_each_factor():
    known = np.array([[0.0, 0.6], [0.0, 0.9]])
    figure = figures.knowledge(known, ["shape", "x"])
    (heat,) = figure.data
    assert np.array_equal(heat.z, known)
    assert (heat.zmin, heat.zmax) == (0, 1)
    assert list(heat.x) == ["shape", "x"]
    assert list(heat.y) == [1, 2]
    said = figure.layout.meta["alt"]
    assert "shape: known to none" in said
    assert "x: best known to dimension 2, 0.9 of it" in said


@pytest.mark.parametrize("count", [1, 64, 65])
def test_a_matrix_of_very_many_numbers_shows_the_first(count):
    figure = figures.knowledge(np.full((count, 5), 0.5), FACTORS)
    assert figure.data[0].z.shape == (min(count, 64), 5)
    assert ("first 64" in figure.layout.meta["alt"]) == (count > 64)


@pytest.mark.browser
def test_a_link_opens_scores_finding_and_the_matrix_of_the_run_it_names(visit):
    # As high as the page: a list of options closes when the page is scrolled.
    page = visit("vae?view=factors&images=300&betas=1,4&seeds=1&latent=2&epochs=1&matrix=1,0&v=1", size=(1366, 2400))
    expect(status(page)).to_contain_text("finished: all 2")
    expect(page.get_by_text("Beta 4 against beta 1")).to_be_visible()
    expect(page.locator(".st-key-scores .js-plotly-plot")).to_be_visible()
    expect(page.locator(".st-key-knowledge .js-plotly-plot")).to_be_visible()
    expect(page.get_by_text("MNIST has no such score")).to_be_visible()
    chosen = page.get_by_role("combobox", name="The run")
    expect(chosen).to_have_value("beta 1, seed 0")
    chosen.click()
    page.get_by_role("option", name="beta 4, seed 0").click()
    expect(chosen).to_have_value("beta 4, seed 0")
    press(page, "Share")
    expect(page.get_by_test_id("stCode")).to_contain_text("matrix=4%2C0")
    page.keyboard.press("Escape")
    fits(page)
