/**
 * An easel: on the left a picture that is drawn and damaged by hand, on the right what a model makes of it, anew at each
 * move. With a pen in place of a restorer it is for drawing alone, and others are told the code (topic "pen").
 *
 * Header: {run, tool, empty: whether it starts without a picture, hole: Box to begin with or null,
 *          restorer or pen, the other null: what `easel_model.js` reads}
 * Arrays: image float32 [H, W] to start from, and the model's own
 */
export default function (component) {
  const leave = present(component, { build, take, draw: () => {} });
  mounted.get(component.parentElement).setStateValue = component.setStateValue;
  return leave;
}

/** Each tool's name on its button, its picture as a line in a square of 20 units, and what to do with it. */
const TOOLS = {
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
const READING =
  "dB: peak signal-to-noise ratio against the picture without damage, the more the better; hidden pixels count as " +
  "black. All but Draw is damage, done to the finished picture: the digit under it stays, and does not move.";
const BRUSHES = { draw: 2.5, erase: 5, scribble: 2.5, noise: 7, hole: 0 }; // Pixels across, of a picture of 28.
const MOST_KEPT = 4; // Easels whose sheets outlive them.
const PERFECT_DB = 100; // What is left of a sum's rounding.

// ---- Elements

function build(state) {
  Object.assign(state, { brushes: { ...BRUSHES }, tool: null, stroke: null, adjusting: false, strokes: 0 });
  state.hint = element("div", { className: "advice" });
  const parts = [buildTools(state), state.hint, buildPictures(state), buildBelow(state)];
  state.root.append(element("div", { className: "easel" }, ...parts));
  listen(state);
}

function buildTools(state) {
  state.tools = Object.fromEntries(
    Object.entries(TOOLS).map(([name, [title, line]]) => {
      const drawn = icon(20, 20, `<path d="${line}" fill="none" stroke="currentColor" stroke-width="2"/>`);
      return [name, pressable(() => choose(state, name), drawn, title)];
    }),
  );
  state.undo = pressable(() => undo(state), "Undo");
  state.redo = pressable(() => redo(state), "Redo");
  Object.assign(state.undo, { title: "Ctrl+Z" });
  Object.assign(state.redo, { title: "Ctrl+Y" });
  state.heal = pressable(() => change(state, withoutDamage(state.sheet)), "No damage");
  state.clear = pressable(() => change(state, emptySheet(state)), "Clear");
  state.again = pressable(() => change(state, firstSheet(state)), "Start again");
  state.toolbar = joined("Tool", Object.values(state.tools));
  const acts = joined("Picture", [state.undo, state.redo, state.again, state.heal, state.clear]);
  return element("div", { className: "tools" }, state.toolbar, acts);
}

function pressable(act, ...content) {
  const button = element("button", { type: "button" }, ...content);
  button.addEventListener("click", act);
  return button;
}

function joined(name, members) {
  const made = element("div", { className: "joined" }, ...members);
  made.setAttribute("role", "group");
  made.setAttribute("aria-label", name);
  return made;
}

function buildPictures(state) {
  const figure = (className, title, ...above) => {
    const [canvas, name, words] = [picture(), element("strong", { textContent: title }), element("span")];
    const field = element("div", { className: "field" }, canvas, ...above);
    const box = element("figure", { className }, element("figcaption", {}, name, words), field);
    return { box, name, words, canvas };
  };
  state.ring = element("div", { className: "brush", hidden: true });
  state.call = element("div", { className: "call" });
  state.left = figure("large", "", state.ring, state.call);
  state.right = figure("large", "");
  state.small = figure("small", "");
  state.wrong = figure("small", "Error");
  state.left.canvas.tabIndex = 0;
  state.left.canvas.setAttribute("role", "application");
  for (const { words } of [state.left, state.right]) words.setAttribute("aria-live", "polite");
  const boxes = [state.left, state.right, state.small, state.wrong].map(({ box }) => box);
  return element("div", { className: "pictures" }, ...boxes);
}

function buildBelow(state) {
  state.brush = slider(state, "Brush", { min: 1, max: 10, step: 0.5 }, (value) => (state.brushes[state.tool] = value));
  const stretch = (lengths) => {
    const { top, left, height, width } = { ...state.sheet.hole, ...lengths };
    const middle = [left + state.sheet.hole.width / 2, top + state.sheet.hole.height / 2];
    adjust(state, { hole: boxAround(middle, height, width, state.size) });
  };
  state.high = slider(state, "Height of the hole", { min: 1, step: 1 }, (height) => stretch({ height }));
  state.wide = slider(state, "Width of the hole", { min: 1, step: 1 }, (width) => stretch({ width }));
  state.sigma = slider(state, "Noise everywhere", { min: 0, max: 1, step: 0.01 }, (sigma) => adjust(state, { sigma }));
  state.other = pressable(() => change(state, { ...state.sheet, seed: state.sheet.seed + 1 }), "Other noise");
  state.centre = element("input", { type: "checkbox" });
  state.centre.addEventListener("change", () => change(state, { ...state.sheet, centred: state.centre.checked }));
  state.centring = element("span");
  const sliders = [state.brush, state.high, state.wide, state.sigma].map(({ box }) => box);
  const centring = element("label", { className: "centring" }, state.centre, state.centring);
  state.reading = element("div", { className: "hint" });
  state.more = element("details", {}, element("summary", { textContent: "Pen, and what the model is given" }));
  state.below = element("div", { className: "below" }, ...sliders, state.other, centring, state.reading);
  return state.below;
}

/** A slider with its name and value in words; all of one drag is undone together. */
function slider(state, title, range, act) {
  const [input, value] = [element("input", { type: "range", ...range }), element("span")];
  input.setAttribute("aria-label", title);
  input.addEventListener("input", (event) => {
    act(Number(input.value));
    settle(state, event);
  });
  input.addEventListener("change", () => (state.adjusting = false));
  const put = (number, words) => {
    Object.assign(input, { value: number });
    value.textContent = words;
    input.setAttribute("aria-valuetext", words);
    const [low, high] = [Number(input.min), Number(input.max)];
    input.style.setProperty("--done", (number - low) / Math.max(high - low, 1e-9));
  };
  const box = element("div", { className: "slider" }, element("div", {}, element("b", {}, title), value), input);
  return { box, input, put };
}

// ---- New data

function take(state, header, { image, ...arrays }) {
  const [height, width] = image.shape;
  const size = sizeOf(height, width);
  const anew = state.run !== header.run;
  const chosen = anew || state.header.tool !== header.tool;
  Object.assign(state, { run: header.run, count: 1, header, original: image, size, ...modelOf(header, arrays) });
  const inputs = (state.restorer ?? state.encoder)?.inputs ?? image.length;
  Object.assign(state, { input: new Float32Array(inputs), told: inputs === 2 * image.length });
  const fine = [size.width * size.fine, size.height * size.fine];
  fit(state.left.canvas, ...fine);
  for (const { canvas } of [state.right, state.small, state.wrong]) fit(canvas, size.width, size.height);
  state.scratch = element("canvas", { width: size.width, height: size.height });
  state.high.input.max = size.height;
  state.wide.input.max = size.width;
  const inner = `${Math.round(INNER * size.height)} × ${Math.round(INNER * size.width)}`;
  state.centring.textContent = `Centre as MNIST: scale the digit to fit ${inner} pixels and move it to the middle`;
  const pen = Boolean(header.pen);
  for (const part of [state.toolbar, state.heal, state.sigma.box, state.other, state.hint]) part.hidden = pen;
  if (pen && !state.more.isConnected) fold(state);
  state.reading.textContent = pen ? "" : READING; // With a pen, how large the error is.
  if (anew) reopen(state);
  if (chosen) choose(state, header.tool);
  else settle(state);
}

/** Beside a map there is less room: what a pen seldom needs is folded away, on a phone from the start. */
function fold({ more, small, wrong, brush, centring, below, reading }) {
  more.append(element("div", { className: "smalls" }, small.box, wrong.box), brush.box, centring.parentElement);
  more.open = window.innerWidth > 640;
  below.replaceChildren(reading, more);
}

function fit(canvas, width, height) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
}

// On the window, because a view that went and came back is a new one; by name, the latest used last.
const keptSheets = () => (window.__aecoreSheets ??= new Map());

/** The sheets that an easel of this name had, or new ones. */
function reopen(state) {
  const kept = keptSheets().get(state.run);
  const fits = kept?.sheet.cover.length === state.original.length;
  const first = () => ({ sheet: firstSheet(state), past: [], future: [] });
  Object.assign(state, fits ? kept : first(), { stroke: null, adjusting: false });
}

function firstSheet({ original, size, header }) {
  return { ...sheetOf(original, size, header.empty), hole: header.tool === "hole" ? header.hole : null };
}

// What is drawn on a blank sheet is as large and anywhere as a hand likes it.
const emptySheet = ({ original, size }) => sheetOf(new Float32Array(original.length), size, true);

// ---- What is shown

/** Everything as the sheet now is; at once, and not with the next repaint: `event` wants to see what it did. */
function settle(state, event = null) {
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
  describe(state, { drawing, clean, pixels, restored });
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

function describe(state, { drawing, clean, pixels, restored }) {
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
  left.canvas.setAttribute("aria-label", [left.name.textContent, given].filter(Boolean).join(", ") + `: drag to change it.${keys}`);
  right.canvas.setAttribute("aria-label", `${right.name.textContent} by the model, ${right.words.textContent}`);
  small.canvas.setAttribute("aria-label", small.name.textContent);
  const from = drawing ? "the picture given to the model" : "the picture without damage";
  wrong.canvas.setAttribute("aria-label", `How far each pixel that is ${right.name.textContent.toLowerCase()} is from ${from}`);
  Object.assign(root.dataset, { damagedDb: damaged.toFixed(2), restoredDb: better.toFixed(2) });
}

function describeTools(state) {
  const { tool, sheet, size, brush, high, wide, told, hint } = state;
  hint.textContent = TOOLS[tool][2] + (tool === "hole" ? ` ${told ? TOLD : NOT_TOLD}` : "");
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
