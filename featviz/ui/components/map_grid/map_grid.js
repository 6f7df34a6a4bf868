// Draws the maps of a layer on one canvas. They come as a payload; what is sent here is the view of them (order, colors,
// selection), with the token of the payload.

import { count, element } from "../browser/dom.js";
import { clamp } from "../browser/numbers.js";
import { jsonOf, onPayloads, payload } from "../browser/payload.js";
import { gradient, tableOf } from "../browser/pixels.js";
import { Atlas } from "./atlas.js";
import { drawHeads } from "./heads.js";
import { arrange, inColumns } from "./layout.js";
import { Lens } from "./lens.js";
import { highest, mapsOf, valueText } from "./values.js";

const grids = new WeakMap();

const MARGIN = 6; // CSS pixels around the tiles, as in map_grid.css: room for outlines
const KEYS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: "-row", ArrowDown: "+row", Home: "first", End: "last" };

export default function mount({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".map-grid");
  if (!grids.has(root)) grids.set(root, new Grid(root));
  const grid = grids.get(root);
  grid.receive(jsonOf(data), setTriggerValue);
  return () => {
    grid.close();
    grids.delete(root);
  };
}

class Grid {
  zoom = 1;
  cursor = 0; // a position in the order, not the number of a map
  selected = null;

  constructor(root) {
    this.root = root;
    root.replaceChildren();
    this.heads = element(root, "div", "heads");
    this.window = element(root, "div", "window");
    this.sheet = element(this.window, "div", "sheet");
    this.canvas = element(this.sheet, "canvas", "tiles", { tabindex: 0, role: "application", "aria-roledescription": "map grid" });
    this.marks = Object.fromEntries(["selected", "cursor", "hover"].map((name) => [name, element(this.sheet, "div", `mark ${name}`)]));
    this.buildFoot();
    this.lens = new Lens(root);
    this.live = element(root, "p", "live", { "aria-live": "polite" });
    this.listen();
    this.forget = onPayloads(() => this.view && this.refresh());
  }

  buildFoot() {
    const foot = element(this.root, "div", "foot");
    this.legend = element(foot, "div", "legend");
    this.low = element(this.legend, "span", "low");
    this.ramp = element(this.legend, "div", "ramp");
    this.needle = element(this.ramp, "div", "needle", { hidden: "" });
    this.high = element(this.legend, "span", "high");
    this.note = element(foot, "span", "note");
    const sizes = (this.sizes = element(foot, "div", "sizes"));
    const button = (name, label, sign) => element(sizes, "button", name, { type: "button", "aria-label": label, title: label }, sign);
    this.smaller = button("smaller", "Smaller tiles", "−");
    this.larger = button("larger", "Larger tiles", "+");
  }

  listen() {
    this.smaller.onclick = () => this.resize(Math.min(this.scale - 1, Math.round(this.scale / 1.3)));
    this.larger.onclick = () => this.resize(Math.max(this.scale + 1, Math.round(this.scale * 1.3)));
    this.canvas.onpointermove = (event) => this.hover(event);
    this.canvas.onpointerleave = () => this.leave();
    this.canvas.onclick = (event) => this.pick(this.hit(event)?.position);
    this.canvas.onkeydown = (event) => this.key(event);
    this.window.onscroll = () => this.leave();
    this.observer = new ResizeObserver(() => this.maps && this.root.clientWidth !== this.width && this.lay());
    this.observer.observe(this.root);
  }

  close() {
    this.observer.disconnect();
    this.forget();
  }

  // --- what arrives -------------------------------------------------------------------------------------------

  receive(view, send) {
    Object.assign(this, { view, send, called: performance.now() });
    this.refresh();
  }

  refresh() {
    const { view } = this;
    const same = this.maps?.token === view.token, sent = same ? null : payload(view.token);
    if (!same && !sent) return;
    const maps = same ? this.maps : mapsOf(sent);
    const drawn = JSON.stringify(view), order = String(view.order);
    if (same && this.drawn === drawn && this.dpr === devicePixelRatio) return;
    const since = same ? this.called : Math.max(this.called, maps.received);
    const moved = !same || this.order !== order;
    const colors = view.token + view.table;
    if (this.colors !== colors) this.color(maps);
    Object.assign(this, { maps, drawn, order, colors });
    this.lay();
    this.describe();
    if (moved) this.window.scrollTop = 0;
    if (this.selected !== view.selected || moved) this.outline(view.selected, true);
    this.report(since);
  }

  report(since) {
    requestAnimationFrame(() => setTimeout(() => {
      this.canvas.dataset.paintMs = (performance.now() - since).toFixed(1);
      count(this.canvas, "painted");
    }));
  }

  describe() {
    const { maps, view } = this;
    const tiles = view.order.length;
    this.canvas.setAttribute("aria-label", `${tiles} ${view.noun}. Arrow keys move, Enter selects.`);
    this.legend.hidden = !maps.legend;
    this.sizes.hidden = this.note.hidden = !view.controls;
    this.note.textContent = [tiles ? `${tiles} ${view.noun}` : `No ${view.noun} to show`, `${maps.w}×${maps.h}`, maps.legend?.note].filter(Boolean).join(" · ");
    if (!maps.legend) return;
    [this.low.textContent, this.high.textContent] = [maps.legend.low, maps.legend.high];
    this.ramp.style.background = gradient(this.table, maps.legend.first);
  }

  // --- drawing ------------------------------------------------------------------------------------------------

  color(maps) {
    this.table = tableOf(this.view.table);
    this.atlas = new Atlas(maps, this.table);
  }

  lay() {
    const { maps, view } = this;
    this.width = this.root.clientWidth;
    this.dpr = devicePixelRatio;
    this.window.style.maxHeight = view.height ? `min(${view.height}px, 80vh)` : "none";
    const { dpr, zoom } = this;
    const width = Math.floor((this.window.clientWidth - 2 * MARGIN) * dpr), height = (view.height ?? 640) * dpr;
    const columns = view.heads.length;
    const layout = columns
      ? inColumns({ maps, columns, width, dpr })
      : arrange({ maps, count: view.order.length, width, height, dpr, tile: view.tile, zoom });
    Object.assign(this, layout);
    drawHeads(this.heads, view.heads, this.tileW / dpr, (this.tileW + this.gap) / dpr);
    const [canvas, n] = [this.canvas, view.order.length];
    const rows = Math.ceil(n / this.columns);
    canvas.width = Math.max(1, Math.min(n, this.columns) * (this.tileW + this.gap) - this.gap);
    canvas.height = Math.max(1, rows * (this.tileH + this.gapY) - this.gapY);
    canvas.style.width = `${canvas.width / this.dpr}px`;
    canvas.style.height = `${canvas.height / this.dpr}px`;
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = this.scale < 1;
    view.order.forEach((number, position) => this.atlas.draw(context, number, ...this.corner(position), this.tileW, this.tileH));
    this.leave();
    this.outline(this.selected);
    this.moveCursor(Math.min(this.cursor, Math.max(0, n - 1)), false);
    Object.assign(canvas.dataset, { columns: this.columns, tile: this.tileW, tileHeight: this.tileH, gap: this.gap, gapY: this.gapY });
    this.smaller.disabled = this.scale <= 1;
    this.larger.disabled = this.bound <= this.scale;
  }

  corner(position) {
    return [(position % this.columns) * (this.tileW + this.gap), Math.floor(position / this.columns) * (this.tileH + this.gapY)];
  }

  resize(scale) {
    this.zoom = Math.max(1, scale) / this.natural;
    this.lay();
    this.report(performance.now());
  }

  mark(name, position) {
    const mark = this.marks[name];
    mark.hidden = position < 0;
    if (position < 0) return;
    const [left, top, width, height] = [...this.corner(position), this.tileW, this.tileH].map((n) => `${n / this.dpr}px`);
    Object.assign(mark.style, { left, top, width, height });
  }

  outline(number, reveal = false) {
    this.selected = number;
    const position = this.view.order.indexOf(number);
    this.mark("selected", position);
    if (position >= 0 && reveal) this.moveCursor(position);
  }

  moveCursor(position, reveal = true) {
    this.cursor = position;
    this.mark("cursor", this.view.order.length ? position : -1);
    if (!reveal) return;
    const top = this.corner(position)[1] / this.dpr, bottom = top + this.tileH / this.dpr + 12;
    if (top < this.window.scrollTop) this.window.scrollTop = top;
    else if (bottom > this.window.scrollTop + this.window.clientHeight) this.window.scrollTop = bottom - this.window.clientHeight;
  }

  // --- what a person does ---------------------------------------------------------------------------------------

  hit(event) {
    const [x, y] = [event.offsetX * this.dpr, event.offsetY * this.dpr];
    const [column, row] = [Math.floor(x / (this.tileW + this.gap)), Math.floor(y / (this.tileH + this.gapY))];
    const position = row * this.columns + column;
    const [left, top] = this.corner(position);
    const [px, py] = [Math.floor(((x - left) / this.tileW) * this.maps.w), Math.floor(((y - top) / this.tileH) * this.maps.h)];
    const inside = position < this.view.order.length && px >= 0 && py >= 0 && px < this.maps.w && py < this.maps.h;
    return inside ? { position, number: this.view.order[position], px, py } : null;
  }

  hover(event) {
    const hit = event.pointerType === "touch" ? null : this.hit(event);
    const { maps } = this;
    if (!hit) return this.leave();
    const level = maps.levels[(hit.number * maps.h + hit.py) * maps.w + hit.px];
    this.mark("hover", hit.position);
    this.canvas.dataset.hovered = hit.number;
    this.lens.show(this, hit, maps.legend ? valueText(maps, hit.number, level) : "");
    this.needle.hidden = !maps.legend;
    this.needle.style.left = `${clamp((level - (maps.legend?.first ?? 0)) / 2.55, 0, 100)}%`;
  }

  leave() {
    this.mark("hover", -1);
    this.lens.hide();
    this.needle.hidden = true;
  }

  key(event) {
    const n = this.view.order.length;
    if (!n || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") this.pick(this.cursor);
    else if (event.key in KEYS) this.step(KEYS[event.key], n);
    else return;
    event.preventDefault();
  }

  step(move, n) {
    const named = { first: -n, last: n, "-row": -this.columns, "+row": this.columns };
    const position = this.cursor + (named[move] ?? move);
    const row = typeof move === "string" && move.endsWith("row");
    this.moveCursor(row && (position < 0 || position >= n) ? this.cursor : clamp(position, 0, n - 1));
    this.announce(this.view.order[this.cursor]);
  }

  announce(number) {
    const { maps } = this;
    const value = maps.legend ? `, highest value ${valueText(maps, number, highest(maps, number))}` : "";
    this.live.textContent = `${maps.labels[number]}, ${this.cursor + 1} of ${this.view.order.length}${value}`;
  }

  pick(position) {
    if (position === undefined) return;
    const number = this.view.order[position];
    this.outline(number);
    this.moveCursor(position);
    this.send("pick", number);
  }
}
