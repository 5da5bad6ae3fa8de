/**
 * A line of text, small or in a box.
 *
 * Header: {text, boxed}
 */

import { element } from "./elements.js";
import { present } from "./view.js";

export default function (component) {
  return present(component, { build, take, draw });
}

function build(state) {
  state.text = element("p");
  state.root.append(state.text);
}

function take(state, { text, boxed }) {
  Object.assign(state.text, { textContent: text, className: boxed ? "aecore-words boxed" : "aecore-words" });
}

function draw() {}
