/**
 * A code that somebody draws, on the atlas: where it is, how sure the model is of it, and where it is walked to.
 *
 * Header: pen: {name: what it is known by, codes: how many points can be walked to, asks: whether the server walks}
 * Arrays: penCentre float32 [L] and penDirections float32 [L, 2]: a code's place is (code - centre) times directions
 */

import { whereIs } from "./atlas_draw.js";
import { element, icon } from "./elements.js";
import { heard } from "./page.js";
import { onBox } from "./plane.js";

const SIGMAS = [1, 2];

export function buildPen(state) {
  const paths = SIGMAS.map((count) => `<path class="sigma" data-sigma="${count}"/>`).join("");
  state.spread = icon(1, 1, `<path class="way"/>${paths}`);
  state.mine = element("div", { className: "mine", textContent: "a", hidden: true });
  return [state.spread, state.mine];
}

/** Where the pen's code is, at once: it follows the hand. */
export function placePen(state) {
  const { header, arrays, part, mine, spread, root } = state;
  const pen = header.pen && heard("pen", header.pen.name);
  mine.hidden = !pen;
  const [way, ...rings] = spread.children;
  for (const path of [way, ...rings]) path.setAttribute("d", "");
  root.dataset.pen = root.dataset.spread = "";
  if (!pen) return;
  const place = penPlace(pen.code, arrays);
  const [x, y] = onBox(part, ...place);
  // What is outside of the part in view is shown at its edge.
  const [nearX, nearY] = [x, y].map((at) => Math.max(0, Math.min(part.side, at)));
  mine.classList.toggle("beyond", x !== nearX || y !== nearY);
  mine.style.transform = `translate(${nearX.toFixed(1)}px, ${nearY.toFixed(1)}px)`;
  root.dataset.pen = place.map((value) => value.toPrecision(6)).join(" ");
  if (pen.logVariances) placeSpread(state, rings, place, penSpread(pen.logVariances, arrays));
  const goal = state.picked[0];
  if (!goal) return;
  const ends = [[x, y], onBox(part, ...(goal.point === null ? [goal.x, goal.y] : whereIs(state, goal.point)))];
  way.setAttribute("d", `M${ends.map((end) => end.map((at) => at.toFixed(1)).join(" ")).join("L")}`);
}

function penPlace(code, { penCentre, penDirections }) {
  const place = [0, 0];
  for (let i = 0; i < code.length; i++) {
    for (const axis of [0, 1]) place[axis] += (code[i] - penCentre[i]) * penDirections[2 * i + axis];
  }
  return place;
}

/** The covariance [xx, xy, yy] on the map of a code whose numbers have such variances, each by itself. */
function penSpread(logVariances, { penDirections }) {
  const spread = [0, 0, 0];
  for (let i = 0; i < logVariances.length; i++) {
    const [variance, across, up] = [Math.exp(logVariances[i]), penDirections[2 * i], penDirections[2 * i + 1]];
    spread[0] += variance * across * across;
    spread[1] += variance * across * up;
    spread[2] += variance * up * up;
  }
  return spread;
}

/** Rings of one and two standard deviations around a place. */
function placeSpread({ part, root }, rings, [u, v], [xx, xy, yy]) {
  root.dataset.spread = [xx, xy, yy].map((value) => value.toPrecision(6)).join(" ");
  // A root of the covariance by Cholesky: what it makes of a circle is the ring.
  const a = Math.sqrt(xx);
  const b = a ? xy / a : 0;
  const c = Math.sqrt(Math.max(0, yy - b * b));
  rings.forEach((ring, r) => {
    const points = Array.from({ length: 48 }, (_, i) => {
      const [cos, sin] = [Math.cos, Math.sin].map((of) => SIGMAS[r] * of((2 * Math.PI * i) / 48));
      return onBox(part, u + a * cos, v + b * cos + c * sin).map((at) => at.toFixed(1)).join(" ");
    });
    ring.setAttribute("d", `M${points.join("L")}Z`);
  });
}
