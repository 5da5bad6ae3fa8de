// What stands on the easel: pictures and words, as its sheet now is.

import { checksum } from "./canvas.js";
import { ask, inError, madeOf } from "./easel_model.js";
import { cleanOf, givenOf, psnr } from "./easel_paint.js";
import { plain } from "./plane.js";

/** Each tool's name on its button, its picture as a line in a square of 20 units, and what to do with it. */
export const EASEL_TOOLS = {
  draw: ["Draw", "M3 17L4 13L14 3L17 6L7 16Z", "Drag over the left picture to draw on it in white."],
  erase: ["Erase", "M7 17L3 13L12 4L17 9L9 17ZM7 8L13 13", "Drag over the left picture to paint it black."],
  scribble: ["Scribble", "M2 14C5 4 7 4 7 10S10 16 12 9S15 5 18 12", "Drag over the left picture to scribble in grey."],
  noise: [
    "Noise",
    "M4 5H6M11 3H13M8 9H10M15 8H17M3 13H5M12 14H14M7 17H9M16 16H18",
    "Drag over the left picture to spray noise on it, or drag the slider for noise everywhere.",
  ],
  hole: ["Hole", "M3 4H17V16H3Z", "Drag the hole over the left picture, or move it with the arrow keys."],
};
const TOLD = "The model is told which pixels are hidden, and fills them in.";
const NOT_TOLD = "This model cannot be told what is hidden: it is given black there.";
const MOST_KEPT = 4; // Easels whose sheets outlive them.
const PERFECT_DB = 100; // What is left of a sum's rounding.

/** Everything as the sheet now is; at once, and not with the next repaint: `event` wants to see what it did. */
export function renew(state, event = null) {
  const { sheet, size, input, root, told } = state;
  const clean = cleanOf(sheet, size);
  const { pixels, seen } = givenOf(sheet, clean, size);
  input.set(pixels);
  if (told) input.set(seen, pixels.length);
  const restored = madeOf(state, pixels);
  const wrong = restored.map((value, i) => Math.abs(value - clean[i]));
  // With a pen there is no damage to be shown.
  const drawing = Boolean(state.header.pen) || (sheet.centred && state.tool === "draw");
  put(state.small.canvas, drawing ? pixels : clean);
  put(state.wrong.canvas, wrong);
  root.dataset.restored = checksum(put(state.right.canvas, restored));
  const shown = put(state.scratch, pixels);
  root.dataset.given = checksum([...shown, ...seen]);
  if (drawing) put(state.left.canvas, sheet.drawn);
  else showGiven(state);
  describePictures(state, { drawing, clean, pixels, restored });
  describeTools(state);
  root.dataset.hole = sheet.hole ? Object.values(sheet.hole).join(" ") : "";
  root.dataset.tool = state.tool;
  keep(state);
  ask(state);
  if (event) root.dataset.pointerMs = (performance.now() - event.timeStamp).toFixed(2);
}

/** Paints values by rows on a canvas of as many pixels, from 0, black, to 1; returns their grey levels. */
function put(canvas, values) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  const [words, levels] = [new Uint32Array(image.data.buffer), new Uint8ClampedArray(values.length)];
  for (let i = 0; i < words.length; i++) {
    levels[i] = 255 * values[i]; // Rounded and cut off.
    words[i] = 0xff000000 | (levels[i] * 0x010101);
  }
  context.putImageData(image, 0, 0);
  return levels;
}

/** The picture that the model is given, with the hole in it. */
function showGiven({ left, scratch, sheet, size: { fine }, told }) {
  const { canvas } = left;
  const context = Object.assign(canvas.getContext("2d"), { imageSmoothingEnabled: false });
  context.drawImage(scratch, 0, 0, canvas.width, canvas.height);
  if (!sheet.hole) return;
  const { top, left: start, height, width } = sheet.hole;
  const box = [start * fine, top * fine, width * fine, height * fine];
  context.save();
  context.beginPath();
  context.rect(...box);
  context.clip();
  Object.assign(context, { fillStyle: told ? "#66707a" : "#000", strokeStyle: "#96a0aa", lineWidth: 3 });
  context.fillRect(...box);
  if (told) {
    context.beginPath();
    for (let x = -canvas.height; x < canvas.width; x += 16) {
      context.moveTo(x, canvas.height);
      context.lineTo(x + canvas.height, 0);
    }
    context.stroke();
  }
  // Twice as wide as it looks, for half of it is outside.
  Object.assign(context, { strokeStyle: "#ffc400", lineWidth: 8 });
  context.strokeRect(...box);
  context.restore();
}

const inDb = (ratio) => (ratio < PERFECT_DB ? `${ratio.toFixed(1)} dB`.replace("-", "\u2212") : "no damage");

function describePictures(state, { drawing, clean, pixels, restored }) {
  const { left, right, small, wrong, call, root, tool, past } = state;
  const empty = clean.every((value) => value === 0);
  const [damaged, better] = [psnr(pixels, clean), psnr(restored, clean)];
  const given = empty ? "nothing yet" : state.header.pen ? "" : inDb(damaged);
  left.name.textContent = drawing ? "Your drawing" : "Given to the model";
  left.words.textContent = drawing ? "" : given;
  small.name.textContent = drawing ? "Given to the model" : "Without damage";
  small.words.textContent = drawing ? given : "the right answer";
  right.name.textContent = state.header.pen ? "Rebuilt" : "Restored";
  right.words.textContent = empty ? "of nothing" : state.header.pen ? inError(state, pixels, restored) : inDb(better);
  wrong.words.textContent = state.header.pen ? "of what is rebuilt" : "of what is restored";
  call.hidden = !empty && past.length > 0;
  const where = tool === "draw" ? "Draw a digit here" : "Press Draw, then draw a digit here";
  call.textContent = empty ? where : "Drag here";
  const keys = drawing ? "" : " Arrow keys move a hole.";
  const shown = [left.name.textContent, given].filter(Boolean).join(", ");
  left.canvas.setAttribute("aria-label", `${shown}: drag to change it.${keys}`);
  right.canvas.setAttribute("aria-label", `${right.name.textContent} by the model, ${right.words.textContent}`);
  small.canvas.setAttribute("aria-label", small.name.textContent);
  const from = drawing ? "the picture given to the model" : "the picture without damage";
  const made = right.name.textContent.toLowerCase();
  wrong.canvas.setAttribute("aria-label", `How far each pixel that is ${made} is from ${from}`);
  Object.assign(root.dataset, { damagedDb: damaged.toFixed(2), restoredDb: better.toFixed(2) });
}

function describeTools(state) {
  const { tool, sheet, size, brush, high, wide, told, hint } = state;
  hint.textContent = EASEL_TOOLS[tool][2] + (tool === "hole" ? ` ${told ? TOLD : NOT_TOLD}` : "");
  const cuts = tool === "hole" && sheet.hole !== null;
  for (const { box } of [high, wide]) box.hidden = !cuts;
  brush.box.hidden = tool === "hole";
  brush.put(state.brushes[tool], `${plain(2 * radiusOf(state))} pixels`);
  if (cuts) {
    high.put(sheet.hole.height, `${sheet.hole.height} of ${size.height} pixels`);
    wide.put(sheet.hole.width, `${sheet.hole.width} of ${size.width} pixels`);
  }
  state.sigma.put(sheet.sigma, `sigma ${sheet.sigma.toFixed(2)}`);
  state.other.disabled = !sheet.sigma;
  state.centre.checked = sheet.centred;
  state.undo.disabled = !state.past.length;
  state.redo.disabled = !state.future.length;
  state.again.hidden = state.header.empty;
}

function keep({ run, sheet, past, future }) {
  const kept = keptSheets();
  kept.delete(run);
  kept.set(run, { sheet, past, future });
  for (const name of [...kept.keys()].slice(0, -MOST_KEPT)) kept.delete(name);
}

// On the window, because a view that went and came back is a new one; by name, the latest used last.
export const keptSheets = () => (window.__aecoreSheets ??= new Map());

/** Half of the brush, in pixels of the picture. */
export const radiusOf = ({ brushes, tool, size }) => (brushes[tool] / 2) * (Math.min(size.height, size.width) / 28);
