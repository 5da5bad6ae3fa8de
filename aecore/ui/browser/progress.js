/**
 * How far something is, as a bar and in words.
 *
 * Header: {share: 0 to 1, text}
 */

import { element } from "./elements.js";
import { present } from "./view.js";

export default function (component) {
  return present(component, { build, take, draw });
}

function build(state) {
  state.text = element("p");
  state.bar = element("div", { className: "aecore-done" });
  const track = element("div", { className: "aecore-track" }, state.bar);
  track.setAttribute("role", "progressbar");
  Object.assign(state, { track });
  state.root.append(element("div", { className: "aecore-progress" }, state.text, track));
}

function take(state, header) {
  state.header = header;
  // Words are read whether or not anything is repainted.
  state.text.textContent = header.text;
  state.bar.style.width = `${100 * header.share}%`;
  state.track.setAttribute("aria-valuenow", String(Math.round(100 * header.share)));
  state.track.setAttribute("aria-valuetext", header.text);
}

function draw() {}
