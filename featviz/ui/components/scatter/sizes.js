// How large and how strong points are drawn, in CSS pixels and as an opacity.

import { clamp } from "../browser/numbers.js";

const LOWEST = 280, TALLEST = 1.15; // CSS pixels; of the width

// On a phone no taller than the screen can show beside what belongs to it.
export const heightOf = (height, width) => Math.min(height, Math.max(LOWEST, Math.round(TALLEST * width)));

// Half a point: many points are small, and grow slowly while zooming in.
export function radiusOf({ width, height, visible }, zoom) {
  const room = Math.cbrt((width * height) / Math.max(1, visible));
  return clamp(clamp(0.62 * room, 0.7, 5) * zoom ** 0.4, 0.7, 9);
}

// Where many points lie over each other, their opacity lets the dense regions show.
export function strengthOf({ width, height, visible }, zoom, radius) {
  const layers = (visible * Math.PI * radius ** 2) / (0.3 * width * height * zoom ** 2);
  return clamp(0.92 / Math.max(1, layers) ** 0.4, 0.35, 0.92);
}

// A canvas with as many pixels as the screen has there.
export function fitCanvas(canvas, width, height, density) {
  const [w, h] = [Math.round(width * density), Math.round(height * density)];
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
}
