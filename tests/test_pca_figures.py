"""The figures of principal components: what their traces hold, and that nothing odd breaks them."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from aecore.figures.palette import CLASS_COLOURS
from aecore.figures.pca import LEAST, Curve, agreement, explained, gaps, price

VARIANCES = np.array([6.0, 3, 1, 0, 0])
NAN = np.array([np.nan])
CURVES = [Curve("PCA", [2, 30], [40.0, 14.0], dashed=True), Curve("Plain", [30, 8, 2], [7.0, 12.0, np.nan])]
PUBLISHED = [("Hinton and Salakhutdinov 2006", 30, 3.0), ("PCA", 2, 45.0)]
FIGURES = {
    "explained": explained(VARIANCES, 3),
    "gaps": gaps(np.array([0.02, 45.0]), VARIANCES),
    "price": price(CURVES, PUBLISHED, 784),
    "agreement": agreement(["Pixels", "Codes"], [np.array([0.3, 0.5]), np.array([0.6])], "adjusted Rand index"),
}
ODD = {
    "explained, one": explained(np.ones(1), 1),
    "explained, more asked than there are": explained(VARIANCES, 100),
    "explained, no variance": explained(np.zeros(4), 4),
    "explained, nan": explained(NAN, 1),
    "explained, nothing": explained(np.zeros(0), 5),
    "gaps, one": gaps(np.array([3.0]), VARIANCES),
    "gaps, all pixels": gaps(np.full(5, 1.0), VARIANCES),
    "gaps, more than pixels": gaps(np.full(7, 1.0), VARIANCES),
    "gaps, none with a variance left": gaps(np.full(3, 1.0), VARIANCES),
    "gaps, no variance": gaps(np.full(2, 90.0), np.zeros(4)),
    "gaps, nan": gaps(np.full(2, np.nan), np.full(4, np.nan)),
    "gaps, tied and found": gaps(np.zeros(1), np.ones(2)),
    "gaps, wide": gaps(np.full(1, 1.0), np.array([1, 1.1e-7])),
    "gaps, nothing": gaps(np.zeros(0), VARIANCES),
    "price, nothing": price([], [], 64),
    "price, one point": price([Curve("Plain", [2], [30.0])], [], 64),
    "price, empty curve": price([Curve("Plain", [], [])], [], 64),
    "price, nan": price([Curve("Diverged", [2, 4], [np.nan, np.inf])], [("Lost", 4, np.nan)], 64),
    "price, published only": price([], PUBLISHED, 784),
    "agreement, nothing": agreement([], [], "adjusted Rand index"),
    "agreement, one of one seed": agreement(["Codes"], [np.array([1.0])], "adjusted Rand index"),
    "agreement, no seed": agreement(["Codes"], [np.zeros(0)], "adjusted Rand index"),
    "agreement, nan": agreement(["Codes"], [NAN], "adjusted Rand index"),
}
ALL = FIGURES | ODD


def alt(name: str) -> str:
    return ALL[name].layout.meta["alt"]


@pytest.mark.parametrize("name", ALL)
def test_axes_have_titles_and_the_figure_is_json(name):
    figure = ALL[name]
    axes = [*figure.select_xaxes(), *figure.select_yaxes()]
    assert len(axes) == (3 if name.startswith("gaps") else 2)
    assert all(axis.title.text for axis in axes)
    assert json.loads(figure.to_json())["layout"]["height"] >= 110
    for axis in axes:
        assert axis.range is None or np.isfinite(axis.range).all()
        assert axis.range is None or axis.range[0] != axis.range[1]


@pytest.mark.parametrize("name", ALL)
def test_who_cannot_see_the_figure_is_told_its_numbers(name):
    assert re.fullmatch(r"[A-Z].*\d.*\.", alt(name))
    assert not re.search(r"nan|inf", alt(name))


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_leaves_text_and_background_to_the_page_and_takes_its_colours_from_the_palette(name):
    figure = FIGURES[name]
    assert figure.layout.font.color is figure.layout.paper_bgcolor is figure.layout.plot_bgcolor is None
    for trace, colour in zip(figure.data[:2], CLASS_COLOURS, strict=False):
        assert colour in str(trace)


def test_shares_are_of_all_variance_and_add_up():
    each, together = explained(VARIANCES, 3).data
    assert list(each.x) == list(together.x) == [1, 2, 3]
    assert list(each.y) == pytest.approx([60, 30, 10])
    assert list(together.y) == pytest.approx([60, 90, 100])
    assert list(explained(VARIANCES, 1).data[1].y) == pytest.approx([60])
    assert "3 components. Each: from 60 to 10 %; together: from 60 to 100 %." in alt("explained")


@pytest.mark.parametrize("name", ["explained, no variance", "explained, nan"])
def test_without_variance_there_are_no_shares(name):
    assert all(np.isnan(trace.y).all() for trace in ODD[name].data)
    assert "no finite value" in alt(name)


def test_a_gap_is_to_the_first_component_left_out():
    angles, gap = FIGURES["gaps"].data
    assert list(angles.x) == list(gap.x) == [1, 2]
    assert list(angles.y) == [0.02, 45]
    assert list(gap.y) == pytest.approx([500, 200])
    assert list(gaps(np.ones(1), VARIANCES).data[1].y) == pytest.approx([100])
    assert (angles.yaxis, gap.yaxis) == ("y", "y2")
    layout = FIGURES["gaps"].layout
    assert layout.yaxis.domain[0] > layout.yaxis2.domain[1]
    assert layout.yaxis2.title.text == "gap to component 3, %"
    assert "the largest: 45 degrees of component 2; gaps to component 3: from 500 to 200 %." in alt("gaps")


@pytest.mark.parametrize(
    "name",
    [
        "gaps, all pixels",
        "gaps, more than pixels",
        "gaps, none with a variance left",
        "gaps, no variance",
        "gaps, nan",
    ],
)
def test_without_a_component_left_out_there_are_no_gaps(name):
    figure = ODD[name]
    assert np.isnan(figure.data[1].y).all()
    assert len(figure.data[1].y) == len(figure.data[0].y)
    (note,) = figure.layout.annotations
    assert note.text in alt(name)


def test_what_is_too_small_for_a_log_axis_is_drawn_at_its_end_and_told_as_it_is():
    for trace in ODD["gaps, tied and found"].data:
        assert list(trace.y) == [LEAST]
        assert list(trace.customdata) == [0]
    assert "Angles: 0 degrees; gaps to component 2: 0 %." in alt("gaps, tied and found")


@pytest.mark.parametrize("name", [name for name in ALL if name.startswith("gaps")])
def test_markers_and_stems_lie_inside_the_axes_of_which_a_few_ticks_are_named(name):
    figure = ALL[name]
    for trace, axis in zip(figure.data, (figure.layout.yaxis, figure.layout.yaxis2), strict=True):
        drawn = np.asarray(trace.y, float)
        low, high = 10 ** np.array(axis.range)
        assert ((drawn >= low * 0.999) & (drawn <= high * 1.001) | np.isnan(drawn)).all()
        ends = drawn - trace.error_y.arrayminus
        np.testing.assert_allclose(ends[~np.isnan(drawn)], LEAST, rtol=1e-4)
        assert axis.type == "log"
        assert 3 <= len(axis.tickvals) <= 6


def test_curves_run_from_small_codes_to_large_and_say_errors_per_pixel():
    figure = FIGURES["price"]
    pca, plain, published = figure.data
    assert (list(pca.x), list(pca.y), pca.line.dash) == ([2, 30], [40, 14], "dash")
    assert list(plain.x) == [2, 8, 30]
    np.testing.assert_array_equal(plain.y, [np.nan, 12, 7])
    assert plain.line.dash == "solid"
    for trace in figure.data:
        np.testing.assert_allclose(trace.customdata, np.asarray(trace.y) / 784)
        assert "per image" in trace.hovertemplate
        assert "per pixel" in trace.hovertemplate
    assert (list(published.x), list(published.y)) == ([30, 2], [3, 45])
    assert published.marker.symbol.endswith("-open")
    assert published.text == ("Hinton and Salakhutdinov<br>2006", "PCA")
    # Towards the middle, where a phone has room for it.
    assert published.textposition == ("middle left", "top right")
    axis = figure.layout.xaxis
    assert (axis.type, list(axis.ticktext)) == ("log", ["2", "8", "30"])
    assert figure.layout.yaxis.rangemode == "tozero"
    assert "PCA: 40 with 2 and 14 with 30; Plain: 12 with 8 and 7 with 30; Hinton" in alt("price")
    assert "Plain: 30 with 2." in alt("price, one point")


def test_every_seed_is_a_dot_and_their_mean_a_line():
    seeds, means = FIGURES["agreement"].data
    assert list(seeds.x) == [0.3, 0.5, 0.6]
    assert np.round(seeds.y).tolist() == [0, 0, 1]
    assert len(set(seeds.y)) == 3
    assert list(means.x) == pytest.approx([0.4, 0.6])
    assert list(means.y) == [0, 1]
    layout = FIGURES["agreement"].layout
    assert layout.yaxis.ticktext == ("Pixels", "Codes")
    assert layout.xaxis.title.text == "adjusted Rand index"
    assert "Pixels: 0.4, the mean of 2 seeds; Codes: 0.6, the mean of 1 seed." in alt("agreement")


def test_a_missing_score_leaves_the_others_mean_alone():
    _, means = agreement(["a", "b"], [np.array([0.2, np.nan, 0.4]), NAN], "score").data
    np.testing.assert_allclose(means.x, [0.3, np.nan])


@pytest.mark.parametrize(("lowest", "reached"), [(0.4, 0.0), (-0.2, -0.2)])
def test_scores_have_one_axis_that_reaches_below_zero_where_they_do(lowest, reached):
    low, high = agreement(["Codes"], [np.array([lowest, 0.5])], "score").layout.xaxis.range
    assert reached - 0.05 < low < reached
    assert 1 < high < 1.05


def test_names_and_scores_must_be_as_many():
    with pytest.raises(ValueError, match="zip"):
        agreement(["a", "b"], [np.ones(1)], "score")


def test_what_others_are_held_against_lies_on_top_of_them():
    curves = [Curve("PCA", [2, 10], [3.0, 2.0], dashed=True), Curve("linear", [2, 10], [3.1, 2.1])]
    pca, linear = price(curves, [], 64).data
    assert pca.zorder > linear.zorder
