// What is drawn over the points: lines to true neighbours, rings around points, lassos and boxes.

import { element } from "../browser/dom.js";
import { drawAxes } from "./axes.js";
import { drawNames } from "./names.js";
import { SHOWN } from "./parts.js";

const EVEN = 1.5; // levels: what is as near as the k-th counts, and the map is sent in whole levels

export class Marks {
  drawing = null; // corners of a lasso or box under way, in CSS pixels
  hovered = null;

  constructor(scatter) {
    this.scatter = scatter;
    this.canvas = element(scatter.stage, "canvas", "marks", {
      tabindex: 0,
      role: "application",
      "aria-roledescription": "scatter",
      "aria-keyshortcuts": "ArrowLeft ArrowRight ArrowUp ArrowDown Enter Escape + - 0 L B M",
    });
    this.context = this.canvas.getContext("2d");
  }

  paint(density) {
    const { context, scatter } = this, { theme, camera, pinned, outline } = scatter;
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, scatter.width, scatter.height);
    drawAxes(context, scatter);
    if (!scatter.glide) {
      drawNames(context, scatter);
      const points = [...new Set([pinned, this.hovered])].filter((i) => i !== null);
      for (const i of points) this.lines(i);
      for (const i of points) {
        const [color, width] = i === pinned ? [theme.accent, 3] : [theme.text, 2];
        if (!scatter.thumbnails.raise(context, i, color)) this.ring(i, color, width);
      }
      if (outline) this.outline(outline.map(([u, v]) => camera.screen(u, v)), false);
    }
    if (this.drawing) this.outline(this.drawing, true);
  }

  // Lines to all neighbours, those to torn ones above; a halo keeps them apart from the points.
  lines(i) {
    const { scatter } = this, { near, far } = neighborsOf(scatter, i);
    const { text, far: torn } = scatter.theme;
    for (const [list, color] of [[near, text], [far, torn]]) {
      this.path(list.map((j) => [scatter.screen(i), scatter.screen(j)]));
      this.stroke(color, 1.5, []);
    }
    for (const [list, color] of [[near, text], [far, torn]]) for (const j of list) this.dot(j, color);
  }

  path(lines) {
    this.context.beginPath();
    for (const [from, to] of lines) {
      this.context.moveTo(...from);
      this.context.lineTo(...to);
    }
  }

  stroke(color, width, dash) {
    const { context, scatter } = this;
    for (const [ink, extra, dashes] of [[scatter.theme.background, 2.5, []], [color, 0, dash]]) {
      Object.assign(context, { strokeStyle: ink, lineWidth: width + extra, lineJoin: "round", lineCap: "round" });
      context.setLineDash(dashes);
      context.stroke();
    }
    context.setLineDash([]);
  }

  dot(i, color) {
    const { context, scatter } = this;
    context.beginPath();
    context.arc(...scatter.screen(i), Math.max(3.5, scatter.radius() * 0.7), 0, 2 * Math.PI);
    this.stroke(color, 1.5, []);
  }

  ring(i, color, width) {
    const { context, scatter } = this;
    context.beginPath();
    context.arc(...scatter.screen(i), scatter.radius() + 4, 0, 2 * Math.PI);
    this.stroke(color, width, []);
  }

  outline(corners, open) {
    const { context, scatter } = this;
    context.beginPath();
    for (const corner of corners) context.lineTo(...corner);
    context.closePath();
    Object.assign(context, { globalAlpha: 0.1, fillStyle: scatter.theme.accent });
    context.fill("evenodd");
    context.globalAlpha = 1;
    this.stroke(scatter.theme.accent, open ? 2 : 1.5, open ? [] : [6, 4]);
  }

  hover(i) {
    if (i === this.hovered) return;
    this.hovered = i;
    this.scatter.root.dataset.hovered = i ?? "";
    this.scatter.card.refresh();
    this.scatter.drawMarks();
  }
}

// The true neighbours that are shown, parted by whether they are among as many nearest ones on the map.
export function neighborsOf(scatter, i) {
  const { neighbors, points } = scatter.parts, near = [], far = [];
  if (!neighbors) return { near, far };
  const reach = reachOf(points, i, neighbors.columns) + EVEN;
  for (let k = i * neighbors.columns; k < (i + 1) * neighbors.columns; k++) {
    const j = neighbors.values[k];
    if (j === i || j >= scatter.count || !(scatter.flags[j] & SHOWN)) continue;
    (distanceOf(points, i, j) > reach ? far : near).push(j);
  }
  return { near, far };
}

const reaches = { token: null, of: new Map() };

// How far on the map the k-th nearest point is, in levels.
function reachOf(points, i, k) {
  if (reaches.token !== points.token) Object.assign(reaches, { token: points.token, of: new Map() });
  if (!reaches.of.has(i)) {
    const count = points.levels.length / points.dims, distances = new Float64Array(count);
    for (let j = 0; j < count; j++) distances[j] = j === i ? Infinity : distanceOf(points, i, j);
    reaches.of.set(i, distances.toSorted()[Math.min(k, count) - 1]);
  }
  return reaches.of.get(i);
}

function distanceOf({ levels, dims }, i, j) {
  let sum = 0;
  for (let k = 0; k < dims; k++) sum += (levels[dims * i + k] - levels[dims * j + k]) ** 2;
  return Math.sqrt(sum);
}
