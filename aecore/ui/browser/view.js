// The life of a view: mounted once, given data, drawn before a repaint, gone.

import { themeOf } from "./canvas.js";
import { element } from "./elements.js";
import { followFeed } from "./feed.js";
import { show } from "./page.js";
import { bring, unpack } from "./payload.js";

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

/** @type {WeakMap<Node, State>} */
export const mounted = new WeakMap();

/**
 * The body of every view's default export. Streamlit calls it for each new data or theme without a cleanup
 * in between, so everything lasting hangs on the element and is made once.
 */
export function present({ parentElement, data }, view) {
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
