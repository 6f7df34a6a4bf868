// How large cells and names are, in CSS pixels.

import { clamp } from "../browser/numbers.js";

const SMALLEST = 9, LARGEST = 52; // of a cell
const TALLEST = 720; // of all rows together, while cells are larger than the smallest
const LETTER = 6.1; // a letter of a name, about
const LINE = 13; // from name to name, at least
export const ROOM_FOR_TEXT = 30; // of a cell in which its value is written

// The side of a cell, and how much room names have beside the rows and above the columns.
// `text` is how many times their usual size letters have.
export function arrange({ rows, columns, width, text = 1 }) {
  const longest = (names) => Math.max(...names.map((name) => name.length)) * LETTER * text + 10;
  const left = Math.round(clamp(longest(rows), 30, width * 0.34));
  const top = Math.round(clamp(longest(columns), 24, 180 * text));
  const side = Math.floor(Math.min((width - left - 2) / columns.length, TALLEST / rows.length));
  const cell = clamp(side, SMALLEST, LARGEST);
  return { left, top, cell, text, width: cell * columns.length, height: cell * rows.length };
}

// Which of the names are written: as many as find room, evenly, from the first on.
export function written(count, cell, text = 1) {
  const step = Math.max(1, Math.ceil((LINE * text) / cell));
  return Array.from({ length: count }, (_, i) => i % step === 0);
}

// A name that fits into so many pixels; what is left out is its middle, for both ends say what it is.
export function shortened(name, room, text = 1) {
  const letters = Math.max(5, Math.floor((room - 8) / (LETTER * text)));
  if (name.length <= letters) return name;
  const end = Math.ceil((letters - 1) / 2);
  return `${name.slice(0, letters - 1 - end)}…${name.slice(-end)}`;
}

// The cell at a position, or null outside.
export function cellAt({ x, y }, { cell }, { rows, columns }) {
  const [row, column] = [Math.floor(y / cell), Math.floor(x / cell)];
  return row < 0 || column < 0 || row >= rows.length || column >= columns.length ? null : [row, column];
}

const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

// Where a key leads from a cell; null for a key that moves nothing.
export function moved([row, column], key, { rows, columns }) {
  if (key === "Home") return [row, 0];
  if (key === "End") return [row, columns.length - 1];
  if (!(key in MOVES)) return null;
  const [down, across] = MOVES[key];
  return [clamp(row + down, 0, rows.length - 1), clamp(column + across, 0, columns.length - 1)];
}

// Whether black letters are easier to read than white ones on a color of three bytes (WCAG's relative luminance).
export function isLight([r, g, b]) {
  const linear = [r, g, b].map((byte) => (byte / 255 <= 0.04045 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.179;
}
