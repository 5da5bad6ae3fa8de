// How a visitor walks in the atlas: drag, pinch, wheel, keys.

import { clear, DOUBLE_MS, pick, select, tellGoal } from "./atlas_choice.js";
import { beginSheet } from "./atlas_draw.js";
import { look, placeMarks, readPlace } from "./atlas_read.js";
import { ARROW_KEYS, setPressed, SLACK } from "./elements.js";
import { onBox, onPlane, partOf, REACH, within } from "./plane.js";

const SETTLE_MS = 150;
export const ZOOM = { least: 0.5, most: 500, step: 1.5, double: 2, wheel: 0.002, pinch: 0.01, turn: 0.4 };
const STEP = { pan: 0.1, cross: 0.02 }; // Shares of the box's side for one press of a key.
const clamped = (value, least, most) => Math.max(least, Math.min(most, value));
// ---- The camera

/** Moves the camera; what is dear to draw waits until it rests. */
function walk(state, { x, y, zoom }) {
  const [left, right, bottom, top] = state.header.limits;
  state.camera = { x: clamped(x, left, right), y: clamped(y, bottom, top), zoom };
  state.part = partOf(state.camera, state.header.limits, state.part.side);
  state.walked = true;
  settle(state);
  state.redraw();
}

function panBy(state, right, down) {
  const { camera, part } = state;
  walk(state, { ...camera, x: camera.x - right / part.scale, y: camera.y + down / part.scale });
}

/** Zooms so that what is at (x, y) of the box, by default its middle, stays there. */
export function zoomBy(state, factor, x = state.part.side / 2, y = state.part.side / 2) {
  const { camera, header, part } = state;
  const zoom = clamped(camera.zoom * factor, ZOOM.least, ZOOM.most);
  const zoomed = partOf({ ...camera, zoom }, header.limits, part.side);
  const [before, after] = [onPlane(part, x, y), onPlane(zoomed, x, y)];
  walk(state, { x: camera.x + before[0] - after[0], y: camera.y + before[1] - after[1], zoom });
}

export const wholeOf = ([left, right, bottom, top]) => ({ x: (left + right) / 2, y: (bottom + top) / 2, zoom: 1 });
export const showWhole = (state) => walk(state, wholeOf(state.header.limits));

/** What a step of a walk need not wait for is done once the map has stood still for a moment. */
export function settle(state) {
  clearTimeout(state.settling);
  state.settling = setTimeout(() => {
    if (state.ended.aborted || !state.part) return;
    if (state.sheeted && state.decoder) beginSheet(state);
    if (state.reading && !state.reading.held) readPlace(state); // Under a mouse that rests lies another place now.
    placeMarks(state);
  }, SETTLE_MS);
}

export function showSheet(state, sheeted) {
  Object.assign(state, { sheeted, sheets: [] });
  state.root.dataset.sheeted = sheeted;
  setPressed(state.sheetButton, sheeted);
  if (sheeted) beginSheet(state);
  state.redraw();
}

// ---- Pointers

/**
 * One finger or the mouse does what the tool says, two fingers pan and zoom whatever the tool. A stroke is what one
 * pointer does from its press on: {tool, x, y, moved, path: [[u, v]] of a box or lasso}.
 */
export function listenToMap(state) {
  const { canvas, ended } = state;
  const on = (type, act) => canvas.addEventListener(type, (event) => state.part && act(event), { signal: ended });
  const fingers = new Map();
  const spot = (event) => ({ x: event.offsetX, y: event.offsetY });
  on("pointerdown", (event) => {
    if (event.button) return;
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, spot(event));
    state.armed = true;
    state.stroke = fingers.size === 1 ? { ...spot(event), tool: state.tool } : null;
    if (fingers.size === 1 && isHeld(event)) lookAt(state, event);
    placeMarks(state);
  });
  on("pointermove", (event) => {
    const [from, to] = [fingers.get(event.pointerId), spot(event)];
    if (!from) return lookAt(state, event);
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) pinch(state, from, to, other);
    else if (!drag(state, event, from, to)) return;
    fingers.set(event.pointerId, to);
  });
  on("pointerup", (event) => {
    if (fingers.delete(event.pointerId) && state.stroke) finish(state, event);
  });
  on("pointercancel", (event) => {
    fingers.delete(event.pointerId);
    state.stroke = null;
    placeMarks(state);
  });
  on("pointerleave", (event) => {
    if (isHeld(event)) return;
    state.armed = false;
    if (state.reading) state.reading.gone = true;
    placeMarks(state);
  });
  on("wheel", (event) => turnWheel(state, event));
  on("keydown", (event) => pressKey(state, event));
}

/** A finger covers what it reads, so that its reading stays when it lifts. */
const isHeld = (event) => event.pointerType === "touch";
const byPointer = (event, { mouse, touch }) => (isHeld(event) ? touch : mouse);

function lookAt(state, event) {
  look(state, event.offsetX, event.offsetY, isHeld(event));
  state.root.dataset.pointerMs = (performance.now() - event.timeStamp).toFixed(2);
}

/** Goes on with a stroke; false while the press has hardly wandered and may be a click. */
function drag(state, event, from, to) {
  const stroke = (state.stroke ??= { tool: "pan", moved: true }); // One finger of a pinch was lifted.
  if (!stroke.moved && Math.hypot(to.x - stroke.x, to.y - stroke.y) < byPointer(event, SLACK)) return false;
  stroke.moved = true;
  if (stroke.tool === "pan") {
    if (state.reading && !state.reading.held) Object.assign(state.reading, to);
    panBy(state, to.x - from.x, to.y - from.y);
  } else if (stroke.tool === "look") lookAt(state, event);
  else outline(state, stroke, to);
  return true;
}

function outline(state, stroke, to) {
  const [u, v] = onPlane(state.part, to.x, to.y);
  const start = onPlane(state.part, stroke.x, stroke.y);
  if (stroke.tool === "box") stroke.path = [start, [u, start[1]], [u, v], [start[0], v]];
  else stroke.path = [...(stroke.path ?? [start]), [u, v]];
  placeMarks(state);
}

function pinch(state, from, to, other) {
  const apart = (finger) => Math.max(20, Math.hypot(finger.x - other.x, finger.y - other.y));
  panBy(state, (to.x - from.x) / 2, (to.y - from.y) / 2);
  zoomBy(state, apart(to) / apart(from), (to.x + other.x) / 2, (to.y + other.y) / 2);
}

function finish(state, event) {
  const { tool, moved, path } = state.stroke;
  state.stroke = null;
  if (path) select(state, path);
  else if (!moved) click(state, event, tool);
  placeMarks(state);
}

/** A second click soon after is a double click, and the first was none. */
function click(state, event, tool) {
  const { offsetX: x, offsetY: y, timeStamp } = event;
  const { clicked, picked, turns } = state;
  const again = clicked && timeStamp - clicked.timeStamp < DOUBLE_MS && Math.hypot(x - clicked.x, y - clicked.y) < 24;
  state.clicked = again ? null : { x, y, timeStamp, picked, turns };
  if (again) {
    Object.assign(state, { picked: clicked.picked, turns: clicked.turns });
    if (state.header.pen) tellGoal(state);
    zoomBy(state, ZOOM.double, x, y);
  } else if (tool === "pan" || tool === "look") pick(state, x, y, byPointer(event, REACH));
}

/** Without Ctrl the wheel is the page's, until somebody clicks into the map and as long as the pointer stays in it. */
function turnWheel(state, event) {
  if (!state.armed && !event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1);
  const rate = event.ctrlKey ? ZOOM.pinch : ZOOM.wheel; // A touchpad's pinch arrives as small turns with Ctrl.
  zoomBy(state, Math.exp(-clamped(rate * pixels, -ZOOM.turn, ZOOM.turn)), event.offsetX, event.offsetY);
}

// ---- Keys

function pressKey(state, event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const act = actOf(state, event);
  if (!act) return;
  event.preventDefault();
  act();
}

function actOf(state, { key, shiftKey }) {
  const { side } = state.part;
  if (ARROW_KEYS[key]) {
    const [right, down] = ARROW_KEYS[key];
    if (shiftKey) return () => step(state, right * STEP.cross * side, down * STEP.cross * side);
    return () => panBy(state, -right * STEP.pan * side, -down * STEP.pan * side);
  }
  if (key === "+" || key === "=") return () => zoomBy(state, ZOOM.step);
  if (key === "-") return () => zoomBy(state, 1 / ZOOM.step);
  if (key === "0") return () => showWhole(state);
  if (key === "Escape") return () => clear(state);
  const { reading, part } = state;
  const marks = (key === "Enter" || key === " ") && reading && within(part, reading.u, reading.v);
  return marks ? () => pick(state, ...onBox(part, reading.u, reading.v), REACH.mouse) : null;
}

/** Moves the crosshair, at first from where the pointer was or from the middle. */
function step(state, right, down) {
  const { reading, part } = state;
  const seen = reading && within(part, reading.u, reading.v);
  const [x, y] = seen ? onBox(part, reading.u, reading.v) : [part.side / 2, part.side / 2];
  look(state, clamped(x + right, 0, part.side), clamped(y + down, 0, part.side), true);
}
