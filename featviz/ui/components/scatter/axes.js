// The axes of a map whose directions mean something: values along both sides, or for clouds three edges with names.

import { textScale } from "../browser/dom.js";

const TICKS = 6; // about so many a side
const INSET = 5; // CSS pixels of the words from the edge
const SIZE = 11; // CSS pixels of the words

export function drawAxes(context, scatter) {
  const { view, parts, theme } = scatter;
  if (!view.axes.length || scatter.glide) return;
  context.save();
  Object.assign(context, { font: `${SIZE * textScale()}px ${getComputedStyle(scatter.root).fontFamily}`, lineJoin: "round" });
  if (parts.points.dims === 3) drawEdges(context, scatter, theme);
  else drawSides(context, scatter, theme);
  context.restore();
}

function drawSides(context, { camera, width, height, parts, view }, theme) {
  const { low, side } = parts.points;
  const first = camera.measured(camera.plane(0, height), parts.points), last = camera.measured(camera.plane(width, 0), parts.points);
  for (const axis of [0, 1]) {
    for (const [value, words] of ticks(first[axis], last[axis])) {
      const share = (value - low[axis]) / side[axis], at = camera.screen(share, share)[axis];
      rule(context, axis === 0 ? [at, 0, at, height] : [0, at, width, at], theme, value === 0 ? 0.35 : 0.1);
      // Not under the names of the axes, which have the corners.
      if (axis === 0 ? at > 40 && at < width - 40 : at > 30 && at < height - 24) {
        Object.assign(context, axis === 0 ? { textAlign: "center", textBaseline: "bottom" } : { textAlign: "left", textBaseline: "middle" });
        say(context, words, axis === 0 ? at : INSET, axis === 0 ? height - INSET : at, theme, 0.8);
      }
    }
  }
  Object.assign(context, { textAlign: "right", textBaseline: "bottom" });
  say(context, `${view.axes[0]} →`, width - INSET, height - INSET - SIZE * textScale() - 5, theme, 1);
  Object.assign(context, { textAlign: "left", textBaseline: "top" });
  say(context, `↑ ${view.axes[1]}`, INSET, INSET, theme, 1);
}

// Three edges of the box around a cloud, each with its name and range.
function drawEdges(context, { camera, parts, view, width }, theme) {
  const { low, side, extent } = parts.points, [right, up] = camera.axes();
  const onScreen = (corner) => {
    const from = corner.map((share, k) => (share - 0.5) * extent[k]);
    return camera.screen(...[right, up].map((axis) => 0.5 + axis.reduce((sum, part, k) => sum + part * from[k], 0)));
  };
  const start = onScreen([0, 0, 0]);
  for (const axis of [0, 1, 2]) {
    const end = onScreen([0, 1, 2].map((k) => Number(k === axis)));
    rule(context, [...start, ...end], theme, 0.5);
    const [from, to] = [-1, 1].map((sign) => low[axis] + (side[axis] * (1 + sign * extent[axis])) / 2);
    Object.assign(context, { textAlign: end[0] > width / 2 ? "right" : "left", textBaseline: "middle" });
    say(context, `${view.axes[axis]} (${short(from)} to ${short(to)})`, ...end, theme, 1);
  }
}

function rule(context, [x0, y0, x1, y1], theme, alpha) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  Object.assign(context, { strokeStyle: theme.text, lineWidth: 1, globalAlpha: alpha });
  context.stroke();
  context.globalAlpha = 1;
}

function say(context, words, x, y, theme, alpha) {
  Object.assign(context, { strokeStyle: theme.background, lineWidth: 3, fillStyle: theme.text });
  context.strokeText(words, x, y);
  context.globalAlpha = alpha;
  context.fillText(words, x, y);
  context.globalAlpha = 1;
}

const short = (value) => String(Number(value.toPrecision(2)));

// Round values between two ends, about as many as asked, with their words.
export function ticks(low, high, count = TICKS) {
  const rough = (high - low) / count, size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((times) => times * size >= rough) * size;
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const values = [];
  for (let k = Math.ceil(low / step); k * step <= high; k++) values.push([k * step, decimals > 6 || Math.abs(k * step) >= 1e6 ? (k * step).toExponential(1) : (k * step).toFixed(decimals)]);
  return values;
}
