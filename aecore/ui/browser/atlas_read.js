// What the atlas says about a place: what it decodes to, the nearest point, and marks over both.

import { colouringOf, decoded, imageOf, nearestTo, whereIs } from "./atlas_draw.js";
import { placePen } from "./atlas_pen.js";
import { checksum } from "./canvas.js";
import { fit } from "./elements.js";
import { paintGreys } from "./pixels.js";
import { onBox, onPlane, plain, within } from "./plane.js";

export const threeDigits = (value) => (value === undefined ? "" : plain(Number(value.toPrecision(3))));

/** A code's number with as many decimals as the part in view can tell apart. */
function precise({ left, right }, value) {
  const digits = Math.max(0, Math.min(6, 3 - Math.ceil(Math.log10(right - left))));
  return value.toFixed(digits).replace("-", "\u2212");
}

/** Reads the place at (x, y) of the box; held, the reading stays there until the next one. */
export function look(state, x, y, held) {
  if (!state.part) return;
  const [u, v] = onPlane(state.part, x, y);
  state.reading = { x, y, u, v, held, gone: false, point: -1 };
  readPlace(state);
  placeMarks(state);
}

/** Shows what is at the place of the reading: what it decodes to, and the nearest point. */
export function readPlace(state) {
  const { reading, arrays, decoder, made, real, header, part } = state;
  if (!reading || !part) return;
  // Under a mouse that rests the map may have moved.
  if (!reading.held && !reading.gone) [reading.u, reading.v] = onPlane(part, reading.x, reading.y);
  const { u, v } = reading;
  const began = performance.now();
  const code = header.plane?.up === null ? precise(part, u) : `(${precise(part, u)}, ${precise(part, v)})`;
  if (decoder) {
    showPicture(made.canvas, decoded(state, u, v), decoder.width, decoder.height, `Decoded from ${code}`);
    Object.assign(state.root.dataset, { decoded: checksum(state.bytes) });
    made.words.textContent = `code ${code}`;
  }
  const [pictured, height, width] = arrays.images.shape;
  const { point, distance } = nearestTo(state, u, v, pictured || state.order.length);
  reading.point = point;
  const said = point < 0 ? "no point shown" : wordsOf(state, point);
  real.words.textContent = point < 0 ? said : `${said ? `${said}, ` : ""}${precise(part, distance)} away`;
  if (pictured) showPicture(real.canvas, point < 0 ? [] : imageOf(arrays.images, point), width, height, said);
  if (!decoder && arrays.rebuilt && point >= 0) {
    showPicture(made.canvas, imageOf(arrays.rebuilt, point), width, height, `Reconstruction of ${said}`);
    made.words.textContent = `at ${code}`;
  }
  Object.assign(state.root.dataset, { nearest: point, decodeMs: (performance.now() - began).toFixed(2) });
}

/** A point's class, and its figure where one colours the map. */
function wordsOf(state, point) {
  const { header, arrays, classing, colouring } = state;
  const of = header.colourings[classing];
  const name = of?.classes[arrays[`colour${classing}`][point]]?.name;
  const { classes, title, unit } = colouringOf(state);
  const value = arrays[`colour${colouring}`]?.[point];
  const measured = Number.isNaN(value) ? "unknown" : `${threeDigits(value)} ${unit}`.trim();
  const figure = classes ? null : `${title} ${measured}`;
  return [name === undefined ? "" : `${of.title} ${name}`, figure].filter(Boolean).join(", ");
}

function showPicture(canvas, pixels, width, height, words) {
  fit(canvas, width, height);
  paintGreys(canvas, pixels);
  canvas.setAttribute("aria-label", words);
}

// ---- Over the points

/** Puts what lies over the points where it belongs in the part in view. */
export function placeMarks(state) {
  const { part, reading, picked } = state;
  const put = (mark, at, shown) => {
    mark.hidden = !shown;
    if (shown) mark.style.transform = `translate(${onBox(part, ...at).map((v) => `${v.toFixed(1)}px`)})`;
  };
  const found = reading && !reading.gone && reading.point >= 0;
  put(state.ring, found ? whereIs(state, reading.point) : null, found);
  put(state.cross, reading && [reading.u, reading.v], Boolean(reading?.held));
  state.marks.forEach((mark, i) => {
    const pick = picked[i];
    const at = pick && (pick.point === null ? [pick.x, pick.y] : whereIs(state, pick.point));
    put(mark, at, Boolean(at) && within(part, ...at));
  });
  const outline = state.stroke?.path?.map(([u, v]) => onBox(part, u, v).map((n) => n.toFixed(1)).join(" ")) ?? [];
  state.outline.firstChild.setAttribute("d", outline.length ? `M${outline.join("L")}Z` : "");
  placePen(state);
}
