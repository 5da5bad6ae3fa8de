/**
 * An easel: on the left a picture that is drawn and damaged by hand, on the right what a model restores of it, anew at
 * each move.
 *
 * Header: {run, tool, empty: whether it starts without a picture, hole: Box to begin with,
 *          restorer: what decoderOf reads; of twice as many numbers as pixels, the others say which pixels are seen}
 * Arrays: image float32 [H, W] to start from, and the restorer's own
 */
export default function (component) {
  return present(component, { build, take, draw: () => {} });
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
const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
const MOST_UNDONE = 60;
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
  state.undo.title = "Ctrl+Z";
  state.heal = pressable(() => change(state, withoutDamage(state.sheet)), "No damage");
  state.clear = pressable(() => change(state, emptySheet(state)), "Clear");
  state.again = pressable(() => change(state, firstSheet(state)), "Start again");
  const acts = [state.undo, state.again, state.heal, state.clear];
  return element("div", { className: "tools" }, joined("Tool", Object.values(state.tools)), joined("Picture", acts));
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
  state.right = figure("large", "Restored");
  state.small = figure("small", "");
  state.wrong = figure("small", "Error");
  state.wrong.words.textContent = "of what is restored";
  state.left.canvas.tabIndex = 0;
  state.left.canvas.setAttribute("role", "application");
  state.wrong.canvas.setAttribute("aria-label", "How far each restored pixel is from the picture without damage");
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
  const reading = element("div", { className: "hint", textContent: READING });
  return element("div", { className: "below" }, ...sliders, state.other, centring, reading);
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
  const restorer = decoderOf(header.restorer, arrays);
  const size = sizeOf(restorer.height, restorer.width);
  const anew = state.run !== header.run;
  const chosen = anew || state.header.tool !== header.tool;
  const told = restorer.inputs === 2 * image.length;
  Object.assign(state, { run: header.run, count: 1, header, original: image, restorer, size, told });
  state.input = new Float32Array(restorer.inputs);
  const fine = [size.width * size.fine, size.height * size.fine];
  fit(state.left.canvas, ...fine);
  for (const { canvas } of [state.right, state.small, state.wrong]) fit(canvas, size.width, size.height);
  state.scratch = element("canvas", { width: size.width, height: size.height });
  state.high.input.max = size.height;
  state.wide.input.max = size.width;
  const inner = `${Math.round(INNER * size.height)} × ${Math.round(INNER * size.width)}`;
  state.centring.textContent = `Centre as MNIST: scale the digit to fit ${inner} pixels and move it to the middle`;
  if (anew) reopen(state);
  if (chosen) choose(state, header.tool);
  else settle(state);
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
  Object.assign(state, fits ? kept : { sheet: firstSheet(state), past: [] }, { stroke: null, adjusting: false });
}

function firstSheet({ original, size, header }) {
  return { ...sheetOf(original, size, header.empty), hole: header.tool === "hole" ? header.hole : null };
}

// What is drawn on a blank sheet is as large and anywhere as a hand likes it.
const emptySheet = ({ original, size }) => sheetOf(new Float32Array(original.length), size, true);

// ---- Changes

/** Remembers the sheet as it is, for Undo. */
function remember(state) {
  state.past = [...state.past, state.sheet].slice(-MOST_UNDONE);
}

function change(state, sheet) {
  remember(state);
  Object.assign(state, { sheet, adjusting: false });
  settle(state);
}

/** A change that goes on, and is undone as one, until `adjusting` is over. */
function adjust(state, part) {
  if (!state.adjusting) remember(state);
  Object.assign(state, { sheet: { ...state.sheet, ...part }, adjusting: true });
}

function undo(state) {
  if (state.stroke || !state.past.length) return;
  Object.assign(state, { sheet: state.past.at(-1), past: state.past.slice(0, -1), adjusting: false });
  settle(state);
}

function choose(state, tool) {
  state.tool = tool;
  for (const [name, button] of Object.entries(state.tools)) button.setAttribute("aria-pressed", String(name === tool));
  if (tool === "hole" && !state.sheet.hole) return change(state, { ...state.sheet, hole: state.header.hole });
  settle(state);
}

// ---- Hand and keys

function listen(state) {
  const { canvas } = state.left;
  canvas.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button) return;
    canvas.setPointerCapture(event.pointerId);
    begin(state, placeOf(state, event));
    settle(state, event);
  });
  canvas.addEventListener("pointermove", (event) => {
    follow(state, event);
    if (!state.stroke || !event.isPrimary) return;
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const move of moves.length ? moves : [event]) extend(state, placeOf(state, move));
    settle(state, event);
  });
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => (state.stroke = null));
  canvas.addEventListener("pointerleave", () => (state.ring.hidden = true));
  canvas.addEventListener("keydown", (event) => nudge(state, event));
  canvas.addEventListener("keyup", () => (state.adjusting = false));
  state.root.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey) return;
    event.preventDefault();
    undo(state);
  });
}

/** Where an event is on the left picture, in pixels of that. */
function placeOf({ left, size }, { clientX, clientY }) {
  const box = left.canvas.getBoundingClientRect();
  return [((clientX - box.left) / box.width) * size.width, ((clientY - box.top) / box.height) * size.height];
}

const radiusOf = ({ brushes, tool, size }) => (brushes[tool] / 2) * (Math.min(size.height, size.width) / 28);

function begin(state, place) {
  remember(state);
  const [before, pixels] = [state.sheet, state.original.length];
  if (state.tool === "draw") state.sheet = { ...before, drawn: before.drawn.slice() };
  const noise = state.tool === "noise" ? normals(++state.strokes, pixels) : null;
  Object.assign(state, { stroke: { before, at: place, mask: new Float32Array(pixels), noise }, adjusting: false });
  extend(state, place);
}

function extend(state, place) {
  const { stroke, tool, size, sheet } = state;
  if (tool === "hole") {
    const { height, width } = sheet.hole ?? state.header.hole;
    state.sheet = { ...sheet, hole: boxAround(place, height, width, size) };
    return;
  }
  const radius = radiusOf(state);
  if (tool === "draw") stamp(sheet.drawn, size, stroke.at, place, radius);
  else {
    stamp(stroke.mask, { ...size, fine: 1 }, stroke.at, place, radius);
    state.sheet = damagedBy(tool, stroke.before, stroke.mask, stroke.noise);
  }
  stroke.at = place;
}

function nudge(state, event) {
  const { sheet, size } = state;
  if (state.tool !== "hole" || !sheet.hole) return;
  const { top, left, height, width } = sheet.hole;
  if (ARROWS[event.key]) {
    const [right, down] = ARROWS[event.key];
    const middle = [left + width / 2 + right, top + height / 2 + down];
    adjust(state, { hole: boxAround(middle, height, width, size) });
  } else if (event.key === "Delete" || event.key === "Backspace") adjust(state, { hole: null });
  else return;
  event.preventDefault();
  settle(state, event);
}

/** The brush as a ring where the pointer is. */
function follow(state, event) {
  const { ring, size, tool } = state;
  const [x, y] = placeOf(state, event);
  ring.hidden = tool === "hole" || event.pointerType === "touch";
  const share = (length, side) => `${(100 * length) / side}%`;
  const across = share(2 * radiusOf(state), size.width);
  Object.assign(ring.style, { left: share(x, size.width), top: share(y, size.height), width: across });
}

// ---- What is shown

/** Everything as the sheet now is; at once, and not with the next repaint: `event` wants to see what it did. */
function settle(state, event = null) {
  const { sheet, size, input, root, restorer, told } = state;
  const clean = cleanOf(sheet, size);
  const { pixels, seen } = givenOf(sheet, clean, size);
  input.set(pixels);
  if (told) input.set(seen, pixels.length);
  const restored = restorer.decode(input);
  const wrong = restored.map((value, i) => Math.abs(value - clean[i]));
  const drawing = sheet.centred && state.tool === "draw";
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

function describe({ left, right, small, call, root, tool, past }, { drawing, clean, pixels, restored }) {
  const empty = clean.every((value) => value === 0);
  const [damaged, better] = [psnr(pixels, clean), psnr(restored, clean)];
  const given = empty ? "nothing yet" : inDb(damaged);
  left.name.textContent = drawing ? "Your drawing" : "Given to the model";
  left.words.textContent = drawing ? "" : given;
  small.name.textContent = drawing ? "Given to the model" : "Without damage";
  small.words.textContent = drawing ? given : "the right answer";
  right.words.textContent = empty ? "of nothing" : inDb(better);
  call.hidden = !empty && past.length > 0;
  const where = tool === "draw" ? "Draw a digit here" : "Press Draw, then draw a digit here";
  call.textContent = empty ? where : "Drag here";
  const keys = drawing ? "" : " Arrow keys move a hole.";
  left.canvas.setAttribute("aria-label", `${left.name.textContent}, ${given}: drag to change it.${keys}`);
  right.canvas.setAttribute("aria-label", `Restored by the model, ${right.words.textContent}`);
  small.canvas.setAttribute("aria-label", small.name.textContent);
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
  state.again.hidden = state.header.empty;
}

function keep({ run, sheet, past }) {
  const kept = keptSheets();
  kept.delete(run);
  kept.set(run, { sheet, past });
  for (const name of [...kept.keys()].slice(0, -MOST_KEPT)) kept.delete(name);
}
