"""The axes of the map of codes: chosen at the first looks, hardly ever changed, and never by a jump."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aecore.exhibits.images import HALF_WIDTHS, SLACK, half_width
from aecore.runs.spec import Spec
from aecore.ui.browser.payload import pack, steps
from aecore.ui.browser.scripts import script_of

CLOUD = np.random.default_rng(0).normal(size=(500, 2)) / 3
# Calls the map's view for the same run on other axes, on a clock of its own: 20 repaints a second.
ZOOM = """async ({ script, sent }) => {
  let now = 0;
  performance.now = () => now;
  const { default: present } = await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
  const parentElement = document.body.appendChild(document.createElement("div"));
  parentElement.innerHTML = '<div class="view" style="width: 400px"></div>';
  const { dataset } = parentElement.firstChild;
  const seen = [];
  for (const bytes of sent) {
    present({ parentElement, data: new Uint8Array(bytes) });
    const limits = [];
    for (let i = 0; i < 40; i++) {
      await new Promise((done) => requestAnimationFrame(done));
      now += 50;
      if (dataset.limit) limits.push(Number(dataset.limit));
    }
    seen.push({ limits, label: parentElement.querySelector("canvas").ariaLabel });
  }
  return seen;
}"""


def widths_of(clouds: list[np.ndarray]) -> list[float]:
    found = [half_width(clouds[0])]
    for cloud in clouds[1:]:
        found.append(half_width(cloud, found[-1]))
    return found


@given(st.lists(st.floats(1e-4, 300), min_size=1, max_size=60))
def test_whatever_codes_do_the_axes_hold_them_and_seldom_change(sizes):
    widths = widths_of([CLOUD * size for size in sizes])
    assert widths == sorted(widths)
    for width, size in zip(widths, sizes, strict=True):
        assert np.quantile(np.abs(CLOUD * size), 0.99) <= SLACK * width
    changes = [after / before for before, after in pairwise(widths) if after != before]
    # All but the one that ends a close-up, which may be as small.
    assert all(factor >= 3 for factor in changes[1:])
    assert len(changes) <= 2 + len([w for w in HALF_WIDTHS if w <= widths[-1]])


@given(st.floats(1e-6, 300))
def test_at_the_first_look_all_points_can_be_told_apart(size):
    width = half_width(CLOUD * size)
    filled = np.quantile(np.abs(CLOUD * size), 0.99) / width
    # A fifth of the axes in the worst case; codes as close as those of an untrained model fill more than half.
    assert 0.1 <= filled <= 1
    assert width >= HALF_WIDTHS[0] or filled >= 0.49


def test_codes_that_are_no_numbers_or_all_the_same_have_axes_too():
    for places in (np.full((5, 2), np.nan), np.zeros((5, 2))):
        assert half_width(places) in HALF_WIDTHS
        assert half_width(places, 15.0) == 15.0


@pytest.mark.learns
@pytest.mark.parametrize("variant", ["plain", "vae"])
def test_a_recorded_training_keeps_its_axes_from_the_first_looks_on(variant, shared):
    moments = shared(Spec(data="digits", variant=variant, epochs=30, learning_rate=0.01)).history.moments
    widths = [float(m.shown["half_width"]) for m in moments]
    assert widths == sorted(widths)
    untrained = np.abs(moments[0].shown["places"])
    assert np.quantile(untrained, 0.99) >= 0.49 * widths[0]
    # Three at most in all, and at most one once the codes have begun to spread.
    assert len(set(widths)) <= 4
    assert len(set(widths[len(widths) // 3 :])) <= 2


@pytest.mark.browser
def test_the_map_zooms_and_does_not_jump(context_with):
    def sent(run: str, limit: float) -> list[int]:
        places = np.clip(CLOUD, -0.9, 0.9)[None].astype(np.float32) * np.float32(limit)
        limits = np.array([limit], np.float32)
        classes = [{"name": "0", "colour": "#0173b2", "marker": "circle"}]
        header = {"run": run, "first": 0, "axes": ["code 1", "code 2"], "classes": classes}
        arrays = {"places": steps(places, limits), "limits": limits, "labels": np.zeros(500, np.uint8)}
        return list(pack(header, arrays))

    asked = [sent("a", 0.02), sent("a", 5), sent("a", 5), sent("b", 0.5)]
    page = context_with().new_page()
    first, grown, again, other = page.evaluate(ZOOM, {"script": script_of("map"), "sent": asked})
    page.close()
    assert set(first["limits"]) == {0.02}
    assert "close-up, axes to \u00b10.02" in first["label"]
    on_the_way = [0.02, *grown["limits"]]
    assert on_the_way == sorted(on_the_way)
    assert max(after / before for before, after in pairwise(on_the_way)) < 2
    assert on_the_way[-1] == 5
    assert "close-up" not in grown["label"]
    assert set(again["limits"]) == {5}
    # Another run has axes of its own, from its first repaint on.
    assert set(other["limits"][1:]) == {0.5}
