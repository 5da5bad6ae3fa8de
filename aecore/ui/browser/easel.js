/**
 * An easel: on the left a picture that is drawn and damaged by hand, on the right what a model makes of it, anew at
 * each move. With a pen in place of a restorer it is for drawing alone, and others are told the code (topic "pen").
 *
 * Header: {run, tool, empty: whether it starts without a picture, hole: Box to begin with or null,
 *          restorer or pen, the other null: what `easel_model.js` reads}
 * Arrays: image float32 [H, W] to start from, and the model's own
 */

import { picture } from "./canvas.js";
import { adjust, change, emptySheet, firstSheet, listenToHand, redo, takeTool, undo } from "./easel_hand.js";
import { modelOf } from "./easel_model.js";
import { boxAround, INNER, sizeOf, withoutDamage } from "./easel_paint.js";
import { EASEL_TOOLS, keptSheets, renew } from "./easel_show.js";
import { element, fit, group, pressable, toolButtons } from "./elements.js";
import { mounted, present } from "./view.js";

export default function (component) {
  const leave = present(component, { build, take, draw: () => {} });
  mounted.get(component.parentElement).setStateValue = component.setStateValue;
  return leave;
}

const READING =
  "dB: peak signal-to-noise ratio against the picture without damage, the more the better; hidden pixels count as " +
  "black. All but Draw is damage, done to the finished picture: the digit under it stays, and does not move.";
const BRUSHES = { draw: 2.5, erase: 5, scribble: 2.5, noise: 7, hole: 0 }; // Pixels across, of a picture of 28.

// ---- Elements

function build(state) {
  Object.assign(state, { brushes: { ...BRUSHES }, tool: null, stroke: null, adjusting: false, strokes: 0 });
  state.hint = element("div", { className: "advice" });
  const parts = [buildEaselTools(state), state.hint, buildPictures(state), buildBelow(state)];
  state.root.append(element("div", { className: "easel" }, ...parts));
  listenToHand(state);
}

function buildEaselTools(state) {
  state.tools = toolButtons(EASEL_TOOLS, (name) => takeTool(state, name));
  state.undo = pressable(() => undo(state), "Undo");
  state.redo = pressable(() => redo(state), "Redo");
  Object.assign(state.undo, { title: "Ctrl+Z" });
  Object.assign(state.redo, { title: "Ctrl+Y" });
  state.heal = pressable(() => change(state, withoutDamage(state.sheet)), "No damage");
  state.clear = pressable(() => change(state, emptySheet(state)), "Clear");
  state.again = pressable(() => change(state, firstSheet(state)), "Start again");
  state.toolbar = group("Tool", Object.values(state.tools));
  const acts = group("Picture", [state.undo, state.redo, state.again, state.heal, state.clear]);
  return element("div", { className: "tools" }, state.toolbar, acts);
}

function buildPictures(state) {
  const figure = (className, title, ...above) => {
    const [canvas, name, words] = [picture(), element("strong", { textContent: title }), element("span")];
    const field = element("div", { className: "field" }, canvas, ...above);
    const box = element("figure", { className }, element("figcaption", {}, name, words), field);
    return { box, name, words, canvas };
  };
  state.ring = element("div", { className: "brush", hidden: true });
  state.call = element("div", { className: "call" });
  state.left = figure("large", "", state.ring, state.call);
  state.right = figure("large", "");
  state.small = figure("small", "");
  state.wrong = figure("small", "Error");
  state.left.canvas.tabIndex = 0;
  state.left.canvas.setAttribute("role", "application");
  for (const { words } of [state.left, state.right]) words.setAttribute("aria-live", "polite");
  const boxes = [state.left, state.right, state.small, state.wrong].map(({ box }) => box);
  return element("div", { className: "pictures" }, ...boxes);
}

function buildBelow(state) {
  state.brush = slider(state, "Brush", { min: 1, max: 10, step: 0.5 }, (value) => (state.brushes[state.tool] = value));
  const stretch = (lengths) => {
    const { top, left, height, width } = { ...state.sheet.hole, ...lengths };
    const middle = [left + state.sheet.hole.width / 2, top + state.sheet.hole.height / 2];
    adjust(state, { hole: boxAround(middle, height, width, state.size) });
  };
  state.high = slider(state, "Height of the hole", { min: 1, step: 1 }, (height) => stretch({ height }));
  state.wide = slider(state, "Width of the hole", { min: 1, step: 1 }, (width) => stretch({ width }));
  state.sigma = slider(state, "Noise everywhere", { min: 0, max: 1, step: 0.01 }, (sigma) => adjust(state, { sigma }));
  state.other = pressable(() => change(state, { ...state.sheet, seed: state.sheet.seed + 1 }), "Other noise");
  state.centre = element("input", { type: "checkbox" });
  state.centre.addEventListener("change", () => change(state, { ...state.sheet, centred: state.centre.checked }));
  state.centring = element("span");
  const sliders = [state.brush, state.high, state.wide, state.sigma].map(({ box }) => box);
  const centring = element("label", { className: "centring" }, state.centre, state.centring);
  state.reading = element("div", { className: "hint" });
  state.more = element("details", {}, element("summary", { textContent: "Pen, and what the model is given" }));
  state.below = element("div", { className: "below" }, ...sliders, state.other, centring, state.reading);
  return state.below;
}

/** A slider with its name and value in words; all of one drag is undone together. */
function slider(state, title, range, act) {
  const [input, value] = [element("input", { type: "range", ...range }), element("span")];
  input.setAttribute("aria-label", title);
  input.addEventListener("input", (event) => {
    act(Number(input.value));
    renew(state, event);
  });
  input.addEventListener("change", () => (state.adjusting = false));
  const put = (number, words) => {
    Object.assign(input, { value: number });
    value.textContent = words;
    input.setAttribute("aria-valuetext", words);
    const [low, high] = [Number(input.min), Number(input.max)];
    input.style.setProperty("--done", (number - low) / Math.max(high - low, 1e-9));
  };
  const box = element("div", { className: "slider" }, element("div", {}, element("b", {}, title), value), input);
  return { box, input, put };
}

// ---- New data

function take(state, header, { image, ...arrays }) {
  const [height, width] = image.shape;
  const size = sizeOf(height, width);
  const anew = state.run !== header.run;
  const chosen = anew || state.header.tool !== header.tool;
  Object.assign(state, { run: header.run, count: 1, header, original: image, size, ...modelOf(header, arrays) });
  const inputs = (state.restorer ?? state.encoder)?.inputs ?? image.length;
  Object.assign(state, { input: new Float32Array(inputs), told: inputs === 2 * image.length });
  const fine = [size.width * size.fine, size.height * size.fine];
  fit(state.left.canvas, ...fine);
  for (const { canvas } of [state.right, state.small, state.wrong]) fit(canvas, size.width, size.height);
  state.scratch = element("canvas", { width: size.width, height: size.height });
  state.high.input.max = size.height;
  state.wide.input.max = size.width;
  const inner = `${Math.round(INNER * size.height)} × ${Math.round(INNER * size.width)}`;
  state.centring.textContent = `Centre as MNIST: scale the digit to fit ${inner} pixels and move it to the middle`;
  const pen = Boolean(header.pen);
  for (const part of [state.toolbar, state.heal, state.sigma.box, state.other, state.hint]) part.hidden = pen;
  if (pen && !state.more.isConnected) fold(state);
  state.reading.textContent = pen ? "" : READING; // With a pen, how large the error is.
  if (anew) reopen(state);
  if (chosen) takeTool(state, header.tool);
  else renew(state);
}

/** Beside a map there is less room: what a pen seldom needs is folded away, on a phone from the start. */
function fold({ more, small, wrong, brush, centring, below, reading }) {
  more.append(element("div", { className: "smalls" }, small.box, wrong.box), brush.box, centring.parentElement);
  more.open = window.innerWidth > 640;
  below.replaceChildren(reading, more);
}

/** The sheets that an easel of this name had, or new ones. */
function reopen(state) {
  const kept = keptSheets().get(state.run);
  const fits = kept?.sheet.cover.length === state.original.length;
  const first = () => ({ sheet: firstSheet(state), past: [], future: [] });
  Object.assign(state, fits ? kept : first(), { stroke: null, adjusting: false });
}
