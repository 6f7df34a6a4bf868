// Colors as the pixels of a canvas and as the browser's styles take them.

// A pixel of a canvas, of three bytes.
export function opaque(bytes, from) {
  return (255 << 24) | (bytes[from + 2] << 16) | (bytes[from + 1] << 8) | bytes[from];
}

// A canvas that shows an image of three bytes a pixel, row by row.
export function canvasOf(rgb, h, w) {
  const canvas = Object.assign(document.createElement("canvas"), { width: w, height: h });
  const context = canvas.getContext("2d"), image = context.createImageData(w, h);
  const pixels = new Uint32Array(image.data.buffer);
  for (let from = 0, to = 0; from < rgb.length; from += 3) pixels[to++] = opaque(rgb, from);
  context.putImageData(image, 0, 0);
  return canvas;
}

// A table of 256 colors, three bytes each, from its hexadecimal digits.
export const tableOf = (digits) => Uint8Array.from(digits.match(/../g), (byte) => parseInt(byte, 16));

// The colors of a table from left to right, from the first level that is used.
export function gradient(table, first) {
  const stops = Array.from({ length: 33 }, (_, i) => 3 * Math.max(first, Math.min(255, i * 8)));
  return `linear-gradient(to right, ${stops.map((from) => `rgb(${table.slice(from, from + 3).join(" ")})`).join(", ")})`;
}
