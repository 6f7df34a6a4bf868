// What a payload of maps holds, and what its levels stand for.

const digits = (value) => String(Number(value.toPrecision(3)));

// Maps (count, h, w), or (count, h, w, 3) for colors, with what came along.
export function mapsOf(payload) {
  const { shape: [count, h, w, channels = 1], values: levels } = payload.maps;
  return { ...payload, count, h, w, channels, levels };
}

// The value a level of a map stands for, and how far the measured one may be from it.
export function valueText({ origin, step }, number, level) {
  const size = step[number];
  if (!size) return digits(origin[number]);
  return `${digits(origin[number] + size * level)} ± ${Number((size / 2).toPrecision(1))}`;
}

// The largest level of a map.
export function highest({ levels, h, w }, number) {
  return levels.subarray(number * h * w, (number + 1) * h * w).reduce((a, b) => Math.max(a, b), 0);
}
