/**
 * Points as pixels: what they look like, and how they are laid over each other. We write the pixels ourselves: ten
 * times as fast as as many drawImage calls where no graphics card helps, which is where a projector's laptop often is.
 * So tens of thousands of points can be drawn anew at each step of a drag, and nothing has to be kept.
 *
 * A pixel, an ink, is RGBA in one number, alpha uppermost.
 *
 * @typedef {{image: ImageData, width: number, height: number, pixels: Int32Array}} Layer
 * @typedef {{reach: number, across: Int8Array, down: Int8Array, ink: Int32Array}} Stamp  Its pixels that hold ink, and
 *                                                                                     where they lie from its centre.
 * @typedef {{colour: string, marker: string, alpha?: number}} Look
 */

import { icon } from "./elements.js";

// A coordinate travels in steps of a limit / 2**14; the least number is a point that is nowhere.
export const STEPS = 2 ** 14;
export const NOWHERE = -(2 ** 15);

/** Paths of the markers in a square of two units around 0; areas are about equal. */
const MARKERS = {
  circle: "M-.9 0A.9 .9 0 1 1 .9 0A.9 .9 0 1 1 -.9 0Z",
  square: "M-.8-.8H.8V.8H-.8Z",
  "triangle-up": "M0-1.15L1.08 .75H-1.08Z",
  diamond: "M0-1.2L1 0L0 1.2L-1 0Z",
};

export const markerIcon = ({ marker, colour }) =>
  icon(16, 16, `<path transform="translate(8 8) scale(6)" d="${MARKERS[marker]}" fill="${colour}"/>`);

/** Every point once, far neighbours after each other: points sorted by class must not bury the first class. */
export function mixed(points) {
  const order = new Uint32Array(points);
  const stride = [7919, 104729].find((step) => points % step !== 0) ?? 1;
  for (let i = 0; i < points; i++) order[i] = (i * stride) % points;
  return order;
}

// ---- Colours; three channels from 0 to 255

// Viridis at every eighth; even to the eye, also to a colour-blind one. The end that a page would swallow is left out.
const STOPS = [
  [68, 1, 84], [71, 45, 123], [59, 82, 139], [44, 114, 142], [33, 145, 140],
  [40, 174, 128], [94, 201, 98], [173, 220, 48], [253, 231, 37],
];
const RANGES = { light: [0, 0.88], dark: [0.2, 1] };
export const NO_VALUE = [140, 140, 140];

export const between = (from, to, share) => from.map((channel, c) => Math.round(channel + share * (to[c] - channel)));
export const cssOf = (channels) => `rgb(${channels})`;
export const inkOf = ([red, green, blue]) => (255 << 24) | (blue << 16) | (green << 8) | red;

function viridis(share) {
  const at = share * (STOPS.length - 1);
  const below = Math.min(STOPS.length - 2, Math.floor(at));
  return between(STOPS[below], STOPS[below + 1], at - below);
}

/** So many colours from low to high, to be told from the theme's page. */
export function shadesOf(theme, count) {
  const [from, to] = RANGES[channelsOf(theme.background)[1] < 128 ? "dark" : "light"];
  return Array.from({ length: count }, (_, s) => viridis(from + ((to - from) * s) / (count - 1)));
}

/** Red, green and blue of any CSS colour, whatever its notation. */
export function channelsOf(colour) {
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data.subarray(0, 3)];
}

/** A bar of the colours from low to high, for a legend. */
export const gradientOf = (theme) => `linear-gradient(to right, ${shadesOf(theme, 17).map(cssOf)})`;

// ---- Layers

/**
 * @param {Layer|null} before   Whose memory is used again where it fits.
 * @returns {Layer} an empty picture of the canvas's size; engines are quickest with signed numbers
 */
export function layerOf(before, { width, height }) {
  if (before?.width === width && before.height === height) {
    before.pixels.fill(0);
    return before;
  }
  const image = new ImageData(width, height);
  return { image, width, height, pixels: new Int32Array(image.data.buffer) };
}

/** Lays a layer over what its canvas shows already. */
export function drawLayer(context, layer) {
  layer.canvas ??= new OffscreenCanvas(layer.width, layer.height);
  layer.canvas.getContext("2d").putImageData(layer.image, 0, 0);
  context.save();
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.drawImage(layer.canvas, 0, 0);
  context.restore();
}

/** One pixel over another ("source over"), for smooth edges; in whole numbers, most of the time goes here. */
function over(front, back) {
  const alpha = front >>> 24;
  const whole = alpha + ((((back >>> 24) * (255 - alpha)) / 255) | 0);
  const share = ((256 * alpha) / whole) | 0;
  const rest = 256 - share;
  // Red and blue at once: they are far enough apart.
  const redBlue = Math.imul(front & 0xff00ff, share) + Math.imul(back & 0xff00ff, rest);
  const green = Math.imul(front & 0xff00, share) + Math.imul(back & 0xff00, rest);
  return (whole << 24) | ((redBlue >>> 8) & 0xff00ff) | ((green >>> 8) & 0xff00);
}

// ---- Stamps

/** How large a point is, in CSS pixels, among so many. */
export const pointRadius = (points) => (points <= 1000 ? 3.6 : points <= 2500 ? 2.9 : points <= 12000 ? 2.4 : 1.7);

/**
 * @param {Look[]} looks
 * @param {number} ratio   Pixels of the layer in a CSS pixel.
 * @returns {Stamp[] & {reach: number}}
 */
export function stampsOf(looks, radius, ratio, theme) {
  const reach = Math.ceil(radius * ratio * 1.3 + 1);
  const side = 2 * reach;
  const context = new OffscreenCanvas(side, side * looks.length).getContext("2d");
  // A rim in the page's colour parts neighbours; on thousands of small points it would eat them.
  const rim = radius > 3 ? theme.background : "transparent";
  looks.forEach(({ colour, marker, alpha = 1 }, i) => {
    context.setTransform(radius * ratio, 0, 0, radius * ratio, reach, reach + i * side);
    Object.assign(context, { globalAlpha: alpha, fillStyle: colour, strokeStyle: rim, lineWidth: 0.2 });
    const path = new Path2D(MARKERS[marker]);
    context.fill(path);
    context.stroke(path);
  });
  const all = new Int32Array(context.getImageData(0, 0, side, side * looks.length).data.buffer);
  const stamps = looks.map((_, i) => sparse(all.subarray(i * side * side, (i + 1) * side * side), reach));
  return Object.assign(stamps, { reach });
}

/** @returns {Stamp} of a square of pixels, two reaches wide */
function sparse(pixels, reach) {
  const held = [...pixels.keys()].filter((at) => pixels[at] >>> 24);
  return {
    reach,
    across: Int8Array.from(held, (at) => (at % (2 * reach)) - reach),
    down: Int8Array.from(held, (at) => Math.floor(at / (2 * reach)) - reach),
    ink: Int32Array.from(held, (at) => pixels[at]),
  };
}

/** Lays a stamp over the layer with its centre at (x, y), whole numbers. */
export function stamp({ width, height, pixels }, { reach, across, down, ink }, x, y) {
  const whole = x >= reach && y >= reach && x + reach < width && y + reach < height;
  for (let k = 0; k < ink.length; k++) {
    const column = x + across[k];
    const row = y + down[k];
    if (!whole && (column < 0 || row < 0 || column >= width || row >= height)) continue;
    const to = row * width + column;
    pixels[to] = ink[k] >>> 24 === 255 || !pixels[to] ? ink[k] : over(ink[k], pixels[to]);
  }
}

/**
 * Lays a disc with a soft edge over the layer. Its middle keeps its fraction of a pixel, so that nothing trembles in a
 * slow turn.
 */
export function disc({ width, height, pixels }, x, y, radius, ink) {
  const [left, right] = [Math.max(0, Math.floor(x - radius)), Math.min(width - 1, Math.floor(x + radius))];
  const [top, bottom] = [Math.max(0, Math.floor(y - radius)), Math.min(height - 1, Math.floor(y + radius))];
  const [inner, outer] = [(radius - 0.5) ** 2, (radius + 0.5) ** 2];
  const colour = ink & 0xffffff;
  for (let row = top; row <= bottom; row++) {
    const down = (row + 0.5 - y) ** 2;
    for (let column = left; column <= right; column++) {
      const distance = down + (column + 0.5 - x) ** 2;
      if (distance >= outer) continue;
      const to = row * width + column;
      if (distance <= inner) pixels[to] = ink;
      else {
        const edge = (Math.round(255 * (radius + 0.5 - Math.sqrt(distance))) << 24) | colour;
        pixels[to] = pixels[to] && edge >>> 24 ? over(edge, pixels[to]) : pixels[to] || edge;
      }
    }
  }
}
