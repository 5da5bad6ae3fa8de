// The feed in the browser: one socket a page, whatever it watches. What stands in aecore/ui/feed.py is its other end.

import { baseAddress, unpack } from "./payload.js";

const AGAIN_MS = [300, 1000, 2000, 5000];

/** The page's own feed; on the window, because each view is a module of its own. */
const feedOfPage = () => (window.__aecoreFeed ??= openFeed());

/**
 * @typedef {{watch: (address: string, view: Watching) => void, leave: (view: Watching) => void}} Feed
 * @typedef {Object} Watching
 * @property {(bytes: Uint8Array) => void} told   Another drawing has come.
 * @property {() => void} gone                    The server does not know the address.
 */
function openFeed() {
  const watching = new Map(); // By view: its address.
  let [socket, tries, timer, asked] = [null, 0, 0, ""];

  const send = () => {
    timer = 0;
    const addresses = [...new Set(watching.values())];
    if (!addresses.length && !socket) return;
    if (!socket) return connect();
    const text = JSON.stringify({ watch: addresses });
    if (socket.readyState !== WebSocket.OPEN || text === asked) return;
    asked = text;
    socket.send(text);
  };
  // Views come and go many at a time.
  const soon = (wait = 20) => { timer ||= setTimeout(send, wait); };

  const connect = () => {
    const address = new URL("feed", baseAddress());
    address.protocol = address.protocol.replace("http", "ws");
    const opened = (socket = new WebSocket(address));
    asked = "";
    opened.binaryType = "arraybuffer";
    opened.onopen = () => { tries = 0; send(); };
    opened.onmessage = ({ data }) => (typeof data === "string" ? lose(JSON.parse(data).gone) : deal(data));
    opened.onclose = () => {
      if (socket !== opened) return;
      socket = null;
      if (watching.size) soon(AGAIN_MS[Math.min(tries++, AGAIN_MS.length - 1)]);
    };
  };

  const of = (address) => [...watching].filter(([, at]) => at === address).map(([view]) => view);
  const lose = (addresses) => addresses.flatMap(of).forEach((view) => view.gone());

  // One message after the other, each whole before anything of it is drawn: its pictures are of one moment.
  let before = Promise.resolve();
  const deal = (data) => {
    const parts = partsOf(data).map(async ([address, packed]) => [address, await inflated(packed)]);
    before = before.then(() => Promise.all(parts)).then((all) => {
      for (const [address, bytes] of all) of(address).forEach((view) => view.told(bytes));
    }).catch((error) => console.warn(error));
  };

  // A laptop that wakes, a network that comes back: not only when the next try is due.
  const retry = () => {
    if (socket || !watching.size) return;
    clearTimeout(timer);
    [timer, tries] = [0, 0];
    send();
  };
  addEventListener("online", retry);
  document.addEventListener("visibilitychange", () => document.hidden || retry());

  return {
    watch: (address, view) => { watching.set(view, address); soon(); },
    leave: (view) => { if (watching.delete(view)) soon(); },
  };
}

/** [address, bytes] of each drawing in a message. */
function partsOf(data) {
  const [bytes, numbers, parts] = [new Uint8Array(data), new DataView(data), []];
  for (let at = 0; at < bytes.length; ) {
    const start = at + 1 + bytes[at] + 4;
    const address = new TextDecoder().decode(bytes.subarray(at + 1, start - 4));
    const end = start + numbers.getUint32(start - 4, true);
    parts.push([address, bytes.subarray(start, end)]);
    at = end;
  }
  return parts;
}

function inflated(packed) {
  const { readable, writable } = new DecompressionStream("deflate-raw");
  const writer = writable.getWriter();
  // What is wrong with the bytes is said where they are read.
  writer.write(packed).then(() => writer.close()).catch(() => null);
  return new Response(readable).arrayBuffer().then((whole) => new Uint8Array(whole));
}

// ---- A view that follows

/** Follows the address that a header names, or none any more. */
export function followFeed(state, view, header) {
  const address = header.feed ?? null;
  if (address === state.followed) return;
  state.followed = address;
  if (!state.watching) {
    state.watching = { told: (bytes) => takePushed(state, view, bytes), gone: () => view.gone?.(state) };
    state.ended.addEventListener("abort", () => feedOfPage().leave(state.watching));
  }
  if (address) feedOfPage().watch(address, state.watching);
  else feedOfPage().leave(state.watching);
}

/** Lays what was pushed over what was mounted. */
function takePushed(state, view, bytes) {
  const given = state.sent.at(-1);
  if (!given || state.ended.aborted || !state.followed) return;
  const { header, arrays } = unpack(bytes);
  state.fed = true;
  view.take(state, { ...given.header, ...header }, { ...given.arrays, ...arrays });
  state.redraw();
}
