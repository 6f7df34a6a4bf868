// What a payload of maps holds, and what its levels stand for.

const digits = (value) => String(Number(value.toPrecision(3)));

// Maps (count, h, w), or (count, h, w, 3) for colors, with what came along.
export function mapsOf(payload) {
  const { shape: [count, h, w, channels = 1], values: levels } = payload.maps;
  return { ...payload, count, h, w, channels, levels };
}

// The value a level of a map stands for, with as many digits as are known, and how far the measured one may be from it.
export function valueText({ origin, step }, number, level) {
  const size = step[number];
  if (!size) return digits(origin[number]);
  const value = origin[number] + size * level, error = Number((size / 2).toPrecision(1));
  if (!level && !origin[number]) return `0 to ${error}`;
  return `${rounded(value, error)} ± ${error}`;
}

function rounded(value, error) {
  const places = -Math.floor(Math.log10(error));
  const text = places > 8 ? digits(value) : value.toFixed(Math.max(0, places));
  return Number(text) ? text : "0";
}

// The value at a position of a map; of a tile in colors those of red, green and blue; nothing where levels are colors only.
export function valueAt(maps, number, x, y) {
  if (!maps.step.length) return "";
  const { channels, levels, h, w } = maps;
  const from = ((number * h + y) * w + x) * channels;
  if (channels === 1) return valueText(maps, number, levels[from]);
  const parts = ["R", "G", "B"].map((name, i) => [name, ...valueText(maps, number, levels[from + i]).split(" ± ")]);
  const [, , error] = parts[0];
  return parts.map(([name, value]) => `${name} ${value}`).join(", ") + (error ? ` (± ${error})` : "");
}

// How many columns and rows of positions a map has, which may have been enlarged.
export const gridOf = ({ grids, h, w }, number) => grids?.[number] ?? [h, w];

// The largest level of a map.
export function highest({ levels, h, w }, number) {
  return levels.subarray(number * h * w, (number + 1) * h * w).reduce((a, b) => Math.max(a, b), 0);
}
