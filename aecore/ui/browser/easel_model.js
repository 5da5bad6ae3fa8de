/**
 * What a model makes of the picture on the easel: what a restorer restores, or what its two halves rebuild.
 *
 * Header: restorer: what decoderOf reads; of twice as many numbers as pixels, the others say which pixels are seen
 *         pen: {name: what others know it by, latent, encoder and decoder: what decoderOf reads, or both null where the
 *         server answers, asked: the picture that it has answered about, as `ask` tells it}
 * Arrays: errors float32 [N], those of other images, the smallest first; answer float32 [1 or 2, L] and rebuilt
 *         float32 [H, W] where the server has answered
 */

import { decoderOf } from "./decoder.js";
import { tell } from "./page.js";

export function modelOf({ restorer, pen }, arrays) {
  const part = (described) => (described ? decoderOf(described, arrays) : null);
  const { errors, answer, rebuilt } = arrays;
  const halves = { encoder: part(pen?.encoder), decoder: part(pen?.decoder) };
  return { restorer: part(restorer), ...halves, errors, answer: answer ? { numbers: answer, rebuilt } : null };
}

/** The picture that is made of `pixels`, which `state.input` begins with; a pen's code is told. */
export function madeOf(state, pixels) {
  const { restorer, encoder, decoder, input, header } = state;
  if (restorer) return restorer.decode(input);
  if (pixels.every((value) => value === 0)) return tellCode(state, null, new Float32Array(pixels.length));
  if (!encoder) return answered(state, pixels);
  const numbers = encoder.decode(input);
  return tellCode(state, numbers, decoder.decode(numbers.subarray(0, header.pen.latent)));
}

/** Tells everybody on the page the code, and any log-variances after it; null where nothing is drawn. */
function tellCode({ header: { pen }, root }, numbers, rebuilt) {
  const code = numbers?.slice(0, pen.latent) ?? null;
  const logVariances = numbers && numbers.length > pen.latent ? numbers.slice(pen.latent) : null;
  tell("pen", pen.name, code && { code, logVariances });
  root.dataset.code = code ? [...code].map((value) => value.toPrecision(7)).join(" ") : "";
  return rebuilt;
}

// ---- Where only the server can say

/** What the server made of the picture; until it has answered, what it made of the one before. */
function answered(state, pixels) {
  const { answer, header } = state;
  state.waits = !answer || header.pen.asked !== asText(pixels);
  if (state.waits) return answer?.rebuilt ?? new Float32Array(pixels.length);
  return tellCode(state, answer.numbers, answer.rebuilt);
}

/** Asks the server about the picture as it is, once a stroke and not while the pen moves. */
export function ask(state) {
  const { header, encoder, stroke, input } = state;
  if (!header.pen || encoder || stroke) return;
  const asked = { name: header.pen.name, levels: asText(input) };
  if (state.asked?.name === asked.name && state.asked.levels === asked.levels) return;
  state.asked = asked;
  // Later, because a view that is just mounted has nobody to tell yet.
  setTimeout(() => !state.ended.aborted && state.setStateValue("picture", asked));
}

/** Pixels in [0, 1] as the text of 256 levels; nothing for an empty picture. */
function asText(pixels) {
  if (pixels.every((value) => value === 0)) return "";
  return btoa(String.fromCharCode(...Uint8ClampedArray.from(pixels, (value) => 255 * value)));
}

// ---- In words

/** How far the rebuilt picture is off, and for how many of the other images that is no more. */
export function inError({ errors, waits, encoder, reading }, pixels, rebuilt) {
  reading.textContent = "";
  if (waits && !encoder) return "when you lift the pen";
  let sum = 0;
  for (let i = 0; i < pixels.length; i++) sum += (pixels[i] - rebuilt[i]) ** 2;
  const more = errors.findIndex((error) => error > sum);
  const share = Math.round((100 * (more < 0 ? errors.length : more)) / errors.length);
  const many = errors.length.toLocaleString("en");
  const others = `that of ${share} % of ${many} held-out images is no larger`;
  reading.textContent = `Squared error, summed over pixels; ${others}.`;
  return `squared error ${sum.toFixed(1)}`;
}
