/**
 * Axes, for the views that plot something over something else.
 *
 * @typedef {{from: number, to: number, title: string}} Axis
 *
 * @typedef {Object} Plot    Where values lie on a canvas; `x` and `y` turn a value into a place, `xAt` a place back.
 * @property {number} left
 * @property {number} right
 * @property {number} top
 * @property {number} bottom
 * @property {number} size    Of the text.
 */

import { followPointer, rule, textSize } from "./canvas.js";
import { plain, ticks } from "./plane.js";

/**
 * A plot as wide as its canvas. The upward title stands above the axis, so that it takes no width from a phone.
 *
 * @param {Axis} across
 * @param {Axis} up
 * @returns {Plot}
 */
export function plotOf(context, width, height, across, up) {
  const size = textSize(width);
  const marks = ticks(up.from, up.to, 5);
  const widest = Math.max(...marks.map((mark) => context.measureText(plain(mark)).width));
  const box = { left: Math.ceil(widest) + 12, right: width - 14, top: size + 16, bottom: height - 2 * size - 18 };
  const [wide, high] = [box.right - box.left, box.bottom - box.top];
  return {
    ...box,
    size,
    across,
    up,
    marks,
    x: (value) => box.left + ((value - across.from) / (across.to - across.from)) * wide,
    y: (value) => box.bottom - ((value - up.from) / (up.to - up.from)) * high,
    xAt: (x) => across.from + ((x - box.left) / wide) * (across.to - across.from),
  };
}

/** A height that suits a plot of such a width, and a window in which something is to be seen beside it. */
export const plotHeight = (width) => Math.round(Math.min(270, Math.max(230, Math.min(width * 0.5, innerHeight * 0.3))));

/** Both axes, their titles, and round numbers along them. */
export function drawAxes(context, theme, plot) {
  drawUpward(context, theme, plot);
  Object.assign(context, { textAlign: "center", textBaseline: "top" });
  for (const mark of ticks(plot.across.from, plot.across.to, (plot.right - plot.left) / 80)) {
    const x = plot.x(mark);
    rule(context, x, plot.bottom, x, plot.bottom + 5);
    context.fillText(plain(mark), x, plot.bottom + 9);
  }
  drawAcrossTitle(context, plot);
}

export function drawUpward(context, theme, { up, marks, left, right, y }) {
  Object.assign(context, { strokeStyle: theme.border, lineWidth: 1, fillStyle: theme.text });
  Object.assign(context, { textAlign: "right", textBaseline: "middle" });
  for (const mark of marks) {
    rule(context, left, y(mark), right, y(mark));
    context.fillText(plain(mark), left - 8, y(mark));
  }
  Object.assign(context, { textAlign: "left", textBaseline: "top" });
  context.fillText(up.title, 0, 0);
}

export function drawAcrossTitle(context, { across, left, right, bottom, size }) {
  Object.assign(context, { textAlign: "center", textBaseline: "top" });
  context.fillText(across.title, (left + right) / 2, bottom + size + 14);
}

export function drawDot(context, theme, x, y, radius, colour) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  Object.assign(context, { fillStyle: colour, strokeStyle: theme.background, lineWidth: 1.5 });
  context.fill();
  context.stroke();
}

/** A value with as many decimals as an axis up to `top` can show. */
export function decimals(value, top) {
  if (!Number.isFinite(value)) return "\u2013";
  return value.toFixed(top >= 100 ? 1 : top >= 10 ? 2 : 3);
}

/** Follows the pointer over the canvas of a view that has frames; `pointerOf` tells where it is. */
export function readPointer(state) {
  followPointer(state.canvas, state.ended, (pointer) => {
    state.pointer = pointer && { ...pointer, frame: state.frame };
    state.redraw();
  });
}

/** Where the pointer is, or null; what a finger read, which stays when it lifts, ends with the frame it was read in. */
export const pointerOf = ({ pointer, frame }) =>
  pointer && !(pointer.touch && pointer.frame !== frame) ? pointer : null;
