// Where tiles stand, in device pixels.

import { clamp } from "../browser/numbers.js";

const MOST_PIXELS = 16e6; // of the canvas: about 64 MB
const SMALLEST = 40, LARGEST = 160; // CSS pixels of a tile whose size nobody chose
const FULL = 0.6; // share of the height that smaller tiles must still fill to be worth it

// How large tiles are and how many stand in a row, in device pixels. A pixel of a map takes a whole number of them
// (`scale`) wherever the width allows it; `natural` is the scale before rounding, `bound` the largest possible.
export function arrange({ maps, count, width, height, dpr, tile, zoom }) {
  const n = Math.max(1, count), side = Math.max(maps.w, maps.h);
  const fits = clamp(Math.sqrt((width * height) / n), SMALLEST * dpr, LARGEST * dpr);
  const natural = (tile ? tile * dpr : fits) / side;
  const most = Math.min(width / maps.w, Math.max(1, Math.sqrt(MOST_PIXELS / (n * maps.w * maps.h))));
  const bound = Math.floor(most) || most;
  const at = (scale) => row(maps, n, width, dpr, Math.min(scale, bound));
  const tall = ({ columns, tileH, gap }) => Math.ceil(n / columns) * (tileH + gap) - gap;
  let best = at(Math.max(1, Math.round(natural * zoom)));
  if (zoom !== 1 || tile) return { ...best, natural, bound };
  while (tall(best) > height && (best.scale - 1) * side >= SMALLEST * dpr) {
    const smaller = at(best.scale - 1);
    if (tall(smaller) < FULL * height) break;
    best = smaller;
  }
  return { ...row(maps, n, width, dpr, best.scale, filled(best.columns, n)), natural, bound };
}

function row({ w, h }, n, width, dpr, scale, chosen = Infinity) {
  const [tileW, tileH] = [Math.round(w * scale), Math.round(h * scale)];
  const gap = Math.round((tileW < 64 * dpr ? 3 : 4) * dpr);
  const columns = Math.min(chosen, Math.max(1, Math.floor((width + gap) / (tileW + gap))));
  const spread = Math.floor((width - columns * tileW) / Math.max(1, columns - 1));
  const across = n < columns || columns === 1 ? gap : Math.min(spread, 3 * gap);
  return { scale, tileW, tileH, columns, gap: across, gapY: across };
}

// Fewer columns, by a quarter at most, where the last row would hold a few tiles alone.
function filled(columns, n) {
  const last = (count) => (n % count || count) / count;
  if (n <= columns || last(columns) >= 0.5) return columns;
  const choices = Array.from({ length: Math.floor(columns / 4) }, (_, i) => columns - 1 - i);
  return choices.reduce((best, other) => (last(other) > last(best) ? other : best), columns);
}

// One tile as wide as there is room.
export function filling({ maps, width, dpr }) {
  const scale = width / maps.w, gap = Math.round(4 * dpr);
  return { scale, tileW: Math.round(width), tileH: Math.round(maps.h * scale), columns: 1, gap, gapY: gap, natural: scale, bound: scale };
}

// As many columns as there are headings, over the whole width.
export function inColumns({ maps, columns, width, dpr }) {
  const gapY = Math.round(4 * dpr);
  const room = Math.min(LARGEST * dpr, (width - 2 * gapY * (columns - 1)) / columns) / maps.w;
  const scale = Math.floor(room) || room;
  const [tileW, tileH] = [Math.round(maps.w * scale), Math.round(maps.h * scale)];
  const gap = Math.max(0, Math.floor((width - columns * tileW) / Math.max(1, columns - 1)));
  return { scale, tileW, tileH, columns, gap, gapY, natural: room, bound: scale };
}
