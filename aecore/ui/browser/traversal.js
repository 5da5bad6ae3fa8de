/**
 * Traversals of a code: the code decoded large, and for each of its numbers a strip of pictures under a slider.
 *
 * Header: {run, steps, marks: [value], label: class or null, unit, decoder: what decoderOf reads,
 *          strips: [{number, title, note, low, high, unused}]}
 * Arrays: base float32 [L] and the decoder's own
 */
export default function (component) {
  return present(component, { build, take, draw });
}

const FIRST = 12; // Strips shown before somebody asks for all.
const NOTCHES = 600; // Of a slider: finer than a pixel of most strips, and hundredths from -3 to 3.
const STRIPS_MS = 6; // For pictures of strips in one frame, the rest of it is for the large one and the page.
const SLACK = { mouse: 4, touch: 10 }; // So far, in pixels, a press may wander and still be a click.
const GAP = 1; // Between pictures, in pixels of theirs.

// ---- Elements

function build(state) {
  Object.assign(state, { strips: [], all: false, cursor: 0, moved: null, scratch: new Float32Array(0) });
  state.now = picture();
  state.reading = element("div", { className: "reading" });
  state.back = element("button", { type: "button" });
  state.back.addEventListener("click", () => goBack(state));
  const figure = element("figure", {}, element("figcaption", { textContent: "Now" }), state.now);
  const now = element("div", { className: "now" }, figure, element("div", {}, state.reading, state.back));
  state.list = element("div", { className: "strips" });
  state.more = element("button", { type: "button", className: "more" });
  state.more.addEventListener("click", () => {
    state.all = !state.all;
    showSome(state);
  });
  state.hint = element("div", { className: "hint" });
  const along = element("div", {}, state.list, state.more, state.hint);
  state.root.append(element("div", { className: "traversal" }, now, along));
  // Strips that nobody sees are not decoded.
  state.watch = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const strip = state.strips.find(({ box }) => box === target);
      if (strip) strip.seen = isIntersecting;
    }
    state.redraw();
  });
  state.ended.addEventListener("abort", () => state.watch.disconnect());
}

function take(state, header, arrays) {
  const anew = state.run !== header.run || state.code.length !== arrays.base.length;
  const decoder = decoderOf(header.decoder, arrays);
  Object.assign(state, { run: header.run, count: 1, header, decoder, base: arrays.base });
  state.image = new ImageData(decoder.width, decoder.height);
  const { steps, marks, unit, strips } = header;
  const signature = JSON.stringify([steps, marks, unit, strips, header.decoder.shape]);
  // The same elements as long as they say the same: a finger may be on one.
  if (signature !== state.signature) makeStrips(state);
  state.signature = signature;
  Object.assign(state.now, { width: decoder.width, height: decoder.height });
  state.start = arrays.base.some(Boolean) ? "image" : "origin";
  state.back.textContent = `Back to the ${state.start}`;
  if (anew) goBack(state);
  else change(state);
}

function makeStrips(state) {
  const { steps, strips, marks, unit } = state.header;
  state.watch.disconnect();
  state.strips = strips.map((strip) => stripOf(state, strip));
  state.list.style.setProperty("--steps", steps);
  state.list.replaceChildren(...state.strips.map(({ box }) => box));
  showSome(state);
  for (const { box } of state.strips) state.watch.observe(box);
  const ticks = marks.length ? ` Ticks: ${marks.map(plain).join(", ")} ${unit}.` : "";
  const how = "Each strip moves one number of the code, the others stay. Drag along it, or click a picture.";
  state.hint.textContent = strips.length ? how + ticks : "There is no number of the code to move.";
}

function showSome(state) {
  const { strips, all, more } = state;
  strips.forEach(({ box }, i) => (box.hidden = i >= FIRST && !all));
  more.hidden = strips.length <= FIRST;
  more.textContent = all ? `Show the first ${FIRST}` : `Show all ${strips.length}`;
  more.setAttribute("aria-expanded", String(all));
}

/**
 * A strip: what the header tells of it, its elements, whether it is `seen`, and of each picture whether it is about
 * another code than the one shown (`stale`) and its checksum.
 */
function stripOf(state, told) {
  const { steps, marks } = state.header;
  const { width, height } = state.decoder;
  const { title, note, low, high, unused } = told;
  const canvas = Object.assign(picture(), { width: steps * (width + GAP) - GAP, height });
  canvas.setAttribute("aria-label", `${steps} pictures, ${title} from ${plain(low)} to ${plain(high)}`);
  const slider = element("input", { type: "range", min: 0, max: NOTCHES, step: 1 });
  slider.setAttribute("aria-label", [title, note, unused ? "not used" : ""].filter(Boolean).join(", "));
  const ticks = marks.filter((mark) => mark >= low && mark <= high).map((mark) => {
    const tick = element("span", { textContent: plain(mark) });
    tick.style.setProperty("--at", shareOf(told, mark));
    return tick;
  });
  const ruler = element("div", { className: "ruler" }, ...ticks);
  const words = { strong: title, span: note, em: unused ? "not used" : "" };
  const name = element("div", { className: "name" });
  name.append(...Object.entries(words).map(([tag, textContent]) => element(tag, { textContent })));
  const here = element("canvas", { width, height });
  const row = element("div", { className: "row" }, canvas, ruler, element("div", { className: "frame" }, here), slider);
  row.style.setProperty("--picture", `${(100 * width) / canvas.width}%`);
  const box = element("div", { className: unused ? "strip unused" : "strip" }, name, row);
  const strip = { ...told, box, row, canvas, here, slider, seen: false };
  Object.assign(strip, { stale: new Uint8Array(steps), sums: new Uint32Array(steps) });
  listen(state, strip);
  return strip;
}

// ---- Moving

const shareOf = ({ low, high }, value) => Math.max(0, Math.min(1, (value - low) / (high - low)));
const valueAt = ({ low, high }, share) => low + share * (high - low);

function listen(state, strip) {
  const { slider, number } = strip;
  let from = null;
  slider.addEventListener("input", (event) => {
    moveTo(state, number, valueAt(strip, slider.value / NOTCHES));
    state.root.dataset.pointerMs = (performance.now() - event.timeStamp).toFixed(2);
  });
  slider.addEventListener("pointerdown", ({ clientX: x, clientY: y, pointerType }) => {
    from = { x, y, slack: SLACK[pointerType] ?? SLACK.mouse, value: state.code[number], moved: state.moved };
  });
  // The finger scrolls the page: where it was put down was not meant.
  slider.addEventListener("pointercancel", () => {
    moveTo(state, number, from.value);
    state.moved = from.moved;
  });
  slider.addEventListener("click", ({ clientX: x, clientY: y }) => {
    if (!from || Math.hypot(x - from.x, y - from.y) > from.slack) return;
    moveTo(state, number, valueAt(strip, pictureAt(state, strip, x) / (state.header.steps - 1)));
  });
}

/** The number of the picture that is `x` pixels from the window's left edge. */
function pictureAt({ header, decoder }, { canvas }, x) {
  const { left, width } = canvas.getBoundingClientRect();
  const column = ((x - left) / width) * canvas.width - decoder.width / 2;
  return Math.max(0, Math.min(header.steps - 1, Math.round(column / (decoder.width + GAP))));
}

function moveTo(state, number, value) {
  state.code[number] = value;
  state.moved = number;
  change(state, number);
}

function goBack(state) {
  Object.assign(state, { code: state.base.slice(), moved: null });
  change(state);
}

/** The code has changed: in `number` alone, so that strips of it stay as they are, or anyhow. */
function change(state, number = null) {
  for (const strip of state.strips) if (strip.number !== number) strip.stale.fill(1);
  // At once, and not with the next repaint: this is the picture that follows the finger.
  const { dataset } = state.root;
  dataset.now = decodeTo(state, state.now, state.code, 0).toString(16);
  dataset.code = Array.from(state.code.subarray(0, 8), (value) => Number(value.toFixed(4))).join(" ");
  dataset.strips = "";
  state.redraw();
}

// ---- Drawing

/** Decodes `code` as picture `k` of a canvas; returns the picture's checksum. */
function decodeTo({ decoder, header, image }, canvas, code, k) {
  const pixels = decoder.decode(code, header.label ?? undefined);
  const words = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i++) words[i] = 0xff000000 | (Math.round(255 * pixels[i]) * 0x010101);
  canvas.getContext("2d").putImageData(image, k * (decoder.width + GAP), 0);
  return Number.parseInt(checksum(words), 16);
}

function draw(state) {
  if (!state.header) return;
  state.strips.forEach((strip) => place(state, strip));
  read(state);
  state.back.disabled = state.code.every((value, i) => value === state.base[i]);
  if (catchUp(state)) return state.redraw();
  const done = state.strips.filter(({ stale }) => !stale.includes(1));
  state.root.dataset.strips = done.map(({ sums }) => checksum(sums)).join("-");
}

/** The frame and the slider to where the code is on the strip; what is there is what the large picture shows. */
function place({ code, header, now }, strip) {
  const value = code[strip.number];
  const share = shareOf(strip, value);
  strip.row.style.setProperty("--at", share);
  strip.slider.value = Math.round(share * NOTCHES);
  strip.slider.setAttribute("aria-valuetext", `${said(strip, value)} ${header.unit}`);
  if (strip.seen) strip.here.getContext("2d").drawImage(now, 0, 0);
}

/** A value of a strip in words, in as many digits as tell its notches apart. */
function said({ low, high }, value) {
  const digits = Math.max(0, Math.min(8, 2 - Math.floor(Math.log10(high - low))));
  const rounded = Number(value.toFixed(digits)) || 0; // Not minus zero.
  return rounded.toFixed(digits).replace("-", "\u2212");
}

function read({ strips, header, code, base, moved, now, reading, start }) {
  const strip = strips.find(({ number }) => number === moved);
  const value = strip && `${said(strip, code[moved])} ${header.unit}`;
  now.setAttribute("aria-label", strip ? `The code decoded, with ${strip.title} at ${value}` : "The code decoded");
  const lines = strip ? [strip.title, value, `${said(strip, base[moved])} in the ${start}`] : [`As in the ${start}`];
  reading.replaceChildren(...lines.map((textContent, i) => element(i ? "span" : "strong", { textContent })));
}

/**
 * Redoes pictures that are seen and stale, until the time for a frame is up; whether there are more. It goes on where
 * it stopped last time: from the start, a long drag would leave the last strips as they were.
 */
function catchUp(state) {
  const { strips, header } = state;
  const began = performance.now();
  let longest = 0;
  for (let looked = strips.length * header.steps; looked > 0; looked--) {
    state.cursor = (state.cursor + 1) % (strips.length * header.steps);
    const [strip, k] = [strips[Math.floor(state.cursor / header.steps)], state.cursor % header.steps];
    if (!strip.seen || !strip.stale[k]) continue;
    const before = performance.now();
    if (before - began + longest > STRIPS_MS) {
      state.cursor--;
      return true;
    }
    redo(state, strip, k);
    longest = Math.max(longest, performance.now() - before);
  }
  return false;
}

function redo(state, strip, k) {
  if (state.scratch.length !== state.code.length) state.scratch = new Float32Array(state.code.length);
  state.scratch.set(state.code);
  state.scratch[strip.number] = valueAt(strip, k / (state.header.steps - 1));
  strip.sums[k] = decodeTo(state, strip.canvas, state.scratch, k);
  strip.stale[k] = 0;
}
