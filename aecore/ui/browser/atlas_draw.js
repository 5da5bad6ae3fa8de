// What the atlas draws: axes, the sheet of decoded places behind the points, and the points.

import { surface, textSize, themeOf } from "./canvas.js";
import { DECODING_MS } from "./decoder.js";
import { greys } from "./pixels.js";
import { belowSquare, drawSquareAxes, indexOf, nearest, onBox, onPlane, within } from "./plane.js";
import { cssOf, layerOf, mixed, NO_VALUE, pointRadius, shadesOf, stamp, stampsOf } from "./points.js";

export const MOST_SIDE = 600;
const FEW = 250; // So many points in view are drawn as their images, where they lie far enough apart.
const THUMBNAILS = [64, 44, 32, 24, 18]; // Sides of an image; in steps, so that it keeps its size in a drag.
const OVERLAP = 1.25; // A side over the distance of neighbours.
const CELLS = 20; // A side of the sheet.
export const HIDDEN = 2 ** 16 - 1;
const FADED = 0.16;

const SHADES = 64;

// ---- Places

/** The places [N, 2] of the frame shown. */
export function placesOf({ arrays, frame, first }) {
  const [frames, points] = arrays.places.shape;
  const index = frames === 1 ? 0 : frame - first;
  return arrays.places.subarray(index * points * 2, (index + 1) * points * 2);
}

export const whereIs = (state, point) => [...placesOf(state).subarray(2 * point, 2 * point + 2)];

/** The nearest of the first `count` points to a place, and how far it is. */
export function nearestTo(state, u, v, count) {
  const { kinds, header } = state;
  state.index ??= indexOf(placesOf(state), header.limits, (i) => kinds[i] !== HIDDEN);
  return nearest(state.index, u, v, count);
}

// ---- Behind the points: axes and sheet

export function drawBack(state, theme) {
  const { box, part } = state;
  const size = textSize(state.width);
  const context = surface(state.back, box.right + 4, box.bottom + belowSquare(size));
  context.font = `${size}px ${theme.font}`;
  drawSquareAxes(context, theme, box, part, state.header.axes, size);
  state.sheets.forEach((sheet) => drawSheet(context, box, part, sheet));
  context.strokeRect(box.left + 0.5, box.top + 0.5, box.side - 1, box.side - 1);
}

function drawSheet(context, box, part, { canvas, held }) {
  const [x, y] = onBox(part, held.left, held.top);
  const side = (held.right - held.left) * part.scale;
  context.save();
  context.beginPath();
  context.rect(box.left, box.top, box.side, box.side);
  context.clip();
  context.drawImage(canvas, box.left + x, box.top + y, side, side);
  context.restore();
}

/** Decodes the part in view anew, cell by cell over the next frames; until then the sheet before lies below. */
export function beginSheet(state) {
  const { decoder, part } = state;
  const canvas = new OffscreenCanvas(decoder.width * CELLS, decoder.height * CELLS);
  const sheet = { canvas, context: canvas.getContext("2d"), held: part, order: mixed(CELLS ** 2), done: 0 };
  state.sheets = [...state.sheets.filter((other) => other.done === CELLS ** 2), sheet];
  state.slicing ||= requestAnimationFrame(() => slice(state));
}

function slice(state) {
  state.slicing = 0;
  const sheet = state.sheets.at(-1);
  if (!sheet || sheet.done === CELLS ** 2 || state.ended.aborted) return;
  const end = performance.now() + DECODING_MS;
  do decodeCell(state, sheet, sheet.order[sheet.done++]);
  while (sheet.done < CELLS ** 2 && performance.now() < end);
  if (sheet.done === CELLS ** 2) state.sheets = [sheet];
  else state.slicing = requestAnimationFrame(() => slice(state));
  state.root.dataset.sheet = sheet.done;
  drawBack(state, themeOf(state.root));
}

function decodeCell(state, { context, held }, cell) {
  const { width, height } = state.decoder;
  const [column, row] = [cell % CELLS, Math.floor(cell / CELLS)];
  const [x, y] = [column, row].map((place) => ((place + 0.5) / CELLS) * held.side);
  context.putImageData(greys(decoded(state, ...onPlane(held, x, y)), width, height), column * width, row * height);
}

// ---- Decoding

/** The picture, uint8 [H * W], that the decoder makes of a place. */
export function decoded(state, u, v) {
  const { decoder, code, header, label } = state;
  code[header.plane.across] = u;
  if (header.plane.up !== null) code[header.plane.up] = v;
  const pixels = decoder.decode(code, header.labels.length ? label : undefined);
  state.bytes ??= new Uint8ClampedArray(decoder.width * decoder.height); // Clamped also rounds.
  for (let i = 0; i < pixels.length; i++) state.bytes[i] = 255 * pixels[i];
  return state.bytes;
}

/** The pixels of one image of an array [K, H, W]. */
export function imageOf(images, point) {
  const length = images.shape[1] * images.shape[2];
  return images.subarray(point * length, (point + 1) * length);
}

// ---- Points

export const colouringOf = ({ header, colouring }) => header.colourings[colouring] ?? { classes: [] };

/** What a point may look like: the classes or the shades of a colouring, and last one without a value. */
function looksOf({ classes }, theme) {
  const round = (colour) => ({ colour, marker: "circle" });
  const shades = () => shadesOf(theme, SHADES).map((channels) => round(cssOf(channels)));
  return [...(classes ?? shades()), round(`rgb(${NO_VALUE.join(" ")} / 60%)`)];
}

/** The number of each point's look [N]. Those hidden by their class have none; those not chosen come faded. */
export function kindsOf(state) {
  const { arrays, colouring, classing, hidden, selected } = state;
  const points = arrays.places.shape[1];
  const [{ classes, low, high }, values] = [colouringOf(state), arrays[`colour${colouring}`]];
  const [filter, none] = [arrays[`colour${classing}`], classes ? classes.length : SHADES];
  const kinds = new Uint16Array(points).fill(none);
  for (let i = 0; i < points && values; i++) {
    const place = classes ? values[i] : Math.floor(((values[i] - low) / (high - low)) * SHADES);
    if (classes ? place >= 0 && place < none : !Number.isNaN(place)) {
      kinds[i] = Math.max(0, Math.min(none - 1, place));
    }
  }
  if (selected.length) {
    const chosen = new Set(selected);
    for (let i = 0; i < points; i++) if (!chosen.has(i)) kinds[i] += none + 1;
  }
  for (let i = 0; i < points && hidden.size; i++) if (hidden.has(filter[i])) kinds[i] = HIDDEN;
  return kinds;
}

/** Draws the points in view: stamped, or as their images where they are few and far apart. */
export function drawPoints(state, theme) {
  const { part, canvas, kinds, arrays } = state;
  const context = surface(canvas, part.side, part.side);
  const places = placesOf(state);
  const pictured = inView(state, places, arrays.images.shape[0], FEW + 1);
  const room = pictured.length <= FEW ? OVERLAP * part.scale * apart(places, pictured) : 0;
  const side = pictured.length ? THUMBNAILS.find((size) => size <= room) : 0;
  const stamps = looksStamped(state, theme, canvas.width / part.side);
  const layer = (state.layer = layerOf(state.layer, canvas));
  const from = side ? arrays.images.shape[0] : 0;
  const faded = stamps.length / 2;
  let drawn = 0;
  // The faded ones lie below the chosen.
  if (state.selected.length) drawn += stampAll(layer, part, places, state.order, kinds, stamps, faded, HIDDEN, from);
  drawn += stampAll(layer, part, places, state.order, kinds, stamps, 0, faded, from);
  context.putImageData(layer.image, 0, 0);
  state.thumbnail = side || 0;
  if (side) drawThumbnails(context, theme, state, places, pictured);
  Object.assign(state.root.dataset, { points: drawn, thumbnails: side ? pictured.length : 0 });
}

/** The points in view among the first `count`, unless they are more than `most`. */
function inView({ part, kinds }, places, count, most) {
  const found = [];
  for (let i = 0; i < count && found.length < most; i++) {
    if (kinds[i] !== HIDDEN && within(part, places[2 * i], places[2 * i + 1])) found.push(i);
  }
  return found;
}

/** The median over some points of how far the nearest of the others is. */
function apart(places, points) {
  const distances = points.map((i) => {
    let least = Infinity;
    for (const j of points) {
      const distance = (places[2 * i] - places[2 * j]) ** 2 + (places[2 * i + 1] - places[2 * j + 1]) ** 2;
      if (j !== i && distance < least) least = distance;
    }
    return Math.sqrt(least);
  });
  return distances.sort((a, b) => a - b)[distances.length >> 1];
}

/** Stamps the points from number `from` on whose kind is of a range, and says how many. */
function stampAll(layer, { left, top, scale, side }, places, order, kinds, stamps, low, high, from) {
  const ratio = layer.width / side;
  const [across, edge] = [scale * ratio, stamps.reach];
  let drawn = 0;
  for (let k = 0; k < order.length; k++) {
    const i = order[k];
    if (kinds[i] < low || kinds[i] >= high || i < from) continue;
    const x = (places[2 * i] - left) * across;
    const y = (top - places[2 * i + 1]) * across;
    if (!(x > -edge && y > -edge && x < layer.width + edge && y < layer.height + edge)) continue; // Nor where NaN is.
    stamp(layer, stamps[kinds[i]], Math.round(x), Math.round(y));
    drawn++;
  }
  return drawn;
}

/** Every look as pixels, then every look faded, drawn once for a colouring, a theme and a size. */
function looksStamped(state, theme, ratio) {
  // How many points would lie so densely on the largest map.
  const crowd = (state.order.length * (MOST_SIDE / state.part.side) ** 2) / Math.max(1, state.camera.zoom) ** 2;
  const radius = pointRadius(crowd);
  const made = [theme.background, state.colouring, state.signature, radius, ratio].join(" ");
  if (state.stamps?.made === made) return state.stamps;
  const looks = looksOf(colouringOf(state), theme);
  const faded = looks.map((look) => ({ ...look, alpha: FADED }));
  state.stamps = Object.assign(stampsOf([...looks, ...faded], radius, ratio, theme), { made });
  return state.stamps;
}

/** Images in the place of their points, framed in the colour of their kind. */
function drawThumbnails(context, theme, state, places, points) {
  const { part, arrays, kinds, thumbnail: side } = state;
  const [, height, width] = arrays.images.shape;
  const looks = looksOf(colouringOf(state), theme);
  const one = new OffscreenCanvas(width, height);
  const pen = one.getContext("2d");
  Object.assign(context, { lineWidth: 2, imageSmoothingEnabled: side < width });
  for (const i of points) {
    const [x, y] = onBox(part, places[2 * i], places[2 * i + 1]).map((place) => Math.round(place - side / 2));
    pen.putImageData(greys(imageOf(arrays.images, i), width, height), 0, 0);
    context.globalAlpha = kinds[i] < looks.length ? 1 : FADED;
    context.drawImage(one, x, y, side, side);
    context.strokeStyle = looks[kinds[i] % looks.length].colour;
    context.strokeRect(x, y, side, side);
  }
}
