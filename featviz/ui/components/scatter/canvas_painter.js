// Paints points without a graphics card: usable up to some fifty thousand.

import { SELECTED, SHOWN } from "./parts.js";

const DISCS = 5000; // above, squares: four times as fast

export class CanvasPainter {
  name = "canvas";

  constructor(canvas) {
    this.context = canvas.getContext("2d");
  }

  move(before, after, dims) {
    Object.assign(this, { before, after, dims, count: after.length / dims });
  }

  flag(flags) {
    this.flags = flags;
  }

  color(colors, palette) {
    this.colors = colors;
    this.inks = null;
    if (palette) this.inks = Array.from({ length: palette.length / 3 }, (_, k) => `rgb(${palette.subarray(3 * k, 3 * k + 3).join(" ")})`);
  }

  paint({ camera, t, density, radius, theme, marking, strength }) {
    const { context, count, flags, colors } = this, { width, height } = context.canvas;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    context.setTransform(density, 0, 0, density, 0, 0);
    const levels = t < 1 ? this.after.map((to, i) => this.before[i] + (to - this.before[i]) * t) : this.after;
    const plane = camera.flatten({ levels, count, dims: this.dims });
    for (const chosen of marking ? [0, SELECTED] : [0]) {
      context.globalAlpha = marking && !chosen ? 0.18 : strength;
      const reach = chosen ? 1.25 * radius : radius;
      for (let i = 0; i < count; i++) {
        if (!(flags[i] & SHOWN) || (marking && (flags[i] & SELECTED) !== chosen)) continue;
        const [x, y] = camera.screen(plane[2 * i], plane[2 * i + 1]);
        if (x < -reach || y < -reach || x > camera.width + reach || y > camera.height + reach) continue;
        context.fillStyle = this.inks?.[colors[i]] ?? theme.accent;
        this.point(x, y, reach);
      }
    }
    context.globalAlpha = 1;
  }

  point(x, y, reach) {
    if (this.count > DISCS || reach < 1.5) return this.context.fillRect(x - reach, y - reach, 2 * reach, 2 * reach);
    this.context.beginPath();
    this.context.arc(x, y, reach, 0, 2 * Math.PI);
    this.context.fill();
  }

  close() {}
}
