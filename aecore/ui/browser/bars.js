/**
 * A bar for each number of a code, the highest first, and in words how many of them are in use. The axis is that of all
 * frames, so that they can be compared; a number is told by what stands under its bar.
 *
 * Header: {run, what, unit, top, colour}
 * Arrays: values float32 [F, L], used uint8 [F, L]
 */

import { decimals, drawAcrossTitle, drawUpward, plotHeight, plotOf, pointerOf, readPointer } from "./axes.js";
import { picture, surface, textSize } from "./canvas.js";
import { element } from "./elements.js";
import { hold } from "./page.js";
import { present } from "./view.js";

export default function (component) {
  return present(component, { build, take, draw });
}

const SHARE = 0.8; // Of the room for a bar, that is filled.
const LEAST_BAR = 2; // Height of a bar, in pixels: that a number is there should be seen.
const UNUSED_ALPHA = 0.4;
const MOST_SAID = 10;

function build(state) {
  state.inUse = element("span", { className: "when" });
  state.sum = element("span", { className: "entry" });
  state.one = element("span", { className: "entry" });
  state.canvas = picture();
  state.root.append(element("div", { className: "readout" }, state.inUse, state.sum, state.one), state.canvas);
  readPointer(state);
}

function take(state, header, arrays) {
  const [frames] = arrays.values.shape;
  hold(state, header.run, 0, frames);
  Object.assign(state, { header, arrays });
}

function draw(state, theme) {
  const { header, canvas, width } = state;
  const height = plotHeight(width);
  const context = surface(canvas, width, height);
  context.font = `${textSize(width)}px ${theme.font}`;
  const bars = barsOf(state);
  const across = { from: 0, to: bars.length, title: "code dimension" };
  const plot = plotOf(context, width, height, across, { from: 0, to: header.top, title: header.unit });
  drawUpward(context, theme, plot);
  drawAcrossTitle(context, plot);
  const pointer = pointerOf(state);
  const pointed = pointer && bars[Math.floor(plot.xAt(pointer.x))];
  bars.forEach((bar, i) => drawBar(context, theme, plot, bar, i, header.colour));
  drawNumbers(context, theme, plot, bars);
  printBars(state, bars, pointed);
  state.root.dataset.shown = bars.map(({ number }) => number + 1).join(" ");
}

/** What the frame shown says of each number, the highest first. */
function barsOf({ arrays: { values, used }, frame }) {
  const [, count] = values.shape;
  const bars = Array.from({ length: count }, (_, number) => {
    const i = frame * count + number;
    return { number, value: values[i], used: Boolean(used[i]) };
  });
  return bars.sort((a, b) => b.value - a.value);
}

function drawBar(context, theme, plot, { value, used }, i, colour) {
  const [left, right] = [plot.x(i + (1 - SHARE) / 2), plot.x(i + (1 + SHARE) / 2)];
  const top = Math.min(plot.y(value), plot.bottom - LEAST_BAR);
  Object.assign(context, { fillStyle: used ? colour : theme.text, globalAlpha: used ? 1 : UNUSED_ALPHA });
  context.fillRect(left, top, right - left, plot.bottom - top);
  context.globalAlpha = 1;
}

/** Which number each bar is of; where they have no room side by side, of every second, fifth or so. */
function drawNumbers(context, theme, plot, bars) {
  const room = plot.x(1) - plot.x(0);
  const widest = context.measureText(String(bars.length)).width + 6;
  const step = [1, 2, 5, 10].find((every) => every * room >= widest) ?? 20;
  Object.assign(context, { textAlign: "center", textBaseline: "top", fillStyle: theme.text });
  bars.forEach(({ number }, i) => {
    if (i % step === 0) context.fillText(String(number + 1), plot.x(i + 0.5), plot.bottom + 9);
  });
}

/** Prints the count, the sum and the bar that is pointed at, and says all of it in the canvas's label. */
function printBars({ header, inUse, sum, one, canvas }, bars, pointed) {
  const { what, unit, top } = header;
  const said = ({ number, value }) => `dimension ${number + 1}: ${decimals(value, top)}`;
  const total = bars.reduce((all, { value }) => all + value, 0);
  const words = `${bars.filter(({ used }) => used).length} of ${bars.length} in use`;
  inUse.textContent = words;
  sum.textContent = `${what} ${total.toFixed(2)} ${unit} in all`;
  one.textContent = pointed ? `${said(pointed)}${pointed.used ? "" : ", not in use"}` : "";
  const few = bars.slice(0, MOST_SAID).map(said).join(", ");
  canvas.setAttribute("aria-label", `${what} of each code dimension, ${unit}; ${words}. The highest first: ${few}`);
}
