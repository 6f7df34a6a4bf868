// Lays the blocks of a network out in rows, with skip connections above them, parameters and activation sizes below,
// and answers pointer and keys.

import { count, element, svgElement, textScale } from "../browser/dom.js";
import { clamp } from "../browser/numbers.js";
import { jsonOf } from "../browser/payload.js";
import { cellsOf, factsOf, familiesOf, titleOf } from "./cells.js";
import { arcPath, arcsOf, boundaryAt } from "./skips.js";
import { arc, arrow, bars, COLORS, download, RISE, slab, toggle, words } from "./slabs.js";
import { broken, fitted, full, halves, short } from "./words.js";

const drawings = new WeakMap();

const NARROWEST = 60, READABLE = 84, WIDEST = 132; // CSS pixels of a cell; long titles widen it up to READABLE
const TALLEST = 128, LOWEST = 9; // CSS pixels of a slab's front
const LETTER = 6.4, LINE = 13; // CSS pixels of a letter of a title, about, and from line to line, at the usual size of text
const BAND = 36; // CSS pixels of the highest bar
const STEP = 8; // CSS pixels from one skip connection to that around it
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
    this.opened = new Set();
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
    if (token !== this.token || textScale() !== this.text) {
      this.token = token;
      this.tip.hidden = true;
      this.draw();
    }
    this.mark();
  }

  draw() {
    this.width = this.root.clientWidth;
    if (!this.width) return;
    this.text = textScale();
    this.cells = cellsOf(this.view, this.opened);
    Object.assign(this, arcsOf(this.cells));
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
    const letter = LETTER * this.text;
    const least = Math.min(READABLE * this.text, Math.max(NARROWEST, longest * letter + 4));
    const rows = Math.ceil(total / Math.max(2, Math.floor(this.width / least)));
    this.perRow = Math.ceil(total / rows);
    this.cell = Math.min(WIDEST * this.text, this.width / this.perRow);
    const most = (pick) => Math.max(1, ...this.cells.map((cell) => pick(cell) ?? 0));
    const extent = most((cell) => cell.extent?.[0]), channels = most((cell) => cell.channels);
    this.most = { values: most((cell) => cell.values), parameters: most((cell) => cell.parameters) };
    for (const cell of this.cells) {
      cell.text = this.text;
      cell.titles = broken(titleOf(cell), Math.floor((this.cell - 4) / letter));
      if (!cell.extent) continue;
      const root = (value, whole) => Math.sqrt(value / whole);
      cell.high = Math.max(LOWEST, TALLEST * root(cell.extent[0], extent));
      cell.deep = Math.max(LOWEST, TALLEST * root(cell.extent[1], extent)) * 0.24;
      cell.wide = Math.max(5, 0.5 * this.cell * root(cell.channels, channels));
    }
  }

  // The middle of the slabs lies on one line, as the path of the image; returns where the next row starts.
  drawRow(cells, top, first) {
    const { text } = this, line = LINE * text;
    const head = cells.some((cell) => cell.within) ? 9 + line : 0;
    const arcs = this.arcs.filter(({ from, to }) => to > first && from < first + cells.length);
    const lifted = arcs.length ? STEP * (5 + 2 * Math.max(...arcs.map(({ above }) => above))) : 0;
    const room = lifted + Math.max(44, ...cells.map((cell) => tallOf(cell) + (cell.repeats > 1 ? 34 * text : 12)));
    const title = top + head + room + 16 * text;
    const label = title + 15 * text + line * (Math.max(...cells.map((cell) => cell.titles.length)) - 1);
    const levels = { axis: top + head + room / 2 + 2, title, label, base: label + 11 + line + BAND };
    const bottom = levels.base + 7 + line;
    cells.forEach((cell, i) => (cell.x = (i + 0.5) * this.cell));
    this.drawGroups(cells, top + line);
    this.drawArrows(cells, levels.axis, first);
    for (const cell of cells) this.drawCell(cell, top + head, bottom, levels);
    for (const each of arcs) this.drawArc(each, cells, first, levels.axis);
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
      const { holder } = cells[first], room = to - from - (holder ? 18 : 0);
      words(this.svg, fitted(within, Math.floor(room / (6 * this.text))), (from + to) / 2, level, 11 * this.text, { opacity: 0.78 });
      if (holder) this.answerToggle(toggle(this.svg, to - 6, level - 4, true, holder), holder);
    }
  }

  drawArc({ from, to, sum, above }, cells, first, axis) {
    const over = cells.slice(Math.max(0, from - first), to - first);
    const level = Math.min(...over.map((cell) => axis - tallOf(cell) / 2 - (cell.repeats > 1 ? 16 * this.text : 0))) - STEP * (1 + above);
    const row = { first, end: first + cells.length, pitch: this.cell, axis, level };
    const behind = this.cut.has(from) && from > first ? cells[from - first - 1].x + reachOf(cells[from - first - 1]) : undefined;
    const before = !sum && to < row.end ? cells[to - first].x - reachOf(cells[to - first]) : undefined;
    const paper = getComputedStyle(this.root).getPropertyValue("--st-background-color") || "white";
    arc(this.svg, arcPath({ from, to, sum }, { ...row, behind, before }), sum && to <= row.end, { x: boundaryAt(to, row), axis, paper });
  }

  drawArrows(cells, axis, first) {
    cells.forEach((cell, i) => {
      const end = cell.x - reachOf(cell);
      const start = i ? cells[i - 1].x + reachOf(cells[i - 1]) : Math.max(1, end - 14);
      if (first + i && end - start > 5 && !this.cut.has(first + i)) arrow(this.svg, start, end, axis);
    });
  }

  drawCell(cell, top, bottom, { axis, title, label, base }) {
    const group = svgElement(this.svg, "g", { class: cell.name ? "block" : "end" });
    svgElement(group, "rect", { class: "cell", x: cell.x - this.cell / 2 + 1, y: top + 1, width: this.cell - 2, height: bottom - top, rx: 5, fill: "none", "pointer-events": "all" });
    (cell.high ? slab : bars)(group, cell, axis);
    const { text } = this, below = LINE * text;
    cell.titles.forEach((line, i) => words(group, line, cell.x, title + below * i, 11.5 * text, { "font-weight": 600 }));
    const shown = cell.label.join(" × ");
    const lines = shown.length * 6 * text < this.cell - 4 ? [shown] : cell.label.map((part, i) => (i + 1 < cell.label.length ? `${part} ×` : part));
    lines.forEach((line, i) => words(group, line, cell.x, label + below * i, 11 * text, { opacity: 0.78 }));
    if (cell.parameters !== undefined) words(group, short(cell.parameters), cell.x, base + below, 10 * text, { opacity: 0.65 });
    if (cell.name) this.answer(group, cell);
    if (cell.parts?.length) this.answerToggle(toggle(this.svg, cell.x + this.cell / 2 - 10, top + 10, false, cell.name), cell.name);
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

  answerToggle(group, name) {
    group.onclick = () => this.toggle(name);
    group.onkeydown = (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      this.toggle(name);
    };
  }

  toggle(name) {
    if (!this.opened.delete(name)) this.opened.add(name);
    this.draw();
    this.svg.querySelector(`[data-toggle="${CSS.escape(name)}"]`)?.focus({ preventScroll: true });
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
      const selected = this.view.selected.includes(group.dataset.name);
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
    if (this.arcs.length) entry("sum", "sum of a skip connection");
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

// A slab with its lifted back, from foot to top.
const tallOf = (cell) => (cell.high ?? 0) + (cell.deep ?? 0) * RISE;
// From its middle to either side.
const reachOf = (cell) => (cell.high ? (cell.wide + cell.deep) / 2 : 14) + 4;
