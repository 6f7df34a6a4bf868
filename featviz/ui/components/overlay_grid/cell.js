// One cell: the image, the map over it, what was checked.

import { element } from "../browser/dom.js";
import { clamp } from "../browser/numbers.js";
import { payload } from "../browser/payload.js";
import { canvasOf } from "../browser/pixels.js";
import { levelled, numberer, palette } from "./values.js";

const TALLEST = 1.4; // height of an image over the width of its cell
const HOLD = 180; // milliseconds after which a press is not a click
const ENLARGED = 3; // times from which the pixels of an image are kept apart
// What the marks mean, in the order of the legend.
export const JUDGED = { good: "passed", doubtful: "doubtful", bad: "failed", unknown: "no verdict yet" };

const images = new WeakMap(); // payload -> what is drawn of it

export class MapCell {
  constructor(grid) {
    this.grid = grid;
    this.root = element(null, "div", "cell", { role: "gridcell", tabindex: -1 });
    this.caption = element(this.root, "div", "caption", { "aria-hidden": "true" });
    this.frame = element(this.root, "div", "frame", { "aria-hidden": "true" });
    this.image = element(this.frame, "canvas", "picture");
    this.heat = element(this.frame, "canvas", "heat");
    this.cross = element(this.frame, "div", "cross", { hidden: "" });
    [this.across, this.down] = [element(this.cross, "i", "across"), element(this.cross, "i", "down")];
    this.value = element(this.cross, "div", "value");
    this.ring = element(this.cross, "i", "ring");
    this.placeholder = element(this.frame, "div", "placeholder", { hidden: "" });
    this.below = element(this.root, "div", "below");
    this.listen();
  }

  listen() {
    const { frame, grid, root } = this;
    frame.onpointermove = (event) => this.moved(event);
    frame.onpointerdown = (event) => this.pressed(event);
    frame.onpointerleave = (event) => {
      this.peek(false);
      if (event.pointerType !== "touch") grid.leave();
    };
    frame.onpointerup = frame.onpointercancel = () => this.peek(false);
    frame.oncontextmenu = (event) => this.peeks && event.preventDefault();
    root.onblur = () => this.peek(false);
    root.onclick = () => {
      if (!this.peeked) grid.pick(this);
      this.peeked = false;
    };
  }

  receive(cell) {
    if (this.described === JSON.stringify(cell)) return;
    this.described = JSON.stringify(cell);
    Object.assign(this, { id: cell.id, cell });
    this.source = imageOf(payload(cell.image));
    this.map = cell.map && mapOf(payload(cell.map));
    this.largest = this.map ? this.map.factor * 32767 : 0;
    this.said = numberer(this.largest);
    this.root.setAttribute("aria-label", this.words());
    this.root.dataset.cell = cell.id;
    this.placeholder.hidden = Boolean(this.map);
    this.image.hidden = this.heat.hidden = !this.map;
    this.placeholder.textContent = this.map ? "" : cell.note || "Not computed";
    this.judge();
  }

  words() {
    const { title, note, chips, verdict, range } = this.cell;
    const checks = chips.map((chip) => `${chip.label} ${chip.figure}, ${JUDGED[chip.level]}`);
    return [title, note, range, ...checks, verdict].filter(Boolean).join(". ");
  }

  judge() {
    const { note, range, chips, verdict, verdictLevel } = this.cell;
    this.below.replaceChildren();
    if (range) element(this.below, "div", "range", {}, range);
    if (note && this.map) element(this.below, "div", "note", {}, note);
    if (chips.length) this.strip(chips);
    if (verdict) this.marked(element(this.below, "p", `verdict ${verdictLevel}`), verdictLevel).append(verdict);
  }

  strip(chips) {
    const list = element(this.below, "ul", "chips");
    for (const { label, figure, level, help } of chips) {
      const chip = element(list, "li", `chip ${level}`, help ? { title: help } : {});
      this.marked(chip, level);
      element(chip, "span", "label", {}, label);
      element(chip, "span", "figure", {}, figure);
    }
  }

  marked(parent, level) {
    element(parent, "i", "mark", { role: "img", "aria-label": JUDGED[level] });
    return parent;
  }

  // --- drawing ------------------------------------------------------------------------------------------------

  size(side) {
    const [h, w] = this.cell.shape;
    const scale = Math.min(side / w, (TALLEST * side) / h);
    [this.width, this.height] = [Math.max(1, Math.round(w * scale)), Math.max(1, Math.round(h * scale))];
    Object.assign(this.frame.style, { width: `${this.width}px`, height: `${this.height}px` });
    this.placeholder.style.minWidth = `${side}px`;
  }

  paint() {
    if (!this.map) return;
    const { density, table, opacity, view } = this.grid;
    const [w, h] = [this.width, this.height].map((length) => Math.max(1, Math.round(length * density)));
    const drawn = [this.source.token, w, h].join();
    if (this.drawn !== drawn) this.draw(w, h);
    const sampled = [this.map.token, w, h, ...Object.values(this.cell.scale)].join();
    if (this.sampled !== sampled) this.levels = levelled(this.map, this.cell.scale, w, h);
    const colored = [sampled, view.table, opacity].join();
    if (this.colored !== colored) this.color(palette(table, this.cell.scale, opacity), w, h);
    Object.assign(this, { drawn, colored, sampled });
  }

  draw(w, h) {
    Object.assign(this.image, { width: w, height: h });
    const context = this.image.getContext("2d");
    context.imageSmoothingEnabled = w < ENLARGED * this.source.w;
    context.imageSmoothingQuality = "high";
    context.drawImage(this.source.canvas, 0, 0, w, h);
  }

  color(colors, w, h) {
    if (this.heat.width !== w || this.heat.height !== h) Object.assign(this.heat, { width: w, height: h });
    if (this.pixels?.width !== w || this.pixels.height !== h) this.pixels = new ImageData(w, h);
    const pixels = new Uint32Array(this.pixels.data.buffer), { levels } = this;
    for (let i = 0; i < pixels.length; i++) pixels[i] = colors[levels[i]];
    this.heat.getContext("2d").putImageData(this.pixels, 0, 0);
  }

  // --- pointing -----------------------------------------------------------------------------------------------

  pressed(event) {
    this.moved(event);
    if (!this.map || event.button !== 0) return;
    this.peeked = false;
    this.timer = setTimeout(() => {
      this.peeked = true;
      this.peek(true);
    }, HOLD);
  }

  peek(on) {
    clearTimeout(this.timer);
    this.peeks = on && Boolean(this.map);
    this.frame.classList.toggle("peeks", this.peeks);
  }

  moved(event) {
    const box = this.frame.getBoundingClientRect();
    const at = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    this.grid.point(this, ...at.map((share) => clamp(share, 0, 0.999999)));
  }

  point(across, down) {
    this.cross.hidden = !this.map;
    if (!this.map) return;
    this.down.style.left = this.ring.style.left = `${100 * across}%`;
    this.across.style.top = this.ring.style.top = `${100 * down}%`;
    this.value.textContent = this.said(this.at(across, down));
    this.value.classList.toggle("high", down > 0.7);
  }

  // The raw value of the pixel of the map that lies there.
  at(across, down) {
    const { values, factor } = this.map, [x, y] = this.pixel(across, down);
    return values[y * this.map.w + x] * factor;
  }

  pixel(across, down) {
    const { w, h } = this.map ?? this.source;
    return [Math.floor(across * w), Math.floor(down * h)];
  }

  leave() {
    this.cross.hidden = true;
  }
}

// Each image becomes a canvas once, however many cells show it.
function imageOf(sent) {
  if (!images.has(sent)) {
    const { shape: [h, w], values } = sent.image;
    images.set(sent, { token: sent.token, h, w, canvas: canvasOf(values, h, w) });
  }
  return images.get(sent);
}

function mapOf({ token, factor, map: { shape: [h, w], values } }) {
  return { token, factor, h, w, values };
}
