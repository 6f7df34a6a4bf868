// Lays the blocks of a network out in rows, with parameters and activation sizes below them, and answers pointer and
// keys.

import { count, element, svgElement } from "../browser/dom.js";
import { clamp } from "../browser/numbers.js";
import { jsonOf } from "../browser/payload.js";
import { arrow, bars, COLORS, download, RISE, slab, words } from "./slabs.js";
import { broken, fitted, full, halves, short } from "./words.js";

const drawings = new WeakMap();

const NARROWEST = 60, READABLE = 84, WIDEST = 132; // CSS pixels of a cell; long titles widen it up to READABLE
const TALLEST = 128, LOWEST = 9; // CSS pixels of a slab's front
const LETTER = 6.4; // CSS pixels of a letter of a title, about
const BAND = 36; // CSS pixels of the highest bar
const MOVES = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

export default function mount({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".architecture");
  if (!drawings.has(root)) drawings.set(root, new Drawing(root));
  const drawing = drawings.get(root);
  drawing.send = (name) => setTriggerValue("pick", name);
  drawing.receive(jsonOf(data));
  return () => {
    drawing.observer.disconnect();
    drawings.delete(root);
  };
}

class Drawing {
  constructor(root) {
    this.root = root;
    root.replaceChildren();
    this.svg = svgElement(root, "svg", { role: "group", "aria-label": "Architecture of the network" });
    this.foot = element(root, "div", "foot");
    this.tip = element(root, "div", "tip", { hidden: "", role: "tooltip" });
    this.observer = new ResizeObserver(() => this.view && root.clientWidth !== this.width && this.draw());
    this.observer.observe(root);
  }

  receive(view) {
    const token = JSON.stringify({ ...view, selected: null });
    this.view = view;
    if (token !== this.token) {
      this.token = token;
      this.tip.hidden = true;
      this.draw();
    }
    this.mark();
  }

  draw() {
    this.width = this.root.clientWidth;
    if (!this.width) return;
    this.cells = cellsOf(this.view);
    this.measure();
    this.svg.replaceChildren();
    let top = 0;
    for (let first = 0; first < this.cells.length; first += this.perRow)
      top = this.drawRow(this.cells.slice(first, first + this.perRow), top, first);
    for (const [name, value] of Object.entries({ width: this.width, height: top, viewBox: `0 0 ${this.width} ${top}` }))
      this.svg.setAttribute(name, value);
    this.drawFoot();
    this.mark();
    requestAnimationFrame(() => count(this.root, "painted"));
  }

  // Equally full rows of cells that are wide enough to read; one scale for all rows.
  measure() {
    const total = this.cells.length;
    const longest = Math.max(...this.cells.flatMap((cell) => halves(titleOf(cell))).map((line) => line.length));
    const least = Math.min(READABLE, Math.max(NARROWEST, longest * LETTER + 4));
    const rows = Math.ceil(total / Math.max(2, Math.floor(this.width / least)));
    this.perRow = Math.ceil(total / rows);
    this.cell = Math.min(WIDEST, this.width / this.perRow);
    const most = (pick) => Math.max(1, ...this.cells.map((cell) => pick(cell) ?? 0));
    const extent = most((cell) => cell.extent?.[0]), channels = most((cell) => cell.channels);
    this.most = { values: most((cell) => cell.values), parameters: most((cell) => cell.parameters) };
    for (const cell of this.cells) {
      cell.titles = broken(titleOf(cell), Math.floor((this.cell - 4) / LETTER));
      if (!cell.extent) continue;
      const root = (value, whole) => Math.sqrt(value / whole);
      cell.high = Math.max(LOWEST, TALLEST * root(cell.extent[0], extent));
      cell.deep = Math.max(LOWEST, TALLEST * root(cell.extent[1], extent)) * 0.24;
      cell.wide = Math.max(5, 0.5 * this.cell * root(cell.channels, channels));
    }
  }

  // The middle of the slabs lies on one line, as the path of the image; returns where the next row starts.
  drawRow(cells, top, first) {
    const head = cells.some((cell) => cell.within) ? 22 : 0;
    const room = Math.max(44, ...cells.map((cell) => (cell.high ?? 0) + ((cell.deep ?? 0) * RISE) + (cell.repeats > 1 ? 34 : 12)));
    const title = top + head + room + 16;
    const label = title + 15 + 13 * (Math.max(...cells.map((cell) => cell.titles.length)) - 1);
    const levels = { axis: top + head + room / 2 + 2, title, label, base: label + 24 + BAND };
    const bottom = levels.base + 20;
    cells.forEach((cell, i) => (cell.x = (i + 0.5) * this.cell));
    this.drawGroups(cells, top + 13);
    this.drawArrows(cells, levels.axis, first);
    for (const cell of cells) this.drawCell(cell, top + head, bottom, levels);
    this.drawBand(cells, levels.base);
    return bottom + 14;
  }

  // A line over neighbours that lie in the same module, with its name.
  drawGroups(cells, level) {
    for (let first = 0, next; first < cells.length; first = next) {
      const { within } = cells[first];
      for (next = first + 1; next < cells.length && cells[next].within === within; ) next++;
      if (!within) continue;
      const from = cells[first].x - this.cell / 2 + 5, to = cells[next - 1].x + this.cell / 2 - 5;
      svgElement(this.svg, "path", { d: `M${from} ${level + 10}v-5H${to}v5`, class: "group", fill: "none", stroke: "currentColor", "stroke-opacity": 0.3 });
      words(this.svg, fitted(within, Math.floor((to - from) / 6)), (from + to) / 2, level, { opacity: 0.78 });
    }
  }

  drawArrows(cells, axis, first) {
    const reach = (cell) => (cell.high ? (cell.wide + cell.deep) / 2 : 14) + 4;
    cells.forEach((cell, i) => {
      const end = cell.x - reach(cell);
      const start = i ? cells[i - 1].x + reach(cells[i - 1]) : Math.max(1, end - 14);
      if (first + i && end - start > 5) arrow(this.svg, start, end, axis);
    });
  }

  drawCell(cell, top, bottom, { axis, title, label, base }) {
    const group = svgElement(this.svg, "g", { class: cell.name ? "block" : "end" });
    svgElement(group, "rect", { class: "cell", x: cell.x - this.cell / 2 + 1, y: top + 1, width: this.cell - 2, height: bottom - top, rx: 5, fill: "none", "pointer-events": "all" });
    (cell.high ? slab : bars)(group, cell, axis);
    const strong = { "font-weight": 600, "font-size": 11.5 };
    cell.titles.forEach((line, i) => words(group, line, cell.x, title + 13 * i, strong));
    const shown = cell.label.join(" x ");
    const lines = shown.length * 6 < this.cell - 4 ? [shown] : cell.label.map((part, i) => (i + 1 < cell.label.length ? `${part} x` : part));
    lines.forEach((line, i) => words(group, line, cell.x, label + 13 * i, { opacity: 0.78 }));
    if (cell.parameters !== undefined) words(group, short(cell.parameters), cell.x, base + 13, { opacity: 0.65, "font-size": 10 });
    if (cell.name) this.answer(group, cell);
  }

  drawBand(cells, base) {
    const ends = [cells[0].x - this.cell / 2 + 4, cells.at(-1).x + this.cell / 2 - 4];
    svgElement(this.svg, "line", { x1: ends[0], x2: ends[1], y1: base, y2: base, stroke: "currentColor", "stroke-opacity": 0.25 });
    const level = (value, most) => BAND * Math.sqrt(value / most);
    for (const cell of cells.filter(({ parameters }) => parameters)) {
      const high = Math.max(1, level(cell.parameters, this.most.parameters));
      svgElement(this.svg, "rect", { class: "parameters", x: cell.x - 7, y: base - high, width: 14, height: high, rx: 1.5, fill: "currentColor", "fill-opacity": 0.3, "pointer-events": "none" });
    }
    const points = cells.filter((cell) => cell.values).map((cell) => [cell.x, base - level(cell.values, this.most.values)]);
    svgElement(this.svg, "polyline", { class: "values", points: points.join(" "), fill: "none", stroke: "currentColor", "stroke-opacity": 0.55, "stroke-width": 1.3, "pointer-events": "none" });
    for (const [x, y] of points) svgElement(this.svg, "circle", { cx: x, cy: y, r: 2.6, fill: "currentColor", "pointer-events": "none" });
  }

  answer(group, cell) {
    const facts = factsOf(cell);
    const attributes = { role: "button", tabindex: 0, "data-name": cell.name, "aria-label": [cell.name, ...facts].join(", ") };
    for (const [name, value] of Object.entries(attributes)) group.setAttribute(name, value);
    group.onclick = () => this.send(cell.name);
    group.onpointerenter = group.onfocus = () => this.tell(group, cell, facts);
    group.onpointerleave = group.onblur = () => (this.tip.hidden = true);
    group.onkeydown = (event) => this.key(event, group, cell);
  }

  key(event, group, cell) {
    if (event.key === "Enter" || event.key === " ") this.send(cell.name);
    else if (event.key === "Escape") this.tip.hidden = true;
    else if (event.key in MOVES) {
      const groups = [...this.svg.querySelectorAll(".block")];
      groups[groups.indexOf(group) + MOVES[event.key]]?.focus();
    } else return;
    event.preventDefault();
  }

  tell(group, cell, facts) {
    this.tip.replaceChildren();
    element(this.tip, "div", "name", {}, cell.name);
    for (const fact of facts) element(this.tip, "div", "detail", {}, fact);
    this.tip.hidden = false;
    const box = group.getBoundingClientRect(), tip = this.tip.getBoundingClientRect();
    const left = clamp(box.left + box.width / 2 - tip.width / 2, 8, innerWidth - tip.width - 8);
    const above = box.top - tip.height - 4;
    Object.assign(this.tip.style, { left: `${left}px`, top: `${above > 8 ? above : box.bottom + 4}px` });
  }

  mark() {
    for (const group of this.svg.querySelectorAll(".block")) {
      const selected = group.dataset.name === this.view.selected;
      group.classList.toggle("selected", selected);
      group.setAttribute("aria-pressed", selected);
    }
  }

  drawFoot() {
    this.foot.replaceChildren();
    const { blocks, outside } = this.view;
    const entry = (className, text, color) => {
      const key = element(this.foot, "span", "entry");
      const swatch = element(key, "span", `swatch ${className}`);
      if (color) swatch.style.background = color;
      element(key, "span", "text", {}, text);
    };
    const families = familiesOf(blocks);
    for (const family of families) entry("family", family, COLORS[family]);
    entry("bar", "parameters");
    entry("dot", "activation size");
    this.drawSave(families);
    const note = element(this.foot, "span", "note");
    note.textContent =
      "Height and depth: rows and columns. Width: channels. All, bars and dots too, on square-root scales." +
      (outside > 0 ? ` ${full(outside)} parameters lie outside these blocks.` : "");
  }

  drawSave(families) {
    const { title, file } = this.view;
    element(this.foot, "button", "save", { type: "button" }, "Download SVG").onclick = () => download(this.svg, this.root, { title, file, families });
  }
}

function familiesOf(blocks) {
  const inside = new Set(blocks.flatMap((block) => [block.family, ...block.makeup.map(([family]) => family)]));
  return Object.keys(COLORS).filter((family) => inside.has(family));
}

function cellsOf({ blocks, input, classes }) {
  const cells = blocks.map((block) => ({ ...block }));
  if (input) {
    const [channels, rows, columns] = input;
    const label = [`${channels}`, `${rows} x ${columns}`];
    cells.unshift({ title: "image", label, extent: [rows, columns], channels, values: channels * rows * columns, family: "image", makeup: [], repeats: 1 });
  }
  if (classes) cells.push({ title: classes === 1 ? "class" : "classes", label: [`${classes}`] });
  return cells;
}

// A number alone says little below a slab: its class goes before it.
function titleOf({ title, kind }) {
  return /^[\d…]+$/.test(title) && kind ? `${kind.match(/[A-Za-z_]\w{2,}/)?.[0] ?? ""} ${title}` : title;
}

function factsOf({ kind, label, values, parameters, layers }) {
  const counted = (number, noun) => `${full(number)} ${noun}${number === 1 ? "" : "s"}`;
  return [kind, `output ${label.join(" x ")} = ${counted(values, "value")}`, `${counted(parameters, "parameter")} in ${counted(layers, "layer")}`];
}
