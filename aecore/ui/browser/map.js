/**
 * Codes on a plane, one marker a point. Where the axes of a run change, the view zooms to the new ones.
 *
 * Header: {run, first, axes: [x, y], classes: [{name, colour, marker}]}
 * Arrays: places int16 [F, M, 2] in steps of limit / 2**14 (-2**15: nowhere), limits float32 [F], labels uint8 [M]
 */

import { checksum, followPointer, haloText, invite, picture, surface, textSize } from "./canvas.js";
import { element, group, pressable, setPressed } from "./elements.js";
import { hold } from "./page.js";
import { belowSquare, drawSquareAxes, indexOf, nearest, partOf, plain, REACH, squareBox } from "./plane.js";
import { drawLayer, layerOf, markerIcon, mixed, NOWHERE, pointRadius, stamp, stampsOf, STEPS } from "./points.js";
import { present } from "./view.js";

export default function (component) {
  return present(component, { build, take, draw });
}

const ZOOM_MS = 700;
const CLOSE_UP = 0.5; // Codes are about as large as 1: axes shorter than that are a close-up, which is said.
function build(state) {
  state.canvas = picture();
  state.tip = element("div", { className: "tip", hidden: true });
  state.ring = element("div", { className: "ring", hidden: true });
  state.legend = group("Classes shown", [], "legend");
  const plot = element("div", { className: "plot" }, state.canvas, state.ring, state.tip);
  state.plot = plot;
  state.root.append(element("div", { className: "map" }, plot, state.legend));
  state.hidden = new Set();
  state.pointer = null;
  followPointer(state.canvas, state.ended, (pointer) => {
    state.pointer = pointer;
    pointOut(state);
  });
}

function take(state, header, arrays) {
  const { run, first, count } = state;
  hold(state, header.run, header.first, arrays.limits.length);
  const moved = run !== state.run || first !== state.first || count !== state.count;
  if (moved && state.pointer?.touch) state.pointer = null;
  Object.assign(state, { header, arrays, order: mixed(arrays.labels.length) });
  renewLegend(state, header.classes);
}

// ---- Legend

function renewLegend(state, classes) {
  const signature = JSON.stringify(classes);
  if (signature === state.signature) return;
  Object.assign(state, { signature, stamps: null });
  state.hidden.clear();
  state.legend.replaceChildren(...classes.map((kind, c) => toggle(state, kind, c)));
}

function toggle(state, kind, c) {
  const press = () => {
    if (!state.hidden.delete(c)) state.hidden.add(c);
    setPressed(button, !state.hidden.has(c));
    state.redraw();
  };
  const button = pressable(press, markerIcon(kind), kind.name);
  button.className = "chip";
  setPressed(button, true);
  return button;
}

// ---- Drawing

function draw(state, theme) {
  if (!state.header) return;
  const { header, arrays } = state;
  const size = textSize(state.width);
  const index = state.frame - state.first; // Among the frames held.
  const limit = Number(zoomedTo(state, arrays.limits[index] ?? 1).toPrecision(6));
  const side = state.plot.clientWidth;
  // Half of the last number along the axis stands beside it.
  const box = squareBox(side, size, size + 2);
  const context = surface(state.canvas, side, box.bottom + belowSquare(size));
  context.font = `${size}px ${theme.font}`;
  const part = partOf({ x: 0, y: 0, zoom: 1 }, [-limit, limit, -limit, limit], box.side);
  drawSquareAxes(context, theme, box, part, header.axes, size);
  const points = arrays.labels.length;
  const places = arrays.places.subarray(index * points * 2, (index + 1) * points * 2);
  Object.assign(state, { box, screen: null, index: null, outside: 0 });
  if (places.length) stampCodes(context, theme, state, places, (arrays.limits[index] ?? 1) / limit);
  else invite(context, theme, (box.left + box.right) / 2, (box.top + box.bottom) / 2, size);
  const remarks = places.length ? remarksOn(state, limit) : [];
  drawRemarks(context, theme, box, size, remarks);
  Object.assign(state.root.dataset, { moved: [checksum(places), ...state.hidden].join("-"), limit });
  describe(state, places.length / 2, limit, remarks);
  pointOut(state);
}

/** How far the axes reach in this repaint, on the way to `wanted`; those of another run are there at once. */
function zoomedTo(state, wanted) {
  const { zoom, run } = state;
  const now = performance.now();
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (zoom?.run !== run || still) state.zoom = { run, from: wanted, to: wanted, began: now, at: wanted };
  else if (zoom.to !== wanted) state.zoom = { run, from: zoom.at, to: wanted, began: now, at: zoom.at };
  const { from, to, began } = state.zoom;
  const share = Math.min(1, (now - began) / ZOOM_MS);
  // By equal factors in equal times, slower at both ends.
  state.zoom.at = share < 1 ? from * (to / from) ** (share * share * (3 - 2 * share)) : to;
  if (share < 1) state.redraw();
  return state.zoom.at;
}

/** Stamps the markers into a layer of pixels, and lays that over the axes. */
function stampCodes(context, theme, state, places, zoom) {
  const { box, order, hidden } = state;
  const { labels } = state.arrays;
  const half = box.side / 2;
  const scale = window.devicePixelRatio || 1;
  const stamps = classStamps(state, theme, labels.length, scale);
  state.layer = layerOf(state.layer, context.canvas);
  const screen = new Float32Array(places.length).fill(NaN); // Where each point shown lies, for the pointer.
  for (const i of order) {
    const [u, v] = [places[2 * i], places[2 * i + 1]];
    if (u === NOWHERE || hidden.has(labels[i])) continue;
    const [across, up] = [(u / STEPS) * zoom, (v / STEPS) * zoom]; // In limits.
    if (Math.abs(across) > 1 || Math.abs(up) > 1) {
      state.outside++;
      continue;
    }
    const [x, y] = [box.left + (1 + across) * half, box.top + (1 - up) * half];
    stamp(state.layer, stamps[labels[i] % stamps.length], Math.round(x * scale), Math.round(y * scale));
    screen[2 * i] = x;
    screen[2 * i + 1] = y;
  }
  state.screen = screen;
  drawLayer(context, state.layer);
}

/** Every class's marker as pixels, drawn once for a theme and a number of points. */
function classStamps(state, theme, points, scale) {
  const made = `${theme.background} ${points} ${scale}`;
  if (state.stamps?.made !== made) {
    const { classes } = state.header;
    const looks = classes.length ? classes : [{ colour: theme.text, marker: "circle" }];
    state.stamps = Object.assign(stampsOf(looks, pointRadius(points), scale, theme), { made });
  }
  return state.stamps;
}

// ---- Words

/** What cannot be seen of the points. */
function remarksOn({ outside }, limit) {
  const scale = limit < CLOSE_UP ? `close-up, axes to \u00b1${plain(Number(limit.toPrecision(2)))}` : "";
  return [scale, outside ? `${outside} outside` : ""].filter(Boolean);
}

function drawRemarks(context, theme, box, size, remarks) {
  Object.assign(context, { textAlign: "right", textBaseline: "top", font: `${size}px ${theme.font}` });
  remarks.forEach((remark, i) => haloText(context, theme, remark, box.right - 4, box.top + 4 + i * (size + 4)));
}

function describe(state, points, limit, remarks) {
  const { axes, classes } = state.header;
  const hidden = state.hidden.size ? `, ${state.hidden.size} of them hidden` : "";
  const full = `Map of ${points} points in ${classes.length} classes${hidden}, frame ${state.frame}`;
  const what = points ? [full, ...remarks].join(", ") : "Empty map: press Train";
  const where = `${axes[0]} across and ${axes[1]} up, from ${plain(-limit)} to ${plain(limit)}`;
  state.canvas.setAttribute("aria-label", `${what}; ${where}`);
}

/** Rings the point nearest to the pointer and names its class. */
function pointOut(state) {
  const found = pointed(state);
  state.tip.hidden = state.ring.hidden = found < 0;
  if (found < 0) return;
  const [x, y] = [state.screen[2 * found], state.screen[2 * found + 1]];
  const kind = state.header.classes[state.arrays.labels[found]];
  state.tip.textContent = kind?.name ?? "a point";
  Object.assign(state.ring.style, { left: `${x}px`, top: `${y}px` });
  // The words stand on the side that has room.
  const right = x > state.plot.clientWidth / 2;
  const offset = right ? state.plot.clientWidth - x + 12 : x + 12;
  const [here, there] = right ? ["right", "left"] : ["left", "right"];
  Object.assign(state.tip.style, { top: `${y}px`, [here]: `${offset}px`, [there]: "auto" });
}

/** The point that the pointer is near, -1 where there is none. */
function pointed(state) {
  const { pointer, screen, box } = state;
  if (!pointer || !screen) return -1;
  state.index ??= indexOf(screen, [box.left, box.right, box.top, box.bottom]);
  const { point, distance } = nearest(state.index, pointer.x, pointer.y);
  return distance < (pointer.touch ? REACH.touch : REACH.mouse) ? point : -1;
}
