// The matrix: lays cells out in the width there is, links their cursors, and tells the page what a person picked.
// Images and maps come as payloads; what is sent here is the view of them.

import { breakable, count, element } from "../browser/dom.js";
import { clamp } from "../browser/numbers.js";
import { jsonOf, onPayloads, payload } from "../browser/payload.js";
import { tableOf } from "../browser/pixels.js";
import { MapCell } from "./cell.js";
import { Foot } from "./foot.js";

const grids = new WeakMap();

const NARROW = 560; // CSS pixels below which the names of rows and columns stand in the cells' way
const HEAD = 116; // CSS pixels of the names of the rows, at the left
const GAP = 18; // CSS pixels between cells
const SMALLEST = 112, SMALLEST_NARROW = 150; // CSS pixels of an image; below, the matrix scrolls sideways
const LARGEST = 520, LARGEST_OF_ROWS = 340; // CSS pixels of an image, where there is one row and where there are more
const SPACIOUS = 340; // CSS pixels of an image from which checks stand side by side below it
const MOST_PIXELS = 6e6; // of all maps that are painted: more take too long on a sharp screen
const FOOT = 960; // CSS pixels of the line below where the matrix is narrower
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

export default function mount({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".overlay-grid");
  if (!grids.has(root)) grids.set(root, new Grid(root));
  const grid = grids.get(root);
  grid.receive(jsonOf(data), setTriggerValue);
  return () => {
    grid.close();
    grids.delete(root);
  };
}

class Grid {
  cells = []; // rows of them

  constructor(root) {
    this.root = root;
    root.replaceChildren();
    this.window = element(root, "div", "window");
    this.sheet = element(this.window, "div", "sheet", { role: "grid" });
    this.foot = new Foot(this);
    this.listen();
    this.forget = onPayloads(() => this.refresh());
  }

  listen() {
    this.sheet.onkeydown = (event) => this.key(event);
    this.sheet.onkeyup = (event) => event.key === " " && this.held?.peek(false);
    this.sheet.onfocusin = (event) => this.focused(event);
    this.window.onscroll = () => this.fade();
    this.observer = new ResizeObserver(() => this.view && this.changed() && this.lay());
    this.observer.observe(this.root);
  }

  changed() {
    return this.root.clientWidth !== this.width || devicePixelRatio !== this.dpr;
  }

  close() {
    this.observer.disconnect();
    this.forget();
  }

  // --- what arrives -------------------------------------------------------------------------------------------

  receive(view, send) {
    Object.assign(this, { next: view, send });
    this.refresh();
  }

  refresh() {
    const { next } = this;
    if (!next?.cells.flat().every(({ image, map }) => payload(image) && (!map || payload(map)))) return;
    this.next = null;
    const last = this.view;
    this.view = next;
    this.table = tableOf(next.table);
    this.foot.receive(next, last);
    if (!last || last.selected !== next.selected) this.selected = next.selected;
    this.fill();
    const positions = (view) => JSON.stringify([view?.rows, view?.columns, view?.selects, view?.cells.map((row) => row.map(({ shape }) => shape))]);
    if (positions(last) !== positions(next)) this.lay(true);
    else this.paint();
    this.outline();
    if (this.pointed) this.point(...this.pointed); // what lies under a resting pointer may be new
  }

  fill() {
    const { cells } = this.view;
    this.cells = cells.map((row, y) => row.map((_, x) => this.cells[y]?.[x] ?? new MapCell(this)));
    for (const [y, row] of cells.entries()) for (const [x, cell] of row.entries()) this.cells[y][x].receive(cell);
  }

  // --- where things stand -------------------------------------------------------------------------------------

  lay(anew = false) {
    const { view, root } = this;
    const { rows, columns } = view;
    [this.width, this.dpr] = [root.clientWidth, devicePixelRatio];
    const narrow = this.width < NARROW, gap = narrow ? 12 : GAP;
    const room = (head) => Math.floor((this.width - head - gap * (columns.length - 1)) / columns.length);
    const stacked = narrow || rows.length === 1 || room(HEAD + gap) < SMALLEST;
    if (anew || stacked !== this.stacked) this.build(stacked);
    const head = stacked ? 0 : HEAD + gap;
    const least = narrow ? SMALLEST_NARROW : SMALLEST, most = rows.length === 1 ? LARGEST : LARGEST_OF_ROWS;
    const side = Math.min(clamp(room(head), least, most), this.width);
    this.sheet.style.columnGap = `${gap}px`;
    this.sheet.style.gridTemplateColumns = `${stacked ? "" : `${HEAD}px `}repeat(${columns.length}, ${side}px)`;
    root.classList.toggle("narrow", narrow);
    root.classList.toggle("small", side < SPACIOUS);
    const across = head + columns.length * (side + gap) - gap;
    root.classList.toggle("scrolls", across > this.width);
    this.fade();
    this.foot.root.style.maxWidth = `${Math.max(across, FOOT)}px`;
    for (const cell of this.cells.flat()) cell.size(side);
    this.leave();
    this.paint();
  }

  // Whether there is more to the right of what is seen.
  fade() {
    const { scrollLeft, clientWidth, scrollWidth } = this.window;
    this.window.classList.toggle("goes-on", scrollLeft + clientWidth < scrollWidth - 12);
  }

  // Where there is room the columns are named once above; else each cell bears the name of its column.
  build(stacked) {
    this.stacked = stacked;
    const { rows, columns } = this.view;
    const active = this.root.getRootNode().activeElement;
    this.sheet.replaceChildren();
    this.sheet.setAttribute("aria-label", `${rows.length} by ${columns.length} maps. Arrow keys move${this.view.selects ? ", Enter selects" : ""}, holding Space shows the image alone.`);
    if (!stacked) this.headed(columns);
    for (const [number, name] of rows.entries()) {
      const row = element(this.sheet, "div", "row", { role: "row" });
      if (name || !stacked) element(row, "div", stacked ? "row-head above" : "row-head", { role: "rowheader" }, breakable(name));
      for (const [column, cell] of this.cells[number].entries()) {
        cell.caption.textContent = stacked ? breakable(columns[column]) : "";
        row.append(cell.root);
      }
    }
    if (active && this.sheet.contains(active)) active.focus({ preventScroll: true });
    this.roam();
  }

  headed(columns) {
    const row = element(this.sheet, "div", "row", { role: "row" });
    element(row, "div", "corner", { role: "presentation" });
    for (const name of columns) element(row, "div", "column-head", { role: "columnheader" }, breakable(name));
  }

  // --- painting -----------------------------------------------------------------------------------------------

  paint() {
    const started = performance.now();
    const cells = this.cells.flat(), pixels = cells.reduce((sum, cell) => sum + cell.width * cell.height, 0);
    this.density = Math.min(this.dpr, Math.sqrt(MOST_PIXELS / Math.max(1, pixels)));
    for (const cell of cells) cell.paint();
    const { dataset } = this.root;
    dataset.paintMs = (performance.now() - started).toFixed(1);
    count(this.root, "painted");
    dataset.maps = cells.filter((cell) => cell.map).length;
  }

  mix(opacity) {
    this.opacity = opacity;
    this.root.style.setProperty("--saturation", (1 - opacity) ** 2);
    if (!this.cells.length) return;
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.paint();
    });
  }

  outline() {
    for (const cell of this.cells.flat()) {
      const selected = Boolean(cell.id) && cell.id === this.selected;
      cell.root.classList.toggle("selected", selected);
      if (this.view.selects && cell.id) cell.root.setAttribute("aria-selected", String(selected));
      else cell.root.removeAttribute("aria-selected");
    }
    this.root.classList.toggle("selects", this.view.selects);
  }

  // --- what a person does -------------------------------------------------------------------------------------

  point(cell, across, down) {
    this.pointed = [cell, across, down];
    for (const each of this.cells.flat()) each.point(across, down);
    this.foot.point(cell, across, down);
  }

  leave() {
    this.pointed = null;
    for (const cell of this.cells.flat()) cell.leave();
    this.foot.leave();
  }

  pick(cell) {
    if (!this.view.selects || !cell.id) return;
    this.selected = cell.id;
    this.outline();
    this.roam(cell);
    this.send("pick", cell.id);
  }

  // One cell can be reached with Tab, the others from there with the arrow keys.
  roam(cell) {
    const cells = this.cells.flat();
    const reached = cell ?? cells.find(({ id }) => id && id === this.selected) ?? cells.find(({ root }) => root.tabIndex === 0) ?? cells[0];
    for (const each of cells) each.root.tabIndex = each === reached ? 0 : -1;
  }

  cellOf(event) {
    return this.cells.flat().find(({ root }) => root.contains(event.target));
  }

  focused(event) {
    const cell = this.cellOf(event);
    if (cell) this.roam(cell);
  }

  key(event) {
    const cell = this.cellOf(event);
    if (!cell || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter") this.pick(cell);
    else if (event.key === " ") this.hold(cell);
    else if (event.key in STEPS || event.key === "Home" || event.key === "End") this.step(cell, event.key);
    else return;
    event.preventDefault();
  }

  hold(cell) {
    this.held = cell;
    cell.peek(true);
  }

  step(cell, key) {
    const { cells } = this;
    const row = cells.findIndex((each) => each.includes(cell)), column = cells[row].indexOf(cell);
    const end = cells[row].length - 1, [down, across] = STEPS[key] ?? [0, key === "Home" ? -end : end];
    cells[clamp(row + down, 0, cells.length - 1)][clamp(column + across, 0, end)].root.focus();
  }
}
