// What a brush does to pixels: [red, green, blue, alpha] of each, row by row, as a canvas holds them.

import { clamp } from "../browser/numbers.js";

// The positions of a brush on its way from one point to another, no more than half a pixel apart.
export function way([x0, y0], [x1, y1]) {
  const steps = Math.max(1, Math.ceil(2 * Math.hypot(x1 - x0, y1 - y0)));
  return Array.from({ length: steps + 1 }, (_, step) => [
    x0 + ((x1 - x0) * step) / steps,
    y0 + ((y1 - y0) * step) / steps,
  ]);
}

// Each pixel under a round brush, with the share of it that is covered.
export function covered({ width, height }, [x, y], radius) {
  const found = [];
  for (let row = Math.max(0, Math.floor(y - radius - 1)); row <= Math.min(height - 1, y + radius + 1); row++) {
    for (let column = Math.max(0, Math.floor(x - radius - 1)); column <= Math.min(width - 1, x + radius + 1); column++) {
      const share = clamp(radius + 0.5 - Math.hypot(column + 0.5 - x, row + 0.5 - y), 0, 1);
      if (share > 0) found.push([column, row, share]);
    }
  }
  return found;
}

// Paint with one color; where the brush covers a pixel in part, it mixes.
export function paint(image, center, radius, color) {
  for (const [column, row, share] of covered(image, center, radius)) mix(image, column, row, color, share);
}

// Paste what lies under a brush at `from` in another image of the same size, a copy of this one.
export function paste(image, center, radius, copy, from) {
  const [right, down] = [Math.round(from[0] - center[0]), Math.round(from[1] - center[1])];
  for (const [column, row, share] of covered(image, center, radius)) {
    const [x, y] = [column + right, row + down];
    if (x < 0 || y < 0 || x >= image.width || y >= image.height) continue;
    mix(image, column, row, copy.data.slice(4 * (y * image.width + x)), share);
  }
}

// The mean color of the border, which stands for "nothing there".
export function ground({ width, height, data }) {
  const sum = [0, 0, 0];
  let count = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      if (row % (height - 1) && column % (width - 1)) continue;
      count++;
      for (let channel = 0; channel < 3; channel++) sum[channel] += data[4 * (row * width + column) + channel];
    }
  }
  return sum.map((each) => Math.round(each / count));
}

// White on what is dark, black on what is light.
export const contrasting = ([red, green, blue]) =>
  0.299 * red + 0.587 * green + 0.114 * blue < 128 ? [255, 255, 255] : [0, 0, 0];

// A color as the field for colors holds it, and back.
export const toHex = (color) => `#${color.map((each) => each.toString(16).padStart(2, "0")).join("")}`;
export const fromHex = (text) => [1, 3, 5].map((start) => parseInt(text.slice(start, start + 2), 16));

function mix({ width, data }, column, row, color, share) {
  const start = 4 * (row * width + column);
  for (let channel = 0; channel < 3; channel++) {
    data[start + channel] = Math.round(data[start + channel] * (1 - share) + color[channel] * share);
  }
}
