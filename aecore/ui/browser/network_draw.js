// Drawing a network's parts: the funnel, the cells, the pictures of weights, the gradients.

import { haloText } from "./canvas.js";
import { greys } from "./pixels.js";

const FUNNEL_ALPHA = 0.1;
const LONGEST_SIGMA = 20;
const BAND = 0.16; // Of the width, that a pulse lights up.

/** The bands between neighbouring columns; those that a pulse at `at`, from 0 to 1, passes are brighter. */
export function drawFunnel(context, colour, places, width, at) {
  for (let i = 1; i < places.length; i++) {
    const [a, b] = [places[i - 1], places[i]];
    const [left, right] = [a.middle + a.wide / 2, b.middle - b.wide / 2];
    const near = at === null ? 0 : Math.max(0, 1 - Math.abs((left + right) / 2 / width - at) / BAND);
    context.beginPath();
    context.moveTo(left, a.centre - a.half);
    context.lineTo(right, b.centre - b.half);
    context.lineTo(right, b.centre + b.half);
    context.lineTo(left, a.centre + a.half);
    context.closePath();
    Object.assign(context, { fillStyle: colour, globalAlpha: FUNNEL_ALPHA + 0.3 * near });
    context.fill();
    context.globalAlpha = 1;
  }
}

/** Units as cells: the stronger, the fuller, one colour above 0 and one below. */
export function drawCells(context, theme, { middle, centre, cells }, values, colours, chosen) {
  const largest = Math.max(1e-9, ...values.map(Math.abs));
  cells.forEach(({ y, wide, high }, i) => {
    const [left, top] = [middle - wide / 2, centre + y - high / 2];
    const thick = Math.max(1, high - (high > 5 ? 1.5 : 0));
    Object.assign(context, { fillStyle: theme.panel, globalAlpha: 1 });
    context.fillRect(left, top, wide, thick);
    context.fillStyle = values[i] < 0 ? colours.off : colours.on;
    context.globalAlpha = Math.abs(values[i]) / largest;
    context.fillRect(left, top, wide, thick);
    context.globalAlpha = 1;
    Object.assign(context, { strokeStyle: i === chosen ? theme.text : theme.border, lineWidth: i === chosen ? 2 : 1 });
    if (high > 5 || i === chosen) context.strokeRect(left + 0.5, top + 0.5, wide - 1, thick - 1);
  });
}

/** Pictures in the cells of a column, each from pixels one after the other. */
export function drawPictures(context, theme, { middle, centre, cells }, pixels, [rows, cols], chosen) {
  context.imageSmoothingEnabled = false;
  cells.forEach(({ x, y, wide, high }, i) => {
    const own = pixels.subarray(i * rows * cols, (i + 1) * rows * cols);
    const [left, top] = [middle + x - wide / 2, centre + y - high / 2];
    drawGreys(context, own, rows, cols, [left, top, wide, high]);
    Object.assign(context, { strokeStyle: i === chosen ? theme.text : theme.border, lineWidth: i === chosen ? 2 : 1 });
    context.strokeRect(left + 0.5, top + 0.5, wide - 1, high - 1);
  });
}

function drawGreys(context, pixels, rows, cols, [left, top, wide, high]) {
  const made = new OffscreenCanvas(cols, rows);
  made.getContext("2d").putImageData(greys(pixels, cols, rows), 0, 0);
  context.drawImage(made, left, top, wide, high);
}

/** What first units see, or last ones draw, in a stack beside their column. */
export function drawWeights(context, theme, x, { centre, half }, pixels, [count, rows, cols], side) {
  const step = Math.min(side + 3, (2 * Math.max(half, 30)) / count);
  const each = Math.min(side, step - 2);
  context.imageSmoothingEnabled = false;
  for (let i = 0; i < count; i++) {
    const top = centre + (i - (count - 1) / 2) * step - each / 2;
    drawGreys(context, pixels.subarray(i * rows * cols, (i + 1) * rows * cols), rows, cols, [x, top, each, each]);
    Object.assign(context, { strokeStyle: theme.border, lineWidth: 1 });
    context.strokeRect(x + 0.5, top + 0.5, each - 1, each - 1);
  }
}

/** Every weight between two columns as a line, the stronger the thicker. */
export function drawMatrix(context, a, b, weights, [outs, ins], colours) {
  const largest = Math.max(1e-9, ...weights.map(Math.abs));
  for (let o = 0; o < outs; o++) {
    for (let i = 0; i < ins; i++) {
      const weight = weights[o * ins + i] / largest;
      context.beginPath();
      context.moveTo(a.middle + a.wide / 2, a.centre + endOf(a, i, ins));
      context.lineTo(b.middle - b.wide / 2, b.centre + endOf(b, o, outs));
      Object.assign(context, { strokeStyle: weight < 0 ? colours.off : colours.on, lineWidth: 0.5 + 3 * Math.abs(weight) });
      context.globalAlpha = 0.25 + 0.75 * Math.abs(weight);
      context.stroke();
    }
  }
  context.globalAlpha = 1;
}

/** Where one of `count` lines meets a column: at its cell, or spread over a picture. */
const endOf = ({ cells, half }, i, count) => (cells.length > 1 ? cells[i].y : ((i + 0.5) / count - 0.5) * 2 * half);

/** How wide each code dimension's distribution is, against the prior's 1, as a line beside its cell. */
export function drawSigmas(context, colour, { middle, centre, wide, cells }, sigmas) {
  Object.assign(context, { strokeStyle: colour, lineWidth: 2 });
  cells.forEach(({ y }, i) => {
    context.beginPath();
    context.moveTo(middle + wide / 2 + 2, centre + y);
    context.lineTo(middle + wide / 2 + 2 + LONGEST_SIGMA * Math.min(1, sigmas[i]), centre + y);
    context.stroke();
  });
}

/** A small sign before a column: what is done there. */
export function drawSign(context, theme, sign, x, y) {
  const drawn = { sigma: "μ, σ", dice: "\u2684 ε", label: "+ label", mask: "▦", corruption: "⚡", squash: "∫", codebook: "▤" }[sign];
  context.textAlign = "center";
  context.textBaseline = "middle";
  haloText(context, theme, drawn ?? sign, x, y);
}

/** How steep the loss is in each layer's weights, as bars against the steepest. */
export function drawGradients(context, colour, places, gradients, y, share) {
  const largest = Math.max(...gradients.filter(Number.isFinite), 1e-12);
  for (const { column, middle, room } of places) {
    const value = gradients[column.stage];
    if (!(value > 0)) continue;
    const wide = Math.max(2, (value / largest) * Math.min(60, room - 10) * share);
    Object.assign(context, { fillStyle: colour, globalAlpha: 0.8 });
    context.fillRect(middle - wide / 2, y, wide, 4);
    context.globalAlpha = 1;
  }
}
