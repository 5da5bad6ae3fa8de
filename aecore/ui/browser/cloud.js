/**
 * Clouds of points in space, side by side: one camera for all, turned by the finger.
 *
 * Header: {run, first, frames, valueTitle, panels: [{title, notes: [1 or F texts]}]}
 * Arrays: cloud0, cloud1, ... int16 [1 or F, N, 3] in steps of half a cube / 2**14 from its middle (-2**15: nowhere),
 *         values uint8 [1 or F, N], the number of a colour (255: no value)
 */

import { checksum, haloText, picture, surface } from "./canvas.js";
import { ARROW_KEYS, element } from "./elements.js";
import { hold } from "./page.js";
import { plain } from "./plane.js";
import { between, channelsOf, disc, gradientOf, inkOf, layerOf, NO_VALUE, NOWHERE, shadesOf, STEPS } from "./points.js";
import { present } from "./view.js";

export default function (component) {
  return present(component, { build, take, draw });
}

const CORNER = Math.sqrt(3) / 2; // From the cube's middle to a corner, in edges.
// Degrees; the camera looks from there to the middle, z is up: nearly along the way that rolled sheets are drawn out.
const START = { azimuth: -78, elevation: 14 };
const HALF_TURN = 180; // Degrees for a drag across a canvas: near points then keep under the finger.
const KEY_TURN = 5;
const CLOUD_SHADES = 255; // The number after the last of them says that there is no value.
const LEVELS = 16; // Of distance: what is farther is smaller, and paler by up to this share.
const PALENESS = 0.45;

// ---- Elements

function build(state) {
  Object.assign(state, { angles: { ...START }, panels: [] });
  state.clouds = element("div", { className: "clouds" });
  state.valueTitle = element("span");
  state.bar = element("span", { className: "bar" });
  const scale = element("span", { className: "scale" }, state.valueTitle, state.bar, "high");
  const hint = element("span", { className: "hint", textContent: "Drag to turn, double-click to turn back." });
  state.root.append(state.clouds, element("div", { className: "under" }, scale, hint));
}

function take(state, header, arrays) {
  hold(state, header.run, header.first, header.frames);
  Object.assign(state, { header, arrays });
  state.valueTitle.textContent = `${header.valueTitle}: low`;
  // The same canvases as long as they are as many: a finger may be on one.
  if (state.panels.length !== header.panels.length) {
    state.panels = header.panels.map(() => panelOf(state));
    state.clouds.replaceChildren(...state.panels.map(({ box }) => box));
    state.clouds.style.setProperty("--panels", state.panels.length);
  }
  header.panels.forEach(({ title }, i) => (state.panels[i].title.textContent = title));
}

function panelOf(state) {
  const [title, canvas, note] = [element("figcaption"), picture(), element("div", { className: "note" })];
  canvas.tabIndex = 0;
  makeTurnable(state, canvas);
  return { box: element("figure", {}, title, canvas, note), title, canvas, note, layer: null };
}

// ---- Turning

function makeTurnable(state, canvas) {
  const on = (type, act) => canvas.addEventListener(type, act, { signal: state.ended });
  let from = null;
  on("pointerdown", (event) => {
    if (!event.isPrimary || event.button) return;
    canvas.setPointerCapture(event.pointerId);
    from = event;
  });
  on("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    const degrees = HALF_TURN / canvas.clientWidth;
    turnBy(state, (event.clientX - from.clientX) * degrees, (event.clientY - from.clientY) * degrees);
    from = event;
  });
  on("dblclick", () => turnBack(state));
  on("keydown", (event) => {
    const way = ARROW_KEYS[event.key];
    if (event.ctrlKey || event.altKey || event.metaKey || !(way || event.key === "Home")) return;
    event.preventDefault();
    if (way) turnBy(state, way[0] * KEY_TURN, way[1] * KEY_TURN);
    else turnBack(state);
  });
}

/** Turns the clouds to the right and down, as a finger would; the camera goes the other way. */
function turnBy(state, right, down) {
  const { azimuth, elevation } = state.angles;
  const around = (((azimuth - right + 180) % 360) + 360) % 360;
  state.angles = { azimuth: around - 180, elevation: Math.max(-90, Math.min(90, elevation + down)) };
  state.redraw();
}

function turnBack(state) {
  state.angles = { ...START };
  state.redraw();
}

/** A square of `side` pixels, and three unit vectors: to its right, up in it, and out of it to the eye. */
function viewOf({ azimuth, elevation }, side) {
  const [a, e] = [(azimuth * Math.PI) / 180, (elevation * Math.PI) / 180];
  return {
    side,
    scale: (side / 2 - 3) / CORNER,
    right: [-Math.sin(a), Math.cos(a), 0],
    up: [-Math.sin(e) * Math.cos(a), -Math.sin(e) * Math.sin(a), Math.cos(e)],
    out: [Math.cos(e) * Math.cos(a), Math.cos(e) * Math.sin(a), Math.sin(e)],
  };
}

const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** A place counted in edges from the cube's middle, on the canvas. */
const onCanvas = ({ side, scale, right, up }, place) => [
  side / 2 + dot(place, right) * scale,
  side / 2 - dot(place, up) * scale,
];

// ---- Drawing

function draw(state, theme) {
  if (!state.header) return;
  const view = viewOf(state.angles, state.panels[0]?.box.clientWidth ?? 0);
  const values = frameOf(state, state.arrays.values);
  dye(state, theme);
  const drawn = state.panels.map((panel, p) => drawPanel(state, theme, view, panel, p, values));
  const [x, y] = drawn[0] ?? [];
  Object.assign(state.root.dataset, {
    viewAngles: Object.values(state.angles).map((angle) => Number(angle.toFixed(3))).join(" "),
    first: Number.isFinite(x) ? `${x.toFixed(2)} ${y.toFixed(2)}` : "",
    shown: [...drawn, values].map(checksum).join("-"),
  });
}

/** What an array [1 or F, N, ...] holds of the frame shown. */
function frameOf({ frame, first }, array) {
  const length = array.length / array.shape[0] || 0;
  const index = array.shape[0] === 1 ? 0 : frame - first;
  return array.subarray(index * length, (index + 1) * length);
}

/** @returns {Float32Array} x and y of every point on the canvas */
function drawPanel(state, theme, view, panel, p, values) {
  const context = surface(panel.canvas, view.side, view.side);
  const { screen, depths, order } = projected(frameOf(state, state.arrays[`cloud${p}`]), view);
  panel.layer = layerOf(panel.layer, context.canvas);
  const ratio = context.canvas.width / view.side;
  const radius = Math.max(1.4, Math.min(5, (0.33 * view.side) / Math.sqrt(depths.length))) * ratio;
  for (const i of order) {
    const level = Math.round(depths[i] * (LEVELS - 1));
    const ink = state.inks[level * (CLOUD_SHADES + 1) + (values[i] ?? CLOUD_SHADES)];
    disc(panel.layer, screen[2 * i] * ratio, screen[2 * i + 1] * ratio, radius * (0.75 + 0.5 * depths[i]), ink);
  }
  context.putImageData(panel.layer.image, 0, 0);
  drawBox(context, theme, view);
  drawNames(context, theme, view);
  describe(state, panel, state.header.panels[p], order.length);
  return screen;
}

/** Where the points lie on the canvas, how near they are (0 to 1), and those that are somewhere from far to near. */
function projected(places, view) {
  const points = places.length / 3;
  const screen = new Float32Array(2 * points).fill(NaN);
  const depths = new Float32Array(points);
  const order = new Uint32Array(points);
  const place = [0, 0, 0];
  let shown = 0;
  for (let i = 0; i < points; i++) {
    for (let axis = 0; axis < 3; axis++) place[axis] = places[3 * i + axis] / (2 * STEPS);
    if (Math.min(place[0], place[1], place[2]) === NOWHERE / (2 * STEPS)) continue;
    [screen[2 * i], screen[2 * i + 1]] = onCanvas(view, place);
    depths[i] = Math.max(0, Math.min(1, 0.5 + dot(place, view.out) / (2 * CORNER)));
    order[shown++] = i;
  }
  return { screen, depths, order: order.subarray(0, shown).sort((a, b) => depths[a] - depths[b]) };
}

// ---- Colours

/** Mixes the colours for the theme, by level of distance and shade. */
function dye(state, theme) {
  if (state.dyed === theme.background) return;
  const page = channelsOf(theme.background);
  const shades = [...shadesOf(theme, CLOUD_SHADES), NO_VALUE];
  const inks = Array.from({ length: LEVELS }, (_, level) => {
    const pale = PALENESS * (1 - level / (LEVELS - 1));
    return shades.map((colour) => inkOf(between(colour, page, pale)));
  });
  Object.assign(state, { dyed: theme.background, inks: Int32Array.from(inks.flat()) });
  state.bar.style.backgroundImage = gradientOf(theme);
}

// ---- The cube

/** Its twelve edges: the axis each runs along, the two it stands on, and its middle. */
const EDGES = [0, 1, 2].flatMap((along) =>
  [[-0.5, -0.5], [-0.5, 0.5], [0.5, -0.5], [0.5, 0.5]].map((sides) => ({
    along,
    across: [0, 1, 2].filter((axis) => axis !== along),
    middle: sides.toSpliced(along, 0, 0),
  })),
);

/** Which of the edge's two faces are turned to the eye: 2 both, 1 one, so that it is of the outline, 0 none. */
const facing = ({ across, middle }, { out }) => across.filter((axis) => out[axis] * middle[axis] > 0).length;

/** The edges between the points and the eye go over the points, the others behind them. */
function drawBox(context, theme, view) {
  context.save();
  Object.assign(context, { strokeStyle: theme.border, lineWidth: 1 });
  for (const edge of EDGES) {
    const { along, middle } = edge;
    context.globalCompositeOperation = facing(edge, view) === 2 ? "source-over" : "destination-over";
    context.beginPath();
    context.moveTo(...onCanvas(view, middle.with(along, -0.5)));
    context.lineTo(...onCanvas(view, middle.with(along, 0.5)));
    context.stroke();
  }
  context.restore();
}

/** Names an axis at the end of an edge where no point is: of those in the outline the lowest, for z the leftmost. */
function drawNames(context, theme, view) {
  const size = view.side < 240 ? 12 : 14;
  Object.assign(context, { font: `600 ${size}px ${theme.font}`, textAlign: "center", textBaseline: "middle" });
  ["x", "y", "z"].forEach((name, along) => {
    const rank = ({ middle }) => dot(middle, along === 2 ? view.right : view.up);
    const edges = EDGES.filter((edge) => edge.along === along);
    const outline = edges.filter((edge) => facing(edge, view) === 1);
    const [{ middle }] = (outline.length ? outline : edges).sort((a, b) => rank(a) - rank(b));
    const kept = (place) => Math.max(size / 2, Math.min(view.side - size / 2, place));
    const end = middle.with(along, 0.5 + size / view.scale);
    haloText(context, theme, name, ...onCanvas(view, end).map(kept));
  });
}

// ---- Words

function describe(state, { canvas, note }, { title, notes }, points) {
  const { angles, frame, first, header } = state;
  note.textContent = notes[notes.length === 1 ? 0 : frame - first] ?? "";
  const what = `${title}: ${points} points in a cube, coloured by ${header.valueTitle}, frame ${frame}`;
  const [azimuth, elevation] = [angles.azimuth, angles.elevation].map((angle) => plain(Math.round(angle)));
  const seen = `seen from azimuth ${azimuth}, elevation ${elevation} degrees`;
  canvas.setAttribute("aria-label", [what, note.textContent, seen, "arrow keys turn it"].filter(Boolean).join("; "));
}
