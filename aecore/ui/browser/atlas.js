/**
 * A map of a latent space: walked by drag and zoom, read under the pointer, chosen from by clicks, boxes and lassos.
 * Only what was chosen is sent; all else happens here.
 *
 * Header: {run, first, axes: [x, y], limits: [left, right, bottom, top],
 *          colourings: [{title, classes: [{name, colour, marker}]} or {title, unit, low, high}],
 *          decoder: what decoderOf reads or null, with it plane: {across, up or null}, labels: [name] and label,
 *          hidden: [class of the first colouring] and picked: [{point, x, y}] to begin with,
 *          pen: null or what `atlas_pen.js` reads}
 * Arrays: places float32 [F or 1, N, 2], images uint8 [K, H, W] of the first K points, rebuilt like images or missing,
 *         colour0, colour1, ... int16 or float32 [N], base float32 [L], the decoder's own and the pen's
 */

import { clear, sendHidden, takePen, useTool } from "./atlas_choice.js";
import { drawBack, drawPoints, kindsOf, MOST_SIDE } from "./atlas_draw.js";
import { buildPen, placePen } from "./atlas_pen.js";
import { placeMarks, readPlace, threeDigits } from "./atlas_read.js";
import { listenToMap, settle, showSheet, showWhole, wholeOf, ZOOM, zoomBy } from "./atlas_walk.js";
import { picture, textSize } from "./canvas.js";
import { decoderOf } from "./decoder.js";
import { element, fit, group, icon, pressable, setPressed, toolButtons } from "./elements.js";
import { hear, hold } from "./page.js";
import { partOf, squareBox } from "./plane.js";
import { gradientOf, markerIcon, mixed } from "./points.js";
import { mounted, present } from "./view.js";

export default function (component) {
  const leave = present(component, { build, take, draw });
  mounted.get(component.parentElement).setStateValue = component.setStateValue;
  return leave;
}

/** Each tool's name on its button, and its picture as a line in a square of 20 units. */
const MAP_TOOLS = {
  pan: ["Pan", "M10 2V18M2 10H18M7 5L10 2L13 5M7 15L10 18L13 15M5 7L2 10L5 13M15 7L18 10L15 13"],
  look: ["Look", "M10 1V7M10 13V19M1 10H7M13 10H19M9 10H11"],
  box: ["Box", "M3 4H17V16H3Z"],
  lasso: ["Lasso", "M5 12C1 9 4 4 10 4S19 9 15 12 8 14 5 12C3 14 6 16 4 19"],
};

// ---- Elements

function build(state) {
  Object.assign(state, { tool: "pan", colouring: 0, classing: -1, hidden: new Set(), label: 0, beats: [0] });
  Object.assign(state, { sheets: [], selected: [], picked: [], turns: 0, reading: null });
  state.back = element("canvas", { className: "back" });
  state.canvas = element("canvas", { className: "points", tabIndex: 0 });
  state.canvas.setAttribute("role", "application");
  state.outline = icon(1, 1, '<path class="outline"/>');
  state.ring = element("div", { className: "ring", hidden: true });
  state.cross = element("div", { className: "cross", hidden: true });
  state.marks = [0, 1].map(() => element("div", { className: "mark", hidden: true }));
  state.tally = element("div", { className: "tally" });
  const marks = [state.outline, ...buildPen(state), state.ring, state.cross, ...state.marks, state.tally];
  const above = element("div", { className: "above" }, ...marks);
  state.area = element("div", { className: "area" }, state.canvas, above);
  state.field = element("div", { className: "field" }, state.back, state.area);
  const main = element("div", { className: "main" }, buildMapTools(state), state.field, buildHint(state));
  const side = element("div", { className: "side" }, buildReading(state), buildColours(state));
  state.root.append(element("div", { className: "atlas" }, main, side));
  listenToMap(state);
  hear(state, "pen", () => state.part && placePen(state));
}

function buildMapTools(state) {
  state.tools = toolButtons(MAP_TOOLS, (name) => useTool(state, name));
  const zooms = [
    ["\u2212", "Zoom out", () => zoomBy(state, 1 / ZOOM.step)],
    ["+", "Zoom in", () => zoomBy(state, ZOOM.step)],
    ["Whole", "Whole map", () => showWhole(state)],
  ].map(([text, title, act]) => {
    const button = pressable(act, text);
    button.setAttribute("aria-label", title);
    return button;
  });
  state.sheetButton = pressable(() => showSheet(state, !state.sheeted), "Sheet");
  state.sheetButton.title = "Decoded places behind the points";
  state.clearButton = pressable(() => clear(state), "Clear");
  const tools = group("Tool", Object.values(state.tools));
  const bar = [tools, group("Zoom", zooms), state.sheetButton, state.clearButton];
  useTool(state, "pan");
  showSheet(state, false);
  return element("div", { className: "tools" }, ...bar);
}

function buildHint(state) {
  state.hints = ["fine", "coarse"].map((className) => element("span", { className }));
  return element("div", { className: "hint" }, ...state.hints);
}

/** What a hand can do here; a click marks two places, or the one that is walked to from the pen's. */
function writeHint({ hints: [fine, coarse], header: { pen } }) {
  const [click, tap] = pen ? ["walk there from a", "walks there from a"] : ["mark a and b", "marks a and b"];
  const mouse = `Drag to pan, click to ${click}. The wheel zooms with Ctrl or \u2318, or after a click here.`;
  const keys = "Keys: arrows pan, + \u2212 0 zoom, Shift with arrows reads, Enter marks, Escape clears.";
  fine.textContent = `${mouse} ${keys}`;
  coarse.textContent = `One finger pans, two zoom, a tap ${tap}. The page scrolls beside the map.`;
}

function buildReading(state) {
  const figure = () => {
    const [title, canvas, words] = [element("figcaption"), picture(), element("p")];
    return { box: element("figure", {}, title, canvas, words), title, canvas, words };
  };
  Object.assign(state, { made: figure(), real: figure() });
  state.labels = group("Decode as", [], "chips");
  state.labelled = element("div", { className: "labelled" }, element("span", {}, "Decode as"), state.labels);
  state.pictures = element("div", { className: "pictures" });
  state.pictures.setAttribute("aria-live", "polite");
  return element("div", { className: "reading" }, state.pictures, state.labelled);
}

function buildColours(state) {
  state.picker = element("select");
  state.picker.addEventListener("change", () => colour(state, state.picker.selectedIndex));
  state.picking = element("label", { className: "picking" }, "Colour by", state.picker);
  state.low = element("span");
  state.high = element("span");
  state.bar = element("span", { className: "bar" });
  state.scale = element("div", { className: "scale" }, state.low, state.bar, state.high);
  state.chips = group("Classes shown", [], "chips");
  return element("div", { className: "colours" }, state.picking, state.scale, state.chips);
}

/** Buttons of which one or several are pressed. */
function chips(holder, names, isPressed, press) {
  const buttons = names.map((content, i) => {
    const button = pressable(() => {
      press(i);
      buttons.forEach((other, o) => setPressed(other, isPressed(o)));
    }, ...content);
    button.className = "chip";
    setPressed(button, isPressed(i));
    return button;
  });
  holder.replaceChildren(...buttons);
}

// ---- New data

function take(state, header, arrays) {
  const [run, limits, points] = [state.run, String(state.header?.limits), arrays.places.shape[1]];
  hold(state, header.run, header.first, arrays.places.shape[0]);
  Object.assign(state, { header, arrays, order: mixed(points), kinds: null });
  const other = run !== state.run;
  if (other) beginRun(state, header);
  if (other || limits !== String(header.limits)) state.camera = wholeOf(header.limits);
  state.selected = other ? [] : state.selected.filter((point) => point < points);
  state.picked = state.picked.filter(({ point }) => point === null || point < points);
  const decoder = header.decoder ? decoderOf(header.decoder, arrays) : null;
  Object.assign(state, { decoder, code: arrays.base?.slice(), bytes: null });
  takePen(state);
  writeHint(state);
  takeColours(state, header.colourings);
  takePictures(state);
  takeLabels(state, header.labels ?? []);
  if (decoder) settle(state);
  else showSheet(state, false);
}

/** Begins with another run's points as the page remembers them. */
function beginRun(state, { picked, hidden, label, colourings }) {
  Object.assign(state, { picked, turns: picked.length, heard: picked, reading: null, label: label ?? 0 });
  Object.assign(state, { hidden: new Set(hidden), hiddenHeard: String(hidden), signature: null, labelNames: null });
  if (hidden.length) state.colouring = 0;
  state.names = JSON.stringify(colourings[0]?.classes ?? []);
}

function takeColours(state, colourings) {
  const signature = JSON.stringify(colourings);
  if (signature === state.signature) return;
  state.signature = signature;
  state.picker.replaceChildren(...colourings.map(({ title }) => element("option", { textContent: title })));
  state.picking.hidden = colourings.length < 2;
  colour(state, Math.min(state.colouring, Math.max(0, colourings.length - 1)));
}

/** Colours by other classes or a figure. Below a figure stay the last classes, so that it can be seen on some. */
function colour(state, colouring) {
  const { colourings } = state.header;
  const isClasses = (c) => Boolean(colourings[c]?.classes);
  const classing = [colouring, state.classing].find(isClasses) ?? colourings.findIndex((_, c) => isClasses(c));
  Object.assign(state, { colouring, classing, kinds: null });
  state.picker.selectedIndex = colouring;
  buildToggles(state, colourings[classing]?.classes ?? []);
  const { title, unit, low, high } = colourings[colouring] ?? {};
  state.scale.hidden = low === undefined;
  state.low.textContent = `${title} \u2264 ${threeDigits(low)}`;
  state.high.textContent = `\u2265 ${threeDigits(high)} ${unit}`;
  state.redraw();
}

/** A button for each class, in its colour if it is what colours the points. */
function buildToggles(state, classes) {
  const names = JSON.stringify(classes);
  if (names !== state.names) state.hidden.clear();
  state.names = names;
  const own = state.classing === state.colouring;
  const contents = classes.map(({ name, ...look }) => {
    return [markerIcon(own ? look : { marker: "circle", colour: "currentColor" }), name];
  });
  const isShown = (c) => !state.hidden.has(c);
  const press = (c) => {
    if (!state.hidden.delete(c)) state.hidden.add(c);
    state.kinds = null;
    state.redraw();
    sendHidden(state);
  };
  chips(state.chips, contents, isShown, press);
  sendHidden(state);
}

function takePictures(state) {
  const { made, real, decoder, arrays, pictures } = state;
  const [pictured, height, width] = arrays.images.shape;
  made.title.textContent = decoder ? "Decoded here" : "Its reconstruction";
  real.title.textContent = decoder ? "Nearest real image" : "Nearest image";
  real.canvas.hidden = !pictured;
  // Their final shape from the start, so that the page does not move at the first reading.
  fit(real.canvas, width, height);
  fit(made.canvas, decoder?.width ?? width, decoder?.height ?? height);
  if (!state.reading) [made, real].forEach(({ words }) => (words.textContent = "Point at the map."));
  const boxes = decoder ? [made.box, real.box] : arrays.rebuilt ? [real.box, made.box] : [real.box];
  pictures.replaceChildren(...boxes);
}

function takeLabels(state, labels) {
  // Of one code dimension all rows would be alike.
  state.sheetButton.hidden = !state.decoder || state.header.plane.up === null;
  state.labelled.hidden = !labels.length;
  if (String(labels) === state.labelNames) return;
  state.labelNames = String(labels);
  const press = (label) => {
    state.label = label;
    settle(state);
    readPlace(state);
  };
  chips(state.labels, labels.map((name) => [name]), (label) => label === state.label, press);
}

// ---- Drawing

function draw(state, theme) {
  if (!state.header) return;
  const size = textSize(state.width);
  state.box = squareBox(state.field.clientWidth, size, 4, MOST_SIDE);
  state.part = partOf(state.camera, state.header.limits, state.box.side);
  if (!state.kinds || state.shown !== state.frame) {
    Object.assign(state, { kinds: kindsOf(state), index: null, shown: state.frame });
    readPlace(state);
  }
  drawBack(state, theme);
  Object.assign(state.area.style, { left: `${state.box.left}px`, top: `${state.box.top}px` });
  drawPoints(state, theme);
  if (!state.scale.hidden) state.bar.style.backgroundImage = gradientOf(theme);
  placeMarks(state);
  pace(state);
  describe(state);
}

/** How many frames a second were drawn in the last second of a walk. */
function pace(state) {
  if (!state.walked) return;
  const now = performance.now();
  const fresh = now - state.beats.at(-1) < 200;
  state.beats = [...(fresh ? state.beats.filter((beat) => now - beat < 1000) : []), now];
  const seconds = (now - state.beats[0]) / 1000;
  if (seconds) state.root.dataset.fps = ((state.beats.length - 1) / seconds).toFixed(1);
  state.walked = false;
}

function describe(state) {
  const { header, part, selected, hidden, classing, colouring } = state;
  const { left, right, bottom, top } = part;
  const classes = header.colourings[classing]?.classes.length ?? 0;
  const parted = classes ? ` in ${classes} classes${hidden.size ? `, ${hidden.size} of them hidden` : ""}` : "";
  const by = header.colourings[colouring] ? `, coloured by ${header.colourings[colouring].title}` : "";
  const sides = [header.axes[0], "across from", threeDigits(left), "to", threeDigits(right)].join(" ");
  const heights = [header.axes[1], "up from", threeDigits(bottom), "to", threeDigits(top)].join(" ");
  const what = `Map of ${state.order.length} points${parted}${by}, frame ${state.frame}; ${sides}, ${heights}`;
  state.canvas.setAttribute("aria-label", what);
  state.tally.hidden = !selected.length;
  state.tally.textContent = `${selected.length.toLocaleString("en")} selected`;
  state.clearButton.disabled = !selected.length && !state.picked.length;
  const seen = [left, right, bottom, top].map((v) => Number(v.toPrecision(7))).join(" ");
  Object.assign(state.root.dataset, { part: seen, selected: selected.length });
}
