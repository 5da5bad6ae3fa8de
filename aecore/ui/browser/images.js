/**
 * Rows of images with aligned columns: light ink on dark, or in colour, pixel by pixel. Where not all columns fit side
 * by side, all rows go on below, as the lines of a text do.
 *
 * Header: {run, first, frames, titles: [row]}
 * Arrays: row0, row1, ... uint8 [1 or F, R, H, W], or with red, green and blue [1 or F, R, H, W, 3]
 */

import { checksum, picture, surface, textSize } from "./canvas.js";
import { hold } from "./page.js";
import { present } from "./view.js";

export default function (component) {
  return present(component, { build, take, draw });
}

const LEAST_CELL = 26; // Narrower, an image is no longer read: rows go on below.
const WRAPPED = 38; // So wide, or wider, where they do.
const MOST_CELL = 60;
const CELL_GAP = 4;
const BELOW = { beside: 6, above: 10 }; // Under a line, by where its title stands.
const PART = 8; // More than that between the first part of all rows and the second.
const MOST_TITLE = 0.25; // Of the width: longer titles stand above their rows.

function build(state) {
  state.canvas = picture();
  state.root.append(state.canvas);
}

function take(state, header, arrays) {
  hold(state, header.run, header.first, header.frames);
  state.rows = header.titles.map((title, i) => ({ title, pixels: arrays[`row${i}`] }));
}

function draw(state, theme) {
  if (!state.rows) return;
  const size = textSize(state.width);
  const font = `${size}px ${theme.font}`;
  const measure = state.canvas.getContext("2d");
  measure.font = font;
  const layout = layoutOf(measure, state, size);
  const context = surface(state.canvas, state.width, layout.height);
  Object.assign(context, { font, fillStyle: theme.text, imageSmoothingEnabled: false });
  if (!layout.columns) context.fillText("no images yet: press Train", 0, size + 8);
  for (const line of layout.lines) drawLine(context, theme, state, layout, line);
  const sums = state.rows.map(({ pixels }) => checksum(pixelsOf(state, pixels, 0, pixels.shape[1])));
  state.root.dataset.shown = sums.join("-");
  describe(state, layout);
}

// ---- Where everything stands

const countOf = ({ pixels }) => (pixels.shape[0] ? pixels.shape[1] : 0);

/**
 * The lines, each a part of a row whose pictures stand side by side. Titles stand left of them where there is room,
 * and above them on a phone.
 */
function layoutOf(context, { width, rows }, size) {
  const widest = Math.ceil(Math.max(0, ...rows.map(({ title }) => context.measureText(title).width)));
  const most = Math.max(0, ...rows.map(countOf));
  const beside = width >= 560 && widest <= MOST_TITLE * width;
  const left = beside && widest ? widest + 14 : 0;
  const fitting = (least) => Math.max(1, Math.floor((width - left + CELL_GAP) / (least + CELL_GAP)));
  const parts = most <= fitting(LEAST_CELL) ? 1 : Math.ceil(most / fitting(WRAPPED));
  const columns = Math.ceil(most / parts);
  const cell = Math.min(MOST_CELL, Math.floor((width - left + CELL_GAP) / Math.max(1, columns)) - CELL_GAP);
  const layout = { columns, cell, left, beside, lines: [], height: 0 };
  for (let from = 0; from < most; from += columns) {
    if (from) layout.height += PART;
    for (const row of rows) {
      // Where a lone row goes on, everybody knows whose pictures they are.
      const title = from && rows.length === 1 ? "" : row.title;
      if (countOf(row) > from) addLine(context, layout, { row, title, from }, width, size);
    }
  }
  layout.height = Math.max(2 * size + 8, layout.height);
  return layout;
}

function addLine(context, layout, { row, title, from }, width, size) {
  const { beside, cell, columns, lines } = layout;
  const words = beside || !title ? [] : brokenInto(context, title, width);
  const top = layout.height + words.length * (size + 4) + (words.length ? 2 : 0);
  lines.push({ row, title, words, from, count: Math.min(columns, countOf(row) - from), top });
  layout.height = top + cell + (beside ? BELOW.beside : BELOW.above);
}

/** A text as lines that are not wider than `width`, broken between words. */
function brokenInto(context, text, width) {
  const lines = [];
  for (const word of text.split(" ")) {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && context.measureText(longer).width <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

// ---- Drawing

function drawLine(context, theme, state, { cell, left, beside }, { row, title, words, from, count, top }) {
  const [, , high, wide, parts = 1] = row.pixels.shape;
  const size = textSize(state.width);
  Object.assign(context, { fillStyle: theme.text, strokeStyle: theme.border, lineWidth: 1 });
  context.textBaseline = beside ? "middle" : "alphabetic";
  if (beside) context.fillText(title, 0, top + cell / 2);
  words.forEach((line, i) => context.fillText(line, 0, top - 6 - (words.length - 1 - i) * (size + 4)));
  const strip = stackOf(pixelsOf(state, row.pixels, from, count), count, high, wide, parts);
  for (let c = 0; c < count; c++) {
    const x = left + c * (cell + CELL_GAP);
    context.drawImage(strip, 0, c * high, wide, high, x, top, cell, cell);
    context.strokeRect(x + 0.5, top + 0.5, cell - 1, cell - 1);
  }
}

/** The pixels of `count` images from the one numbered `from`, in the frame shown. */
function pixelsOf(state, pixels, from, count) {
  const [frames, images, ...shape] = pixels.shape;
  const length = shape.reduce((product, size) => product * size, 1);
  const start = (frames === 1 ? 0 : state.frame - state.first) * images + from;
  return pixels.subarray(start * length, (start + count) * length);
}

/** The images one below the other on a canvas of their own size, to be enlarged from there. */
function stackOf(shown, count, high, wide, parts) {
  const data = new ImageData(wide, count * high);
  const words = new Uint32Array(data.data.buffer);
  const [green, blue] = parts === 3 ? [1, 2] : [0, 0];
  for (let i = 0, at = 0; i < words.length; i++, at += parts) {
    words[i] = 0xff000000 | (shown[at + blue] << 16) | (shown[at + green] << 8) | shown[at];
  }
  const strip = new OffscreenCanvas(wide, count * high);
  strip.getContext("2d").putImageData(data, 0, 0);
  return strip;
}

function describe({ rows, frame, canvas }, { columns, lines }) {
  const titles = rows.map((row) => `${countOf(row)} ${row.title}`.trim()).join(", ");
  const going = lines.length > rows.length ? `; ${columns} side by side, the rest below` : "";
  const full = `Rows of images, a column each, from above: ${titles}${going}; frame ${frame}`;
  canvas.setAttribute("aria-label", columns ? full : "No images yet: press Train");
}
