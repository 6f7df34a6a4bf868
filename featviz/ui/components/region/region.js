// An image on which a box is drawn. The box snaps to the cells of a layer's grid, for these are what is averaged.

import { element } from "../browser/dom.js";
import { clamp } from "../browser/numbers.js";
import { textOf } from "../browser/payload.js";
import { cellOf, cellsOf, edgesOf } from "./cells.js";

const regions = new WeakMap();
const PATIENCE = 450; // ms after the last arrow key until the box is sent
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export default function mount({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".region");
  if (!regions.has(root)) regions.set(root, new Region(root));
  const region = regions.get(root);
  region.send = (box) => setTriggerValue("box", box);
  region.receive(textOf(data));
  return () => {
    clearTimeout(region.waiting);
    regions.delete(root);
  };
}

class Region {
  from = null; // [column, row] where the box begins, and where it ends
  to = null;
  dragging = false;

  constructor(root) {
    root.replaceChildren();
    this.root = root;
    this.stage = element(root, "div", "stage");
    this.image = element(this.stage, "img");
    this.image.draggable = false;
    this.lines = element(this.stage, "div", "lines");
    this.box = element(this.stage, "div", "box");
    this.foot = element(root, "div", "foot");
    this.words = element(this.foot, "span", "words");
    this.clear = element(this.foot, "button", "clear");
    Object.assign(this.clear, { type: "button", textContent: "Whole image" });
    this.clear.onclick = () => this.commit(null, null);
    this.stage.onpointerdown = (event) => this.begin(event);
    this.stage.onpointermove = (event) => this.drag(event);
    this.stage.onpointerup = () => this.end();
    this.stage.onpointercancel = () => this.cancel();
    this.stage.onkeydown = (event) => this.press(event);
  }

  receive(text) {
    if (text === this.received || this.dragging) return;
    this.received = text;
    const { image, size, grid, box } = JSON.parse(text);
    const [height, width] = size;
    this.grid = grid;
    this.image.src = image;
    this.stage.style.aspectRatio = `${width} / ${height}`;
    this.stage.classList.toggle("coarse", Math.max(height, width) <= 128);
    this.stage.classList.toggle("fixed", !grid);
    this.foot.hidden = !grid;
    this.stage.tabIndex = grid ? 0 : -1;
    if (grid) {
      this.lines.style.backgroundSize = `${100 / grid[1]}% ${100 / grid[0]}%`;
      this.lines.hidden = Math.max(...grid) > 32;
    }
    [this.from, this.to] = grid && box ? cellsOf(box, grid) : [null, null];
    this.draw();
  }

  cell(event) {
    const { left, top, width, height } = this.stage.getBoundingClientRect();
    return cellOf((event.clientX - left) / width, (event.clientY - top) / height, this.grid);
  }

  begin(event) {
    if (!this.grid || event.button) return;
    event.preventDefault();
    this.stage.focus({ preventScroll: true });
    this.stage.setPointerCapture(event.pointerId);
    this.before = [this.from, this.to];
    this.dragging = true;
    this.from = this.to = this.cell(event);
    this.draw();
  }

  drag(event) {
    if (!this.dragging) return;
    this.to = this.cell(event);
    this.draw();
  }

  end() {
    if (!this.dragging) return;
    this.dragging = false;
    this.commit(this.from, this.to);
  }

  cancel() {
    if (!this.dragging) return;
    this.dragging = false;
    [this.from, this.to] = this.before;
    this.draw();
  }

  press(event) {
    if (!this.grid) return;
    if (["Escape", "Delete", "Backspace"].includes(event.key)) {
      event.preventDefault();
      if (this.from) this.commit(null, null);
      return;
    }
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const [rows, columns] = this.grid;
    const move = ([x, y]) => [clamp(x + step[0], 0, columns - 1), clamp(y + step[1], 0, rows - 1)];
    if (!this.from) this.from = this.to = [columns >> 1, rows >> 1];
    else if (event.shiftKey) this.to = move(this.to);
    else [this.from, this.to] = [move(this.from), move(this.to)];
    this.draw();
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.commit(this.from, this.to), PATIENCE);
  }

  commit(from, to) {
    clearTimeout(this.waiting);
    [this.from, this.to] = [from, to];
    this.draw();
    this.send(from ? this.edges() : []);
  }

  edges() {
    return edgesOf(this.from, this.to, this.grid);
  }

  draw() {
    const chosen = Boolean(this.from);
    this.root.dataset.box = chosen ? this.edges().map((edge) => edge.toFixed(3)).join(",") : "";
    this.stage.classList.toggle("chosen", chosen);
    this.box.hidden = !chosen;
    this.clear.hidden = !chosen;
    this.words.textContent = this.said(chosen);
    this.stage.setAttribute("role", "group");
    this.stage.setAttribute("aria-label", `The image that is searched for. ${this.words.textContent}`);
    if (!chosen) return;
    const [left, top, right, bottom] = this.edges().map((edge) => 100 * edge);
    Object.assign(this.box.style, {
      left: `${left}%`,
      top: `${top}%`,
      width: `${right - left}%`,
      height: `${bottom - top}%`,
    });
  }

  said(chosen) {
    if (!this.grid) return "";
    if (!chosen) return "Drag on the image to search for a part of it.";
    const [[x0, y0], [x1, y1]] = [this.from, this.to], [rows, columns] = this.grid;
    const across = Math.abs(x1 - x0) + 1, down = Math.abs(y1 - y0) + 1;
    return `${across} × ${down} of ${columns} × ${rows} cells`;
  }
}
