/**
 * Rows of images with aligned columns: light ink on dark, or in colour, pixel by pixel.
 *
 * Header: {run, first, frames, titles: [row]}
 * Arrays: row0, row1, ... uint8 [1 or F, R, H, W], or with red, green and blue [1 or F, R, H, W, 3]
 */
export default function (component) {
  return present(component, { build, take, draw });
}

const LEAST = 26; // Narrower, an image is no longer read: show fewer.
const MOST = 60;
const GAP = 4;

function build(state) {
  state.canvas = picture();
  state.root.append(state.canvas);
}

function take(state, header, arrays) {
  hold(state, header.run, header.first, header.frames);
  state.rows = header.titles.map((title, i) => ({ title, pixels: arrays[`row${i}`] }));
}

function draw(state, theme) {
  if (!state.rows) return;
  const size = textSize(state.width);
  const measure = state.canvas.getContext("2d");
  measure.font = `${size}px ${theme.font}`;
  const titles = state.rows.map(({ title }) => measure.measureText(title).width);
  const layout = layoutOf(state, Math.ceil(Math.max(0, ...titles)), size);
  const context = surface(state.canvas, state.width, layout.height);
  Object.assign(context, { font: `${size}px ${theme.font}`, fillStyle: theme.text, imageSmoothingEnabled: false });
  if (!layout.columns) context.fillText("no images yet: press Train", 0, size + 8);
  const sums = state.rows.map((row, r) => drawRow(context, theme, state, layout, row, r));
  state.root.dataset.shown = sums.join("-");
  describe(state, layout.columns);
}

/** Titles stand left of the rows where there is room, and above them on a phone. */
function layoutOf({ width, rows }, widest, size) {
  const most = Math.max(0, ...rows.map(({ pixels }) => (pixels.shape[0] ? pixels.shape[1] : 0)));
  const beside = width >= 560;
  const left = beside ? widest + 14 : 0;
  const columns = Math.min(most, Math.floor((width - left + GAP) / (LEAST + GAP)));
  const cell = Math.min(MOST, Math.floor((width - left + GAP) / Math.max(1, columns)) - GAP);
  const above = beside ? 0 : size + 6;
  const pitch = columns ? above + cell + (beside ? GAP + 2 : 10) : 0;
  return { columns, cell, left, above, beside, pitch, height: Math.max(2 * size + 8, rows.length * pitch) };
}

/** @returns {string} the checksum of the pixels drawn */
function drawRow(context, theme, state, layout, { title, pixels }, r) {
  const [frames, images, high, wide, parts = 1] = pixels.shape;
  if (!frames || !layout.columns) return "0";
  const top = r * layout.pitch + layout.above;
  Object.assign(context, { fillStyle: theme.text, strokeStyle: theme.border, lineWidth: 1 });
  context.textBaseline = layout.beside ? "middle" : "alphabetic";
  context.fillText(title, 0, layout.beside ? top + layout.cell / 2 : top - 6);
  const count = Math.min(images, layout.columns);
  const frame = frames === 1 ? 0 : state.frame - state.first;
  const length = high * wide * parts;
  const shown = pixels.subarray(frame * images * length, (frame * images + count) * length);
  const strip = stripOf(shown, count, high, wide, parts);
  for (let c = 0; c < count; c++) {
    const x = layout.left + c * (layout.cell + GAP);
    context.drawImage(strip, 0, c * high, wide, high, x, top, layout.cell, layout.cell);
    context.strokeRect(x + 0.5, top + 0.5, layout.cell - 1, layout.cell - 1);
  }
  return checksum(shown);
}

/** The images one below the other on a canvas of their own size, to be enlarged from there. */
function stripOf(shown, count, high, wide, parts) {
  const data = new ImageData(wide, count * high);
  const words = new Uint32Array(data.data.buffer);
  const [green, blue] = parts === 3 ? [1, 2] : [0, 0];
  for (let i = 0, at = 0; i < words.length; i++, at += parts) {
    words[i] = 0xff000000 | (shown[at + blue] << 16) | (shown[at + green] << 8) | shown[at];
  }
  const strip = new OffscreenCanvas(wide, count * high);
  strip.getContext("2d").putImageData(data, 0, 0);
  return strip;
}

function describe(state, columns) {
  const titles = state.rows.map(({ title }) => title).join(", ");
  const full = `${columns} images, a column each, in rows from above: ${titles}; frame ${state.frame}`;
  state.canvas.setAttribute("aria-label", columns ? full : "No images yet: press Train");
}
