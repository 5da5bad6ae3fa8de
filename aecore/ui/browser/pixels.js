// Small pictures as the models make them, and the chance that some are made by.

/** Pixels from 0 to 255 as light ink on dark. */
export function greys(pixels, width, height) {
  const image = new ImageData(width, height);
  const words = new Uint32Array(image.data.buffer);
  for (let i = 0; i < words.length; i++) words[i] = 0xff000000 | (pixels[i] * 0x010101);
  return image;
}

/** Paints pixels from 0 to 255 on a canvas of as many. */
export function paintGreys(canvas, pixels) {
  canvas.getContext("2d").putImageData(greys(pixels, canvas.width, canvas.height), 0, 0);
}

/** `count` numbers from N(0, 1), the same for the same `seed`. */
export function normals(seed, count) {
  let state = seed * 0x9e3779b9;
  // Mulberry32, by Tommy Ettinger; in (0, 1), for the logarithm.
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
  const one = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  return Float32Array.from({ length: count }, one);
}
