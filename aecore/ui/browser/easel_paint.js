/**
 * What lies on the easel: a drawing, and damage to the picture that is made of it. No elements, only numbers.
 *
 * A stroke is drawn finer than the picture and averaged down; damage is done to the picture's own pixels, after it has
 * been centred, so that painting a part of it black does not move the rest.
 *
 * @typedef {Object} Sheet              Never written to once it is shown: what is undone is the sheet before.
 * @property {Float32Array} drawn       The drawing, `fine` times as high and wide as the picture.
 * @property {boolean} centred          Whether the picture is the drawing made as MNIST's were made.
 * @property {Float32Array} cover       Of each pixel the share that is painted over, ...
 * @property {Float32Array} paint       ... the brightness that this adds, ...
 * @property {Float32Array} sprayed     ... and the noise.
 * @property {number} sigma             Of the noise over the whole picture,
 * @property {number} seed              ... whose pattern this chooses.
 * @property {Box|null} hole
 *
 * @typedef {{top: number, left: number, height: number, width: number}} Box
 * @typedef {{height: number, width: number, fine: number}} Size
 */

import { normals } from "./pixels.js";

const FINE = 280; // About so many points a side for a drawing.
const GREY = 0.5; // Of a scribble.
const SPRAY = 0.7; // Standard deviation of the noise under the middle of the brush.
// As in aecore/intake/drawing.py, which makes the same of a drawing as `centred` here.
export const INNER = 20 / 28;
const [FAINT, ROUNDING] = [0.05, 1e-4];

/** The picture, and how much finer its drawing is. */
export function sizeOf(height, width) {
  return { height, width, fine: Math.max(1, Math.round(FINE / Math.max(height, width))) };
}

/** A sheet without damage whose picture is `image`, by rows. */
export function sheetOf(image, { height, width, fine }, centres) {
  const drawn = new Float32Array(height * width * fine * fine);
  const columns = width * fine;
  for (let i = 0; i < drawn.length; i++) {
    drawn[i] = image[Math.floor(i / columns / fine) * width + Math.floor((i % columns) / fine)];
  }
  const none = () => new Float32Array(height * width);
  const clean = { cover: none(), paint: none(), sprayed: none(), sigma: 0, hole: null };
  return { drawn, centred: centres, seed: 1, ...clean };
}

export const withoutDamage = (sheet) => {
  const none = () => new Float32Array(sheet.cover.length);
  return { ...sheet, cover: none(), paint: none(), sprayed: none(), sigma: 0, hole: null };
};

// ---- Strokes

/**
 * Raises `values` [height, width], of which `fine` make a pixel, to a soft line of `radius` from one place to another,
 * all in pixels.
 */
export function inkLine(values, { height, width, fine }, [x0, y0], [x1, y1], radius) {
  const [rows, columns, reach] = [height * fine, width * fine, radius + 0.5];
  const first = (a, b) => Math.max(0, Math.floor((Math.min(a, b) - reach) * fine));
  const last = (a, b, most) => Math.min(most - 1, Math.ceil((Math.max(a, b) + reach) * fine));
  const [across, down] = [x1 - x0, y1 - y0];
  const squared = across * across + down * down || 1;
  const [left, right] = [first(x0, x1), last(x0, x1, columns)];
  for (let row = first(y0, y1); row <= last(y0, y1, rows); row++) {
    for (let column = left; column <= right; column++) {
      const [x, y] = [(column + 0.5) / fine - x0, (row + 0.5) / fine - y0];
      const along = Math.max(0, Math.min(1, (x * across + y * down) / squared));
      // It fades over a pixel, in whole grey levels.
      const ink = Math.min(1, reach - Math.hypot(x - along * across, y - along * down));
      const [i, level] = [row * columns + column, Math.round(255 * ink) / 255];
      if (level > values[i]) values[i] = level;
    }
  }
}

/** `before` with a stroke that leaves `mask`, of each pixel the share that the brush touched; `noise` if it sprays. */
export function damagedBy(tool, before, mask, noise) {
  const [cover, paint, sprayed] = [before.cover.slice(), before.paint.slice(), before.sprayed.slice()];
  const brightness = tool === "scribble" ? GREY : 0;
  for (let i = 0; i < mask.length; i++) {
    if (tool === "noise") {
      sprayed[i] += mask[i] * SPRAY * noise[i];
      continue;
    }
    cover[i] = 1 - (1 - cover[i]) * (1 - mask[i]);
    paint[i] = paint[i] * (1 - mask[i]) + brightness * mask[i];
    sprayed[i] *= 1 - mask[i];
  }
  return { ...before, cover, paint, sprayed };
}

// ---- The picture

/** The picture without its damage, by rows. */
export function cleanOf(sheet, size) {
  return sheet.centred ? centred(sheet.drawn, size) : averaged(sheet.drawn, size);
}

function averaged(drawn, { height, width, fine }) {
  const picture = new Float32Array(height * width);
  for (let row = 0, i = 0; row < height * fine; row++) {
    const start = Math.floor(row / fine) * width;
    for (let column = 0; column < width; column++) {
      for (let k = 0; k < fine; k++) picture[start + column] += drawn[i++];
    }
  }
  return picture.map((sum) => sum / (fine * fine));
}

/** A drawing cropped to its ink, fitted into the inner box, and moved until its centre of mass is in the middle. */
function centred(drawn, { height, width, fine }) {
  const [picture, columns] = [new Float32Array(height * width), width * fine];
  const ink = inked(drawn, columns);
  if (!ink) return picture;
  const scale = Math.min((INNER * height) / ink.height, (INNER * width) / ink.width);
  const fitted = [Math.max(1, Math.round(scale * ink.height)), Math.max(1, Math.round(scale * ink.width))];
  const small = shrunk(drawn, columns, ink, ...fitted);
  const [top, left] = [startOf(small, fitted, 0, height), startOf(small, fitted, 1, width)];
  for (let i = 0; i < small.length; i++) {
    picture[(top + Math.floor(i / fitted[1])) * width + left + (i % fitted[1])] = small[i];
  }
  return picture;
}

/** The smallest box around what is more than faint; null where nothing is. */
function inked(drawn, columns) {
  let [top, bottom, left, right] = [Infinity, -1, Infinity, -1];
  for (let i = 0; i < drawn.length; i++) {
    if (drawn[i] <= FAINT) continue;
    const column = i % columns;
    bottom = Math.floor(i / columns);
    top = Math.min(top, bottom);
    left = Math.min(left, column);
    right = Math.max(right, column);
  }
  return bottom < 0 ? null : { top, left, height: bottom - top + 1, width: right - left + 1 };
}

/** A box of a drawing at another size: each pixel is the mean of what it covers. */
function shrunk(drawn, columns, box, height, width) {
  // Step by step as Pillow's box filter has it: many edges fall on the middle of a pixel, where rounding decides.
  const covered = (index, from, to) => {
    const [scale, stretch] = [from / to, Math.max(from / to, 1)];
    const middle = (index + 0.5) * scale;
    let first = Math.max(0, Math.trunc(middle - 0.5 * stretch + 0.5));
    let last = Math.min(from, Math.trunc(middle + 0.5 * stretch + 0.5)) - 1;
    if ((first - middle + 0.5) * (1 / stretch) <= -0.5) first++;
    if ((last - middle + 0.5) * (1 / stretch) > 0.5) last--;
    return [first, last + 1];
  };
  const made = new Float32Array(height * width);
  for (let i = 0; i < made.length; i++) {
    const [top, bottom] = covered(Math.floor(i / width), box.height, height);
    const [left, right] = covered(i % width, box.width, width);
    for (let row = top; row < bottom; row++) {
      const start = (box.top + row) * columns + box.left;
      for (let column = left; column < right; column++) made[i] += drawn[start + column];
    }
    made[i] /= (bottom - top) * (right - left);
  }
  return made;
}

/** Where a picture begins, by rows (0) or columns (1), for its centre of mass to be in the middle of `side`. */
function startOf(picture, [height, width], axis, side) {
  let [mass, moment] = [0, 0];
  for (let i = 0; i < picture.length; i++) {
    mass += picture[i];
    moment += picture[i] * (axis ? i % width : Math.floor(i / width));
  }
  const start = Math.ceil(Math.floor(side / 2) - moment / mass - 0.5 - ROUNDING);
  return Math.max(0, Math.min(side - (axis ? width : height), start));
}

/** What a model is given: `pixels`, 0 where hidden, and `seen`, 1 or 0 for each. Noise is not cut off. */
export function givenOf({ cover, paint, sprayed, sigma, seed, hole }, clean, { width }) {
  const [pixels, seen] = [new Float32Array(clean.length), new Float32Array(clean.length).fill(1)];
  const noise = sigma ? normals(seed, clean.length) : sprayed; // Any, for it is taken 0 times.
  for (let i = 0; i < clean.length; i++) {
    const [row, column] = [Math.floor(i / width), i % width];
    if (hole && inside(hole, row, column)) seen[i] = 0;
    else pixels[i] = clean[i] * (1 - cover[i]) + paint[i] + sprayed[i] + sigma * noise[i];
  }
  return { pixels, seen };
}

const inside = ({ top, left, height, width }, row, column) =>
  row >= top && row < top + height && column >= left && column < left + width;

/** A box of such a size around a place, but within the picture. */
export function boxAround([x, y], high, wide, { height, width }) {
  const put = (middle, length, side) => Math.max(0, Math.min(side - length, Math.round(middle - length / 2)));
  return { top: put(y, high, height), left: put(x, wide, width), height: high, width: wide };
}

/** Peak signal-to-noise ratio in dB; infinite where nothing differs. */
export function psnr(pixels, clean) {
  let sum = 0;
  for (let i = 0; i < clean.length; i++) sum += (pixels[i] - clean[i]) ** 2;
  return -10 * Math.log10(sum / clean.length);
}
