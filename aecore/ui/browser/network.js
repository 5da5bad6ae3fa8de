/**
 * The network of a model, and one image on its way through it: layers as columns, as high as they are wide, the code
 * as their waist. Between two looks the units move from one to the next; after a single step its stages are played one
 * after the other. A click on a unit says which, a click on the first picture asks for the next one.
 *
 * Header: {run, first, frames, columns: [{kind, array, size, label, title, stage, units, signs}],
 *          said: [the loss of each frame], steps: [after how many steps],
 *          plays: whether a step is played, colours: {on, off, code}}
 * Arrays: see `network_drawing` in network.py
 */

import { followPointer, picture, surface, textSize } from "./canvas.js";
import { element } from "./elements.js";
import { drawCells, drawFunnel, drawGradients, drawMatrix, drawPictures, drawSigmas, drawSign, drawWeights } from "./network_draw.js";
import { cellUnder, gapBetween, networkHeight, networkPlaces } from "./network_layout.js";
import { hold } from "./page.js";
import { mounted, present } from "./view.js";

export default function (component) {
  const leave = present(component, { build, take, draw });
  mounted.get(component.parentElement).setStateValue = component.setStateValue;
  return leave;
}

const MOVES_MS = 180; // From one look to the next.
const PULSE_MS = 450; // An image's way through all layers.
const SIGHT = 18; // Of a picture of weights, where columns leave room for one.
const SIGN = 15; // The height of a sign.
/** The stages of one step: what is said of each, and how long it is shown. */
const STAGES = [
  ["forward", 1100, "1 of 4, forward: the picture runs through all layers"],
  ["loss", 900, "2 of 4, loss: how far the result is from the picture"],
  ["backward", 1300, "3 of 4, backward: how each layer's weights would lower it, the gradient"],
  ["step", 900, "4 of 4, step: every weight moves a little against its gradient"],
];
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

function build(state) {
  state.told = element("span", { className: "entry" });
  state.root.append(element("div", { className: "readout" }, state.told), (state.canvas = picture()));
  followPointer(state.canvas, state.ended, (pointer) => {
    state.pointer = pointer;
    state.redraw();
  });
  state.canvas.addEventListener("click", ({ offsetX: x, offsetY: y }) => chooseUnit(state, { x, y }));
}

function take(state, header, arrays) {
  const newest = header.steps.at(-1);
  const same = state.header?.run === header.run;
  if (same && header.plays && newest === state.newest + 1 && !STILL.matches) state.playing = performance.now();
  if (!same || newest !== state.newest) {
    state.before = same ? state.values : null;
    state.arrived = performance.now();
  }
  state.newest = newest;
  hold(state, header.run, header.first, header.frames);
  Object.assign(state, { header, arrays });
}

/** What a column's array holds in the frame shown, and its shape without the frames. */
function shownOf({ arrays, frame, first }, name) {
  const { shape } = arrays[name];
  const length = shape.slice(1).reduce((product, size) => product * size, 1);
  const at = shape[0] === 1 ? 0 : frame - first;
  return { values: arrays[name].subarray(at * length, (at + 1) * length), shape: shape.slice(1) };
}

function draw(state, theme) {
  const { header, canvas, width } = state;
  const now = performance.now();
  const height = networkHeight(width);
  const context = surface(canvas, width, height);
  context.font = `${textSize(width) - 1}px ${theme.font}`;
  const shapes = Object.fromEntries(header.columns.map(({ array }) => [array, state.arrays[array].shape]));
  state.places = networkPlaces(header.columns, shapes, width, height);
  const stage = stageAt(state, now);
  const under = state.pointer && cellUnder(state.places, state.pointer);
  drawBetween(context, theme, state, pulseAt(state, stage, now));
  state.places.forEach((place) => drawColumn(context, theme, state, place, under, now));
  drawBeside(context, theme, state);
  drawBelow(context, theme, state, stage, height);
  say(state, stage, under);
  if (stage || (!STILL.matches && now - state.arrived < PULSE_MS)) state.redraw();
}

// ---- What moves

/** The stage of a step that is played, and which share of it is over; null when none is. */
function stageAt(state, now) {
  let passed = now - (state.playing ?? -Infinity);
  for (const [name, length, words] of STAGES) {
    if (passed < length) return { name, share: passed / length, words };
    passed -= length;
  }
  return null;
}

/** How far a pulse has come, from 0 on the left to 1; null where there is none. */
function pulseAt({ arrived, count }, stage, now) {
  if (stage) return { forward: stage.share, backward: 1 - stage.share }[stage.name] ?? null;
  const share = (now - arrived) / PULSE_MS;
  return count === 1 && share < 1 && !STILL.matches ? share : null;
}

/** The numbers of a column, on their way from the look before. */
function movedTo(state, name, values, now) {
  const from = state.before?.[name];
  const share = Math.min(1, (now - state.arrived) / MOVES_MS);
  if (!from || from.length !== values.length || share >= 1 || STILL.matches) return values;
  return values.map((value, i) => from[i] + share * (value - from[i]));
}

// ---- Drawing

function drawBetween(context, theme, { arrays, header, places, frame, first, width }, pulse) {
  drawFunnel(context, header.colours.code, places, width, pulse);
  places.slice(1).forEach((place, i) => {
    const name = `weights${place.column.stage}`;
    if (!arrays[name]) return;
    const { values, shape } = shownOf({ arrays, frame, first }, name);
    drawMatrix(context, places[i], place, values, shape, header.colours);
  });
}

function drawColumn(context, theme, state, place, under, now) {
  const { column } = place;
  const { values, shape } = shownOf(state, column.array);
  const chosen = under?.place === place ? under.cell : -1;
  if (column.kind === "picture") return drawPictures(context, theme, place, values, shape, chosen);
  if (column.kind === "maps") return drawPictures(context, theme, place, values, shape.slice(1), chosen);
  state.values = { ...state.values, [column.array]: values };
  const { on, off, code } = state.header.colours;
  const colours = column.kind === "code" ? { on: code, off } : { on, off };
  drawCells(context, theme, place, movedTo(state, column.array, values, now), colours, chosen);
  if (column.kind === "code" && state.arrays.sigma) drawSigmas(context, code, place, shownOf(state, "sigma").values);
}

/** What first units see and last ones draw, and the signs of what is done between columns. */
function drawBeside(context, theme, state) {
  const { arrays, places } = state;
  const first = places.findIndex(({ column }) => column.stage === 0);
  const has = (name, a, b) => arrays[name] && !arrays.weights0 && gapBetween(a, b) >= SIGHT + 6;
  if (first > 0 && has("filters", places[first - 1], places[first])) {
    const { values, shape } = shownOf(state, "filters");
    const { middle, wide } = places[first];
    drawWeights(context, theme, middle - wide / 2 - SIGHT - 3, places[first], values, shape, SIGHT);
  }
  const before = places.at(-2);
  if (has("strokes", before, places.at(-1))) {
    const { values, shape } = shownOf(state, "strokes");
    drawWeights(context, theme, before.middle + before.wide / 2 + 3, before, values, shape, SIGHT);
  }
  for (const { column, middle, centre, half, room } of places) {
    const lowest = Math.max(centre - half - 10, SIGN * (column.signs.length - 0.5));
    column.signs.forEach((sign, i) => drawSign(context, theme, sign, middle - room / 2, lowest - SIGN * i));
  }
}

function drawBelow(context, theme, state, stage, height) {
  const size = textSize(state.width) - 1;
  Object.assign(context, { fillStyle: theme.text, textAlign: "center", textBaseline: "top" });
  for (const { column, middle } of state.places) context.fillText(column.label, middle, height - 2 * size - 8);
  if (!state.arrays.gradients || stage?.name === "forward" || stage?.name === "loss") return;
  const { values } = shownOf(state, "gradients");
  const share = stage?.name === "backward" ? stage.share : 1;
  drawGradients(context, state.header.colours.off, state.places, values, height - size - 2, share);
}

// ---- Words, and what is chosen

/** What stands above the drawing and in its label: the stage played, else what is pointed at, else the loss. */
function say(state, stage, under) {
  const { header, frame, first, root, canvas } = state;
  const loss = header.said[frame - first] ?? "";
  state.told.textContent = stage ? `${stage.words}. ${stage.name === "loss" ? loss : ""}` : under ? told(state, under) : loss;
  const layers = header.columns.map(({ label }) => label).join(", ");
  canvas.setAttribute("aria-label", `The network, from the image to its reconstruction: ${layers}. ${loss}`);
  const { values } = shownOf(state, "code");
  Object.assign(root.dataset, { code: [...values].map((value) => value.toFixed(4)).join(" "), stage: stage?.name ?? "" });
}

function told(state, { place: { column }, cell }) {
  if (column.kind === "picture") return column.title;
  const what = { maps: "map", code: "dimension" }[column.kind] ?? "unit";
  const { values } = shownOf(state, column.array);
  const value = column.kind === "maps" ? "" : `: ${values[cell].toFixed(3)}`;
  return `${column.title}; ${what} ${column.units[cell] + 1}${value}`;
}

function chooseUnit(state, at) {
  const under = state.places && cellUnder(state.places, at);
  if (!under) return;
  const { column } = under.place;
  const { run } = state.header;
  if (column.kind !== "picture") {
    state.setStateValue("unit", { name: run, stage: column.kind === "code" ? -1 : column.stage, unit: column.units[under.cell] });
  } else if (under.place === state.places[0]) {
    state.setStateValue("turn", { name: run, at: Date.now() });
  }
}
