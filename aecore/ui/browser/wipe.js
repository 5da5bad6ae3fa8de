/**
 * A picture before and after, divided where a slider over it stands: light is white.
 *
 * Header: {run, frames, titles: [before, after]}
 * Arrays: before, after uint8 [F, H, W]
 */

import { picture, surface, textSize } from "./canvas.js";
import { element } from "./elements.js";
import { hold } from "./page.js";
import { paintGreys } from "./pixels.js";
import { present } from "./view.js";

export default function (component) {
  return present(component, { build, take, draw });
}

const DIVIDER_NOTCHES = 1000;
const MOST_ENLARGED = 3; // Times its own size: larger, a page no longer fits a screen.
// Whatever the theme: the picture below is as light or dark as it is.
const [INK, PAPER] = ["#111", "#fff"];

function build(state) {
  state.canvas = picture();
  state.slider = element("input", { type: "range", min: 0, max: DIVIDER_NOTCHES, step: 1, value: DIVIDER_NOTCHES / 2 });
  state.slider.addEventListener("input", ({ timeStamp }) => {
    state.since = timeStamp;
    state.redraw();
  });
  state.box = element("div", { className: "wipe" }, state.canvas, state.slider);
  state.root.append(state.box);
}

function take(state, header, arrays) {
  hold(state, header.run, 0, header.frames);
  Object.assign(state, { header, arrays, painted: null });
  state.slider.setAttribute("aria-label", `Divider: ${header.titles[0]} left of it, ${header.titles[1]} right of it`);
}

function draw(state, theme) {
  const { arrays, canvas, slider, header } = state;
  const [, high, wide] = arrays.before.shape;
  if (state.painted !== state.frame) {
    state.pictures = [arrays.before, arrays.after].map((frames) => paintedOf(frames, state.frame, high, wide));
    state.painted = state.frame;
  }
  const width = Math.min(state.width, MOST_ENLARGED * wide);
  const height = Math.round((width * high) / wide);
  const context = surface(canvas, width, height);
  state.box.style.width = `${width}px`;
  context.imageSmoothingQuality = "high";
  const share = slider.value / DIVIDER_NOTCHES;
  const [before, after] = state.pictures;
  const cut = Math.round(share * wide);
  const at = (cut / wide) * width;
  if (cut) context.drawImage(before, 0, 0, cut, high, 0, 0, at, height);
  if (cut < wide) context.drawImage(after, cut, 0, wide - cut, high, at, 0, width - at, height);
  divider(context, at, height);
  context.font = `600 ${textSize(state.width)}px ${theme.font}`;
  label(context, theme, header.titles[0], 0, at, "left");
  label(context, theme, header.titles[1], at, width, "right");
  const said = `${Math.round(100 * share)} % ${header.titles[0]}, the rest ${header.titles[1]}`;
  slider.setAttribute("aria-valuetext", said);
  canvas.setAttribute("aria-label", `A picture of ${wide} x ${high} pixels: ${said}, frame ${state.frame}`);
  state.root.dataset.at = share;
  if (state.since) state.root.dataset.pointerMs = (performance.now() - state.since).toFixed(2);
  state.since = 0;
}

/** One frame as a canvas of its own size. */
function paintedOf(frames, frame, high, wide) {
  const painted = new OffscreenCanvas(wide, high);
  paintGreys(painted, frames.subarray(frame * high * wide));
  return painted;
}

function divider(context, x, height) {
  Object.assign(context, { fillStyle: PAPER, strokeStyle: PAPER, lineWidth: 2 });
  context.fillRect(x - 2.5, 0, 5, height);
  context.fillStyle = INK;
  context.fillRect(x - 1.5, 0, 3, height);
  context.beginPath();
  context.arc(x, height / 2, 12, 0, 2 * Math.PI);
  context.fill();
  context.stroke();
  // Two arrows: it goes both ways.
  context.beginPath();
  for (const way of [-1, 1]) {
    context.moveTo(x + 3 * way, height / 2 - 4);
    context.lineTo(x + 7 * way, height / 2);
    context.lineTo(x + 3 * way, height / 2 + 4);
  }
  context.stroke();
}

/** A word in the part of the picture from `left` to `right`, where there is room for it. */
function label(context, theme, text, left, right, align) {
  const wide = context.measureText(text).width + 16;
  if (right - left < wide + 12) return;
  const x = align === "left" ? left + 6 : right - wide - 6;
  Object.assign(context, { fillStyle: theme.background, globalAlpha: 0.85 });
  context.fillRect(x, 6, wide, 24);
  Object.assign(context, { fillStyle: theme.text, globalAlpha: 1, textAlign: "left", textBaseline: "middle" });
  context.fillText(text, x + 8, 18);
}
