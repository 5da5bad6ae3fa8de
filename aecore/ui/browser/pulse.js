/**
 * Nothing to be seen: asks for another run of the script when what is pushed is no longer what the page was drawn for.
 *
 * Header: {now}
 */

import { mounted, present } from "./view.js";

export default function (component) {
  const end = present(component, { build, take, draw, gone });
  mounted.get(component.parentElement).component = component;
  return end;
}

// While the answer to one request is on its way there is no other; where it got lost, there is.
const PATIENCE_MS = 3000;
// What the page was drawn for can be newer than what was pushed last, which then is on its way too.
const LATE_MS = 150;

function build(state) {
  Object.assign(state, { drawnFor: null, pushed: null, asked: -Infinity, timer: 0 });
  state.ended.addEventListener("abort", () => clearTimeout(state.timer));
}

function take(state, { now, feed }) {
  if (state.fed) state.pushed = now;
  else {
    if (feed !== state.from) state.pushed = null;
    if (now !== state.drawnFor) state.asked = -Infinity;
    Object.assign(state, { from: feed, drawnFor: now });
  }
  compare(state, state.fed ? 0 : LATE_MS);
}

/** The server has forgotten what is drawn here, as after a laptop's sleep: drawn anew, it has an address again. */
function gone(state) {
  state.pushed = "gone";
  compare(state, 0);
}

/** Asks, now or when it is time, if what is pushed is still another than what the page was drawn for. */
function compare(state, wait) {
  clearTimeout(state.timer);
  if (state.pushed === null || state.pushed === state.drawnFor) return;
  const left = Math.max(wait, state.asked + PATIENCE_MS - performance.now());
  if (left > 0) {
    state.timer = setTimeout(() => compare(state, 0), left);
    return;
  }
  state.asked = performance.now();
  state.component.setTriggerValue("changed", state.pushed);
  compare(state, PATIENCE_MS);
}

function draw() {}
