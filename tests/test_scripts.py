"""The views' scripts: how they are put together, that no name is defined twice, and their pure parts by themselves."""

from __future__ import annotations

import math
import os
import re
import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from browsing import ROOT

from aecore.ui.browser import Axes, Line, loss_drawing, map_drawing, scrubber_drawing
from aecore.ui.browser.payload import pack
from aecore.ui.browser.scripts import EXPORTS, HERE, IMPORTS, bundled, lean, script_of, style_of

# Not a view's: it runs in the document itself.
APART = {"history.js"}
FILES = {path.name: path.read_text("utf-8") for path in HERE.glob("*.js") if path.name not in APART}
VIEWS = sorted(name.removesuffix(".js") for name, text in FILES.items() if "\nexport default " in text)
# What each view is asked for by ``present``, and its words about itself.
OWN = {"build", "take", "draw", "gone", "describe"}
DEFINED = re.compile(
    r"^(?:export )?(?:default )?(?:async )?(?:function\*?|const|let|var|class) +(?:([\w$]+)|[\[{]([^\]}]*)[\]}])", re.M
)
IMPORTED = re.compile(r'^import \{([^}]*)\} from "\./(\w+\.js)";$', re.M)


def names_of(text: str) -> set[str]:
    """What a file defines at its top."""
    return {name for one, several in DEFINED.findall(text) for name in (re.findall(r"[\w$]+", several) or [one])}


def imported(text: str) -> set[str]:
    return {name for names, _ in IMPORTED.findall(text) for name in re.findall(r"[\w$]+", names)}


def twins(files: dict[str, str]) -> list[str]:
    """Names that two files define, or one for itself and all views for their own."""
    where: dict[str, list[str]] = {}
    for file, text in sorted(files.items()):
        own = OWN if "\nexport default " in text else set()
        for name in names_of(text) - own:
            where.setdefault(name, []).append(file)
    found = [f"{name}: {', '.join(found)}" for name, found in sorted(where.items()) if len(found) > 1]
    return found + [f"{name}: {', '.join(where[name])}, and each view" for name in sorted(OWN & where.keys())]


# ---- How they are put together


def test_no_name_is_defined_in_two_files():
    assert twins(FILES) == []


@pytest.mark.parametrize(
    ("file", "planted", "said"),
    [
        ("map.js", "function ticks(from, to) {}", "ticks: map.js, plane.js"),
        ("cloud.js", "const over = (a, b) => a;", "over: cloud.js, points.js"),
        ("walk.js", "const [SIDE, MARKERS] = [1, {}];", "MARKERS: points.js, walk.js"),
        ("plane.js", "export function draw() {}", "draw: plane.js, and each view"),
        ("axes.js", "export async function readPointer() {}", None),
    ],
)
def test_a_planted_twin_is_found(file, planted, said):
    found = twins({**FILES, file: f"{FILES[file]}\n{planted}\n"})
    assert said in found if said else found == []


def test_every_name_that_is_exported_is_imported_and_every_other_is_used_at_home():
    asked = set().union(*map(imported, FILES.values()))
    for file, text in FILES.items():
        offered = names_of("\n".join(line for line in text.splitlines() if EXPORTS.match(line)))
        assert offered <= asked, file
        for name in names_of(text) - offered:
            assert len(re.findall(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text)) > 1, f"{name} in {file}"


@pytest.mark.parametrize("view", VIEWS)
def test_a_views_script_is_one_module_of_all_that_it_imports(view):
    script = script_of(view)
    starts = {file: script.find(home(text)) for file, text in FILES.items()}
    needed = {file for file, start in starts.items() if start >= 0}
    assert f"{view}.js" in needed
    assert script == "\n".join(home(FILES[file]) for file in sorted(needed, key=starts.get))
    for file in needed:
        # An import that is written otherwise would be left in the script.
        assert len(IMPORTS.findall(FILES[file])) == len(re.findall(r"^import\b", FILES[file], re.M))
        # What is computed at once, such as a table, is computed after what it is made of.
        assert all(0 <= starts[before] < starts[file] for before in IMPORTS.findall(FILES[file]))
    assert needed == set().union({f"{view}.js"}, *(IMPORTS.findall(FILES[file]) for file in needed))
    assert re.findall(r"^(?:import|export)\b.*", script, re.M) == ["export default function (component) {"]


def home(text: str) -> str:
    """What a file brings into a script."""
    return lean(EXPORTS.sub("", IMPORTS.sub("", text)))


def test_a_style_is_that_of_all_views_and_the_views_own():
    assert style_of("convolution").startswith(style_of("map"))
    assert ".terms" in style_of("convolution")
    assert ".view" not in style_of("words")


# ---- The linter


def lint(folder: Path) -> str:
    """What the linter of tests/requirements.txt has to say of a folder."""
    program = shutil.which("oxlint", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if program is None:
        reason = "no oxlint: pip install -r tests/requirements.txt"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    command = [program, "-c", ROOT / ".ci" / "oxlint.json", "--deny-warnings", "--format", "unix", folder]
    return subprocess.run(command, capture_output=True, text=True).stdout


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ("export const a = () => unknownName;", "no-undef"),
        ("export function a() {\n  const left = 1;\n}", "no-unused-vars"),
        ('import { tickz } from "./plane.js";\nexport const a = tickz;', "import(named)"),
        ("export const a = (b) => [1].map((b) => b);", "no-shadow"),
        ('import { a } from "./one.js";\nexport const b = a;', "import(no-cycle)"),
    ],
)
def test_the_linter_finds_what_is_wrong(tmp_path, planted, said):
    for file, text in FILES.items():
        (tmp_path / file).write_text(text)
    (tmp_path / "one.js").write_text('import { b } from "./two.js";\nexport const a = b;\n')
    (tmp_path / "two.js").write_text(f"{planted}\n" if "one.js" in planted else "export const b = 1;\n")
    (tmp_path / "planted.js").write_text(f"{planted}\n")
    assert said in lint(tmp_path)


def test_the_linter_finds_nothing():
    assert "[" not in lint(HERE)


# ---- A drawing by itself


ALONE = """async ({ script, style, sent }) => {
  const { default: present } = await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
  const parentElement = document.body.appendChild(document.createElement("div"));
  parentElement.innerHTML = `<style>${style}</style><div class="view" style="width: 400px"></div>`;
  present({ parentElement, data: Uint8Array.from(sent) });
  const view = parentElement.querySelector(".view");
  while (!view.dataset.draws) await new Promise((done) => requestAnimationFrame(done));
  return view.innerText + view.querySelector("canvas")?.getAttribute("aria-label");
}"""


@pytest.mark.browser
@pytest.mark.parametrize(
    ("drawing", "said"),
    [
        (
            loss_drawing("a", np.arange(3), [Line("loss", "train", np.array([3.0, 2, 1]))], axes=Axes(2, 4, "nats")),
            "Loss at epoch 2.0 of 2: train 1.000 nats",
        ),
        (
            map_drawing("a", np.zeros((1, 3, 2)), np.arange(3), "abc", limits=[1], axes=("u", "v"), first_frame=0),
            "Map of 3 points in 3 classes, frame 0; u across and v up, from \u22121 to 1",
        ),
        (scrubber_drawing("a", ["epoch 0", "epoch 1"]), "2 of 2"),
    ],
    ids=lambda value: getattr(value, "view", ""),
)
def test_a_drawing_needs_no_server(context_with, drawing, said):
    page = context_with().new_page()
    sent = list(pack(drawing.header, drawing.arrays))
    asked = {"script": script_of(drawing.canvas), "style": style_of(drawing.canvas), "sent": sent}
    assert said in page.evaluate(ALONE, asked)
    page.close()


# ---- Pure parts, in a browser without any page


@pytest.fixture(scope="module")
def js(context_with):
    """Evaluates an expression in which the names of some files are known."""
    parts = ("payload.js", "plane.js", "points.js", "feed.js", "axes.js", "pixels.js")
    script = bundled("".join(f'import {{}} from "./{file}";\n' for file in parts))
    every = ", ".join(sorted(set().union(*(names_of(FILES[file]) for file in parts))))
    page = context_with().new_page()
    page.add_script_tag(content=f"{script}\nObject.assign(window, {{ {every} }});", type="module")
    page.wait_for_function("() => window.ticks")
    yield page.evaluate
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("ends", "wanted", "found"),
    [
        ((0, 10), 5, [0, 2, 4, 6, 8, 10]),
        ((-1, 1), 4, [-1, -0.5, 0, 0.5, 1]),
        ((0.13, 0.44), 4, [0.2, 0.3, 0.4]),
        ((0, 40), 4, [0, 10, 20, 30, 40]),
        ((-3, -2.9), 2, [-3, -2.95, -2.9]),
        ((0, 1e6), 2, [0, 5e5, 1e6]),
    ],
)
def test_ticks_are_round_numbers(js, ends, wanted, found):
    assert js("([from, to, wanted]) => ticks(from, to, wanted)", [*ends, wanted]) == pytest.approx(found)


@pytest.mark.browser
def test_a_ticks_number_has_a_true_minus_and_no_dust(js):
    assert js("[-0.5, 0.1 + 0.2, 3e-7, 1200].map(plain)") == ["\u22120.5", "0.3", "3e\u22127", "1200"]


@pytest.mark.browser
def test_a_place_goes_to_the_box_and_back(js):
    side, back = js("""() => {
      const part = partOf({ x: 1, y: -2, zoom: 4 }, [-3, 5, -4, 2], 300);
      return [part.right - part.left, onPlane(part, ...onBox(part, 0.7, -1.6))];
    }""")
    assert side == 2
    assert back == pytest.approx([0.7, -1.6])


@pytest.mark.browser
@pytest.mark.parametrize("count", [1, 7, 400])
def test_the_nearest_point_is_the_nearest_of_all(js, count):
    rng = np.random.default_rng(count)
    places, asked = rng.normal(size=(count, 2)), rng.uniform(-3, 3, (60, 2))
    # A few that are nowhere, and far more than the rest, outside of the limits.
    places[3::50] = np.nan
    places[5::20] *= 4
    found = js(
        """([places, asked]) => {
          const index = indexOf(Float64Array.from(places.flat(), (v) => v ?? NaN), [-2, 2, -2, 2]);
          return asked.map(([u, v]) => nearest(index, u, v));
        }""",
        [[[None if math.isnan(v) else v for v in place] for place in places.tolist()], asked.tolist()],
    )
    for place, one in zip(asked, found, strict=True):
        distances = np.linalg.norm(places - place, axis=1)
        inside = np.abs(place).max() <= 2
        # Beyond the limits it is that of the outermost squares: near enough for a pointer on the map's edge.
        assert not inside or one["distance"] == pytest.approx(np.nanmin(distances))
        assert one["distance"] == pytest.approx(distances[one["point"]])


@pytest.mark.browser
def test_only_the_first_points_that_are_shown_are_near(js):
    found = js("""() => {
      const places = [0, 0, 1, 0, 2, 0];
      const index = indexOf(places, [0, 2, 0, 2], (i) => i !== 0);
      return [nearest(index, 0, 0), nearest(index, 2, 0, 2), nearest(index, 0, 0, 1)].map(({ point }) => point);
    }""")
    assert found == [1, 1, -1]


def channels(pixel: int) -> np.ndarray:
    """Red, green, blue and alpha."""
    return np.array(list((pixel & 0xFFFFFFFF).to_bytes(4, "little")), float)


@pytest.mark.browser
def test_over_is_source_over(js):
    rng = np.random.default_rng(0)
    pairs = rng.integers(0, 2**32, (200, 2), np.int64)
    pairs[:, 0] |= 1 << 24  # What is laid over is something.
    found = js("(pairs) => pairs.map(([front, back]) => over(front | 0, back | 0))", pairs.tolist())
    for (front, back), mixed in zip(pairs.tolist(), found, strict=True):
        front, back = channels(front), channels(back)
        share, behind = front[3] / 255, back[3] / 255 * (1 - front[3] / 255)
        colours = (share * front[:3] + behind * back[:3]) / (share + behind)
        assert channels(mixed)[3] == pytest.approx(255 * (share + behind), abs=2)
        # In whole numbers: a share in 256ths, of up to 255, and the alpha rounded down.
        assert channels(mixed)[:3] == pytest.approx(colours, abs=2 + 255 / max(1, 255 * (share + behind)))


@pytest.mark.browser
def test_a_stamp_is_clipped_at_the_layers_edge_and_laid_in_order(js):
    layer = js("""() => {
      const theme = { background: "#fff" };
      const [red, blue] = stampsOf(["#f00", "#00f"].map((colour) => ({ colour, marker: "square" })), 2, 1, theme);
      const layer = layerOf(null, { width: 9, height: 7 });
      stamp(layer, red, 0, 0);
      stamp(layer, red, 6, 4);
      stamp(layer, blue, 6, 4);
      const drawn = [...layer.pixels];
      return [drawn, [...layerOf(layer, { width: 9, height: 7 }).pixels], layerOf(layer, layer) === layer];
    }""")
    drawn = np.array([channels(pixel) for pixel in layer[0]]).reshape(7, 9, 4)
    assert drawn[0, 0].tolist() == [255, 0, 0, 255]
    assert drawn[4, 6].tolist() == [0, 0, 255, 255]
    assert not drawn[6, 0].any()
    assert layer[1:] == [[0] * 63, True]


@pytest.mark.browser
def test_a_disc_has_its_area(js):
    pixels = js("""() => {
      const layer = layerOf(null, { width: 40, height: 40 });
      disc(layer, 20.3, 19.6, 8, inkOf([10, 20, 30]));
      return [...layer.pixels];
    }""")
    alphas = np.array([channels(pixel)[3] for pixel in pixels]) / 255
    assert alphas.sum() == pytest.approx(math.pi * 64, rel=0.01)
    assert channels(max(pixels, key=lambda pixel: channels(pixel)[3]))[:3].tolist() == [10, 20, 30]


@pytest.mark.browser
@pytest.mark.parametrize("points", [0, 1, 5, 7919, 2 * 7919])
def test_mixed_points_are_all_of_them_once(js, points):
    assert sorted(js("(points) => [...mixed(points)]", points)) == list(range(points))


@pytest.mark.browser
def test_shades_leave_out_what_the_page_would_swallow(js):
    light, dark = js("""["#ffffff", "rgb(14 17 23)"].map((background) => shadesOf({ background }, 5))""")
    assert len(light) == len(dark) == 5
    assert light[0] == [68, 1, 84]
    assert dark[-1] == [253, 231, 37]
    assert max(sum(shade) for shade in light) < sum(dark[-1])


@pytest.mark.browser
def test_a_message_is_taken_apart_and_unpacked(js):
    packed = {
        f"address {i}": zlib.compress(pack({"n": i}, {"a": np.arange(i, dtype=np.float32)}), 6, -zlib.MAX_WBITS)
        for i in (0, 3)
    }
    message = b"".join(
        bytes([len(name)]) + name.encode() + struct.pack("<I", len(part)) + part for name, part in packed.items()
    )
    found = js(
        """async (message) => Promise.all(partsOf(Uint8Array.from(message).buffer).map(async ([address, part]) => {
          const { header, arrays, away } = unpack(await inflated(part));
          return [address, header.n, [...arrays.a], arrays.a.shape, away.length];
        }))""",
        list(message),
    )
    assert found == [["address 0", 0, [], [0], 0], ["address 3", 3, [0, 1, 2], [3], 0]]


@pytest.mark.browser
def test_what_is_away_is_put_in_its_place(js):
    large = np.arange(2**15, dtype=np.float32)
    sent = pack({}, {"small": large[:3], "large": large}, lambda name, raw: "/media/large")
    found = js(
        """(bytes) => {
          const { arrays, away: [one, ...more] } = unpack(Uint8Array.from(bytes));
          one.put(Float32Array.from({ length: 2 ** 15 }, (_, i) => i).buffer);
          return [one.address, one.bytes, more.length, [...arrays.small], arrays.large[77], arrays.large.length];
        }""",
        list(sent),
    )
    assert found == ["/media/large", 2**17, 0, [0, 1, 2], 77, 2**15]
