
// Fills that stay apart for colour-blind eyes, chosen for labels in dark text beside them.
const COLOURS = {
  convolution: "#6d9fd1",
  normalisation: "#b9d7ea",
  activation: "#ee9a6c",
  pooling: "#4fb39a",
  attention: "#d58fb6",
  linear: "#e5c66a",
  block: "#8f96b8",
  other: "#b8bcc0",
};
const PRIMARIES = ["#d58a8a", "#8fc19b", "#8aa6d5"];
const RISE = 0.8; // how steeply depth goes up, as a share of how far it goes to the right
const SVG = "http://www.w3.org/2000/svg";
const EDGE = { stroke: "currentColor", "stroke-opacity": 0.45, "stroke-width": 0.75, "stroke-linejoin": "round" };

const full = (number) => number.toLocaleString("en");

function short(number) {
  const [unit, mark] = [[1e9, " G"], [1e6, " M"], [1e3, " k"]].find(([unit]) => number >= unit) ?? [1, ""];
  return Number((number / unit).toPrecision(3)) + mark;
}

function element(parent, tag, className, attributes = {}) {
  const made = document.createElement(tag);
  made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return parent.appendChild(made);
}

function shape(parent, tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return parent.appendChild(made);
}

function words(parent, text, x, y, attributes = {}) {
  const made = shape(parent, "text", { x, y, "text-anchor": "middle", "font-size": 11, fill: "currentColor", ...attributes });
  made.textContent = text;
}

// The end of a name tells it from its neighbours, so the beginning gives way.
const fitted = (text, room) => (text.length <= room ? text : `…${text.slice(1 - Math.max(room, 4))}`);

// A name in one line, or in two.
function broken(text, room) {
  return (text.length <= room ? [text] : halves(text)).map((line) => fitted(line, room));
}

// A name parted between the two of its words nearest to its middle.
function halves(text) {
  const cuts = [...text.matchAll(/(?<=[_ ]|[a-z](?=[A-Z]))./g)].map((found) => found.index);
  if (!cuts.length) return [text];
  const cut = cuts.reduce((best, at) => (Math.abs(at - text.length / 2) < Math.abs(best - text.length / 2) ? at : best));
  return [text.slice(0, cut), text.slice(cut)];
}

// One colour nearer to white (share > 0) or to black.
function shade(colour, share) {
  const target = share > 0 ? 255 : 0;
  const mixed = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)).map((part) => Math.round(part + (target - part) * Math.abs(share)));
  return `rgb(${mixed.join(" ")})`;
}

// A cuboid seen from the front, a little from above and from the right: rows up, columns into depth, channels across.
function slab(parent, cell, axis) {
  const { wide, high, deep } = cell;
  const lift = deep * RISE;
  const x = cell.x - (wide + deep) / 2, y = axis - (high - lift) / 2;
  const colour = COLOURS[cell.family] ?? "#dfe3e6";
  const art = shape(parent, "g", { class: "slab" });
  const face = (points, fill) => shape(art, "polygon", { points: points.join(" "), fill, ...EDGE });
  face([[x, y], [x + deep, y - lift], [x + deep + wide, y - lift], [x + wide, y]], shade(colour, 0.35));
  face([[x + wide, y], [x + deep + wide, y - lift], [x + deep + wide, y - lift + high], [x + wide, y + high]], shade(colour, -0.18));
  shape(art, "rect", { x, y, width: wide, height: high, fill: colour });
  const inside = cell.family === "block" ? contents : followers;
  (cell.family === "image" && cell.channels === 3 ? primaries : inside)(art, cell, x, y);
  if (cell.tokens) rule(art, cell, x, y);
  shape(art, "rect", { x, y, width: wide, height: high, fill: "none", ...EDGE });
  if (cell.repeats > 1) words(parent, `${cell.repeats} x`, cell.x, y - lift - 5, { "font-size": 10.5, opacity: 0.8 });
}

// The three colours of an image's pixels.
function primaries(art, { wide, high }, x, y) {
  PRIMARIES.forEach((fill, i) => shape(art, "rect", { x: x + (wide * i) / 3, y, width: wide / 3, height: high, fill }));
}

// What a block holds: a strip along its foot, as long for each family as it has layers.
function contents(art, { wide, high, makeup }, x, y) {
  const whole = makeup.reduce((sum, [, count]) => sum + count, 0);
  const strip = stripOf(high);
  let from = x;
  for (const [family, count] of makeup) {
    const length = (wide * count) / whole;
    shape(art, "rect", { x: from, y: y + high - strip, width: length, height: strip, fill: COLOURS[family] });
    from += length;
  }
}

const stripOf = (high) => Math.min(7, high * 0.35);

// What follows a convolution or linear layer: bands at its right side, where its output leaves.
function followers(art, { wide, high, makeup }, x, y) {
  const band = Math.min(3.5, wide / 5);
  const after = makeup.slice(1);
  after.forEach(([family], i) => {
    shape(art, "rect", { x: x + wide - band * (after.length - i), y, width: band, height: high, fill: COLOURS[family] });
  });
}

// Tokens are separate vectors: lines across the front.
function rule(art, { wide, high, extent, family }, x, y) {
  const room = family === "block" ? high - stripOf(high) : high;
  const rows = Math.min(Math.round(extent[0]), Math.floor(room / 4));
  for (let row = 1; row < rows; row++) {
    const level = y + (room * row) / rows;
    shape(art, "line", { x1: x, x2: x + wide, y1: level, y2: level, stroke: "#ffffff", "stroke-opacity": 0.55, "stroke-width": 0.8 });
  }
}

// The classes: one bar for each of a few, as their probabilities are drawn.
function bars(parent, cell, axis) {
  [20, 12, 7, 4].forEach((length, i) => {
    shape(parent, "rect", { x: cell.x - 10, y: axis - 14 + 7 * i, width: length, height: 4.5, rx: 1, fill: "currentColor", "fill-opacity": 0.55 });
  });
}

function arrow(parent, start, end, axis) {
  const line = { fill: "none", stroke: "currentColor", "stroke-opacity": 0.5, "stroke-width": 1.1, "stroke-linecap": "round", "stroke-linejoin": "round" };
  shape(parent, "path", { d: `M${start} ${axis}H${end}m-3.5 -3l3.5 3l-3.5 3`, class: "arrow", ...line });
}

// The file stands alone: the colours and the font the page gave are written into it.
function download(svg, root) {
  const copy = svg.cloneNode(true);
  const { color, fontFamily } = getComputedStyle(root);
  copy.setAttribute("xmlns", SVG);
  copy.setAttribute("color", color);
  copy.setAttribute("font-family", fontFamily);
  const paper = getComputedStyle(root).getPropertyValue("--st-background-color") || "white";
  copy.prepend(shape(copy, "rect", { width: "100%", height: "100%", fill: paper.trim() }));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" }));
  link.download = "architecture.svg";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
