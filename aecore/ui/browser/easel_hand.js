// What hand and keys do to the sheets on an easel.

import { ask } from "./easel_model.js";
import { boxAround, damagedBy, inkLine, sheetOf } from "./easel_paint.js";
import { radiusOf, renew } from "./easel_show.js";
import { ARROW_KEYS, pressTool } from "./elements.js";
import { normals } from "./pixels.js";

const MOST_UNDONE = 60;

// ---- Changes

/** Remembers the sheet as it is, for Undo; what was undone before is then no more to be had. */
function remember(state) {
  Object.assign(state, { past: [...state.past, state.sheet].slice(-MOST_UNDONE), future: [] });
}

export function change(state, sheet) {
  remember(state);
  Object.assign(state, { sheet, adjusting: false });
  renew(state);
}

/** A change that goes on, and is undone as one, until `adjusting` is over. */
export function adjust(state, part) {
  if (!state.adjusting) remember(state);
  Object.assign(state, { sheet: { ...state.sheet, ...part }, adjusting: true });
}

export function undo(state) {
  const { stroke, past, future, sheet } = state;
  if (stroke || !past.length) return;
  Object.assign(state, { sheet: past.at(-1), past: past.slice(0, -1), future: [sheet, ...future], adjusting: false });
  renew(state);
}

export function redo(state) {
  const { stroke, past, future, sheet } = state;
  if (stroke || !future.length) return;
  Object.assign(state, { sheet: future[0], past: [...past, sheet], future: future.slice(1), adjusting: false });
  renew(state);
}

export function takeTool(state, tool) {
  state.tool = tool;
  pressTool(state.tools, tool);
  if (tool === "hole" && !state.sheet.hole) return change(state, { ...state.sheet, hole: state.header.hole });
  renew(state);
}

// ---- Hand and keys

export function listenToHand(state) {
  const { canvas } = state.left;
  canvas.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button) return;
    canvas.setPointerCapture(event.pointerId);
    beginStroke(state, placeOf(state, event));
    renew(state, event);
  });
  canvas.addEventListener("pointermove", (event) => {
    follow(state, event);
    if (!state.stroke || !event.isPrimary) return;
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const move of moves.length ? moves : [event]) extend(state, placeOf(state, move));
    renew(state, event);
  });
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => lift(state));
  canvas.addEventListener("pointerleave", () => (state.ring.hidden = true));
  canvas.addEventListener("keydown", (event) => nudge(state, event));
  canvas.addEventListener("keyup", () => (state.adjusting = false));
  state.root.addEventListener("keydown", (event) => {
    const key = event.key.toLowerCase();
    if (!(event.ctrlKey || event.metaKey) || (key !== "z" && key !== "y")) return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) redo(state);
    else undo(state);
  });
}

/** The end of a stroke: what a server is to make of the drawing it is told now, and not while the pen moves. */
function lift(state) {
  if (!state.stroke) return;
  state.stroke = null;
  ask(state);
}

/** Where an event is on the left picture, in pixels of that. */
function placeOf({ left, size }, { clientX, clientY }) {
  const box = left.canvas.getBoundingClientRect();
  return [((clientX - box.left) / box.width) * size.width, ((clientY - box.top) / box.height) * size.height];
}

function beginStroke(state, place) {
  remember(state);
  const [before, pixels] = [state.sheet, state.original.length];
  if (state.tool === "draw") state.sheet = { ...before, drawn: before.drawn.slice() };
  const noise = state.tool === "noise" ? normals(++state.strokes, pixels) : null;
  Object.assign(state, { stroke: { before, at: place, mask: new Float32Array(pixels), noise }, adjusting: false });
  extend(state, place);
}

function extend(state, place) {
  const { stroke, tool, size, sheet } = state;
  if (tool === "hole") {
    const { height, width } = sheet.hole ?? state.header.hole;
    state.sheet = { ...sheet, hole: boxAround(place, height, width, size) };
    return;
  }
  const radius = radiusOf(state);
  if (tool === "draw") inkLine(sheet.drawn, size, stroke.at, place, radius);
  else {
    inkLine(stroke.mask, { ...size, fine: 1 }, stroke.at, place, radius);
    state.sheet = damagedBy(tool, stroke.before, stroke.mask, stroke.noise);
  }
  stroke.at = place;
}

function nudge(state, event) {
  const { sheet, size } = state;
  if (state.tool !== "hole" || !sheet.hole) return;
  const { top, left, height, width } = sheet.hole;
  if (ARROW_KEYS[event.key]) {
    const [right, down] = ARROW_KEYS[event.key];
    const middle = [left + width / 2 + right, top + height / 2 + down];
    adjust(state, { hole: boxAround(middle, height, width, size) });
  } else if (event.key === "Delete" || event.key === "Backspace") adjust(state, { hole: null });
  else return;
  event.preventDefault();
  renew(state, event);
}

/** The brush as a ring where the pointer is. */
function follow(state, event) {
  const { ring, size, tool } = state;
  const [x, y] = placeOf(state, event);
  ring.hidden = tool === "hole" || event.pointerType === "touch";
  const share = (length, side) => `${(100 * length) / side}%`;
  const across = share(2 * radiusOf(state), size.width);
  Object.assign(ring.style, { left: share(x, size.width), top: share(y, size.height), width: across });
}

export function firstSheet({ original, size, header }) {
  return { ...sheetOf(original, size, header.empty), hole: header.tool === "hole" ? header.hole : null };
}

// What is drawn on a blank sheet is as large and anywhere as a hand likes it.
export const emptySheet = ({ original, size }) => sheetOf(new Float32Array(original.length), size, true);
