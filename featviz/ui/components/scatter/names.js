// The names of categories on the map, each beside a point of its own, the largest first; none over another.

import { textScale } from "../browser/dom.js";
import { SHOWN } from "./parts.js";

const SIZE = 12, GAP = 3; // CSS pixels
const MOST = 60; // names at a time

export function drawNames(context, scatter) {
  const { view, theme, flags } = scatter, taken = cornersOfAxes(scatter);
  if (!view.names.length) return;
  let drawn = 0;
  const size = SIZE * textScale();
  context.save();
  Object.assign(context, { font: `600 ${size}px ${getComputedStyle(scatter.root).fontFamily}`, textAlign: "center", textBaseline: "middle", lineJoin: "round" });
  for (const [words, point] of view.names) {
    if (drawn >= MOST || !(flags[point] & SHOWN)) continue;
    const [x, y] = scatter.screen(point), half = context.measureText(words).width / 2;
    const box = [x - half, y - size / 2, x + half, y + size / 2];
    if (outside(box, scatter) || taken.some((other) => meet(box, other))) continue;
    taken.push(box);
    drawn++;
    Object.assign(context, { strokeStyle: theme.background, lineWidth: 4, fillStyle: theme.text });
    context.strokeText(words, x, y);
    context.fillText(words, x, y);
  }
  context.restore();
  scatter.root.dataset.names = drawn;
}

// Where the names of axes stand, which come first.
function cornersOfAxes({ view, parts, width, height }) {
  if (!view.axes.length || parts.points.dims === 3) return [];
  return [[0, 0, 300, 22], [width - 300, height - 40, width, height]];
}

const outside = ([left, top, right, bottom], { width, height }) => left < 0 || top < 0 || right > width || bottom > height;

const meet = (a, b) => a[0] < b[2] + GAP && b[0] < a[2] + GAP && a[1] < b[3] + GAP && b[1] < a[3] + GAP;
