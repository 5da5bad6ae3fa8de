/**
 * A slider over the frames of a run. It moves the other views inside the browser; the server hears nothing.
 *
 * Header: {run, moments: [label of each frame], name, start: frame or null}
 */

import { element, icon, pressable, setPressed } from "./elements.js";
import { announce, chosenFrames, hold } from "./page.js";
import { present } from "./view.js";

export default function (component) {
  return present(component, { build, take, draw });
}

const REPLAY_MS = 6000;
// Nothing here ever plays by itself, which is all that prefers-reduced-motion asks for.
const PLAY = '<path d="M6 4L19 12L6 20Z" fill="currentColor"/>';
const HALT = '<path d="M6 4H10V20H6ZM14 4H18V20H14Z" fill="currentColor"/>';

function build(state) {
  state.button = pressable(() => (state.playing ? halt(state) : play(state)));
  state.button.className = "play";
  state.button.setAttribute("aria-label", "Replay");
  state.slider = element("input", { type: "range", min: 0, step: 1 });
  state.moment = element("span", { className: "moment" }); // No <output>: it would be read aloud all through a replay.
  state.place = element("span", { className: "place" });
  const words = element("div", { className: "words" }, state.moment, state.place);
  state.root.append(element("div", { className: "scrubber" }, state.button, state.slider, words));
  state.slider.addEventListener("input", () => {
    halt(state);
    showFrame(state, Number(state.slider.value));
  });
  state.ended.addEventListener("abort", () => halt(state));
}

function take(state, { run, moments, name, start }) {
  const { run: before, count } = state;
  state.moments = moments;
  state.slider.setAttribute("aria-label", name);
  if (run === before && count === moments.length) return;
  halt(state);
  // A choice made when the run had fewer frames is stale: somebody trained on since.
  const chosen = chosenFrames()[run];
  if (chosen && chosen.frames !== moments.length) delete chosenFrames()[run];
  hold(state, run, 0, moments.length);
  // The views may have mounted before this slider, or show another moment: say where it stands.
  if (moments.length) showFrame(state, chosenFrames()[run] ? state.frame : (start ?? state.frame));
}

const showFrame = (state, frame) => announce(state.run, frame, state.count);

function play(state) {
  const last = state.count - 1;
  const from = state.frame >= last ? 0 : state.frame;
  const began = performance.now();
  const step = (now) => {
    const frame = Math.min(last, from + Math.floor((Math.max(0, now - began) / REPLAY_MS) * state.count));
    if (frame !== state.frame) showFrame(state, frame);
    if (frame >= last) halt(state);
    else state.playing = requestAnimationFrame(step);
  };
  state.playing = requestAnimationFrame(step);
  state.redraw();
}

function halt(state) {
  cancelAnimationFrame(state.playing);
  state.playing = 0;
  state.redraw();
}

function draw(state) {
  const { button, slider, moments = [], frame, playing } = state;
  const empty = moments.length < 2;
  Object.assign(slider, { max: Math.max(0, moments.length - 1), disabled: empty });
  slider.value = frame;
  slider.style.setProperty("--done", empty ? 0 : frame / (moments.length - 1));
  slider.setAttribute("aria-valuetext", moments[frame] ?? "no frames yet");
  state.moment.textContent = moments[frame] ?? "no frames yet";
  state.place.textContent = moments.length ? `${frame + 1} of ${moments.length}` : "";
  button.disabled = empty;
  setPressed(button, playing);
  button.replaceChildren(icon(24, 24, playing ? HALT : PLAY));
}
