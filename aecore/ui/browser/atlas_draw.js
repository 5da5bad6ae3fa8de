// What the atlas draws. A place is (u, v) in the axes' own units; x and y are CSS pixels in the box they span.

const MOST_SIDE = 600;
const FEW = 250; // So many points in view are drawn as their images, where they lie far enough apart.
const THUMBNAILS = [64, 44, 32, 24, 18]; // Sides of an image; in steps, so that it keeps its size in a drag.
const OVERLAP = 1.25; // A side over the distance of neighbours.
const CELLS = 20; // A side of the sheet.
const SLICE_MS = 6; // Decoding for the sheet takes no more of a frame, so that the rest is free for a finger.
const HIDDEN = 2 ** 16 - 1;
const FADED = 0.16;

/** Paths of the markers in a square of two units around 0; areas are about equal. */
const MARKERS = {
  circle: "M-.9 0A.9 .9 0 1 1 .9 0A.9 .9 0 1 1 -.9 0Z",
  square: "M-.8-.8H.8V.8H-.8Z",
  "triangle-up": "M0-1.15L1.08 .75H-1.08Z",
  diamond: "M0-1.2L1 0L0 1.2L-1 0Z",
};

// Viridis at every eighth; even to the eye, also to a colour-blind one. The end that a page would swallow is left out.
const STOPS = [
  [68, 1, 84], [71, 45, 123], [59, 82, 139], [44, 114, 142], [33, 145, 140],
  [40, 174, 128], [94, 201, 98], [173, 220, 48], [253, 231, 37],
];
const RANGES = { light: [0, 0.88], dark: [0.2, 1] };
const SHADES = 64;
const NO_VALUE = { colour: "rgb(140 140 140 / 60%)", marker: "circle" };

// ---- The part in view

/** @typedef {{side: number, scale: number, left: number, right: number, bottom: number, top: number}} Part */

/** @returns {Part} what a camera sees in a square of `side` pixels; at zoom 1 that is all between the limits */
function partOf({ x, y, zoom }, [left, right, bottom, top], side) {
  const half = Math.max(right - left, top - bottom) / zoom / 2;
  return { side, scale: side / (2 * half), left: x - half, right: x + half, bottom: y - half, top: y + half };
}

const onBox = ({ scale, left, top }, u, v) => [(u - left) * scale, (top - v) * scale];
const onPlane = ({ scale, left, top }, x, y) => [left + x / scale, top - y / scale];
const within = ({ left, right, bottom, top }, u, v) => u >= left && u <= right && v >= bottom && v <= top;

/** The places [N, 2] of the frame shown. */
function placesOf({ arrays, frame, first }) {
  const [frames, points] = arrays.places.shape;
  const index = frames === 1 ? 0 : frame - first;
  return arrays.places.subarray(index * points * 2, (index + 1) * points * 2);
}

// ---- Behind the points: axes and sheet

/** Where the box lies in the field, whose left and lower margins hold the axes' words. */
function boxOf(width, size) {
  const left = 3 * size + 16;
  const side = Math.max(80, Math.min(MOST_SIDE, Math.floor(width - left - 4)));
  return { left, top: 6, side, right: left + side, bottom: 6 + side };
}

function drawBack(state, theme) {
  const { box, part } = state;
  const size = textSize(state.width);
  const context = surface(state.back, box.right + 4, box.bottom + 2 * size + 16);
  context.font = `${size}px ${theme.font}`;
  drawAxes(context, theme, box, part, state.header.axes, size);
  state.sheets.forEach((sheet) => drawSheet(context, box, part, sheet));
  context.strokeRect(box.left + 0.5, box.top + 0.5, box.side - 1, box.side - 1);
}

function drawAxes(context, theme, box, part, axes, size) {
  Object.assign(context, { strokeStyle: theme.border, fillStyle: theme.text, lineWidth: 1 });
  const wanted = Math.max(4, box.side / 80);
  Object.assign(context, { textAlign: "center", textBaseline: "top" });
  for (const mark of ticks(part.left, part.right, wanted)) {
    const x = box.left + (mark - part.left) * part.scale;
    rule(context, x, box.top, x, box.bottom);
    context.fillText(plain(mark), x, box.bottom + 6);
  }
  Object.assign(context, { textAlign: "right", textBaseline: "middle" });
  for (const mark of ticks(part.bottom, part.top, wanted)) {
    const y = box.top + (part.top - mark) * part.scale;
    rule(context, box.left, y, box.right, y);
    context.fillText(plain(mark), box.left - 6, y);
  }
  Object.assign(context, { textAlign: "center", textBaseline: "top" });
  const middle = box.side / 2;
  context.fillText(axes[0], box.left + middle, box.bottom + size + 10);
  context.save();
  context.translate(0, box.top + middle);
  context.rotate(-Math.PI / 2);
  context.fillText(axes[1], 0, 0);
  context.restore();
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
function beginSheet(state) {
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
  const end = performance.now() + SLICE_MS;
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
function decoded(state, u, v) {
  const { decoder, code, header, label } = state;
  code[header.plane.across] = u;
  if (header.plane.up !== null) code[header.plane.up] = v;
  const pixels = decoder.decode(code, header.labels.length ? label : undefined);
  state.bytes ??= new Uint8ClampedArray(decoder.width * decoder.height); // Clamped also rounds.
  for (let i = 0; i < pixels.length; i++) state.bytes[i] = 255 * pixels[i];
  return state.bytes;
}

/** The pixels of one image of an array [K, H, W]. */
function imageOf(images, point) {
  const length = images.shape[1] * images.shape[2];
  return images.subarray(point * length, (point + 1) * length);
}

// ---- Points

/** Every point once, far neighbours after each other: points sorted by class must not bury the first class. */
function mixed(points) {
  const order = new Uint32Array(points);
  const stride = [7919, 104729].find((step) => points % step !== 0) ?? 1;
  for (let i = 0; i < points; i++) order[i] = (i * stride) % points;
  return order;
}

const colouringOf = ({ header, colouring }) => header.colourings[colouring] ?? { classes: [] };

/** What a point may look like: the classes or the shades of a colouring, and last one without a value. */
function looksOf({ classes }, theme) {
  const shades = () => Array.from({ length: SHADES }, (_, s) => ({ colour: shade(theme, s), marker: "circle" }));
  return [...(classes ?? shades()), NO_VALUE];
}

/** The number of each point's look [N]. Those hidden by their class have none; those not chosen come faded. */
function kindsOf(state) {
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

/**
 * Stamps the markers into pixels, ourselves: ten times as fast as as many drawImage calls where no graphics card
 * helps. So a map of 60,000 points can be drawn anew at each step of a drag, and nothing has to be kept.
 */
function drawPoints(state, theme) {
  const { part, canvas, kinds, arrays } = state;
  const context = surface(canvas, part.side, part.side);
  const places = placesOf(state);
  const pictured = inView(state, places, arrays.images.shape[0], FEW + 1);
  const room = pictured.length <= FEW ? OVERLAP * part.scale * apart(places, pictured) : 0;
  const side = pictured.length ? THUMBNAILS.find((size) => size <= room) : 0;
  const stamps = stampsOf(state, theme, canvas.width / part.side);
  const layer = layerOf(state, canvas);
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

/** Lays a stamp over the layer with its centre at (x, y); both are RGBA in one number, alpha uppermost. */
function stamp({ width, height, pixels }, { reach, across, down, ink }, x, y) {
  const whole = x >= reach && y >= reach && x + reach < width && y + reach < height;
  for (let k = 0; k < ink.length; k++) {
    const column = x + across[k];
    const row = y + down[k];
    if (!whole && (column < 0 || row < 0 || column >= width || row >= height)) continue;
    const to = row * width + column;
    pixels[to] = ink[k] >>> 24 === 255 || !pixels[to] ? ink[k] : over(ink[k], pixels[to]);
  }
}

/** One pixel over another ("source over"), for the smooth edges; in whole numbers, most of the time goes here. */
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

/** An empty picture of the canvas's size, whose memory is used again; engines are quickest with signed numbers. */
function layerOf(state, { width, height }) {
  if (state.layer?.width !== width || state.layer.height !== height) {
    const image = new ImageData(width, height);
    state.layer = { image, width, height, pixels: new Int32Array(image.data.buffer) };
  }
  state.layer.pixels.fill(0);
  return state.layer;
}

/** Every look as pixels, then every look faded, drawn once for a colouring, a theme and a size. */
function stampsOf(state, theme, ratio) {
  // How many points would lie so densely on the largest map.
  const crowd = (state.order.length * (MOST_SIDE / state.part.side) ** 2) / Math.max(1, state.camera.zoom) ** 2;
  const radius = crowd <= 1000 ? 3.6 : crowd <= 2500 ? 2.9 : crowd <= 12000 ? 2.4 : 1.7;
  const made = [theme.background, state.colouring, state.signature, radius, ratio].join(" ");
  if (state.stamps?.made === made) return state.stamps;
  const looks = looksOf(colouringOf(state), theme);
  const reach = Math.ceil(radius * ratio * 1.3 + 1);
  const side = 2 * reach;
  const context = new OffscreenCanvas(side, side * looks.length * 2).getContext("2d");
  // A rim in the page's colour parts neighbours; on thousands of small points it would eat them.
  const rim = radius > 3 ? theme.background : "transparent";
  [...looks, ...looks].forEach(({ colour, marker }, i) => {
    context.setTransform(radius * ratio, 0, 0, radius * ratio, reach, reach + i * side);
    context.globalAlpha = i < looks.length ? 1 : FADED;
    Object.assign(context, { fillStyle: colour, strokeStyle: rim, lineWidth: 0.2 });
    const path = new Path2D(MARKERS[marker]);
    context.fill(path);
    context.stroke(path);
  });
  const all = new Int32Array(context.getImageData(0, 0, side, side * looks.length * 2).data.buffer);
  const cut = (_, i) => sparse(all.subarray(i * side * side, (i + 1) * side * side), reach);
  state.stamps = Object.assign(Array.from({ length: 2 * looks.length }, cut), { made, reach });
  return state.stamps;
}

/** The pixels of a stamp that hold ink, and where they lie from its centre. */
function sparse(pixels, reach) {
  const held = [...pixels.keys()].filter((at) => pixels[at] >>> 24);
  return {
    reach,
    across: Int8Array.from(held, (at) => (at % (2 * reach)) - reach),
    down: Int8Array.from(held, (at) => Math.floor(at / (2 * reach)) - reach),
    ink: Int32Array.from(held, (at) => pixels[at]),
  };
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

// ---- Colours of figures

function shade(theme, number) {
  const [from, to] = RANGES[isDark(theme) ? "dark" : "light"];
  const at = (from + ((to - from) * number) / (SHADES - 1)) * (STOPS.length - 1);
  const below = Math.min(STOPS.length - 2, Math.floor(at));
  const [low, high] = [STOPS[below], STOPS[below + 1]];
  return `rgb(${low.map((channel, c) => Math.round(channel + (at - below) * (high[c] - channel)))})`;
}

/** Whether a page is dark, whatever the notation of its colour. */
function isDark({ background }) {
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  context.fillStyle = background;
  context.fillRect(0, 0, 1, 1);
  return context.getImageData(0, 0, 1, 1).data[1] < 128;
}

// ---- The nearest point

/** A grid over the limits: in each of `cells` x `cells` squares its points; those outside lie in the outermost. */
function indexOf(places, kinds, [left, right, bottom, top]) {
  const points = kinds.length;
  const cells = Math.max(1, Math.round(Math.sqrt(points / 2)));
  const pitch = Math.max(right - left, top - bottom) / cells;
  const clamp = (place) => Math.max(0, Math.min(cells - 1, Math.floor(place)));
  const cellOf = (u, v) => [clamp((u - left) / pitch), clamp((v - bottom) / pitch)];
  const starts = new Uint32Array(cells * cells + 1);
  const cellAt = new Int32Array(points).fill(-1);
  for (let i = 0; i < points; i++) {
    if (kinds[i] === HIDDEN || Number.isNaN(places[2 * i] + places[2 * i + 1])) continue;
    const [column, row] = cellOf(places[2 * i], places[2 * i + 1]);
    cellAt[i] = row * cells + column;
    starts[cellAt[i] + 1]++;
  }
  for (let c = 0; c < cells * cells; c++) starts[c + 1] += starts[c];
  const [next, members] = [starts.slice(), new Uint32Array(points)];
  for (let i = 0; i < points; i++) if (cellAt[i] >= 0) members[next[cellAt[i]]++] = i;
  return { places, cells, pitch, cellOf, starts, members };
}

/** The point nearest to a place among the first `count`, and how far it is; -1 where there is none. */
function nearest({ places, cells, pitch, cellOf, starts, members }, u, v, count) {
  const [column, row] = cellOf(u, v);
  let [best, least] = [-1, Infinity];
  const search = (c, r) => {
    if (c < 0 || r < 0 || c >= cells || r >= cells) return;
    for (let m = starts[r * cells + c]; m < starts[r * cells + c + 1]; m++) {
      const i = members[m];
      const distance = (places[2 * i] - u) ** 2 + (places[2 * i + 1] - v) ** 2;
      if (i < count && distance < least) [best, least] = [i, distance];
    }
  };
  // Ring by ring; what lies beyond the next ring is farther away than `ring` cells.
  for (let ring = 0; ring < cells && least > (Math.max(0, ring - 1) * pitch) ** 2; ring++) {
    for (let c = -ring; c <= ring; c++) {
      const step = Math.abs(c) === ring ? 1 : 2 * ring;
      for (let r = -ring; r <= ring; r += Math.max(1, step)) search(column + c, row + r);
    }
  }
  return { point: best, distance: Math.sqrt(least) };
}
