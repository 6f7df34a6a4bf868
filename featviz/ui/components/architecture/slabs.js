// Draws one slab, and what stands between and below slabs.

import { save, svgElement } from "../browser/dom.js";

// Fills that stay apart for color-blind eyes, chosen for labels in dark text beside them.
export const COLORS = {
  convolution: "#6d9fd1",
  normalization: "#b9d7ea",
  activation: "#ee9a6c",
  pooling: "#4fb39a",
  attention: "#d58fb6",
  linear: "#e5c66a",
  block: "#8f96b8",
  other: "#b8bcc0",
};
const PRIMARIES = ["#d58a8a", "#8fc19b", "#8aa6d5"];
export const RISE = 0.8; // how steeply depth goes up, as a share of how far it goes to the right
const EDGE = { stroke: "currentColor", "stroke-opacity": 0.45, "stroke-width": 0.75, "stroke-linejoin": "round" };

// `size` is in pixels, that of the page's text included.
export function words(parent, text, x, y, size, attributes = {}) {
  const made = svgElement(parent, "text", { x, y, "text-anchor": "middle", "font-size": size, fill: "currentColor", ...attributes });
  made.textContent = text;
}

// One color nearer to white (share > 0) or to black.
function shade(color, share) {
  const target = share > 0 ? 255 : 0;
  const mixed = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16)).map((part) => Math.round(part + (target - part) * Math.abs(share)));
  return `rgb(${mixed.join(" ")})`;
}

// A cuboid seen from the front, a little from above and from the right: rows up, columns into depth, channels across.
export function slab(parent, cell, axis) {
  const { wide, high, deep } = cell;
  const lift = deep * RISE;
  const x = cell.x - (wide + deep) / 2, y = axis - (high - lift) / 2;
  const color = COLORS[cell.family] ?? "#dfe3e6";
  const art = svgElement(parent, "g", { class: "slab" });
  const face = (points, fill) => svgElement(art, "polygon", { points: points.join(" "), fill, ...EDGE });
  face([[x, y], [x + deep, y - lift], [x + deep + wide, y - lift], [x + wide, y]], shade(color, 0.35));
  face([[x + wide, y], [x + deep + wide, y - lift], [x + deep + wide, y - lift + high], [x + wide, y + high]], shade(color, -0.18));
  svgElement(art, "rect", { x, y, width: wide, height: high, fill: color });
  const inside = cell.family === "block" ? contents : followers;
  (cell.family === "image" && cell.channels === 3 ? primaries : inside)(art, cell, x, y);
  if (cell.tokens) rule(art, cell, x, y);
  svgElement(art, "rect", { x, y, width: wide, height: high, fill: "none", ...EDGE });
  if (cell.repeats > 1) words(parent, `${cell.repeats} ×`, cell.x, y - lift - 5, 10.5 * cell.text, { opacity: 0.8 });
}

// The three colors of an image's pixels.
function primaries(art, { wide, high }, x, y) {
  PRIMARIES.forEach((fill, i) => svgElement(art, "rect", { x: x + (wide * i) / 3, y, width: wide / 3, height: high, fill }));
}

// What a block holds: a strip along its foot, as long for each family as it has layers.
function contents(art, { wide, high, makeup }, x, y) {
  const whole = makeup.reduce((sum, [, count]) => sum + count, 0);
  const strip = stripOf(high);
  let from = x;
  for (const [family, count] of makeup) {
    const length = (wide * count) / whole;
    svgElement(art, "rect", { x: from, y: y + high - strip, width: length, height: strip, fill: COLORS[family] });
    from += length;
  }
}

const stripOf = (high) => Math.min(7, high * 0.35);

// What follows a convolution or linear layer: bands at its right side, where its output leaves.
function followers(art, { wide, high, makeup }, x, y) {
  const band = Math.min(3.5, wide / 5);
  const after = makeup.slice(1);
  after.forEach(([family], i) => {
    svgElement(art, "rect", { x: x + wide - band * (after.length - i), y, width: band, height: high, fill: COLORS[family] });
  });
}

// Tokens are separate vectors: lines across the front.
function rule(art, { wide, high, extent, family }, x, y) {
  const room = family === "block" ? high - stripOf(high) : high;
  const rows = Math.min(Math.round(extent[0]), Math.floor(room / 4));
  for (let row = 1; row < rows; row++) {
    const level = y + (room * row) / rows;
    svgElement(art, "line", { x1: x, x2: x + wide, y1: level, y2: level, stroke: "#ffffff", "stroke-opacity": 0.55, "stroke-width": 0.8 });
  }
}

// The classes: one bar for each of a few, as their probabilities are drawn.
export function bars(parent, cell, axis) {
  [20, 12, 7, 4].forEach((length, i) => {
    svgElement(parent, "rect", { x: cell.x - 10, y: axis - 14 + 7 * i, width: length, height: 4.5, rx: 1, fill: "currentColor", "fill-opacity": 0.55 });
  });
}

export function arrow(parent, start, end, axis) {
  const line = { fill: "none", stroke: "currentColor", "stroke-opacity": 0.5, "stroke-width": 1.1, "stroke-linecap": "round", "stroke-linejoin": "round" };
  svgElement(parent, "path", { d: `M${start} ${axis}H${end}m-3.5 -3l3.5 3l-3.5 3`, class: "arrow", ...line });
}

// A skip connection: a line over what it leads around, and where it ends in a sum a plus on the axis.
export function arc(parent, path, sum, { x, axis, paper }) {
  const line = { fill: "none", stroke: "currentColor", "stroke-opacity": 0.65, "stroke-width": 1.2, "stroke-linejoin": "round" };
  const group = svgElement(parent, "g", { class: "skip", "pointer-events": "none" });
  svgElement(group, "path", { d: path, ...line });
  if (!sum) return;
  svgElement(group, "circle", { cx: x, cy: axis, r: 4.5, ...line, fill: paper });
  svgElement(group, "path", { d: `M${x - 2.5} ${axis}h5m-2.5 -2.5v5`, ...line });
}

// A button that opens a block, or closes it; returns what answers.
export function toggle(parent, x, y, isOpen, name) {
  const group = svgElement(parent, "g", { class: "toggle", role: "button", tabindex: 0, "data-toggle": name, "aria-expanded": isOpen, "aria-label": `${isOpen ? "Close" : "Open"} ${name}` });
  svgElement(group, "rect", { x: x - 12, y: y - 12, width: 24, height: 24, fill: "none", "pointer-events": "all" });
  svgElement(group, "rect", { class: "key", x: x - 6, y: y - 6, width: 12, height: 12, rx: 2.5, stroke: "currentColor", "stroke-opacity": 0.55 });
  svgElement(group, "path", { d: `M${x - 3} ${y}h6${isOpen ? "" : "m-3 -3v6"}`, stroke: "currentColor", "stroke-width": 1.2 });
  return group;
}

// The file stands alone: the colors and the font the page gave are written into it, and below the drawing what the
// colors mean and what is drawn.
export function download(svg, root, { title, file, families }) {
  const copy = svg.cloneNode(true);
  const { color, fontFamily } = getComputedStyle(root);
  for (const key of copy.querySelectorAll(".toggle")) key.remove();
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("color", color);
  copy.setAttribute("font-family", fontFamily);
  const paper = getComputedStyle(root).getPropertyValue("--st-background-color") || "white";
  copy.prepend(svgElement(copy, "rect", { width: "100%", height: "100%", fill: paper.trim() }));
  explain(copy, title, families);
  save(new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" }), file);
}

function explain(copy, title, families) {
  const [width, height] = ["width", "height"].map((name) => Number(copy.getAttribute(name)));
  let left = 8, line = height + 18;
  for (const family of families) {
    const room = 28 + 7 * family.length;
    if (left > 8 && left + room > width) [left, line] = [8, line + 20];
    svgElement(copy, "rect", { x: left, y: line - 9, width: 11, height: 11, rx: 2, fill: COLORS[family] });
    words(copy, family, left + 16, line, 12, { "text-anchor": "start" });
    left += room;
  }
  words(copy, title, 8, line + 24, 14, { "text-anchor": "start", "font-weight": 600 });
  copy.setAttribute("height", line + 36);
  copy.setAttribute("viewBox", `0 0 ${width} ${line + 36}`);
}
