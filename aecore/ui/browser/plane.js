/**
 * A plane seen through a square: the part of it in view, axes with round numbers, and the point nearest to a place.
 * A place is (u, v) in the axes' own units; x and y are CSS pixels in the box that they span.
 *
 * @typedef {{side: number, scale: number, left: number, right: number, bottom: number, top: number}} Part
 * @typedef {{left: number, top: number, right: number, bottom: number, side: number}} Box   On a canvas, in CSS pixels.
 */

import { rule } from "./canvas.js";

export const REACH = { mouse: 14, touch: 28 }; // How far from a point, in pixels, a pointer still means it.

// ---- Round numbers

/** Round numbers from `from` to `to`, about `wanted` of them. */
export function ticks(from, to, wanted) {
  const raw = (to - from) / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= raw * 0.999) ?? 10);
  const found = [];
  for (let n = Math.ceil(from / step - 1e-9); n <= to / step + 1e-9; n++) found.push(n * step);
  return found;
}

/** A tick's number, with a true minus sign and without the dust of binary fractions. */
export const plain = (value) => String(Number(value.toPrecision(6))).replace("-", "\u2212");

// ---- The part in view

/** @returns {Part} what a camera sees in a square of `side` pixels; at zoom 1 that is all between the limits */
export function partOf({ x, y, zoom }, [left, right, bottom, top], side) {
  const half = Math.max(right - left, top - bottom) / zoom / 2;
  return { side, scale: side / (2 * half), left: x - half, right: x + half, bottom: y - half, top: y + half };
}

export const onBox = ({ scale, left, top }, u, v) => [(u - left) * scale, (top - v) * scale];
export const onPlane = ({ scale, left, top }, x, y) => [left + x / scale, top - y / scale];
export const within = ({ left, right, bottom, top }, u, v) => u >= left && u <= right && v >= bottom && v <= top;

// ---- The square and its axes

/**
 * @param {number} width   Of the canvas, whose left and lower margins hold the axes' words.
 * @param {number} size    Of the text.
 * @param {number} free    Left free on the right.
 * @returns {Box}
 */
export function squareBox(width, size, free, most = Infinity) {
  const [left, top] = [3 * size + 18, 8];
  const side = Math.max(80, Math.min(most, Math.floor(width - left - free)));
  return { left, top, side, right: left + side, bottom: top + side };
}

/** Below a square of text so large, for the numbers and the title of its axis. */
export const belowSquare = (size) => 2 * size + 18;

export function drawSquareAxes(context, theme, box, part, axes, size) {
  Object.assign(context, { strokeStyle: theme.border, fillStyle: theme.text, lineWidth: 1 });
  const wanted = Math.max(5, box.side / 60);
  Object.assign(context, { textAlign: "center", textBaseline: "top" });
  for (const mark of ticks(part.left, part.right, wanted)) {
    const x = box.left + (mark - part.left) * part.scale;
    rule(context, x, box.top, x, box.bottom);
    context.fillText(plain(mark), x, box.bottom + 7);
  }
  Object.assign(context, { textAlign: "right", textBaseline: "middle" });
  for (const mark of ticks(part.bottom, part.top, wanted)) {
    const y = box.top + (part.top - mark) * part.scale;
    rule(context, box.left, y, box.right, y);
    context.fillText(plain(mark), box.left - 7, y);
  }
  Object.assign(context, { textAlign: "center", textBaseline: "top" });
  const middle = box.side / 2;
  context.fillText(axes[0], box.left + middle, box.bottom + size + 12);
  context.save();
  context.translate(0, box.top + middle);
  context.rotate(-Math.PI / 2);
  context.fillText(axes[1], 0, 0);
  context.restore();
}

// ---- The nearest point

/**
 * A grid over the limits: in each of `cells` x `cells` squares its points; those outside lie in the outermost.
 * Points that are not shown, or whose place is NaN, are left out.
 */
export function indexOf(places, [left, right, bottom, top], isShown = () => true) {
  const points = places.length / 2;
  const cells = Math.max(1, Math.round(Math.sqrt(points / 2)));
  const pitch = Math.max(right - left, top - bottom) / cells;
  const clamp = (place) => Math.max(0, Math.min(cells - 1, Math.floor(place)));
  const cellOf = (u, v) => [clamp((u - left) / pitch), clamp((v - bottom) / pitch)];
  const starts = new Uint32Array(cells * cells + 1);
  const cellAt = new Int32Array(points).fill(-1);
  for (let i = 0; i < points; i++) {
    if (!isShown(i) || Number.isNaN(places[2 * i] + places[2 * i + 1])) continue;
    const [column, row] = cellOf(places[2 * i], places[2 * i + 1]);
    cellAt[i] = row * cells + column;
    starts[cellAt[i] + 1]++;
  }
  for (let c = 0; c < cells * cells; c++) starts[c + 1] += starts[c];
  const [next, members] = [starts.slice(), new Uint32Array(points)];
  for (let i = 0; i < points; i++) if (cellAt[i] >= 0) members[next[cellAt[i]]++] = i;
  return { places, cells, pitch, cellOf, starts, members };
}

/** The point nearest to a place among the first `count`, and how far it is; -1 where there is none. */
export function nearest({ places, cells, pitch, cellOf, starts, members }, u, v, count = Infinity) {
  const [column, row] = cellOf(u, v);
  let [best, least] = [-1, Infinity];
  const search = (c, r) => {
    if (c < 0 || r < 0 || c >= cells || r >= cells) return;
    for (let m = starts[r * cells + c]; m < starts[r * cells + c + 1]; m++) {
      const i = members[m];
      const distance = (places[2 * i] - u) ** 2 + (places[2 * i + 1] - v) ** 2;
      if (i < count && distance < least) [best, least] = [i, distance];
    }
  };
  // Ring by ring; what lies beyond the next ring is farther away than `ring` cells.
  for (let ring = 0; ring < cells && least > (Math.max(0, ring - 1) * pitch) ** 2; ring++) {
    for (let c = -ring; c <= ring; c++) {
      const step = Math.abs(c) === ring ? 1 : 2 * ring;
      for (let r = -ring; r <= ring; r += Math.max(1, step)) search(column + c, row + r);
    }
  }
  return { point: best, distance: Math.sqrt(least) };
}
