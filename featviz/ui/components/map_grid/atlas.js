// All maps on one canvas, pixel by pixel, from which tiles are drawn.

import { opaque } from "../browser/pixels.js";

export class Atlas {
  canvas = document.createElement("canvas");

  // Tables of colors, and for each map the number of its own.
  constructor({ count, h, w, channels, levels }, tables, tableOf) {
    Object.assign(this, { h, w, columns: Math.max(1, Math.ceil(Math.sqrt((count * h) / w))) });
    Object.assign(this.canvas, { width: this.columns * w, height: Math.ceil(count / this.columns) * h });
    const palettes = tables.map((table) => Uint32Array.from({ length: 256 }, (_, i) => opaque(table, 3 * i)));
    const context = this.canvas.getContext("2d");
    const image = context.createImageData(this.canvas.width, this.canvas.height);
    const pixels = new Uint32Array(image.data.buffer);
    for (let row = 0, from = 0; row < count * h; row++) {
      const number = Math.floor(row / h), colors = palettes[tableOf[number] ?? 0];
      const [left, top] = this.corner(number);
      let to = (top + (row % h)) * this.canvas.width + left;
      if (channels === 1) for (let x = 0; x < w; x++) pixels[to++] = colors[levels[from++]];
      else for (let x = 0; x < w; x++, from += 3) pixels[to++] = opaque(levels, from);
    }
    context.putImageData(image, 0, 0);
  }

  corner(number) {
    return [(number % this.columns) * this.w, Math.floor(number / this.columns) * this.h];
  }

  // Draws a map into a rectangle of another canvas.
  draw(context, number, left, top, width, height) {
    context.drawImage(this.canvas, ...this.corner(number), this.w, this.h, left, top, width, height);
  }
}
