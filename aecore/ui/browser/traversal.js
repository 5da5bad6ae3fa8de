/**
 * Traversals of a code: the code decoded large, and for each of its numbers a strip of pictures under a slider. Every
 * frame has a scene of its own: a decoder, its strips, and a code, which it keeps while another scene is shown.
 *
 * Header: {run, steps, marks: [value], unit, scenes: [{label: class or null, decoder: what decoderOf reads,
 *          strips: [{number, title, note, low, high, unused}]}]}
 * Arrays: of scene i base<i> float32 [L] and the decoder's own
 */

import { checksum, picture } from "./canvas.js";
import { decoderOf } from "./decoder.js";
import { element, SLACK } from "./elements.js";
import { hold } from "./page.js";
import { plain } from "./plane.js";
import { present } from "./view.js";

export default function (component) {
  return present(component, { build, take, draw });
}

const FIRST = 12; // Strips shown before somebody asks for all.
const NOTCHES = 600; // Of a slider: finer than a pixel of most strips, and hundredths from -3 to 3.
const STRIPS_MS = 6; // For pictures of strips in one frame, the rest of it is for the large one and the page.
const SWITCH_MS = 25; // The same in the first frame of a scene that is not ready yet.
const PICTURE_GAP = 1; // Between pictures, in pixels of theirs.

// ---- Elements

function build(state) {
  // Which strips are in sight is known by their places, for those of the next scene will be in the same.
  Object.assign(state, { scenes: [], scene: null, shown: [], seen: [], all: false, warming: false });
  state.now = picture();
  state.reading = element("div", { className: "reading" });
  state.back = element("button", { type: "button" });
  state.back.addEventListener("click", () => goBack(state));
  const figure = element("figure", {}, element("figcaption", { textContent: "Now" }), state.now);
  const now = element("div", { className: "now" }, figure, element("div", {}, state.reading, state.back));
  state.list = element("div", { className: "strips" });
  state.more = element("button", { type: "button", className: "more" });
  state.more.addEventListener("click", () => {
    state.all = !state.all;
    list(state);
  });
  state.hint = element("div", { className: "hint" });
  const along = element("div", {}, state.list, state.more, state.hint);
  state.root.append(element("div", { className: "traversal" }, now, along));
  // Strips that nobody sees are not decoded.
  state.watch = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const place = state.shown.findIndex(({ box }) => box === target);
      if (place >= 0) state.seen[place] = isIntersecting;
    }
    state.redraw();
  });
  state.ended.addEventListener("abort", () => state.watch.disconnect());
}

function take(state, header, arrays) {
  const { scenes: before, run } = state;
  hold(state, header.run, 0, header.scenes.length);
  state.header = header;
  state.scenes = header.scenes.map((told, i) => sceneOf(state, told, arrays, i));
  state.scenes.forEach((scene, i) => before[i] && carryOver(before[i], scene, run === state.run));
  enter(state);
}

/** A scene: what is told of it and its code; its decoder and strips are made when they are needed first. */
function sceneOf({ header: { steps, marks, unit } }, told, arrays, i) {
  const base = arrays[`base${i}`];
  const signature = JSON.stringify([steps, marks, unit, told.strips, told.decoder.shape]);
  const scene = { told, arrays, base, signature, code: base.slice(), moved: null, decoder: null, strips: null };
  Object.assign(scene, { cursor: 0, scratch: new Float32Array(base.length) });
  scene.start = base.some(Boolean) ? "image" : "origin";
  return scene;
}

/** From a scene to the one that takes its place: of the same run the code, and the elements if they say the same. */
function carryOver({ code, moved, signature, strips }, scene, sameRun) {
  if (sameRun && code.length === scene.code.length) Object.assign(scene, { code, moved });
  if (signature !== scene.signature || !strips) return;
  scene.strips = strips; // A finger may be on one.
  for (const { stale } of strips) stale.fill(1);
}

function prepare(state, scene) {
  if (scene.decoder) return;
  scene.decoder = decoderOf(scene.told.decoder, scene.arrays);
  scene.image = new ImageData(scene.decoder.width, scene.decoder.height);
  scene.strips ??= scene.told.strips.map((strip) => stripOf(state, scene, strip));
}

/** Shows the scene of the frame. */
function enter(state) {
  const scene = state.scenes[state.frame];
  prepare(state, scene);
  const listed = state.scene?.strips === scene.strips;
  state.scene = scene;
  if (!listed) list(state);
  Object.assign(state.now, { width: scene.decoder.width, height: scene.decoder.height });
  state.back.textContent = `Back to the ${scene.start}`;
  decodeNow(state);
}

/** Puts the strips of the scene in the place of those shown so far, the first few or all. */
function list(state) {
  const { header, scene, all, more, watch } = state;
  const focused = state.shown.findIndex(({ slider }) => slider.matches(":focus"));
  state.shown = all ? scene.strips : scene.strips.slice(0, FIRST);
  state.list.style.setProperty("--steps", header.steps);
  state.list.replaceChildren(...state.shown.map(({ box }) => box));
  state.shown[focused]?.slider.focus({ preventScroll: true });
  state.seen.length = Math.min(state.seen.length, state.shown.length);
  watch.disconnect();
  for (const { box } of state.shown) watch.observe(box);
  more.hidden = scene.strips.length <= FIRST;
  more.textContent = all ? `Show the first ${FIRST}` : `Show all ${scene.strips.length}`;
  more.setAttribute("aria-expanded", String(all));
  const ticks = header.marks.length ? ` Ticks: ${header.marks.map(plain).join(", ")} ${header.unit}.` : "";
  const how = "Each strip moves one code dimension, the others stay. Drag along it, or click a picture.";
  state.hint.textContent = scene.strips.length ? how + ticks : "There is no code dimension to move.";
}

/**
 * A strip: what the header tells of it, its elements, and of each picture whether it is about another code than its
 * scene's (`stale`) and its checksum.
 */
function stripOf(state, { decoder: { width, height } }, told) {
  const { steps, marks } = state.header;
  const { title, note, low, high, unused } = told;
  const canvas = Object.assign(picture(), { width: steps * (width + PICTURE_GAP) - PICTURE_GAP, height });
  canvas.setAttribute("aria-label", `${steps} pictures, ${title} from ${plain(low)} to ${plain(high)}`);
  const slider = element("input", { type: "range", min: 0, max: NOTCHES, step: 1 });
  slider.setAttribute("aria-label", [title, note, unused ? "not used" : ""].filter(Boolean).join(", "));
  const ticks = marks.filter((mark) => mark >= low && mark <= high).map((mark) => {
    const tick = element("span", { textContent: plain(mark) });
    tick.style.setProperty("--at", shareOf(told, mark));
    return tick;
  });
  const ruler = element("div", { className: "ruler" }, ...ticks);
  const words = { strong: title, span: note, em: unused ? "not used" : "" };
  const name = element("div", { className: "name" });
  name.append(...Object.entries(words).map(([tag, textContent]) => element(tag, { textContent })));
  const here = element("canvas", { width, height });
  const row = element("div", { className: "row" }, canvas, ruler, element("div", { className: "frame" }, here), slider);
  row.style.setProperty("--picture", `${(100 * width) / canvas.width}%`);
  const box = element("div", { className: unused ? "strip unused" : "strip" }, name, row);
  const strip = { ...told, box, row, canvas, here, slider };
  Object.assign(strip, { stale: new Uint8Array(steps).fill(1), sums: new Uint32Array(steps) });
  listenToStrip(state, strip);
  return strip;
}

// ---- Moving

const shareOf = ({ low, high }, value) => Math.max(0, Math.min(1, (value - low) / (high - low)));
const valueAt = ({ low, high }, share) => low + share * (high - low);

function listenToStrip(state, strip) {
  const { slider, number } = strip;
  let from = null;
  slider.addEventListener("input", (event) => {
    moveTo(state, number, valueAt(strip, slider.value / NOTCHES));
    state.root.dataset.pointerMs = (performance.now() - event.timeStamp).toFixed(2);
  });
  slider.addEventListener("pointerdown", ({ clientX: x, clientY: y, pointerType }) => {
    const { code, moved } = state.scene;
    from = { x, y, slack: SLACK[pointerType] ?? SLACK.mouse, value: code[number], moved };
  });
  // The finger scrolls the page: where it was put down was not meant.
  slider.addEventListener("pointercancel", () => {
    moveTo(state, number, from.value);
    state.scene.moved = from.moved;
  });
  slider.addEventListener("click", ({ clientX: x, clientY: y }) => {
    if (!from || Math.hypot(x - from.x, y - from.y) > from.slack) return;
    moveTo(state, number, valueAt(strip, pictureAt(state, strip, x) / (state.header.steps - 1)));
  });
}

/** The number of the picture that is `x` pixels from the window's left edge. */
function pictureAt({ header, scene: { decoder } }, { canvas }, x) {
  const { left, width } = canvas.getBoundingClientRect();
  const column = ((x - left) / width) * canvas.width - decoder.width / 2;
  return Math.max(0, Math.min(header.steps - 1, Math.round(column / (decoder.width + PICTURE_GAP))));
}

function moveTo(state, number, value) {
  state.scene.code[number] = value;
  state.scene.moved = number;
  changed(state, number);
}

function goBack(state) {
  Object.assign(state.scene, { code: state.scene.base.slice(), moved: null });
  changed(state);
}

/** The code has changed: in `number` alone, so that strips of it stay as they are, or anyhow. */
function changed(state, number = null) {
  for (const strip of state.scene.strips) if (strip.number !== number) strip.stale.fill(1);
  // At once, and not with the next repaint: this is the picture that follows the finger.
  decodeNow(state);
  state.redraw();
}

function decodeNow({ root: { dataset }, scene, now }) {
  dataset.now = decodeTo(scene, now, scene.code, 0).toString(16);
  dataset.code = Array.from(scene.code.subarray(0, 8), (value) => Number(value.toFixed(4))).join(" ");
  dataset.strips = "";
}

// ---- Drawing

/** Decodes `code` as picture `k` of a canvas; returns the picture's checksum. */
function decodeTo({ decoder, told, image }, canvas, code, k) {
  const pixels = decoder.decode(code, told.label ?? undefined);
  const words = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i++) words[i] = 0xff000000 | (Math.round(255 * pixels[i]) * 0x010101);
  canvas.getContext("2d").putImageData(image, k * (decoder.width + PICTURE_GAP), 0);
  return Number.parseInt(checksum(words), 16);
}

function draw(state) {
  const scene = state.scenes[state.frame];
  const limit = scene === state.scene ? STRIPS_MS : SWITCH_MS;
  if (scene !== state.scene) enter(state);
  state.shown.forEach((strip, i) => placeFrame(state, strip, state.seen[i]));
  printReading(state);
  state.back.disabled = scene.code.every((value, i) => value === scene.base[i]);
  if (catchUp(state, scene, limit)) return state.redraw();
  const done = scene.strips.filter(({ stale }) => !stale.includes(1));
  state.root.dataset.strips = done.map(({ sums }) => checksum(sums)).join("-");
  warm(state);
}

/** The frame and the slider to where the code is on the strip; what is there is what the large picture shows. */
function placeFrame({ scene, header, now }, strip, seen) {
  const value = scene.code[strip.number];
  const share = shareOf(strip, value);
  strip.row.style.setProperty("--at", share);
  strip.slider.value = Math.round(share * NOTCHES);
  strip.slider.setAttribute("aria-valuetext", `${said(strip, value)} ${header.unit}`);
  if (seen) strip.here.getContext("2d").drawImage(now, 0, 0);
}

/** A value of a strip in words, in as many digits as tell its notches apart. */
function said({ low, high }, value) {
  const digits = Math.max(0, Math.min(8, 2 - Math.floor(Math.log10(high - low))));
  const rounded = Number(value.toFixed(digits)) || 0; // Not minus zero.
  return rounded.toFixed(digits).replace("-", "\u2212");
}

function printReading({ header, scene: { strips, code, base, moved, start }, now, reading }) {
  const strip = strips.find(({ number }) => number === moved);
  const value = strip && `${said(strip, code[moved])} ${header.unit}`;
  now.setAttribute("aria-label", strip ? `The code decoded, with ${strip.title} at ${value}` : "The code decoded");
  const lines = strip ? [strip.title, value, `${said(strip, base[moved])} in the ${start}`] : [`As in the ${start}`];
  reading.replaceChildren(...lines.map((textContent, i) => element(i ? "span" : "strong", { textContent })));
}

/**
 * Redoes pictures that are seen and stale, until `limit` milliseconds are up; whether there are more. It goes on where
 * it stopped last time: from the start, a long drag would leave the last strips as they were.
 */
function catchUp({ header, seen }, scene, limit) {
  const { strips } = scene;
  const began = performance.now();
  let longest = 0;
  for (let looked = strips.length * header.steps; looked > 0; looked--) {
    scene.cursor = (scene.cursor + 1) % (strips.length * header.steps);
    const [place, k] = [Math.floor(scene.cursor / header.steps), scene.cursor % header.steps];
    if (!seen[place] || !strips[place].stale[k]) continue;
    const before = performance.now();
    if (before - began + longest > limit) {
      scene.cursor--;
      return true;
    }
    redoPicture(header, scene, strips[place], k);
    longest = Math.max(longest, performance.now() - before);
  }
  return false;
}

function redoPicture({ steps }, scene, strip, k) {
  scene.scratch.set(scene.code);
  scene.scratch[strip.number] = valueAt(strip, k / (steps - 1));
  strip.sums[k] = decodeTo(scene, strip.canvas, scene.scratch, k);
  strip.stale[k] = 0;
}

// ---- Ahead of time

// Safari has no such thing.
const whenIdle = window.requestIdleCallback ?? ((work) => setTimeout(work, 50));

/** Makes all scenes ready, bit by bit while the browser has nothing else to do: switching then is only showing. */
function warm(state) {
  const cold = state.scenes.filter((scene) => !isReady(state, scene));
  state.root.dataset.ready = state.scenes.length - cold.length;
  if (!cold.length || state.warming) return;
  state.warming = true;
  whenIdle(() => {
    state.warming = false;
    if (state.ended.aborted) return;
    const next = state.scenes.find((scene) => !isReady(state, scene));
    if (next?.decoder) catchUp(state, next, STRIPS_MS);
    else if (next) prepare(state, next);
    warm(state);
  });
}

const isReady = ({ seen }, { decoder, strips }) =>
  decoder && strips.every(({ stale }, i) => !seen[i] || !stale.includes(1));
