// What all views share. The Python door puts this text before each view's own.

/**
 * @typedef {Object} State         One mounted view; lives as long as its element.
 * @property {HTMLElement} root    The element that carries the test hooks (data-frame, data-draws, ...).
 * @property {string|null} run     The run whose data are held.
 * @property {number} first        Index in the run of the first frame held.
 * @property {number} count        How many frames are held.
 * @property {number} frame        The frame shown, counted from the run's start.
 * @property {boolean} scrubbed    Whether somebody chose that frame; otherwise it is the newest.
 * @property {Object[]} sent       What the last few calls brought, unpacked.
 * @property {number} turn         How many calls brought something.
 * @property {number} latest       The turn of what was last accepted.
 * @property {() => void} redraw   Draws once before the next repaint, however often it is called.
 * @property {AbortSignal} ended   Aborted when the view goes.
 *
 * @typedef {Object} View
 * @property {(state: State) => void} build                                  Makes the elements, once.
 * @property {(state: State, header: Object, arrays: Object) => void} take    Accepts new data.
 * @property {(state: State, theme: Theme) => void} draw
 *
 * @typedef {{text: string, background: string, panel: string, border: string, font: string}} Theme
 */

const DTYPES = { uint8: Uint8Array, int16: Int16Array, float32: Float32Array, float64: Float64Array };

/**
 * Reads the one buffer that `pack` wrote: a JSON header, then arrays at multiples of eight. Those that have an address
 * are still `away`; `bring` fetches them.
 */
function unpack(bytes) {
  // A copy, because a typed array must begin at a multiple of its item size and the message's bytes do not.
  const buffer = bytes.slice().buffer;
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const body = Math.ceil((4 + length) / 8) * 8;
  const [arrays, away] = [{}, []];
  for (const [name, { dtype, shape, offset, address }] of Object.entries(header.arrays)) {
    const items = shape.reduce((product, size) => product * size, 1);
    const put = (whole, at) => {
      arrays[name] = Object.assign(new DTYPES[dtype](whole, at, items), { shape });
    };
    if (address) away.push({ address, bytes: items * DTYPES[dtype].BYTES_PER_ELEMENT, put: (whole) => put(whole, 0) });
    else put(buffer, body + offset);
  }
  return { header, arrays, away };
}

const PART_BYTES_KEPT = 2 ** 26;
const RETRY_MS = [300, 1000, 3000];

/** Fetches what is still away of `sent`, or finds it among what any view fetched before. */
async function bring(sent) {
  // On the window, because each view is a module of its own; the latest used last.
  const parts = (window.__aecoreParts ??= new Map());
  const fetched = sent.away.map(({ address, bytes }) => {
    const part = parts.get(address) ?? { bytes, buffer: fetchPart(address) };
    parts.delete(address);
    parts.set(address, part);
    part.buffer.catch(() => parts.delete(address));
    return part.buffer;
  });
  let kept = [...parts.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  for (const [address, { bytes }] of [...parts].slice(0, -fetched.length)) {
    if (kept <= PART_BYTES_KEPT) break;
    parts.delete(address);
    kept -= bytes;
  }
  const buffers = await Promise.all(fetched);
  sent.away.forEach(({ put }, i) => put(buffers[i]));
}

/** The bytes at an address of the server's; asked for again while the server is busy replacing what it hands out. */
async function fetchPart(address) {
  for (const wait of [...RETRY_MS, null]) {
    const answer = await fetch(new URL(address.replace(/^\//, ""), baseAddress())).catch(() => null);
    if (answer?.ok) return answer.arrayBuffer();
    if (wait !== null) await new Promise((done) => setTimeout(done, wait));
  }
  throw new Error(`${address} cannot be fetched`);
}

/** Where the app lives, which may be below a path of its host; Streamlit's own scripts tell. */
function baseAddress() {
  const script = document.querySelector('script[src*="static/js/"]');
  return script ? script.src.replace(/static\/js\/.*$/, "") : document.baseURI;
}

// ---- Life of a view

/** @type {WeakMap<Node, State>} */
const mounted = new WeakMap();

/**
 * The body of every view's default export. Streamlit calls it for each new data or theme without a cleanup
 * in between, so everything lasting hangs on the element and is made once.
 */
function present({ parentElement, data }, view) {
  const state = mounted.get(parentElement) ?? mount(parentElement, view);
  // The same data again, for a theme or another neighbour, are older than what was pushed since.
  const sent = data && !(state.fed && data === state.given) ? unpack(data) : null;
  state.given = data;
  receive(state, view, sent);
  // Streamlit runs this cleanup when the view goes, but also at once for a call that was overtaken while the module
  // loaded; and such calls may come in any order, the overtaken one last.
  return () => (state.root.isConnected ? withdraw(state, view, sent) : unmount(parentElement, state));
}

/** Accepts what a call brought as soon as all of it is here, unless something newer is by then. */
function receive(state, view, sent) {
  if (!sent) return state.redraw();
  sent.turn = ++state.turn;
  state.root.dataset.awaits = sent.turn; // Until it is drawn from: tests wait for that.
  const arrived = () => {
    if (state.ended.aborted || sent.withdrawn || sent.turn < state.latest) return;
    delete state.root.dataset.fetching;
    accept(state, view, sent);
  };
  const say = (words) => !state.sent.length && (state.root.dataset.fetching = words);
  const lost = (error) => {
    say("The pictures did not come; reload the page");
    console.warn(error);
  };
  if (!sent.away.length) return arrived();
  const megabytes = sent.away.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;
  say(`Fetching ${megabytes.toFixed(1)} MB`);
  bring(sent).then(arrived).catch(lost);
}

function accept(state, view, sent) {
  state.latest = sent.turn;
  if (Number(state.root.dataset.awaits) <= sent.turn) delete state.root.dataset.awaits;
  state.sent = [...state.sent, sent].slice(-3);
  state.fed = false;
  followFeed(state, view, sent.header);
  view.take(state, sent.header, sent.arrays);
  state.redraw();
}

/** Forgets what an overtaken call brought; where it came last, the data before it are taken again. */
function withdraw(state, view, sent) {
  if (sent) sent.withdrawn = true;
  const last = state.sent.at(-1);
  state.sent = state.sent.filter((other) => other !== sent);
  state.latest = state.sent.at(-1)?.turn ?? 0;
  if (sent && sent === last && state.sent.length) accept(state, view, state.sent.pop());
}

function mount(parentElement, view) {
  const root = parentElement.querySelector(".view");
  root.replaceChildren();
  // Where the script is handed out, its style comes with it.
  if (typeof SHEET === "string") root.before(element("style", { textContent: SHEET }));
  const ending = new AbortController();
  const state = { root, run: null, first: 0, count: 0, frame: 0, scrubbed: false, draws: 0, width: 0 };
  Object.assign(state, { sent: [], turn: 0, latest: 0 });
  Object.assign(state, { ending, ended: ending.signal, pending: 0, redraw: () => schedule(state, view) });
  mounted.set(parentElement, state);
  view.build(state);
  const follow = ({ detail }) => detail.run === state.run && show(state, detail.frame);
  window.addEventListener("aecore-frame", follow, { signal: ending.signal });
  state.observer = new ResizeObserver(() => root.clientWidth !== state.width && state.redraw());
  state.observer.observe(root);
  document.fonts.ready.then(state.redraw);
  return state;
}

function unmount(parentElement, state) {
  mounted.delete(parentElement);
  state.ending.abort();
  state.observer.disconnect();
  cancelAnimationFrame(state.pending);
}

function schedule(state, view) {
  if (state.ended.aborted) return;
  state.pending ||= requestAnimationFrame(() => {
    state.pending = 0;
    paint(state, view);
  });
}

function paint(state, view) {
  const { root } = state;
  if (!state.sent.length) return; // Its data are still on their way.
  state.width = root.clientWidth;
  if (!state.width) return; // In a closed tab or expander; the observer calls again when it opens.
  const began = performance.now();
  view.draw(state, themeOf(root));
  const hooks = { frame: state.frame, frames: state.count, draws: ++state.draws };
  Object.assign(root.dataset, hooks, { ms: (performance.now() - began).toFixed(2) });
}

// ---- The frame of a run that everybody shows

// On the window, because each view is a module of its own.
const chosenFrames = () => (window.__aecoreFrames ??= {});

/** Moves every view of `run` to `frame`, and those that mount later. */
function announce(run, frame, frames) {
  chosenFrames()[run] = { frame, frames };
  window.dispatchEvent(new CustomEvent("aecore-frame", { detail: { run, frame } }));
}

function show(state, frame) {
  if (frame < state.first || frame >= state.first + state.count) return;
  state.frame = frame;
  state.scrubbed = true;
  state.redraw();
}

/**
 * Accepts `count` frames of `run` from `first` on and settles which to show. The same frames again (any rerun of the
 * page sends them) keep the frame shown; new frames of the same run show the newest, because somebody trains;
 * a view that just mounted joins the others.
 */
function hold(state, run, first, count) {
  if (state.run === run && state.first === first && state.count === count) return;
  if (count === 1) delete chosenFrames()[run];
  const joins = state.run !== run;
  Object.assign(state, { run, first, count, frame: Math.max(0, first + count - 1), scrubbed: false });
  const chosen = chosenFrames()[run];
  if (joins && chosen) show(state, chosen.frame);
}

// ---- What one view tells the others

/** Tells every view of the page, and those that mount later, `what` there is to a topic under a name; null is nothing. */
function tell(topic, name, what) {
  (window.__aecoreTold ??= {})[topic] = { name, what };
  window.dispatchEvent(new CustomEvent("aecore-told", { detail: topic }));
}

/** What was last told to a topic, if it was told under this name. */
function heard(topic, name) {
  const last = window.__aecoreTold?.[topic];
  return last?.name === name ? last.what : null;
}

/** Calls `act` whenever something is told to a topic, at once and not with the next repaint. */
function hear(state, topic, act) {
  window.addEventListener("aecore-told", ({ detail }) => detail === topic && act(), { signal: state.ended });
}

// ---- Drawing

/** @returns {Theme} Streamlit sets its theme as CSS variables around every component. */
function themeOf(root) {
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
function surface(canvas, width, height) {
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
function haloText(context, theme, text, x, y) {
  Object.assign(context, { strokeStyle: theme.background, lineWidth: 4, lineJoin: "round", fillStyle: theme.text });
  context.strokeText(text, x, y);
  context.fillText(text, x, y);
}

/** A straight stroke on whole pixels, so that one-pixel lines are sharp. */
function rule(context, x0, y0, x1, y1) {
  const sharp = (v) => Math.round(v) + 0.5;
  context.beginPath();
  context.moveTo(sharp(x0), sharp(y0));
  context.lineTo(sharp(x1), sharp(y1));
  context.stroke();
}

/** Round numbers from `from` to `to`, about `wanted` of them. */
function ticks(from, to, wanted) {
  const raw = (to - from) / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= raw * 0.999) ?? 10);
  const found = [];
  for (let n = Math.ceil(from / step - 1e-9); n * step <= to * (1 + 1e-9); n++) found.push(n * step);
  return found;
}

/** A tick's number, with a true minus sign and without the dust of binary fractions. */
const plain = (value) => String(Number(value.toPrecision(6))).replace("-", "\u2212");

const textSize = (width) => (width < 560 ? 12 : 14);

// ---- Elements

/** element("button", {className: "chip"}, child, "text") */
function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** A small drawing as SVG; `inner` is our own markup, never somebody's text. */
function icon(width, height, inner) {
  const template = document.createElement("template");
  template.innerHTML =
    `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" aria-hidden="true">${inner}</svg>`;
  return template.content.firstChild;
}

/** A canvas that says in words what it shows: set its aria-label at each draw. */
function picture() {
  const canvas = element("canvas");
  canvas.setAttribute("role", "img");
  return canvas;
}

/** A checksum (FNV-1a) of numbers, for tests that ask whether a drawing changed. */
function checksum(numbers) {
  let sum = 0x811c9dc5;
  for (const number of numbers) sum = Math.imul(sum ^ number, 0x01000193);
  return (sum >>> 0).toString(16);
}

/**
 * Calls `point({x, y, touch})` while a pointer is over `canvas` and `point(null)` when it has left.
 * A finger's reading stays after the finger lifts, because until then the finger covers it.
 */
function followPointer(canvas, ended, point) {
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
