/**
 * A point for each frame, joined in their order, with its label; that of the frame shown is large and printed.
 *
 * Header: {run, name, labels: [label], across: {from, to, title}, up: {from, to, title}, unit, colour}
 * Arrays: x, y float32 [F]
 */

import { decimals, drawAxes, drawDot, plotHeight, plotOf, pointerOf, readPointer } from "./axes.js";
import { haloText, picture, surface, textSize } from "./canvas.js";
import { element } from "./elements.js";
import { hold } from "./page.js";
import { present } from "./view.js";

export default function (component) {
  return present(component, { build, take, draw });
}

const [SMALL, LARGE] = [4, 9]; // Radii, in pixels.
const NEAR = 30; // A pointer reads points that are not farther, in pixels.

function build(state) {
  state.name = element("strong", { className: "when" });
  state.values = ["across", "up"].map((axis) => [axis, element("span", { className: "entry" })]);
  state.canvas = picture();
  const readout = element("div", { className: "readout" }, state.name, ...state.values.map(([, entry]) => entry));
  state.root.append(readout, state.canvas);
  readPointer(state);
}

function take(state, header, arrays) {
  hold(state, header.run, 0, header.labels.length);
  Object.assign(state, { header, arrays });
}

function draw(state, theme) {
  const { header, canvas, width, frame } = state;
  const height = plotHeight(width);
  const context = surface(canvas, width, height);
  context.font = `${textSize(width)}px ${theme.font}`;
  const titled = (axis) => ({ ...axis, title: `${axis.title}, ${header.unit}` });
  const plot = plotOf(context, width, height, titled(header.across), titled(header.up));
  const places = pointsOf(state, plot);
  drawAxes(context, theme, plot);
  drawPath(context, theme, places, frame, header.colour);
  drawLabels(context, theme, plot, places, header.labels, frame);
  printPoint(state, pointedAt(pointerOf(state), places) ?? frame);
  describe(state);
}

function pointsOf({ arrays: { x, y } }, plot) {
  return Array.from(x, (value, k) => [plot.x(value), plot.y(y[k])]);
}

/** The frame whose point is nearest to the pointer, if one is near. */
function pointedAt(pointer, places) {
  if (!pointer) return null;
  const away = places.map(([x, y]) => Math.hypot(x - pointer.x, y - pointer.y));
  const least = Math.min(...away);
  return least <= NEAR ? away.indexOf(least) : null;
}

function drawPath(context, theme, places, frame, colour) {
  Object.assign(context, { strokeStyle: colour, lineWidth: 2, lineJoin: "round" });
  context.beginPath();
  for (const [x, y] of places) context.lineTo(x, y);
  context.stroke();
  for (const [x, y] of places) drawDot(context, theme, x, y, SMALL, colour);
  const [x, y] = places[frame];
  drawDot(context, theme, x, y, LARGE, colour);
  Object.assign(context, { strokeStyle: theme.text, lineWidth: 2 });
  context.stroke();
}

/** Labels right above their points; one that would lie on another is left out, but never that of the frame shown. */
function drawLabels(context, theme, plot, places, labels, frame) {
  Object.assign(context, { textAlign: "left", textBaseline: "middle" });
  const taken = [];
  for (const k of [frame, ...places.keys()]) {
    context.font = `${k === frame ? 600 : 400} ${plot.size}px ${theme.font}`;
    const [x, y] = [places[k][0] + 10, places[k][1] - plot.size];
    const box = { left: x, right: x + context.measureText(labels[k]).width + 4, y };
    const free = taken.every((one) => box.left > one.right || box.right < one.left || Math.abs(y - one.y) > plot.size);
    if (!free) continue;
    taken.push(box);
    haloText(context, theme, labels[k], x, y);
  }
}

const valueOf = ({ header, arrays }, axis, k) =>
  `${header[axis].title} ${decimals((axis === "across" ? arrays.x : arrays.y)[k], header[axis].to)}`;

function printPoint(state, k) {
  state.name.textContent = `${state.header.name} ${state.header.labels[k]}`;
  for (const [axis, entry] of state.values) entry.textContent = valueOf(state, axis, k);
}

function describe(state) {
  const { header, frame, canvas } = state;
  const said = header.labels.map((label, k) => {
    return `${header.name} ${label}: ${valueOf(state, "across", k)}, ${valueOf(state, "up", k)}`;
  });
  const all = `${header.up.title} over ${header.across.title}, ${header.unit}, ${said.length} points`;
  canvas.setAttribute("aria-label", `${all}. Shown: ${said[frame]}. All: ${said.join("; ")}`);
}
