// Draws a matrix whose rows and columns have names. It comes as a payload; what is sent here is the view of it, with
// the token of the payload.

import { count, element, textScale } from "../browser/dom.js";
import { clamp } from "../browser/numbers.js";
import { jsonOf, onPayloads, payload } from "../browser/payload.js";
import { gradient, tableOf } from "../browser/pixels.js";
import { reveal } from "../browser/reveal.js";
import { drawCells, stateOf } from "./cells.js";
import { arrange, cellAt, moved, shortened, written } from "./sizes.js";

const maps = new WeakMap();
const DISTANCE = 14; // CSS pixels between a cell and what is said of it
const MARGIN = 5; // CSS pixels around the matrix, as in heat_map.css: room for outlines
const same = (one, other) => String(one) === String(other);

export default function mount({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".heat-map");
  if (!maps.has(root)) maps.set(root, new HeatMap(root));
  const map = maps.get(root);
  map.receive(jsonOf(data), setTriggerValue);
  return () => {
    map.close();
    maps.delete(root);
  };
}

class HeatMap {
  cursor = [0, 0];
  pointed = null;

  constructor(root) {
    this.root = root;
    root.replaceChildren();
    this.across = element(root, "div", "axis across");
    const body = element(root, "div", "body");
    this.down = element(body, "div", "axis down");
    this.window = element(body, "div", "window");
    this.sheet = element(this.window, "div", "sheet");
    this.columns = element(this.sheet, "div", "names columns");
    this.rows = element(this.sheet, "div", "names rows");
    this.field = element(this.sheet, "div", "field");
    this.canvas = element(this.field, "canvas", "cells", { tabindex: 0, role: "application", "aria-roledescription": "heat map" });
    this.marks = Object.fromEntries(["selected", "cursor", "pointed"].map((name) => [name, element(this.field, "div", `mark ${name}`, { hidden: "" })]));
    this.buildFoot();
    this.card = element(root, "div", "card", { hidden: "" });
    this.live = element(root, "p", "live", { "aria-live": "polite" });
    this.listen();
    this.forget = onPayloads(() => this.view && this.refresh());
  }

  buildFoot() {
    const foot = element(this.root, "div", "foot");
    const legend = element(foot, "div", "legend");
    this.low = element(legend, "span", "low");
    this.ramp = element(legend, "div", "ramp");
    this.needle = element(this.ramp, "div", "needle", { hidden: "" });
    this.high = element(legend, "span", "high");
    this.meanings = Object.fromEntries(["framed", "dimmed"].map((name) => {
      const meaning = element(foot, "span", "meaning");
      element(meaning, "span", `swatch ${name}`);
      return [name, { meaning, words: element(meaning, "span", "words") }];
    }));
  }

  listen() {
    this.canvas.onpointermove = (event) => event.pointerType !== "touch" && this.point(this.hit(event));
    this.canvas.onpointerleave = () => this.point(null);
    this.canvas.onclick = (event) => this.pick(this.hit(event));
    this.canvas.onkeydown = (event) => this.key(event);
    this.canvas.onblur = () => this.point(null);
    this.observer = new ResizeObserver(() => this.matrix && this.root.clientWidth !== this.width && this.lay());
    this.observer.observe(this.root);
  }

  close() {
    this.observer.disconnect();
    this.forget();
  }

  // --- what arrives -------------------------------------------------------------------------------------------

  receive(view, send) {
    Object.assign(this, { view, send });
    this.refresh();
  }

  refresh() {
    const { view } = this, known = this.matrix?.token === view.token;
    const matrix = known ? this.matrix : payload(view.token);
    if (!matrix) return;
    this.matrix = matrix;
    if (!known) this.table = tableOf(matrix.table);
    this.describe(); // first: the words beside the matrix take some of its width
    this.lay();
    if (view.selected && !known) this.cursor = [...view.selected];
    this.mark("selected", view.selected);
  }

  describe() {
    const { view, matrix } = this;
    [this.across.textContent, this.down.textContent] = [`${view.across} →`, `${view.down} →`];
    [this.low.textContent, this.high.textContent] = view.legend;
    this.ramp.style.background = gradient(this.table, 0);
    for (const [name, { meaning, words }] of Object.entries(this.meanings)) {
      meaning.hidden = !view[name];
      words.textContent = view[name];
    }
    const sizes = `${matrix.rows.length} rows (${view.down}), ${matrix.columns.length} columns (${view.across})`;
    this.canvas.setAttribute("aria-label", `Heat map, ${sizes}. Arrow keys move, Enter selects.`);
  }

  // --- drawing ------------------------------------------------------------------------------------------------

  lay() {
    const { matrix } = this;
    this.width = this.root.clientWidth;
    const layout = (this.layout = arrange({ ...matrix, width: this.window.clientWidth - 2 * MARGIN, text: textScale() }));
    Object.assign(this.sheet.style, { gridTemplateColumns: `${layout.left}px ${layout.width}px`, gridTemplateRows: `${layout.top}px ${layout.height}px` });
    this.name(this.rows, matrix.rows, "top", layout.left);
    this.name(this.columns, matrix.columns, "left", layout.top);
    drawCells(this.canvas, { matrix, layout, table: this.table, ink: getComputedStyle(this.root).color, dpr: devicePixelRatio });
    Object.assign(this.canvas.dataset, { cell: layout.cell, rows: matrix.rows.length, columns: matrix.columns.length });
    count(this.canvas, "painted");
    this.mark("selected", this.view.selected);
  }

  name(root, names, side, room) {
    const { cell, text } = this.layout, shown = written(names.length, cell, text);
    root.replaceChildren();
    for (const [number, name] of names.entries()) {
      if (!shown[number]) continue;
      const made = element(root, "span", "name", { title: name }, shortened(name, room, text));
      made.dataset.number = number;
      made.style[side] = `${(number + 0.5) * cell}px`;
    }
  }

  mark(name, at) {
    const mark = this.marks[name], { cell } = this.layout;
    mark.hidden = !at;
    if (at) Object.assign(mark.style, { left: `${at[1] * cell}px`, top: `${at[0] * cell}px`, width: `${cell}px`, height: `${cell}px` });
  }

  // --- what a person does -------------------------------------------------------------------------------------

  hit(event) {
    return cellAt({ x: event.offsetX, y: event.offsetY }, this.layout, this.matrix);
  }

  point(at) {
    if (same(at, this.pointed)) return;
    this.pointed = at;
    this.mark("pointed", at);
    this.card.hidden = this.needle.hidden = !at;
    for (const [root, number] of [[this.rows, at?.[0]], [this.columns, at?.[1]]]) {
      for (const name of root.children) name.classList.toggle("pointed", Number(name.dataset.number) === number);
    }
    if (at) this.tell(at);
  }

  tell(at) {
    const { matrix } = this, number = this.numberOf(at);
    this.needle.style.left = `${matrix.levels.values[number] / 2.55}%`;
    this.needle.hidden = stateOf(matrix.flags.values[number]).includes("undefined");
    this.canvas.dataset.pointed = at;
    this.card.replaceChildren();
    element(this.card, "div", "title", {}, this.titleOf(at));
    for (const line of matrix.notes[number].split("\n")) element(this.card, "div", "line", {}, line);
    this.card.hidden = false;
    this.stand(this.marks.pointed.getBoundingClientRect());
  }

  stand(cell) {
    const { offsetWidth, offsetHeight } = this.card;
    const right = cell.right + DISTANCE, left = cell.left - DISTANCE - offsetWidth;
    const x = right + offsetWidth > innerWidth ? left : right;
    const y = clamp((cell.top + cell.bottom - offsetHeight) / 2, 64, Math.max(64, innerHeight - offsetHeight - 8));
    Object.assign(this.card.style, { left: `${Math.max(8, x)}px`, top: `${y}px` });
  }

  numberOf([row, column]) {
    return row * this.matrix.columns.length + column;
  }

  titleOf([row, column]) {
    return `${this.matrix.rows[row]} × ${this.matrix.columns[column]}`;
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") this.point(null);
    else if (event.key === "Enter" || event.key === " ") this.pick(this.cursor);
    else {
      const next = moved(this.cursor, event.key, this.matrix);
      if (!next) return;
      this.cursor = next;
      this.mark("cursor", next);
      this.point(next);
      const [first] = this.matrix.notes[this.numberOf(next)].split("\n");
      this.live.textContent = `${this.titleOf(next)}: ${first}`;
    }
    event.preventDefault();
  }

  pick(at) {
    if (!at) return;
    this.cursor = at;
    this.mark("selected", at);
    this.send("pick", at);
    reveal(this.view.reveals);
  }
}
