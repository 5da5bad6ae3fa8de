"""The figures of models side by side: what their traces hold, and that nothing odd breaks them."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from aecore.figures.base import number
from aecore.figures.compare import mean_activation, on_histogram, spectrum, sweep_curves, train_heldout_bars
from aecore.figures.noise import expected_and_found
from aecore.figures.palette import CLASS_COLOURS
from aecore.figures.race import Descent, race
from aecore.figures.spread import Prior, densities
from aecore.figures.unrolled import shrinkage

NAMES = ["Sparse", "Plain"]
FIGURES = {
    "on": on_histogram(NAMES, [np.array([0, 1, 1]), np.array([2])]),
    "mean": mean_activation(NAMES, [np.ones(3), np.ones(5)], [0.05]),
    "spectrum": spectrum(NAMES, [np.ones((2, 3)), np.ones((2, 5))]),
    "sweep": sweep_curves("beta", [1, 2], [("train", [3, 2], False)], "nats per image", False),
    "bars": train_heldout_bars(NAMES, [1, 2], [2, 3], "nats per image"),
    "no on": on_histogram([], []),
    "on without images": on_histogram(["Plain"], [np.zeros(0, int)]),
    "no mean": mean_activation([], [], []),
    "mean of nothing": mean_activation(["Plain"], [np.zeros(0)], [0.05]),
    "no spectrum": spectrum([], []),
    "spectrum of nothing": spectrum(["Plain"], [np.zeros((0, 4))]),
    "no sweep": sweep_curves("beta", [], [("train", [], False)], "nats per image", True),
    "no bars": train_heldout_bars([], [], [], "nats per image"),
}
ODD = [np.nan, np.inf, -np.inf]
FIGURES |= {
    "odd mean": mean_activation(["Diverged"], [np.array(ODD)], [0.05]),
    "odd spectrum": spectrum(["Diverged", "Dead"], [np.array([ODD]), np.zeros((2, 3))]),
    "odd sweep": sweep_curves("beta", [1, 2, 3], [("a", ODD, False), ("b", [1, None, 2], True)], "nats", True),
    "odd bars": train_heldout_bars(["a", "b", "c"], ODD, [1, None, 2], "nats per image"),
}
FLAT = Prior("prior", np.ones_like)
SECONDS = np.array([0.0, 1.0, 2.0])
FIGURES |= {
    "spread": densities("weight", ["Plain"], [np.linspace(-1, 1, 3)], [np.array([0.1, 1, 0.1])], {0: FLAT}),
    "no spread": densities("weight", [], [], [], {}),
    "spread of nothing": densities("weight", ["Plain"], [np.linspace(-1, 1, 3)], [np.zeros(3)], {0: FLAT}),
    "race": race([Descent("PCA", 2, np.ones(1), np.ones(1)), Descent("dense", 2, SECONDS, SECONDS + 3)]),
    "no race": race([]),
    "race not begun": race([Descent("dense", 2, np.zeros(1), np.ones(1))]),
    "odd race": race([Descent("dense", 2, SECONDS, np.array(ODD)), Descent("dense", 3, SECONDS, SECONDS)]),
    "noise": expected_and_found(np.array([0.1, 0.2]), np.array([0.1, 0.3])),
    "odd noise": expected_and_found(np.array(ODD), np.array([0.1, np.nan, 0.3])),
    "noise of nothing": expected_and_found(np.zeros(0), np.zeros(0)),
    "shrinkage": shrinkage([1, 5], np.ones((2, 3)), np.ones((2, 3))),
    "odd shrinkage": shrinkage([1], np.array([ODD]), np.array([ODD])),
}


def ys(figure, index: int) -> list[float]:
    return list(np.asarray(figure.data[index].y, float))


@pytest.mark.parametrize("name", FIGURES)
def test_axes_have_titles_and_the_figure_is_json(name):
    figure = FIGURES[name]
    assert figure.layout.xaxis.title.text
    assert figure.layout.yaxis.title.text
    assert json.loads(figure.to_json())["layout"]["height"] >= 110


@pytest.mark.parametrize("name", FIGURES)
def test_who_cannot_see_the_figure_is_told_its_numbers(name):
    alt = FIGURES[name].layout.meta["alt"]
    assert re.fullmatch(r"[A-Z].*\d.*\.", alt)
    assert not re.search(r"nan|inf", alt)


@pytest.mark.parametrize(
    ("name", "known"),
    [
        (
            "on",
            "Code dimensions active in one image, 2 models. "
            "Sparse: from 0 to 1, on average 0.667; Plain: from 2 to 2, ",
        ),
        ("on without images", "1 model. Plain: no images."),
        ("falling", "Plain: from 0.7 to 0.1; target: 0.05."),
        ("odd mean", "Diverged: no finite value"),
        ("falling spectrum", "Plain: from 3 to 0.75, 1 of 3 above 1."),
        ("odd sweep", "from the first of 3 values to the last. a: no finite value; b: from 1 to 2."),
        ("race", "2 models. PCA of 2: 1 after 1 seconds; dense of 2: 5 after 2 seconds."),
        ("noise", "2 images. on average 0.15 expected, 0.2 found; 1 farther off than expected."),
        ("odd bars", "a: no finite value on training images, 1 on held-out ones; b: "),
    ],
)
def test_alt_texts_say_first_and_last_values(name, known):
    figures = FIGURES | {
        "falling": mean_activation(["Plain"], [np.array([0.3, 0.1, 0.7])], [0.05]),
        "falling spectrum": spectrum(["Plain"], [np.array([[4, 1, 1e-7], [2, 0.5, 1e-8]])]),
    }
    assert known in figures[name].layout.meta["alt"]


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0"), (0.0512, "0.0512"), (12.345, "12.3"), (999.7, "1,000"), (12345, "12,345"), (3e9, "3e+09")],
)
def test_numbers_are_said_to_about_three_digits(value, said):
    assert number(value) == said


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_leaves_text_and_background_to_the_page(name):
    layout = FIGURES[name].layout
    assert layout.font.color is layout.paper_bgcolor is layout.plot_bgcolor is None
    assert layout.template.layout.paper_bgcolor == layout.template.layout.plot_bgcolor == "rgba(0, 0, 0, 0)"


@pytest.mark.parametrize("name", ["on", "mean", "spectrum", "bars"])
def test_models_and_splits_have_colours_of_the_palette(name):
    colours = [trace.line.color if trace.type == "scatter" else trace.marker.color for trace in FIGURES[name].data]
    assert colours[:2] == list(CLASS_COLOURS[:2])


def test_the_histogram_counts_images():
    figure = on_histogram(NAMES, [np.array([3, 3, 5, 4]), np.array([5, 5])])
    assert [trace.name for trace in figure.data] == NAMES
    assert list(figure.data[0].x) == list(figure.data[1].x) == [3, 4, 5]
    assert ys(figure, 0) == [0.5, 0.25, 0.25]
    assert ys(figure, 1) == [0, 0, 1]


def test_many_counts_share_bars_and_no_image_is_lost():
    on = np.random.default_rng(0).integers(7, 1025, 500)
    bars = on_histogram(["Plain"], [on]).data[0]
    assert 30 <= len(bars.x) <= 40
    assert sum(bars.y) == pytest.approx(1)
    width = bars.x[1] - bars.x[0]
    for middle, share, said in zip(bars.x, bars.y, bars.customdata, strict=True):
        first, last = map(int, said.split(" to "))
        assert last - first + 1 == width
        assert (first + last) / 2 == middle
        assert share == pytest.approx(((on >= first) & (on <= last)).mean())


def test_mean_activations_are_sorted_and_rho_is_dashed():
    figure = mean_activation(NAMES, [np.array([0.1, np.nan, 0.7, 0.3]), np.array([0.2])], [0.05])
    np.testing.assert_array_equal(ys(figure, 0), [0.7, 0.3, 0.1, np.nan])
    assert list(figure.data[0].x) == [1, 2, 3, 4]
    rho = figure.data[2]
    assert (list(rho.x), list(rho.y), rho.line.dash, rho.name) == ([1, 4], [0.05, 0.05], "dash", "target 0.05")
    assert len(mean_activation(NAMES, [np.ones(2)] * 2, []).data) == 2


def test_the_spectrum_is_the_mean_over_images_without_rounding_errors():
    figure = spectrum(NAMES, [np.array([[4, 1, 1e-7], [2, 0.5, 1e-8]]), np.array([[0.5]])])
    np.testing.assert_array_equal(ys(figure, 0), [3, 0.75, np.nan])
    assert ys(figure, 1) == [0.5]
    one = figure.data[2]
    assert (list(one.x), list(one.y), one.line.dash) == ([1, 3], [1, 1], "dash")
    assert figure.layout.yaxis.type == "log"
    assert {0.5, 1, 2} <= set(figure.layout.yaxis.tickvals)
    wide = spectrum(["Plain"], [np.array([[1000.0, 0.002]])]).layout.yaxis
    assert list(wide.ticktext) == ["0.001", "0.01", "0.1", "1", "10", "100", "1000"]


def test_sweeps_run_from_the_smallest_value_up():
    series = [("train", [3.0, 1.0, 2.0], True), ("held-out", [6, None, 5], False)]
    figure = sweep_curves("code size", [30, 2, 8], series, "nats per image", True)
    assert [list(trace.x) for trace in figure.data] == [[2, 8, 30]] * 2
    assert ys(figure, 0) == [1, 2, 3]
    np.testing.assert_array_equal(ys(figure, 1), [np.nan, 5, 6])
    assert [trace.line.dash for trace in figure.data] == ["dash", "solid"]
    assert {trace.mode for trace in figure.data} == {"lines+markers"}
    assert figure.layout.xaxis.title.text == "code size"
    assert figure.layout.yaxis.title.text == "nats per image"
    assert (figure.layout.xaxis.type, list(figure.layout.xaxis.ticktext)) == ("log", ["2", "8", "30"])


def test_a_sweep_from_zero_is_drawn_on_a_linear_axis():
    figure = sweep_curves("beta", [0, 1, 4], [("held-out", [1, 2, 3], False)], "nats per image", True)
    assert figure.layout.xaxis.type is None


def test_two_models_of_one_name_have_bars_of_their_own():
    figure = train_heldout_bars(["Plain", "Plain autoencoder, a long name"], [1, 2], [3, np.inf], "nats per image")
    assert [trace.name for trace in figure.data] == ["train", "held-out"]
    assert [list(trace.y) for trace in figure.data] == [[0, 1]] * 2
    assert list(figure.data[0].x) == [1, 2]
    np.testing.assert_array_equal(figure.data[1].x, [3, np.nan])
    assert figure.layout.yaxis.ticktext == ("Plain", "Plain<br>autoencoder, a<br>long name")
    assert figure.layout.xaxis.title.text == "nats per image"


def test_names_and_values_must_be_as_many():
    with pytest.raises(ValueError, match="zip"):
        on_histogram(NAMES, [np.ones(3, int)])


def test_a_race_begins_when_a_second_is_known_and_names_each_model_once():
    figure = FIGURES["race"]
    assert [list(trace.x) for trace in figure.data] == [[1], [1, 2]]
    assert ys(figure, 1) == [4, 5]
    assert [trace.name for trace in FIGURES["odd race"].data if trace.showlegend] == ["dense"]
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"
