/**
 * Losses over the epochs, or another figure over whatever `x` names, on fixed axes.
 *
 * Header: {run, what, x, total, top, unit, lines: [{title, split, colour, group}], floors: [{title, value}]}
 * Arrays: epochs float32 [K], values float32 [lines, K] (NaN is a gap), frameEpochs float32 [F]
 */

import { decimals, drawAxes, drawDot, plotHeight, plotOf } from "./axes.js";
import { followPointer, haloText, invite, picture, rule, surface, textSize } from "./canvas.js";
import { element, icon } from "./elements.js";
import { hold } from "./page.js";
import { plain } from "./plane.js";
import { present } from "./view.js";

export default function (component) {
  return present(component, { build, take, draw });
}

const LABEL_GAP = 3;
const STYLES = { train: { width: 1.5, alpha: 0.85 }, "held-out": { width: 3, alpha: 1 } };
const styleOf = (line) => STYLES[line.split] ?? STYLES["held-out"];

function build(state) {
  state.readout = element("div", { className: "readout" });
  state.canvas = picture();
  state.root.append(state.readout, state.canvas);
  state.pointer = null;
  followPointer(state.canvas, state.ended, (pointer) => {
    state.pointer = pointer;
    state.redraw();
  });
}

function take(state, header, arrays) {
  const { run, count } = state;
  hold(state, header.run, 0, arrays.frameEpochs.length);
  // A finger's reading must not outlive the moment it was taken at.
  if (state.pointer?.touch && (run !== state.run || count !== state.count)) state.pointer = null;
  Object.assign(state, { header, arrays });
  buildReadout(state, header);
}

/** The legend above the plot, which also prints the values: one entry a line. */
function buildReadout(state, { lines, unit }) {
  const signature = JSON.stringify([lines, unit]);
  if (signature === state.signature) return;
  state.signature = signature;
  state.when = element("span", { className: "when" });
  state.values = lines.map(() => element("b"));
  const entries = lines.map((line, i) =>
    element("span", { className: "entry" }, swatch(line), `${nameOf(line, lines)} `, state.values[i]),
  );
  state.readout.replaceChildren(state.when, ...entries);
}

/** The split alone names a line where there is only one title, the title alone where there are no splits. */
function nameOf(line, lines) {
  if (!line.split) return line.title;
  const alone = lines.every(({ title }) => title === line.title);
  return alone ? line.split : `${line.title}, ${line.split}`;
}

function swatch(line) {
  const { width, alpha } = styleOf(line);
  return icon(22, 12, `<path d="M1 6H21" stroke="${line.colour}" stroke-width="${width}" opacity="${alpha}"/>`);
}

// ---- What is shown

/** The index of the epoch whose values are printed: pointed at, scrubbed to, or the newest; -1 if there is none. */
function shownIndex({ arrays, pointer, scrubbed, frame, scale }) {
  const { epochs, frameEpochs } = arrays;
  if (pointer && scale) return nearestEpoch(epochs, scale.xAt(pointer.x));
  return scrubbed ? nearestEpoch(epochs, frameEpochs[frame]) : epochs.length - 1;
}

function nearestEpoch(epochs, epoch) {
  let best = -1;
  let least = Infinity;
  for (let k = 0; k < epochs.length; k++) {
    const distance = Math.abs(epochs[k] - epoch);
    if (distance < least) [best, least] = [k, distance];
  }
  return best;
}

const floorText = ({ title, value }, top) => `${title} ${top >= 100 ? value.toFixed(0) : decimals(value, top)}`;

/** Where a line is read: at `index`, or, while it is the newest that counts, at the last value the line has. */
function placeOn(state, line, index) {
  let k = index;
  while (k > 0 && !state.pointer && !state.scrubbed && !Number.isFinite(lossAt(state, line, k))) k--;
  return k;
}

const lossAt = ({ arrays }, line, index) => (index < 0 ? NaN : arrays.values[line * arrays.epochs.length + index]);

// ---- Drawing

function draw(state, theme) {
  if (!state.header) return;
  const { header, arrays, width } = state;
  const height = plotHeight(width);
  const context = surface(state.canvas, width, height);
  context.font = `${textSize(width)}px ${theme.font}`;
  state.scale = scaleOf(context, header, arrays, width, height);
  const index = shownIndex(state);
  drawAxes(context, theme, state.scale);
  drawFloors(context, theme, state.scale, header.floors);
  const { left, right, top, bottom, size } = state.scale;
  if (index < 0) invite(context, theme, (left + right) / 2, (top + bottom) / 2, size);
  drawLines(context, state.scale, header.lines, arrays);
  drawCursor(context, theme, state, index);
  drawFloorLabels(context, theme, state.scale, header);
  printLosses(state, index);
}

/** Where epochs and losses lie on the canvas. */
function scaleOf(context, { x, total, bottom, top, unit }, { epochs }, width, height) {
  const end = Math.max(total, epochs.length ? epochs[epochs.length - 1] : 0);
  const [across, up] = [{ from: 0, to: end, title: x }, { from: bottom, to: top, title: unit }];
  return plotOf(context, width, height, across, up);
}

/** Draws inside the axes only: a loss that explodes leaves by the upper edge. */
function clipped(context, scale, action) {
  context.save();
  context.beginPath();
  context.rect(scale.left, scale.top - 2, scale.right - scale.left + 3, scale.bottom - scale.top + 4);
  context.clip();
  action();
  context.restore();
}

function drawLines(context, scale, lines, { epochs, values }) {
  clipped(context, scale, () => {
    lines.forEach((line, l) => {
      const style = styleOf(line);
      Object.assign(context, { strokeStyle: line.colour, lineWidth: style.width, globalAlpha: style.alpha });
      Object.assign(context, { lineJoin: "round", lineCap: "round" });
      trace(context, scale, epochs, values.subarray(l * epochs.length, (l + 1) * epochs.length));
    });
  });
}

function trace(context, scale, epochs, values) {
  let drawing = false;
  context.beginPath();
  for (let k = 0; k < epochs.length; k++) {
    const there = Number.isFinite(values[k]);
    // A line to the point itself makes a lone point visible, as a round dot.
    if (there && !drawing) context.moveTo(scale.x(epochs[k]), scale.y(values[k]));
    if (there) context.lineTo(scale.x(epochs[k]), scale.y(values[k]));
    drawing = there;
  }
  context.stroke();
}

/** A vertical line at the moment looked at, and a dot on every line at the epoch whose values are printed. */
function drawCursor(context, theme, state, index) {
  if (index < 0) return;
  const { scale, arrays, header } = state;
  const epoch = state.scrubbed && !state.pointer ? arrays.frameEpochs[state.frame] : arrays.epochs[index];
  if (state.scrubbed || state.pointer) {
    Object.assign(context, { strokeStyle: theme.text, lineWidth: 1, globalAlpha: 0.7 });
    rule(context, scale.x(epoch), scale.top, scale.x(epoch), scale.bottom);
    context.globalAlpha = 1;
  }
  clipped(context, scale, () => {
    header.lines.forEach((line, l) => {
      const k = placeOn(state, l, index);
      dotOn(context, theme, scale.x(arrays.epochs[k]), scale.y(lossAt(state, l, k)), line);
    });
  });
}

function dotOn(context, theme, x, y, line) {
  if (Number.isFinite(y)) drawDot(context, theme, x, y, line.split === "train" ? 3.5 : 5, line.colour);
}

function drawFloors(context, theme, scale, floors) {
  Object.assign(context, { strokeStyle: theme.text, lineWidth: 1.5, globalAlpha: 0.6 });
  context.setLineDash([6, 5]);
  for (const { value } of floors) {
    const y = scale.y(value);
    if (y >= scale.top) rule(context, scale.left, y, scale.right, y);
  }
  context.setLineDash([]);
  context.globalAlpha = 1;
}

/**
 * A label sits on its dashed line. Lines closer than a text's height share a row above the highest of them, so that
 * no label is struck through and the curves, which end below their floors, stay free.
 */
function drawFloorLabels(context, theme, scale, { floors, top }) {
  const labels = floors
    .map((floor) => ({ text: floorText(floor, top) + (floor.value > top ? " \u2191" : ""), y: scale.y(floor.value) }))
    .sort((a, b) => a.y - b.y);
  Object.assign(context, { textAlign: "right", textBaseline: "alphabetic" });
  for (const row of rowsOf(labels, scale.size + LABEL_GAP)) {
    let [x, y] = [scale.right - 4, Math.max(row[0].y - 5, scale.top + scale.size)];
    for (const { text } of row.reverse()) {
      const width = context.measureText(text).width;
      if (x < scale.right - 4 && x - width < scale.left + 4) [x, y] = [scale.right - 4, y - scale.size - LABEL_GAP];
      haloText(context, theme, text, x, y);
      x -= width + 18;
    }
  }
}

/** Labels from above, grouped where one follows the other in less than `step` pixels. */
function rowsOf(labels, step) {
  const rows = [];
  for (const [i, label] of labels.entries()) {
    if (i && label.y - labels[i - 1].y < step) rows.at(-1).push(label);
    else rows.push([label]);
  }
  return rows;
}

// ---- Words

/** Prints the values shown, and says them in the canvas's label. */
function printLosses(state, index) {
  const { header, arrays } = state;
  const said = header.lines.map((line, l) => {
    const value = decimals(lossAt(state, l, placeOn(state, l, index)), header.top);
    state.values[l].textContent = value;
    return `${nameOf(line, header.lines)} ${value}`;
  });
  const { what, x } = header;
  const place = index < 0 ? null : x === "epoch" ? arrays.epochs[index].toFixed(1) : plain(arrays.epochs[index]);
  state.when.textContent = place === null ? `no ${x} yet` : `${x} ${place}`;
  const floors = header.floors.map((floor) => floorText(floor, header.top)).join("; ");
  const values = `${what} at ${x} ${place} of ${plain(header.total)}: ${said.join(", ")} ${header.unit}`;
  const words = place === null ? `No ${what.toLowerCase()} yet: press Train` : values;
  state.canvas.setAttribute("aria-label", words + (floors && `; floors: ${floors}`));
}
