"""Rows of pictures in a real browser: at any width every picture is there, in order, and large enough to read."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest

from aecore.ui.browser.payload import pack
from aecore.ui.browser.scripts import script_of

WIDTHS = (240, 296, 320, 366, 390, 480, 559, 560, 720, 998, 1024, 1366)
# Pictures in each row: what pages show, and what only somebody's own would.
ROWS = ([1], [10, 10], [12, 12, 12], [13, 13, 13, 13], [1, 40, 40], [24], [40, 40], [64], [3, 7, 100])
# Of a canvas: where each colour lies and how many pixels it has.
BOXES = """async ({ script, cases }) => {
  const { default: present } = await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
  const found = [];
  for (const { width, sent } of cases) {
    const parentElement = document.body.appendChild(document.createElement("div"));
    parentElement.innerHTML = `<div class="view" style="width: ${width}px"></div>`;
    const leave = present({ parentElement, data: new Uint8Array(sent) });
    const { dataset } = parentElement.firstChild;
    while (!dataset.draws) await new Promise((done) => requestAnimationFrame(done));
    const canvas = parentElement.querySelector("canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const boxes = {};
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 2] !== 255 || data[i + 3] !== 255) continue; // The pictures are all blue.
      const [x, y] = [(i / 4) % canvas.width, Math.floor(i / 4 / canvas.width)];
      const box = (boxes[`${data[i]} ${data[i + 1]}`] ??= { left: x, top: y, right: x, bottom: y, count: 0 });
      Object.assign(box, { left: Math.min(box.left, x), right: Math.max(box.right, x), bottom: y });
      box.count++;
    }
    found.push({ boxes, width: canvas.width, label: canvas.ariaLabel });
    parentElement.remove();
    leave();
  }
  return found;
}"""


def coloured(counts: list[int]) -> bytes:
    """Rows of pictures, each of a blue of its own: red is its row, green its place in it, both from 1."""
    rows = {}
    for r, count in enumerate(counts):
        pixels = np.empty((1, count, 2, 2, 3), np.uint8)
        pixels[..., 0], pixels[..., 2] = r + 1, 255
        pixels[..., 1] = np.arange(1, count + 1)[:, None, None]
        rows[f"row{r}"] = pixels
    titles = [f"row {r}, with a title of some length" for r in range(len(counts))]
    return pack({"run": "a", "first": 0, "frames": 1, "titles": titles}, rows)


@pytest.fixture(scope="module")
def drawn(context_with) -> dict:
    """What the browser drew, by width and counts."""
    cases = list(product(WIDTHS, map(tuple, ROWS)))
    asked = [{"width": width, "sent": list(coloured(list(counts)))} for width, counts in cases]
    page = context_with().new_page()
    found = page.evaluate(BOXES, {"script": script_of("images"), "cases": asked})
    page.close()
    return dict(zip(cases, found, strict=True))


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_no_picture_is_dropped_at_any_width(drawn, width):
    for counts in map(tuple, ROWS):
        found = drawn[width, counts]
        boxes = {tuple(map(int, key.split())): box for key, box in found["boxes"].items()}
        wanted = {(r + 1, i + 1) for r, count in enumerate(counts) for i in range(count)}
        assert boxes.keys() == wanted, (counts, sorted(wanted - boxes.keys()))
        for box in boxes.values():
            sides = [box["right"] - box["left"] + 1, box["bottom"] - box["top"] + 1]
            assert min(sides) >= 24, counts
            assert box["count"] == sides[0] * sides[1], counts  # Nothing lies over it.
            assert box["right"] < found["width"], counts
        for r, count in enumerate(counts):
            for before, after in pairwise(boxes[r + 1, i + 1] for i in range(count)):
                assert (before["top"], before["left"]) < (after["top"], after["left"])
                assert before["top"] == after["top"] or before["bottom"] < after["top"]
            for i in range(count):
                assert len({boxes[s + 1, i + 1]["left"] for s, other in enumerate(counts) if i < other}) == 1
        assert all(f"{count} row {r}" in found["label"] for r, count in enumerate(counts))
