/**
 * Codes on a plane, one marker a point. Where the axes of a run change, the view zooms to the new ones.
 *
 * Header: {run, first, axes: [x, y], classes: [{name, colour, marker}]}
 * Arrays: places int16 [F, M, 2] in steps of limit / 2**14 (-2**15: nowhere), limits float32 [F], labels uint8 [M]
 */
export default function (component) {
  return present(component, { build, take, draw });
}

const STEPS = 2 ** 14;
const NOWHERE = -(2 ** 15);
const ZOOM_MS = 700;
const CLOSE_UP = 0.5; // Codes are about as large as 1: axes shorter than that are a close-up, which is said.
const REACH = { mouse: 14, touch: 28 }; // How far from a point, in pixels, a pointer still means it.

/** Paths of the markers in a square of two units around 0; areas are about equal. */
const MARKERS = {
  circle: "M-.9 0A.9 .9 0 1 1 .9 0A.9 .9 0 1 1 -.9 0Z",
  square: "M-.8-.8H.8V.8H-.8Z",
  "triangle-up": "M0-1.15L1.08 .75H-1.08Z",
  diamond: "M0-1.2L1 0L0 1.2L-1 0Z",
};

function build(state) {
  state.canvas = picture();
  state.tip = element("div", { className: "tip", hidden: true });
  state.ring = element("div", { className: "ring", hidden: true });
  state.legend = element("div", { className: "legend" });
  state.legend.setAttribute("role", "group");
  state.legend.setAttribute("aria-label", "Classes shown");
  const plot = element("div", { className: "plot" }, state.canvas, state.ring, state.tip);
  state.plot = plot;
  state.root.append(element("div", { className: "map" }, plot, state.legend));
  state.hidden = new Set();
  state.pointer = null;
  followPointer(state.canvas, state.ended, (pointer) => {
    state.pointer = pointer;
    pointOut(state);
  });
}

function take(state, header, arrays) {
  const { run, first, count } = state;
  hold(state, header.run, header.first, arrays.limits.length);
  const moved = run !== state.run || first !== state.first || count !== state.count;
  if (moved && state.pointer?.touch) state.pointer = null;
  Object.assign(state, { header, arrays, order: mixed(arrays.labels.length) });
  buildLegend(state, header.classes);
}

/** Every point once, far neighbours after each other: points sorted by class must not bury the first class. */
function mixed(points) {
  const order = new Uint32Array(points);
  const divides = (step) => points % step === 0;
  const stride = [7919, 104729].find((step) => !divides(step)) ?? 1;
  for (let i = 0; i < points; i++) order[i] = (i * stride) % points;
  return order;
}

// ---- Legend

function buildLegend(state, classes) {
  const signature = JSON.stringify(classes);
  if (signature === state.signature) return;
  Object.assign(state, { signature, stamps: null });
  state.hidden.clear();
  state.legend.replaceChildren(...classes.map((kind, c) => toggle(state, kind, c)));
}

function toggle(state, kind, c) {
  const marker = `<path transform="translate(8 8) scale(6)" d="${MARKERS[kind.marker]}" fill="${kind.colour}"/>`;
  const button = element("button", { type: "button", className: "chip" }, icon(16, 16, marker), kind.name);
  const press = () => {
    if (!state.hidden.delete(c)) state.hidden.add(c);
    button.setAttribute("aria-pressed", String(!state.hidden.has(c)));
    state.redraw();
  };
  button.setAttribute("aria-pressed", "true");
  button.addEventListener("click", press);
  return button;
}

// ---- Drawing

function draw(state, theme) {
  if (!state.header) return;
  const { header, arrays } = state;
  const size = textSize(state.width);
  const index = state.frame - state.first; // Among the frames held.
  const limit = Number(zoomedTo(state, arrays.limits[index] ?? 1).toPrecision(6));
  const side = state.plot.clientWidth;
  const box = boxOf(side, size);
  const context = surface(state.canvas, side, box.bottom + 2 * size + 18);
  context.font = `${size}px ${theme.font}`;
  drawAxes(context, theme, box, limit, header.axes, size);
  const points = arrays.labels.length;
  const places = arrays.places.subarray(index * points * 2, (index + 1) * points * 2);
  Object.assign(state, { screen: null, outside: 0 });
  if (places.length) drawPoints(context, theme, state, box, places, (arrays.limits[index] ?? 1) / limit);
  else drawInvitation(context, theme, box, size);
  const remarks = places.length ? remarksOn(state, limit) : [];
  drawRemarks(context, theme, box, size, remarks);
  Object.assign(state.root.dataset, { moved: [checksum(places), ...state.hidden].join("-"), limit });
  describe(state, places.length / 2, limit, remarks);
  pointOut(state);
}

/** How far the axes reach in this repaint, on the way to `wanted`; those of another run are there at once. */
function zoomedTo(state, wanted) {
  const { zoom, run } = state;
  const now = performance.now();
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (zoom?.run !== run || still) state.zoom = { run, from: wanted, to: wanted, began: now, at: wanted };
  else if (zoom.to !== wanted) state.zoom = { run, from: zoom.at, to: wanted, began: now, at: zoom.at };
  const { from, to, began } = state.zoom;
  const share = Math.min(1, (now - began) / ZOOM_MS);
  // By equal factors in equal times, slower at both ends.
  state.zoom.at = share < 1 ? from * (to / from) ** (share * share * (3 - 2 * share)) : to;
  if (share < 1) state.redraw();
  return state.zoom.at;
}

/** The square that the axes span. */
function boxOf(side, size) {
  const left = 3 * size + 18;
  const length = side - left - size - 2; // Half of the last number along the axis stands beside it.
  const half = length / 2;
  return { left, top: 8, right: left + length, bottom: 8 + length, half, midX: left + half, midY: 8 + half };
}

function drawAxes(context, theme, box, limit, axes, size) {
  Object.assign(context, { strokeStyle: theme.border, fillStyle: theme.text, lineWidth: 1 });
  for (const mark of ticks(-limit, limit, Math.max(4, box.half / 20))) {
    const [x, y] = [box.midX + (mark / limit) * box.half, box.midY - (mark / limit) * box.half];
    rule(context, x, box.top, x, box.bottom);
    rule(context, box.left, y, box.right, y);
    Object.assign(context, { textAlign: "center", textBaseline: "top" });
    context.fillText(plain(mark), x, box.bottom + 7);
    Object.assign(context, { textAlign: "right", textBaseline: "middle" });
    context.fillText(plain(mark), box.left - 7, y);
  }
  Object.assign(context, { textAlign: "center", textBaseline: "top" });
  context.fillText(axes[0], box.midX, box.bottom + size + 12);
  context.save();
  context.translate(0, box.midY);
  context.rotate(-Math.PI / 2);
  context.fillText(axes[1], 0, 0);
  context.restore();
}

function drawInvitation(context, theme, box, size) {
  Object.assign(context, { textAlign: "center", textBaseline: "middle", font: `600 ${size + 4}px ${theme.font}` });
  haloText(context, theme, "press Train", box.midX, box.midY);
}

/**
 * Stamps the markers into a layer of pixels, ourselves: ten times as fast as as many drawImage calls where no
 * graphics card helps, which is where a projector's laptop often is.
 */
function drawPoints(context, theme, state, box, places, zoom) {
  const { labels } = state.arrays;
  const scale = window.devicePixelRatio || 1;
  const stamps = stampsOf(state, theme, labels.length, scale);
  const layer = layerOf(state, context.canvas.width, context.canvas.height);
  const screen = new Float32Array(places.length).fill(NaN); // Where each point shown lies, for the pointer.
  for (const i of state.order) {
    const [u, v] = [places[2 * i], places[2 * i + 1]];
    if (u === NOWHERE || state.hidden.has(labels[i])) continue;
    const [across, up] = [(u / STEPS) * zoom, (v / STEPS) * zoom]; // In limits.
    if (Math.abs(across) > 1 || Math.abs(up) > 1) {
      state.outside++;
      continue;
    }
    const [x, y] = [box.midX + across * box.half, box.midY - up * box.half];
    stamp(layer, stamps[labels[i] % stamps.length], Math.round(x * scale), Math.round(y * scale));
    screen[2 * i] = x;
    screen[2 * i + 1] = y;
  }
  state.screen = screen;
  layer.canvas.getContext("2d").putImageData(layer.image, 0, 0);
  context.save();
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.drawImage(layer.canvas, 0, 0);
  context.restore();
}

/** An empty picture of the canvas's size, whose memory is used again. */
function layerOf(state, width, height) {
  if (state.layer?.image.width !== width || state.layer.image.height !== height) {
    const image = new ImageData(width, height);
    state.layer = { canvas: new OffscreenCanvas(width, height), image, pixels: new Uint32Array(image.data.buffer) };
  }
  state.layer.pixels.fill(0);
  return state.layer;
}

/** Lays a stamp over the layer with its centre at (x, y); both are RGBA in one number, alpha uppermost. */
function stamp({ image, pixels }, { size, ink }, x, y) {
  const [left, top] = [x - size / 2, y - size / 2];
  if (left < 0 || top < 0 || left + size > image.width || top + size > image.height) return;
  for (let row = 0; row < size; row++) {
    let to = (top + row) * image.width + left;
    for (let from = row * size; from < (row + 1) * size; from++, to++) {
      const alpha = ink[from] >>> 24;
      if (alpha === 255) pixels[to] = ink[from];
      else if (alpha) pixels[to] = over(ink[from], pixels[to]);
    }
  }
}

/** One pixel over another ("source over"), for the smooth edges. */
function over(front, back) {
  const alpha = front >>> 24;
  const behind = ((back >>> 24) * (255 - alpha)) / 255;
  const whole = alpha + behind;
  const mix = (shift) => (((front >>> shift) & 255) * alpha + ((back >>> shift) & 255) * behind) / whole;
  return ((Math.round(whole) << 24) | (mix(16) << 16) | (mix(8) << 8) | mix(0)) >>> 0;
}

/** Every class's marker as pixels, drawn once for a theme and a number of points. */
function stampsOf(state, theme, points, scale) {
  const made = `${theme.background} ${points} ${scale}`;
  if (state.stamps?.made !== made) {
    const radius = points <= 1000 ? 3.6 : points <= 2500 ? 2.9 : 2.4;
    // A rim in the page's colour parts neighbours; on thousands of small points it would eat them.
    const rim = points <= 1000 ? theme.background : null;
    const { classes } = state.header;
    const kinds = classes.length ? classes : [{ colour: theme.text, marker: "circle" }];
    state.stamps = Object.assign(kinds.map((kind) => inkOf(kind, rim, radius * scale)), { made });
  }
  return state.stamps;
}

function inkOf({ colour, marker }, rim, radius) {
  const size = 2 * Math.ceil(radius * 1.3 + 1);
  const context = new OffscreenCanvas(size, size).getContext("2d");
  context.translate(size / 2, size / 2);
  context.scale(radius, radius);
  const path = new Path2D(MARKERS[marker]);
  Object.assign(context, { fillStyle: colour, strokeStyle: rim, lineWidth: 0.2 });
  context.fill(path);
  if (rim) context.stroke(path);
  return { size, ink: new Uint32Array(context.getImageData(0, 0, size, size).data.buffer) };
}

// ---- Words

/** What cannot be seen of the points. */
function remarksOn({ outside }, limit) {
  const scale = limit < CLOSE_UP ? `close-up, axes to \u00b1${plain(Number(limit.toPrecision(2)))}` : "";
  return [scale, outside ? `${outside} outside` : ""].filter(Boolean);
}

function drawRemarks(context, theme, box, size, remarks) {
  Object.assign(context, { textAlign: "right", textBaseline: "top", font: `${size}px ${theme.font}` });
  remarks.forEach((remark, i) => haloText(context, theme, remark, box.right - 4, box.top + 4 + i * (size + 4)));
}

function describe(state, points, limit, remarks) {
  const { axes, classes } = state.header;
  const hidden = state.hidden.size ? `, ${state.hidden.size} of them hidden` : "";
  const full = `Map of ${points} points in ${classes.length} classes${hidden}, frame ${state.frame}`;
  const what = points ? [full, ...remarks].join(", ") : "Empty map: press Train";
  const where = `${axes[0]} across and ${axes[1]} up, from ${plain(-limit)} to ${plain(limit)}`;
  state.canvas.setAttribute("aria-label", `${what}; ${where}`);
}

/** Rings the point nearest to the pointer and names its class. */
function pointOut(state) {
  const found = state.pointer && state.screen ? nearest(state.screen, state.pointer) : -1;
  state.tip.hidden = state.ring.hidden = found < 0;
  if (found < 0) return;
  const [x, y] = [state.screen[2 * found], state.screen[2 * found + 1]];
  const kind = state.header.classes[state.arrays.labels[found]];
  state.tip.textContent = kind?.name ?? "a point";
  Object.assign(state.ring.style, { left: `${x}px`, top: `${y}px` });
  // The words stand on the side that has room.
  const right = x > state.plot.clientWidth / 2;
  const offset = right ? state.plot.clientWidth - x + 12 : x + 12;
  const [here, there] = right ? ["right", "left"] : ["left", "right"];
  Object.assign(state.tip.style, { top: `${y}px`, [here]: `${offset}px`, [there]: "auto" });
}

function nearest(screen, { x, y, touch }) {
  let least = (touch ? REACH.touch : REACH.mouse) ** 2;
  let best = -1;
  for (let i = 0; i < screen.length / 2; i++) {
    const distance = (screen[2 * i] - x) ** 2 + (screen[2 * i + 1] - y) ** 2;
    if (distance < least) [best, least] = [i, distance]; // NaN, a point not shown, is never less.
  }
  return best;
}
