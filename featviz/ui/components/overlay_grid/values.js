// Values of maps: enlarged, as levels, as colors, as text.

const STRONG = 2; // values of half the limit and more cover the image as much as the opacity says

// For each of `size` positions over `n` values: the first value that counts, and the weights of it and those behind.
// Between values it is bilinear interpolation; where there are more values than positions, each takes its share.
export function weightsAt(n, size) {
  const ratio = n / size, reach = Math.max(1, ratio), most = Math.ceil(2 * reach) + 1;
  const first = new Int32Array(size), counts = new Int32Array(size), weights = new Float32Array(size * most);
  for (let i = 0; i < size; i++) {
    const middle = (i + 0.5) * ratio;
    const from = Math.max(0, Math.floor(middle - reach + 0.5)), to = Math.min(n, Math.floor(middle + reach + 0.5));
    let sum = 0;
    for (let j = from; j < to; j++) sum += weights[i * most + j - from] = Math.max(0, 1 - Math.abs(j + 0.5 - middle) / reach);
    for (let j = from; j < to; j++) weights[i * most + j - from] /= sum;
    [first[i], counts[i]] = [from, to - from];
  }
  return { first, counts, weights, most };
}

function widened({ values, h, w }, width) {
  const { first, counts, weights, most } = weightsAt(w, width), out = new Float32Array(h * width);
  for (let row = 0, to = 0; row < h; row++) {
    for (let x = 0; x < width; x++, to++) {
      let sum = 0;
      for (let j = 0, from = row * w + first[x]; j < counts[x]; j++) sum += weights[x * most + j] * values[from + j];
      out[to] = sum;
    }
  }
  return out;
}

// The map at another size, as levels of its scale.
export function levelled(map, scale, width, height) {
  const rows = widened(map, width), { first, counts, weights, most } = weightsAt(map.h, height);
  const gain = scale.step ? map.factor / scale.step : 0, shift = scale.step ? -scale.origin / scale.step : scale.zero;
  const least = Math.min(scale.zero, 1), out = new Uint8ClampedArray(width * height), line = new Float32Array(width);
  for (let y = 0, to = 0; y < height; y++) {
    line.fill(0);
    for (let j = 0; j < counts[y]; j++) {
      const weight = weights[y * most + j] * gain, from = (first[y] + j) * width;
      for (let x = 0; x < width; x++) line[x] += weight * rows[from + x];
    }
    for (let x = 0; x < width; x++) out[to++] = Math.max(least, line[x] + shift); // rounded and limited by the array
  }
  return out;
}

// The color of each level, and how much of the image it covers: weak values less, but all of it at opacity 1.
export function palette(table, { origin, step, limit }, opacity) {
  return Uint32Array.from({ length: 256 }, (_, level) => {
    const strength = limit ? Math.min(1, (STRONG * Math.abs(origin + step * level)) / limit) : 0;
    const alpha = Math.round(255 * opacity * (strength + (1 - strength) * opacity ** 5));
    return (alpha << 24) | (table[3 * level + 2] << 16) | (table[3 * level + 1] << 8) | table[3 * level];
  });
}

// Raw values to a thousandth of the largest one's power of ten: finer than the eye needs, coarser than the error.
export function numberer(largest) {
  const power = largest ? Math.floor(Math.log10(largest)) : 0;
  if (power >= -4 && power <= 3) return (value) => unsigned(value.toFixed(3 - power));
  return (value) => `${unsigned((value / 10 ** power).toFixed(3))}e${power}`;
}

const unsigned = (text) => (Number(text) === 0 ? text.replace("-", "") : text);
