// The cells of a grid laid over an image, and the shares of the image they stand for.

import { clamp } from "../browser/numbers.js";

// The cell [column, row] in which a point lies, given as shares of width and height; the nearest for one outside.
export function cellOf(across, down, [rows, columns]) {
  return [clamp(Math.floor(across * columns), 0, columns - 1), clamp(Math.floor(down * rows), 0, rows - 1)];
}

// The first and the last cell of a box, given as shares: left, top, right, bottom.
export function cellsOf([left, top, right, bottom], [rows, columns]) {
  return [
    [clamp(Math.round(left * columns), 0, columns - 1), clamp(Math.round(top * rows), 0, rows - 1)],
    [clamp(Math.round(right * columns) - 1, 0, columns - 1), clamp(Math.round(bottom * rows) - 1, 0, rows - 1)],
  ];
}

// The box around two cells and all between them, as shares.
export function edgesOf([x0, y0], [x1, y1], [rows, columns]) {
  return [
    Math.min(x0, x1) / columns,
    Math.min(y0, y1) / rows,
    (Math.max(x0, x1) + 1) / columns,
    (Math.max(y0, y1) + 1) / rows,
  ];
}
