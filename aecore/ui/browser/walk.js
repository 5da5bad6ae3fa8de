/**
 * What lies around a code that somebody draws: the way from it to a place marked on the map, what its posterior decodes
 * to, and the images whose codes are nearest. It follows the pen, and nothing is asked of the server.
 *
 * Header: {run, pen: the name that the code is told by, steps, samples, seed, classes: [name],
 *          places: whether places on the map are codes, decoder: what decoderOf reads}
 * Arrays: codes float32 [K, L], labels int16 [K], images uint8 [K, H, W], and the decoder's own
 */

import { decoderOf, DECODING_MS } from "./decoder.js";
import { element, fit } from "./elements.js";
import { hear, heard } from "./page.js";
import { normals, paintGreys } from "./pixels.js";
import { present } from "./view.js";

export default function (component) {
  return present(component, { build, take, draw });
}

const NEAREST = 10;

// ---- Elements

function build(state) {
  state.rows = Object.fromEntries(["way", "near", "sampled"].map((name) => [name, buildRow()]));
  state.root.append(element("div", { className: "walk" }, ...Object.values(state.rows).map(({ box }) => box)));
  for (const topic of ["pen", "goal"]) hear(state, topic, state.redraw);
}

function buildRow() {
  const [title, words, cells] = [element("strong"), element("span"), element("div", { className: "cells" })];
  cells.setAttribute("role", "img");
  return { box: element("figure", {}, element("figcaption", {}, title, words), cells), title, words, cells };
}

function take(state, header, arrays) {
  const decoder = decoderOf(header.decoder, arrays);
  Object.assign(state, { run: header.run, count: 1, header, arrays, decoder, jobs: [] });
  const latent = arrays.codes.shape[1];
  state.noise = normals(header.seed + 1, header.samples * latent);
}

// ---- Drawing

/** Begins anew with what is told now; pictures that take long come over the next frames. */
function draw(state) {
  const { header } = state;
  if (!header) return;
  const pen = heard("pen", header.pen);
  const goal = pen && goalCode(state, heard("goal", header.pen));
  state.jobs = [];
  drawNear(state, pen);
  drawWay(state, pen, goal);
  drawSampled(state, pen);
  work(state);
}

/** Decodes what is to be decoded until the frame's share is over, and goes on in the next. */
function work(state) {
  const end = performance.now() + DECODING_MS;
  while (state.jobs.length && performance.now() < end) state.jobs.shift()();
  state.root.dataset.waiting = state.jobs.length;
  if (state.jobs.length) state.working ||= requestAnimationFrame(() => {
    state.working = 0;
    if (!state.ended.aborted) work(state);
  });
}

/** A row of so many pictures, each made by a job of its own. */
function fill(state, { cells, box }, sizes, make, words) {
  box.hidden = false;
  while (cells.children.length > sizes.length) cells.lastChild.remove();
  while (cells.children.length < sizes.length) cells.append(element("canvas"));
  cells.setAttribute("aria-label", words);
  sizes.forEach(([width, height], i) => {
    const canvas = cells.children[i];
    fit(canvas, width, height);
    state.jobs.push(() => paintGreys(canvas, make(i)));
  });
}

function decodedAt({ decoder }, code) {
  return Uint8ClampedArray.from(decoder.decode(code), (value) => 255 * value); // Clamped also rounds.
}

// ---- The way to a place

/** The code that is walked to; null where no place is marked. */
function goalCode({ header, arrays }, goal) {
  if (!goal) return null;
  const [count, latent] = arrays.codes.shape;
  const isImage = goal.point !== null && goal.point < count;
  if (isImage) return arrays.codes.subarray(goal.point * latent, (goal.point + 1) * latent);
  return header.places ? Float32Array.from([goal.x, goal.y].slice(0, latent)) : null;
}

function drawWay(state, pen, goal) {
  const { rows, header, decoder } = state;
  rows.way.title.textContent = "From your digit to b";
  rows.way.box.hidden = !pen;
  state.root.dataset.walked = goal ? header.steps : 0;
  rows.way.words.textContent = goal
    ? "straight from code to code, each step decoded"
    : "Click or tap a place on the map, and see what lies on the way there.";
  rows.way.cells.hidden = !goal;
  if (!goal) return;
  const step = (i) => {
    const share = i / (header.steps - 1);
    return decodedAt(state, pen.code.map((value, k) => value + share * (goal[k] - value)));
  };
  const sizes = Array(header.steps).fill([decoder.width, decoder.height]);
  fill(state, rows.way, sizes, step, `${header.steps} steps from your digit to b, decoded`);
}

// ---- What lies nearest

function drawNear(state, pen) {
  const { rows, header, arrays, root } = state;
  rows.near.title.textContent = "Nearest codes";
  rows.near.box.hidden = !pen;
  root.dataset.near = "";
  if (!pen) return;
  const found = nearestCodes(arrays.codes, pen.code);
  const classes = found.map((i) => header.classes[arrays.labels[i]] ?? "?").join(", ");
  const [count, height, width] = arrays.images.shape;
  rows.near.words.textContent = `of ${count.toLocaleString("en")} images, nearest first: ${classes}`;
  root.dataset.near = found.join(" ");
  const image = (i) => arrays.images.subarray(found[i] * height * width, (found[i] + 1) * height * width);
  fill(state, rows.near, found.map(() => [width, height]), image, `Images with the nearest codes: ${classes}`);
}

/** The numbers of the codes [K, L] nearest to one, nearest first. */
function nearestCodes(codes, code) {
  const [count, latent] = codes.shape;
  const distances = new Float64Array(count);
  for (let i = 0, k = 0; i < count; i++) {
    for (let l = 0; l < latent; l++) distances[i] += (codes[k++] - code[l]) ** 2;
  }
  const best = [];
  for (let i = 0; i < count; i++) {
    if (best.length === NEAREST && distances[i] >= distances[best[NEAREST - 1]]) continue;
    const after = best.findIndex((other) => distances[other] > distances[i]);
    best.splice(after < 0 ? best.length : after, 0, i);
    best.length = Math.min(best.length, NEAREST);
  }
  return best;
}

// ---- What the posterior says

function drawSampled(state, pen) {
  const { rows, header, decoder, noise } = state;
  rows.sampled.box.hidden = !pen?.logVariances;
  if (!pen?.logVariances) return;
  const { code, logVariances } = pen;
  rows.sampled.title.textContent = "Sampled from its posterior";
  rows.sampled.words.textContent = `${header.samples} codes, decoded`;
  const sample = (i) => {
    const start = i * code.length;
    return decodedAt(state, code.map((value, k) => value + Math.exp(logVariances[k] / 2) * noise[start + k]));
  };
  const sizes = Array(header.samples).fill([decoder.width, decoder.height]);
  fill(state, rows.sampled, sizes, sample, `${header.samples} samples from the posterior of your digit, decoded`);
}
