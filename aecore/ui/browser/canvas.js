// Drawing on a canvas: its size, its theme, its text, and the pointer over it.

import { element } from "./elements.js";

/** @returns {Theme} Streamlit sets its theme as CSS variables around every component. */
export function themeOf(root) {
  const style = getComputedStyle(root);
  const read = (name, otherwise) => style.getPropertyValue(`--st-${name}`).trim() || otherwise;
  return {
    text: read("text-color", "#31333f"),
    background: read("background-color", "#ffffff"),
    panel: read("secondary-background-color", "#f0f2f6"),
    border: read("border-color", "#d5d6d9"),
    font: read("font", "sans-serif"),
  };
}

/** Sizes a canvas in CSS pixels and returns its context, cleared and scaled to the screen's own pixels. */
export function surface(canvas, width, height) {
  const scale = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== w || canvas.height !== h) {
    Object.assign(canvas, { width: w, height: h });
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  }
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** Text that stays legible over lines and points: a halo in the page's colour lies under it. */
export function haloText(context, theme, text, x, y) {
  Object.assign(context, { strokeStyle: theme.background, lineWidth: 4, lineJoin: "round", fillStyle: theme.text });
  context.strokeText(text, x, y);
  context.fillText(text, x, y);
}

/** A straight stroke on whole pixels, so that one-pixel lines are sharp. */
export function rule(context, x0, y0, x1, y1) {
  const sharp = (v) => Math.round(v) + 0.5;
  context.beginPath();
  context.moveTo(sharp(x0), sharp(y0));
  context.lineTo(sharp(x1), sharp(y1));
  context.stroke();
}
export const textSize = (width) => (width < 560 ? 12 : 14);

/** A canvas that says in words what it shows: set its aria-label at each draw. */
export function picture() {
  const canvas = element("canvas");
  canvas.setAttribute("role", "img");
  return canvas;
}

/** A checksum (FNV-1a) of numbers, for tests that ask whether a drawing changed. */
export function checksum(numbers) {
  let sum = 0x811c9dc5;
  for (const number of numbers) sum = Math.imul(sum ^ number, 0x01000193);
  return (sum >>> 0).toString(16);
}

/**
 * Calls `point({x, y, touch})` while a pointer is over `canvas` and `point(null)` when it has left.
 * A finger's reading stays after the finger lifts, because until then the finger covers it.
 */
export function followPointer(canvas, ended, point) {
  const move = (event) => {
    const box = canvas.getBoundingClientRect();
    const touch = event.pointerType === "touch";
    point({ x: event.clientX - box.left, y: event.clientY - box.top, touch });
  };
  canvas.addEventListener("pointerdown", move, { signal: ended });
  canvas.addEventListener("pointermove", move, { signal: ended });
  const leave = (event) => event.pointerType !== "touch" && point(null);
  canvas.addEventListener("pointerleave", leave, { signal: ended });
}

/** What to do where nothing is to be seen yet. */
export function invite(context, theme, x, y, size) {
  Object.assign(context, { textAlign: "center", textBaseline: "middle", font: `600 ${size + 4}px ${theme.font}` });
  haloText(context, theme, "press Train", x, y);
  context.font = `${size}px ${theme.font}`;
}
