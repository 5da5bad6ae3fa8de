/**
 * A trained decoder, an encoder, or a whole model from image to image, run in the browser.
 *
 * What goes from layer to layer is one array, place by place and all channels of a place together; a row of numbers is
 * one place. So a linear layer, a convolution and the sums of a transposed one are all the same: a matrix times the
 * channels of each place, or of a window around it.
 *
 * @typedef {Object} Decoder
 * @property {number} inputs                                                 Numbers that it is given: a code, say.
 * @property {number} height
 * @property {number} width
 * @property {(code: Float32Array, label?: number) => Float32Array} decode    Pixels in [0, 1], by rows; of an encoder
 *                                                                           the code, and then any log-variances.
 *
 * @typedef {{channels: number, height: number, width: number}} Size
 */

/** Decoding what need not be there at once takes no more of a frame, so that the rest is free for a finger. */
export const DECODING_MS = 6;

/**
 * The decoder that `decoder_part` described. `decode` returns the same array each time, written over; `label` is the
 * class to decode as, the first if none is given, and is only asked about where the header says `labels`.
 *
 * Header: {layers, inputs, shape: [H, W], output: "sigmoid" | "clip" | "code", labels: boolean, prefix}
 * Arrays: float32, their names after `prefix` and a dot, as the layers name them; labels [C, K]
 *
 * @returns {Decoder}
 */
export function decoderOf({ layers, inputs, shape: [height, width], output, labels, prefix }, arrays) {
  const read = (name) => arrays[`${prefix}.${name}`];
  const besides = labels ? read("labels") : null;
  const beside = besides ? besides.shape[1] : 0;
  const given = new Float32Array(inputs + beside);
  const { run } = inTurn({ layers }, { channels: given.length, height: 1, width: 1 }, read);
  const pixels = new Float32Array(height * width);
  const pixel = {
    sigmoid: (value) => Math.min(1, Math.max(0, logistic(value))),
    clip: (value) => Math.min(1, Math.max(0, value)),
    code: (value) => value,
  }[output];
  const decode = (code, label = 0) => {
    given.set(code);
    for (let k = 0; k < beside; k++) given[inputs + k] = besides[label * beside + k];
    const values = run(given);
    for (let i = 0; i < pixels.length; i++) pixels[i] = pixel(values[i]);
    return pixels;
  };
  // The first takes 14 ms, for the browser has yet to compile all this, the next 0.5.
  decode(new Float32Array(inputs));
  return { inputs, height, width, decode };
}

const logistic = (value) => 1 / (1 + Math.exp(-value));

/** For each kind of layer, from its description and the size that it is given: how it runs, and the size it makes. */
const DECODER_LAYERS = {
  linear: productAtEachPlace,
  conv: productAtEachWindow,
  conv_transpose: stampsAtEachPlace,

  silu: (layer, size) => ({ size, run: siluInPlace }),

  order({ order }, size, read) {
    const from = Int32Array.from(read(order));
    const to = new Float32Array(from.length);
    const run = (values) => {
      for (let i = 0; i < to.length; i++) to[i] = values[from[i]];
      return to;
    };
    return { size: { ...size, channels: to.length }, run };
  },

  reshape({ shape: [channels, height = 1, width = 1] }) {
    const [places, to] = [height * width, new Float32Array(channels * height * width)];
    const run = (values) => {
      for (let c = 0, i = 0; c < channels; c++) {
        for (let place = 0; place < places; place++) to[place * channels + c] = values[i++];
      }
      return to;
    };
    return { size: { channels, height, width }, run };
  },

  flatten(layer, { channels, height, width }) {
    const [places, to] = [height * width, new Float32Array(channels * height * width)];
    const run = (values) => {
      for (let c = 0, i = 0; c < channels; c++) {
        for (let place = 0; place < places; place++) to[i++] = values[place * channels + c];
      }
      return to;
    };
    return { size: { channels: to.length, height: 1, width: 1 }, run };
  },

  hide({ scaled, flags }, { channels }) {
    const half = channels / 2;
    const to = new Float32Array(flags ? channels : half);
    const run = (values) => {
      let seen = 0;
      for (let i = half; i < channels; i++) seen += values[i];
      const share = scaled ? Math.max(1, seen) / half : 1;
      for (let i = 0; i < half; i++) to[i] = values[half + i] ? values[i] / share : 0;
      for (let i = half; i < to.length; i++) to[i] = 1 - values[i];
      return to;
    };
    return { size: { channels: to.length, height: 1, width: 1 }, run };
  },

  squash({ function: name, steepness, shift }, size) {
    const bent = name === "sigmoid" ? logistic : (value) => Math.max(0, value);
    const run = (values) => {
      for (let i = 0; i < values.length; i++) values[i] = bent(steepness * values[i] + shift);
      return values;
    };
    return { size, run };
  },

  cap({ after, highest }, size) {
    const run = (values) => {
      for (let i = after; i < values.length; i++) values[i] = highest - softplus(highest - values[i]);
      return values;
    };
    return { size, run };
  },

  nearest({ entries: name }, size, read) {
    const entries = read(name);
    const to = new Float32Array(size.channels);
    const run = (values) => {
      const numbers = entries.shape[1];
      for (let i = 0; i < to.length; i += numbers) {
        const start = numbers * nearestEntry(entries, values, i);
        for (let k = 0; k < numbers; k++) to[i + k] = entries[start + k];
      }
      return to;
    };
    return { size, run };
  },

  residual(layer, size, read) {
    const [change, to] = [inTurn(layer, size, read), new Float32Array(size.channels * size.height * size.width)];
    const run = (values) => {
      // A copy, because the layers may write over what they are given.
      to.set(values);
      const made = change.run(values);
      for (let i = 0; i < to.length; i++) to[i] += made[i];
      return to;
    };
    return { size, run };
  },

  // Of one channel, whose places are in the order of the values.
  add({ values: name }, size, read) {
    const added = read(name);
    const run = (values) => {
      for (let i = 0; i < values.length; i++) values[i] += added[i];
      return values;
    };
    return { size, run };
  },
};

/** Layers one after another, as one. */
function inTurn({ layers }, size, read) {
  const steps = [];
  for (const layer of layers) {
    const made = DECODER_LAYERS[layer.kind](layer, size, read);
    steps.push(made.run);
    size = made.size;
  }
  return { size, run: (values) => steps.reduce((given, run) => run(given), values) };
}

// In this form neither end overflows.
const softplus = (value) => Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value)));

/** The number of the entry [K, D] that is nearest to D values from `start` on. */
function nearestEntry(entries, values, start) {
  const [count, numbers] = entries.shape;
  let [best, least] = [0, Infinity];
  for (let e = 0; e < count; e++) {
    let distance = 0;
    for (let k = 0; k < numbers; k++) distance += (values[start + k] - entries[e * numbers + k]) ** 2;
    if (distance < least) [best, least] = [e, distance];
  }
  return best;
}

function siluInPlace(values) {
  for (let i = 0; i < values.length; i++) values[i] /= 1 + Math.exp(-values[i]);
  return values;
}

function productAtEachPlace({ weight, bias }, { channels, height, width }, read) {
  const weights = read(weight);
  const rows = weights.shape[0];
  const matrix = { weights, rows, columns: channels, bias: bias ? read(bias) : new Float32Array(rows) };
  const to = new Float32Array(height * width * rows);
  const run = (values) => {
    for (let place = 0; place < height * width; place++) multiply(matrix, values, place * channels, to, place * rows);
    return to;
  };
  return { size: { channels: rows, height, width }, run };
}

/** A convolution: at each place of the output the kernels, times all channels of a window of the input. */
function productAtEachWindow({ weight, bias, stride, padding }, { channels, height, width }, read) {
  const [rows, , high, wide] = read(weight).shape;
  const tall = Math.floor((height + 2 * padding[0] - high) / stride[0]) + 1;
  const broad = Math.floor((width + 2 * padding[1] - wide) / stride[1]) + 1;
  const matrix = windowMatrix(read(weight), bias ? read(bias) : new Float32Array(rows));
  const [window, to] = [new Float32Array(matrix.columns), new Float32Array(tall * broad * rows)];
  const gather = (values, top, left) => {
    for (let i = 0; i < high * wide; i++) {
      const [row, column] = [top + Math.floor(i / wide), left + (i % wide)];
      const inside = row >= 0 && row < height && column >= 0 && column < width;
      const start = (row * width + column) * channels;
      for (let c = 0; c < channels; c++) window[i * channels + c] = inside ? values[start + c] : 0;
    }
  };
  const run = (values) => {
    for (let place = 0; place < tall * broad; place++) {
      const [row, column] = [Math.floor(place / broad), place % broad];
      gather(values, row * stride[0] - padding[0], column * stride[1] - padding[1]);
      multiply(matrix, window, 0, to, place * rows);
    }
    return to;
  };
  return { size: { channels: rows, height: tall, width: broad }, run };
}

/** Kernels [out, in, height, width] as a matrix from a window, place by place, to the channels of a place. */
function windowMatrix(kernels, bias) {
  const [rows, inputs, high, wide] = kernels.shape;
  const columns = high * wide * inputs;
  const weights = new Float32Array(rows * columns);
  for (let o = 0, k = 0; o < rows; o++) {
    for (let c = 0; c < inputs; c++) {
      for (let i = 0; i < high * wide; i++) weights[o * columns + i * inputs + c] = kernels[k++];
    }
  }
  return { weights, rows, columns, bias };
}

/** A transposed convolution: each place adds to a window of the output the kernels, times its channels. */
function stampsAtEachPlace({ weight, bias, stride, padding, output_padding: more }, { channels, height, width }, read) {
  const [, outputs, high, wide] = read(weight).shape;
  const tall = (height - 1) * stride[0] - 2 * padding[0] + high + more[0];
  const broad = (width - 1) * stride[1] - 2 * padding[1] + wide + more[1];
  const matrix = stampMatrix(read(weight));
  const shift = bias ? read(bias) : new Float32Array(outputs);
  const [stamp, to] = [new Float32Array(matrix.rows), new Float32Array(tall * broad * outputs)];
  const add = (top, left) => {
    for (let i = 0; i < high * wide; i++) {
      const [row, column] = [top + Math.floor(i / wide), left + (i % wide)];
      if (row < 0 || row >= tall || column < 0 || column >= broad) continue;
      const start = (row * broad + column) * outputs;
      for (let o = 0; o < outputs; o++) to[start + o] += stamp[i * outputs + o];
    }
  };
  const run = (values) => {
    for (let start = 0; start < to.length; start += outputs) to.set(shift, start);
    for (let place = 0; place < height * width; place++) {
      multiply(matrix, values, place * channels, stamp, 0);
      add(Math.floor(place / width) * stride[0] - padding[0], (place % width) * stride[1] - padding[1]);
    }
    return to;
  };
  return { size: { channels: outputs, height: tall, width: broad }, run };
}

/** Kernels [in, out, height, width] as a matrix from the channels of a place to a window, place by place. */
function stampMatrix(kernels) {
  const [inputs, outputs, high, wide] = kernels.shape;
  const rows = high * wide * outputs;
  const weights = new Float32Array(rows * inputs);
  for (let c = 0, k = 0; c < inputs; c++) {
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < high * wide; i++) weights[(i * outputs + o) * inputs + c] = kernels[k++];
    }
  }
  return { weights, rows, columns: inputs, bias: new Float32Array(rows) };
}

/** Writes the matrix times `columns` numbers of `from`, plus its bias, to `rows` numbers of `to`. */
function multiply({ weights, bias, rows, columns }, from, start, to, end) {
  let row = 0;
  // Four sums at once, none of which has to wait for another: more than twice as fast as one by one.
  for (; row + 3 < rows; row += 4) {
    const a = row * columns;
    const [b, c, d] = [a + columns, a + 2 * columns, a + 3 * columns];
    let [one, two, three, four] = [bias[row], bias[row + 1], bias[row + 2], bias[row + 3]];
    for (let i = 0; i < columns; i++) {
      const value = from[start + i];
      one += value * weights[a + i];
      two += value * weights[b + i];
      three += value * weights[c + i];
      four += value * weights[d + i];
    }
    to[end + row] = one;
    to[end + row + 1] = two;
    to[end + row + 2] = three;
    to[end + row + 3] = four;
  }
  for (; row < rows; row++) {
    let sum = bias[row];
    for (let i = 0; i < columns; i++) sum += from[start + i] * weights[row * columns + i];
    to[end + row] = sum;
  }
}
