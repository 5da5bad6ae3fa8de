/**
 * Arrows in the unit square from fixed places to where a model moves them, frame by frame; under them the data as dots
 * and, as wide pale arrows, where they should lead.
 *
 * Header: {run, first, frames, colour, wanted: colour}
 * Arrays: dots float32 [D, 2], from float32 [Q, 2], to float32 [F, Q, 2], right float32 [Q, 2] or missing
 */

import { checksum, picture, surface } from "./canvas.js";
import { hold } from "./page.js";
import { plain } from "./plane.js";
import { present } from "./view.js";

export default function (component) {
  return present(component, { build, take, draw });
}

const HEAD = 4; // Length of an arrow's head, in pixels, but never more than half the arrow.
const LEAST_ARROW = 0.7; // Shorter arrows, in pixels, are a dot.
const UNKNOWN_ALPHA = 0.3; // How much is left of an arrow's colour where nobody knows where it should lead.
const BAR_MARGIN = 8; // Between the bar and the edge, in pixels.

function build(state) {
  state.canvas = picture();
  state.root.append(state.canvas);
}

function take(state, header, arrays) {
  hold(state, header.run, header.first, header.frames);
  Object.assign(state, { header, arrays });
}

function draw(state, theme) {
  const { header, arrays, canvas } = state;
  const side = state.width;
  const context = surface(canvas, side, side);
  const onSquare = (places, i) => [places[2 * i] * side, (1 - places[2 * i + 1]) * side];
  context.strokeStyle = theme.border;
  context.strokeRect(0.5, 0.5, side - 1, side - 1);
  Object.assign(context, { fillStyle: theme.text, globalAlpha: 0.3 });
  for (let i = 0; i < arrays.dots.length / 2; i++) {
    const [x, y] = onSquare(arrays.dots, i);
    context.fillRect(x - 0.75, y - 0.75, 1.5, 1.5);
  }
  const places = arrays.from.length;
  const index = state.frame - state.first;
  const to = arrays.to.subarray(index * places, (index + 1) * places);
  const known = (i) => !arrays.right || !Number.isNaN(arrays.right[2 * i]);
  const wide = { colour: header.wanted, width: 4, alpha: () => 0.35 };
  if (arrays.right) arrows(context, onSquare, arrays.from, arrays.right, wide);
  const thin = { colour: header.colour, width: 1.5, alpha: (i) => (known(i) ? 1 : UNKNOWN_ALPHA) };
  arrows(context, onSquare, arrays.from, to, thin);
  context.globalAlpha = 1;
  if (header.bar) bar(context, theme, side, header.bar);
  state.root.dataset.shown = checksum(to.map((place) => Math.round(place * 1e4)));
  describe(state, to);
}

function arrows(context, onSquare, from, to, { colour, width, alpha }) {
  Object.assign(context, { strokeStyle: colour, fillStyle: colour, lineWidth: width });
  for (let i = 0; i < from.length / 2; i++) {
    context.globalAlpha = alpha(i);
    const [[x, y], [u, v]] = [onSquare(from, i), onSquare(to, i)];
    const length = Math.hypot(u - x, v - y);
    if (!(length >= LEAST_ARROW)) {
      context.fillRect(x - 1, y - 1, 2, 2);
      continue;
    }
    const head = Math.min(HEAD + width, length / 2);
    const [across, down] = [((u - x) / length) * head, ((v - y) / length) * head];
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(u, v);
    context.moveTo(u - across - down / 2, v - down + across / 2);
    context.lineTo(u, v);
    context.lineTo(u - across + down / 2, v - down - across / 2);
    context.stroke();
  }
}

/** A bar as long as the noise is strong, at the bottom left. */
function bar(context, theme, side, length) {
  const y = side - BAR_MARGIN;
  Object.assign(context, { strokeStyle: theme.text, fillStyle: theme.text, lineWidth: 3, font: `12px ${theme.font}` });
  context.beginPath();
  context.moveTo(BAR_MARGIN, y);
  context.lineTo(BAR_MARGIN + length * side, y);
  context.stroke();
  context.fillText(plain(length), BAR_MARGIN, y - 6);
}

function describe(state, to) {
  const { from, dots } = state.arrays;
  let sum = 0;
  for (let i = 0; i < to.length; i += 2) sum += Math.hypot(to[i] - from[i], to[i + 1] - from[i + 1]);
  const mean = plain(Number((sum / Math.max(1, to.length / 2)).toPrecision(2)));
  const what = `${to.length / 2} arrows over ${dots.length / 2} points of data, frame ${state.frame}`;
  state.canvas.setAttribute("aria-label", `${what}: on average ${mean} of the square's side long`);
}
