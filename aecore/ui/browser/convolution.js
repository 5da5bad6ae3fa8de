/**
 * A convolution or a transposed one, acting step by step. A step joins one number of a small grid with a window of a
 * large one: a convolution reads the window and writes the number, a transposed one reads the number and adds the
 * kernel, times the number, to the window.
 *
 * Header: {kernels: [{title, divisor}], colours: {above, below}}
 * Arrays: large float32 [7, 7], small float32 [4, 4], kernels float32 [K, 3, 3]
 */

import { picture, surface } from "./canvas.js";
import { element, group, icon, pressable, setPressed } from "./elements.js";
import { plain } from "./plane.js";
import { present } from "./view.js";

export default function (component) {
  return present(component, { build, take, draw });
}

const [STRIDE, PADDING, SIDE] = [2, 1, 3];
const STEP_MS = 1000;
const GRID_MARGIN = 3; // Around a grid, so that a frame at its edge is drawn whole.
const GRID_GAP = 24;
const WIDE = 560;
// Nothing plays before somebody asks, which is all that prefers-reduced-motion asks for.
const ICONS = {
  previous: '<path d="M15 5L8 12L15 19" fill="none" stroke="currentColor" stroke-width="3"/>',
  next: '<path d="M9 5L16 12L9 19" fill="none" stroke="currentColor" stroke-width="3"/>',
  play: '<path d="M6 4L19 12L6 20Z" fill="currentColor"/>',
  halt: '<path d="M6 4H10V20H6ZM14 4H18V20H14Z" fill="currentColor"/>',
};
const MODES = {
  convolution: {
    title: "Convolution",
    way: "7 × 7 → 4 × 4",
    captions: { large: ["Input 7 × 7", "zeros around it"], small: ["Output 4 × 4", ""] },
  },
  transposed: {
    title: "Transposed convolution",
    way: "4 × 4 → 7 × 7",
    captions: { large: ["Output 7 × 7", "the border is cut off"], small: ["Input 4 × 4", ""] },
  },
};

// ---- Elements

function build(state) {
  Object.assign(state, { mode: "convolution", kernel: 0, timer: 0 });
  const modes = Object.entries(MODES).map(([mode, { title, way }]) => {
    return pressable(() => choose(state, { mode, frame: 0 }), title, element("small", { textContent: way }));
  });
  state.modes = group("Operation", modes, "modes");
  state.kernels = element("select");
  state.kernels.addEventListener("change", () => choose(state, { kernel: state.kernels.selectedIndex }));
  state.kernels.setAttribute("aria-label", "Kernel");
  const kernels = element("label", {}, "Kernel ", state.kernels, `stride ${STRIDE}, padding ${PADDING}`);
  state.figures = Object.fromEntries(["large", "kernel", "small"].map((area) => [area, figure(area)]));
  state.sentence = element("p");
  state.terms = element("div", { className: "terms" });
  state.total = element("span", { className: "total" });
  const sums = element("div", { className: "sums" }, state.sentence, state.terms, state.total);
  state.stage = element("div", { className: "stage" }, ...Object.values(state.figures).map(({ box }) => box), sums);
  const parts = [element("div", { className: "choices" }, state.modes, kernels), moves(state), state.stage];
  state.root.append(element("div", { className: "steps" }, ...parts));
  state.ended.addEventListener("abort", () => stopSteps(state));
}

function figure(area) {
  const [caption, canvas] = [element("figcaption"), picture()];
  const box = element("figure", {}, caption, canvas);
  box.style.gridArea = area;
  return { box, caption, canvas };
}

function moves(state) {
  state.previous = move("Previous", () => choose(state, { frame: state.frame - 1 }));
  state.play = move("Play", () => (state.timer ? stopSteps(state) : playSteps(state)));
  state.next = move("Next", () => choose(state, { frame: state.frame + 1 }));
  state.previous.append(icon(24, 24, ICONS.previous));
  state.next.append(icon(24, 24, ICONS.next));
  state.slider = element("input", { type: "range", min: 0, step: 1 });
  state.slider.setAttribute("aria-label", "Step");
  state.slider.addEventListener("input", () => choose(state, { frame: Number(state.slider.value) }));
  state.place = element("span", { className: "count" }); // No <output>: it would be read aloud at every step played.
  return element("div", { className: "moves" }, state.previous, state.play, state.next, state.slider, state.place);
}

function move(label, act) {
  const button = pressable(act);
  button.className = "play";
  button.setAttribute("aria-label", label);
  return button;
}

function take(state, header, arrays) {
  const first = !state.header;
  Object.assign(state, { header, arrays, count: arrays.small.length });
  if (!first) return; // A rerun of the page keeps what was chosen.
  state.kernels.replaceChildren(...header.kernels.map(({ title }) => element("option", { textContent: title })));
}

// ---- What is shown

function choose(state, changes) {
  Object.assign(state, changes);
  stopSteps(state);
}

function playSteps(state) {
  const step = () => {
    state.frame = (state.frame + 1) % state.count;
    state.timer = setTimeout(step, STEP_MS);
    if (state.frame === state.count - 1) stopSteps(state);
    state.redraw();
  };
  step();
}

function stopSteps(state) {
  clearTimeout(state.timer);
  state.timer = 0;
  state.redraw();
}

// ---- The operation

/** Row and column of the small grid's number at a step, and of the first number of its window in the large grid. */
function windowAt({ arrays }, step) {
  const [row, column] = [Math.floor(step / arrays.small.shape[1]), step % arrays.small.shape[1]];
  return { row, column, top: STRIDE * row - PADDING, left: STRIDE * column - PADDING };
}

/** The nine numbers of the kernel, each with the index of the large grid's number it meets, -1 outside. */
function pairsOf(state, step) {
  const { arrays, kernel, header } = state;
  const [high, wide] = arrays.large.shape;
  const { top, left } = windowAt(state, step);
  return Array.from({ length: SIDE * SIDE }, (_, k) => {
    const [row, column] = [top + Math.floor(k / SIDE), left + (k % SIDE)];
    const inside = row >= 0 && row < high && column >= 0 && column < wide;
    const weight = arrays.kernels[kernel * SIDE * SIDE + k] / header.kernels[kernel].divisor;
    return { weight, at: inside ? row * wide + column : -1, text: weightText(state, k) };
  });
}

/** Both grids after a step; NaN where nothing was written yet. */
function gridsAfter(state, step) {
  const { large, small } = state.arrays;
  if (state.mode === "convolution") {
    const sum = (n) => pairsOf(state, n).reduce((total, { weight, at }) => total + weight * (large[at] ?? 0), 0);
    return { large, small: Float64Array.from(small, (_, n) => (n > step ? NaN : sum(n))) };
  }
  const written = new Float64Array(large.length).fill(NaN);
  for (let n = 0; n <= step; n++) {
    for (const { weight, at } of pairsOf(state, n)) if (at >= 0) written[at] = (written[at] || 0) + weight * small[n];
  }
  return { large: written, small };
}

// ---- Drawing

function draw(state, theme) {
  if (!state.header) return;
  const { mode, frame, count, arrays, kernel } = state;
  const now = gridsAfter(state, frame);
  const end = gridsAfter(state, count - 1);
  const { row, column, top, left } = windowAt(state, frame);
  const weights = arrays.kernels.subarray(kernel * SIDE * SIDE, (kernel + 1) * SIDE * SIDE);
  const texts = Array.from(weights, (_, k) => weightText(state, k));
  const border = mode === "convolution" ? "0" : "";
  const framed = { row: top, column: left, side: SIDE };
  state.cell = cellOf(state.width);
  state.stage.dataset.mode = mode;
  drawGrid(state, theme, "large", { values: now.large, limit: most(end.large), ring: PADDING, border, framed });
  drawGrid(state, theme, "kernel", { values: weights, limit: most(weights), texts });
  drawGrid(state, theme, "small", { values: now.small, limit: most(end.small), framed: { row, column, side: 1 } });
  write(state, now);
}

/** On a phone the large grid has a row to itself, else all three stand in one. */
function cellOf(width) {
  const one = Math.floor((width - 2 * GRID_GAP - 6 * GRID_MARGIN) / 16);
  return width >= WIDE ? Math.min(44, one) : Math.min(34, Math.floor((width - 2 * GRID_MARGIN) / 9));
}

const most = (values) => Math.max(...Array.from(values, Math.abs).filter(Number.isFinite), 1e-9);

/** A grid of numbers, coloured by them, with a ring of border cells and a frame around a part. */
function drawGrid(state, theme, name, { values, limit, texts, ring = 0, border = "", framed }) {
  const { cell, figures } = state;
  const side = Math.sqrt(values.length);
  const size = (side + 2 * ring) * cell + 2 * GRID_MARGIN;
  const context = surface(figures[name].canvas, size, size);
  const start = GRID_MARGIN + ring * cell;
  Object.assign(context, { textAlign: "center", textBaseline: "middle", lineWidth: 1 });
  context.font = `${Math.max(11, Math.round(cell * 0.36))}px ${theme.font}`;
  for (let row = -ring; row < side + ring; row++) {
    for (let column = -ring; column < side + ring; column++) {
      const inside = Math.min(row, column) >= 0 && Math.max(row, column) < side;
      const value = inside ? values[row * side + column] : NaN;
      const text = inside ? (texts?.[row * side + column] ?? twoDecimals(value)) : border;
      drawCell(context, theme, state, start + column * cell, start + row * cell, { value, limit, text, inside });
    }
  }
  if (framed) drawFrame(context, theme, start, cell, framed);
}

function drawCell(context, theme, { cell, header }, x, y, { value, limit, text, inside }) {
  const fill = (colour, alpha) => {
    Object.assign(context, { fillStyle: colour, globalAlpha: alpha });
    context.fillRect(x + 1, y + 1, cell - 2, cell - 2);
  };
  if (inside) fill(theme.panel, 1);
  if (value) fill(value > 0 ? header.colours.above : header.colours.below, 0.6 * Math.min(1, Math.abs(value) / limit));
  Object.assign(context, { globalAlpha: inside ? 1 : 0.65, fillStyle: theme.text });
  Object.assign(context, { strokeStyle: inside ? theme.border : theme.text });
  context.setLineDash(inside ? [] : [2, 4]);
  context.strokeRect(x + 1.5, y + 1.5, cell - 3, cell - 3);
  context.fillText(text, x + cell / 2, y + cell / 2 + 1);
  context.globalAlpha = 1;
}

function drawFrame(context, theme, start, cell, { row, column, side }) {
  context.setLineDash([]);
  for (const [strokeStyle, lineWidth] of [[theme.background, 6], [theme.text, 3]]) {
    Object.assign(context, { strokeStyle, lineWidth, lineJoin: "round" });
    context.strokeRect(start + column * cell, start + row * cell, side * cell, side * cell);
  }
}

// ---- Words

/** At most two decimals, nothing for a number not yet written. */
const twoDecimals = (value) => (Number.isFinite(value) ? plain(Number(value.toFixed(2))) : "");
const isShort = (value) => Math.abs(value * 100 - Math.round(value * 100)) < 1e-3;
const equals = (value) => `${isShort(value) ? "=" : "≈"} ${twoDecimals(value)}`;

function weightText({ arrays, kernel, header }, k) {
  const { divisor } = header.kernels[kernel];
  return twoDecimals(arrays.kernels[kernel * SIDE * SIDE + k]) + (divisor === 1 ? "" : `/${divisor}`);
}

/** Everything but the canvases: controls, captions, sums, labels and the test hooks. */
function write(state, now) {
  const { mode, frame, count, header, kernel } = state;
  const convolves = mode === "convolution";
  Object.keys(MODES).forEach((name, i) => setPressed(state.modes.children[i], name === mode));
  state.kernels.selectedIndex = kernel;
  setPressed(state.play, Boolean(state.timer));
  state.play.replaceChildren(icon(24, 24, state.timer ? ICONS.halt : ICONS.play));
  state.previous.disabled = frame === 0;
  state.next.disabled = frame === count - 1;
  Object.assign(state.slider, { max: count - 1, value: frame });
  state.slider.style.setProperty("--done", frame / (count - 1));
  state.place.textContent = `${frame + 1} of ${count}`;
  const { row, column } = windowAt(state, frame);
  const at = `${convolves ? "Output" : "Input"} row ${row + 1}, column ${column + 1}`;
  const step = `Step ${frame + 1} of ${count}`;
  state.slider.setAttribute("aria-valuetext", `${step}: ${at} is ${twoDecimals(now.small[frame])}`);
  if (convolves) writeSum(state, now, at);
  else writeStamp(state, now, at);
  describe(state, now);
  const output = Array.from(convolves ? now.small : now.large);
  Object.assign(state.root.dataset, { mode, kernel: header.kernels[kernel].title, output: JSON.stringify(output) });
}

function writeSum(state, { large, small }, place) {
  state.sentence.textContent = `${place}: multiply the frame by the kernel, number by number, and add.`;
  const terms = pairsOf(state, state.frame).map(({ weight, at, text }, k) => {
    const value = large[at] ?? 0;
    return term(`${k ? "+ " : ""}${twoDecimals(value)}\u00a0×\u00a0${text}`, value * weight === 0);
  });
  state.terms.replaceChildren(...terms);
  state.total.textContent = equals(small[state.frame]);
}

function writeStamp(state, { large, small }, place) {
  const value = twoDecimals(small[state.frame]);
  state.sentence.textContent = `${place} is ${value}: add ${value} × the kernel to the frame; overlaps add up.`;
  const before = gridsAfter(state, state.frame - 1).large;
  const terms = pairsOf(state, state.frame).map(({ weight, at, text }) => {
    if (at < 0) return term("cut off", true);
    const sum = twoDecimals(before[at]) + (Number.isFinite(before[at]) ? " + " : "");
    return term(`${sum}${value}\u00a0×\u00a0${text}\n${equals(large[at])}`, weight * small[state.frame] === 0);
  });
  state.terms.replaceChildren(...terms);
  state.total.textContent = "";
}

const term = (textContent, idle) => element("span", { textContent, className: idle ? "idle" : "" });

/** Captions, and what each canvas shows as words. */
function describe(state, { large, small }) {
  const { figures, header, kernel, mode, frame } = state;
  const { captions } = MODES[mode];
  const { row, column, top, left } = windowAt(state, frame);
  const last = Math.sqrt(large.length);
  const span = (first) => `${Math.max(1, first + 1)} to ${Math.min(last, first + SIDE)}`;
  const weights = Array.from({ length: SIDE * SIDE }, (_, k) => weightText(state, k));
  const texts = (values) => Array.from(values, twoDecimals);
  const said = {
    large: [captions.large, texts(large), `; the frame is on rows ${span(top)}, columns ${span(left)}`],
    kernel: [["Kernel 3 × 3", ""], weights, `: ${header.kernels[kernel].title}`],
    small: [captions.small, texts(small), `; the frame is on row ${row + 1}, column ${column + 1}`],
  };
  for (const [name, [[title, note], numbers, rest]] of Object.entries(said)) {
    figures[name].caption.replaceChildren(title, element("small", { textContent: note && `, ${note}` }));
    figures[name].canvas.setAttribute("aria-label", `${title}${rest}; by rows: ${byRows(numbers)}`);
  }
}

function byRows(texts) {
  const side = Math.sqrt(texts.length);
  const rows = Array.from({ length: side }, (_, r) => texts.slice(r * side, (r + 1) * side));
  return rows.map((row) => row.map((text) => text || "none yet").join(", ")).join("; ");
}
