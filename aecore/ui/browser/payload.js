// A view's data as they travel: one buffer, and large arrays that are fetched apart.

const DTYPES = { uint8: Uint8Array, int16: Int16Array, float32: Float32Array, float64: Float64Array };

/**
 * Reads the one buffer that `pack` wrote: a JSON header, then arrays at multiples of eight. Those that have an address
 * are still `away`; `bring` fetches them.
 */
export function unpack(bytes) {
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
export async function bring(sent) {
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
export function baseAddress() {
  const script = document.querySelector('script[src*="static/js/"]');
  return script ? script.src.replace(/static\/js\/.*$/, "") : document.baseURI;
}
