// What is chosen from the atlas by clicks, boxes and lassos: the only thing that the server hears.

import { HIDDEN, nearestTo, placesOf, whereIs } from "./atlas_draw.js";
import { pressTool } from "./elements.js";
import { tell } from "./page.js";
import { onPlane } from "./plane.js";

export const DOUBLE_MS = 300; // So soon after the first, a second click is one with it.

export function useTool(state, tool) {
  state.tool = state.root.dataset.tool = tool;
  pressTool(state.tools, tool);
}

function send(state, what) {
  state.setStateValue(what, { name: state.run, points: state[what] });
}

export function select(state, path) {
  const [places, kinds] = [placesOf(state), state.kinds];
  const inside = (i) => kinds[i] !== HIDDEN && isInside(path, places[2 * i], places[2 * i + 1]);
  state.selected = [...kinds.keys()].filter(inside);
  state.kinds = null;
  send(state, "selected");
  state.redraw();
}

/** Whether a place lies in a polygon: a ray from it to the right crosses the outline an odd number of times. */
function isInside(path, u, v) {
  let inside = false;
  for (let i = 0, j = path.length - 1; i < path.length; j = i++) {
    const [[fromU, fromV], [toU, toV]] = [path[j], path[i]];
    if (fromV > v !== toV > v && u < fromU + ((v - fromV) / (toV - fromV)) * (toU - fromU)) inside = !inside;
  }
  return inside;
}

/** Marks a place, or the point that is near it: a and b by turns. */
export function pick(state, x, y, reach) {
  const [u, v] = onPlane(state.part, x, y);
  if (state.header.pen) return walkTo(state, u, v, reach);
  const { point, distance } = nearestTo(state, u, v, Infinity);
  const near = distance * state.part.scale <= Math.max(reach, state.thumbnail / 2);
  const [pointU, pointV] = near ? whereIs(state, point) : [u, v];
  const made = { point: near ? point : null, x: pointU, y: pointV };
  state.picked = state.picked.toSpliced(state.turns++ % 2, 1, made);
  sendPicked(state);
}

/** Sends which classes of the first colouring are hidden, once for several in a row. */
export function sendHidden(state) {
  clearTimeout(state.hiding);
  state.hiding = setTimeout(() => {
    const hidden = state.classing === 0 ? [...state.hidden].sort((a, b) => a - b) : [];
    if (state.hiddenHeard === String(hidden) || state.ended.aborted) return;
    state.hiddenHeard = String(hidden);
    state.setStateValue("hidden", { name: state.run, points: hidden });
  }, DOUBLE_MS);
}

/** Sends the picks when no second click can take the first back. */
function sendPicked(state) {
  clearTimeout(state.sending);
  state.sending = setTimeout(() => {
    if (state.heard === state.picked || state.ended.aborted) return;
    state.heard = state.picked;
    send(state, "picked");
  }, DOUBLE_MS);
  state.redraw();
}

/** Also drops a box or lasso that is being drawn. */
export function clear(state) {
  state.stroke = null;
  for (const what of ["selected", "picked"]) {
    if (!state[what].length) continue;
    state[what] = [];
    if (state.header.pen) tellGoal(state);
    else send(state, what);
  }
  Object.assign(state, { turns: 0, heard: state.picked, kinds: null });
  state.redraw();
}

// ---- Where it is walked to

/** Marks a place as where to walk to: where places are no codes, and near a point anyway, the nearest image. */
function walkTo(state, u, v, reach) {
  const { header, part, thumbnail } = state;
  const { point, distance } = nearestTo(state, u, v, header.pen.codes);
  const near = !header.plane || distance * part.scale <= Math.max(reach, thumbnail / 2);
  if (near && point < 0) return;
  const [x, y] = near ? whereIs(state, point) : [u, v];
  state.picked = [{ point: near ? point : null, x, y }];
  tellGoal(state);
  state.redraw();
}

/** Tells the page where to walk to; and the server, where it is the one that walks. */
export function tellGoal(state) {
  const { pen } = state.header;
  tell("goal", pen.name, state.picked[0] ?? null);
  if (pen.asks) sendPicked(state);
}

/** What is marked without a pen are a and b; with one, a is the pen's. */
export function takePen(state) {
  const { header, marks, tools } = state;
  const names = header.pen ? ["b", ""] : ["a", "b"];
  marks.forEach((mark, i) => (mark.textContent = names[i]));
  // What is selected is for the server.
  for (const name of ["box", "lasso"]) tools[name].hidden = Boolean(header.pen);
  state.root.dataset.walks = Boolean(header.pen);
  state.clearButton.textContent = header.pen ? "No walk" : "Clear";
  if (header.pen) tellGoal(state);
}
