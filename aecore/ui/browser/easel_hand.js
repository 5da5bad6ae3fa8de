// What hand and keys do to the sheets on an easel.

const MOST_UNDONE = 60;
const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

// ---- Changes

/** Remembers the sheet as it is, for Undo; what was undone before is then no more to be had. */
function remember(state) {
  Object.assign(state, { past: [...state.past, state.sheet].slice(-MOST_UNDONE), future: [] });
}

function change(state, sheet) {
  remember(state);
  Object.assign(state, { sheet, adjusting: false });
  settle(state);
}

/** A change that goes on, and is undone as one, until `adjusting` is over. */
function adjust(state, part) {
  if (!state.adjusting) remember(state);
  Object.assign(state, { sheet: { ...state.sheet, ...part }, adjusting: true });
}

function undo(state) {
  const { stroke, past, future, sheet } = state;
  if (stroke || !past.length) return;
  Object.assign(state, { sheet: past.at(-1), past: past.slice(0, -1), future: [sheet, ...future], adjusting: false });
  settle(state);
}

function redo(state) {
  const { stroke, past, future, sheet } = state;
  if (stroke || !future.length) return;
  Object.assign(state, { sheet: future[0], past: [...past, sheet], future: future.slice(1), adjusting: false });
  settle(state);
}

function choose(state, tool) {
  state.tool = tool;
  for (const [name, button] of Object.entries(state.tools)) button.setAttribute("aria-pressed", String(name === tool));
  if (tool === "hole" && !state.sheet.hole) return change(state, { ...state.sheet, hole: state.header.hole });
  settle(state);
}

// ---- Hand and keys

function listen(state) {
  const { canvas } = state.left;
  canvas.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button) return;
    canvas.setPointerCapture(event.pointerId);
    begin(state, placeOf(state, event));
    settle(state, event);
  });
  canvas.addEventListener("pointermove", (event) => {
    follow(state, event);
    if (!state.stroke || !event.isPrimary) return;
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const move of moves.length ? moves : [event]) extend(state, placeOf(state, move));
    settle(state, event);
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

const radiusOf = ({ brushes, tool, size }) => (brushes[tool] / 2) * (Math.min(size.height, size.width) / 28);

function begin(state, place) {
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
  if (tool === "draw") stamp(sheet.drawn, size, stroke.at, place, radius);
  else {
    stamp(stroke.mask, { ...size, fine: 1 }, stroke.at, place, radius);
    state.sheet = damagedBy(tool, stroke.before, stroke.mask, stroke.noise);
  }
  stroke.at = place;
}

function nudge(state, event) {
  const { sheet, size } = state;
  if (state.tool !== "hole" || !sheet.hole) return;
  const { top, left, height, width } = sheet.hole;
  if (ARROWS[event.key]) {
    const [right, down] = ARROWS[event.key];
    const middle = [left + width / 2 + right, top + height / 2 + down];
    adjust(state, { hole: boxAround(middle, height, width, size) });
  } else if (event.key === "Delete" || event.key === "Backspace") adjust(state, { hole: null });
  else return;
  event.preventDefault();
  settle(state, event);
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
