// Draws the maps of a layer on one canvas. They come as a payload; what is sent here is the view of them (order, colors,
// selection), with the token of the payload.

import { count, element } from "../browser/dom.js";
import { clamp } from "../browser/numbers.js";
import { jsonOf, onPayloads, payload } from "../browser/payload.js";
import { gradient, tableOf } from "../browser/pixels.js";
import { reveal } from "../browser/reveal.js";
import { Atlas } from "./atlas.js";
import { drawAxes, drawHeads } from "./heads.js";
import { arrange, filling, inColumns } from "./layout.js";
import { Lens } from "./lens.js";
import { onLinked, tellLinked } from "./linked.js";
import { markEnds, scrollToRow } from "./sight.js";
import { gridOf, highest, mapsOf, valueAt, valueText } from "./values.js";

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
    this.axis = element(root, "div", "axis across");
    this.window = element(root, "div", "window");
    this.sheet = element(this.window, "div", "sheet");
    this.canvas = element(this.sheet, "canvas", "tiles", { tabindex: 0, role: "application", "aria-roledescription": "map grid" });
    this.marks = Object.fromEntries(["selected", "cursor", "hover"].map((name) => [name, element(this.sheet, "div", `mark ${name}`)]));
    this.buildFoot();
    this.lens = new Lens(root);
    this.live = element(root, "p", "live", { "aria-live": "polite" });
    this.listen();
    this.forget = onPayloads(() => this.view && this.refresh());
    this.unlink = onLinked(this, (hit) => (hit ? this.show(hit) : this.clear()));
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
    this.canvas.onclick = (event) => this.pick(this.hit(event));
    this.canvas.onkeydown = (event) => this.key(event);
    this.window.onscroll = () => this.sight();
    this.observer = new ResizeObserver(() => this.maps && this.root.clientWidth !== this.width && this.lay());
    this.observer.observe(this.root);
  }

  close() {
    this.observer.disconnect();
    this.forget();
    this.unlink();
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
    const colors = view.token + view.tables + view.table_of;
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
    const tiles = view.order.length, noun = tiles === 1 ? view.noun.replace(/s$/, "") : view.noun;
    this.canvas.setAttribute("aria-label", `${tiles} ${noun}. Arrow keys move, Enter selects.`);
    this.legend.hidden = !maps.legend;
    this.sizes.hidden = this.note.hidden = !view.controls;
    this.said = [tiles ? `${tiles} ${noun}` : `No ${view.noun} to show`, `${maps.w} × ${maps.h}`, maps.legend?.note];
    this.sight();
    if (!maps.legend) return;
    [this.low.textContent, this.high.textContent] = [maps.legend.low, maps.legend.high];
    this.ramp.style.background = gradient(this.table, maps.legend.first);
  }

  sight() {
    this.leave();
    const { columns, view, dpr } = this;
    const seen = markEnds(this.window, { count: view.order.length, columns, pitch: (this.tileH + this.gapY) / dpr });
    this.note.textContent = [...(this.said ?? []), seen].filter(Boolean).join(" · ");
  }

  // --- drawing ------------------------------------------------------------------------------------------------

  color(maps) {
    const tables = this.view.tables.map(tableOf);
    this.table = tables[0];
    this.atlas = new Atlas(maps, tables, this.view.table_of);
  }

  lay() {
    const { maps, view } = this;
    this.width = this.root.clientWidth;
    this.dpr = devicePixelRatio;
    this.window.style.maxHeight = view.height ? `min(${view.height}px, 80vh)` : "none";
    const { dpr, zoom } = this;
    drawAxes(this.root, this.axis, view.axes);
    const width = Math.floor((this.window.clientWidth - 2 * MARGIN) * dpr), height = (view.height ?? 640) * dpr;
    const columns = view.heads.length;
    const layout = view.fill ? filling({ maps, width, dpr }) : columns
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
    if (view.box) view.order.forEach((number, position) => this.frame(context, number, position, view.box));
    this.sight();
    this.outline(this.selected);
    this.moveCursor(Math.min(this.cursor, Math.max(0, n - 1)), false);
    Object.assign(canvas.dataset, { columns: this.columns, tile: this.tileW, tileHeight: this.tileH, gap: this.gap, gapY: this.gapY });
    this.smaller.disabled = this.scale <= 1;
    this.larger.disabled = this.bound <= this.scale;
  }

  corner(position) {
    return [(position % this.columns) * (this.tileW + this.gap), Math.floor(position / this.columns) * (this.tileH + this.gapY)];
  }

  // Outlines positions of a map, visible on every color.
  frame(context, number, position, [x, y, across, down]) {
    const [rows, columns] = gridOf(this.maps, number), [left, top] = this.corner(position);
    const [width, height] = [this.tileW / columns, this.tileH / rows];
    for (const [color, line] of [["#000", 4], ["#fff", 2]]) {
      Object.assign(context, { strokeStyle: color, lineWidth: line * this.dpr });
      context.strokeRect(left + x * width, top + y * height, across * width, down * height);
    }
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

  outline(number, scrolled = false) {
    this.selected = number;
    const position = this.view.order.indexOf(number);
    this.mark("selected", position);
    if (position >= 0 && scrolled) this.moveCursor(position);
  }

  moveCursor(position, scrolled = true) {
    this.cursor = position;
    this.mark("cursor", this.view.order.length ? position : -1);
    if (!scrolled) return;
    scrollToRow(this.window, Math.floor(position / this.columns), (this.tileH + this.gapY) / this.dpr);
  }

  // --- what a person does ---------------------------------------------------------------------------------------

  hit(event) {
    const [x, y] = [event.offsetX * this.dpr, event.offsetY * this.dpr];
    const [column, row] = [Math.floor(x / (this.tileW + this.gap)), Math.floor(y / (this.tileH + this.gapY))];
    const position = row * this.columns + column;
    const [left, top] = this.corner(position);
    if (position >= this.view.order.length) return null;
    const number = this.view.order[position], [rows, columns] = gridOf(this.maps, number), { w, h } = this.maps;
    const [across, down] = [(x - left) / this.tileW, (y - top) / this.tileH];
    if (across < 0 || down < 0 || across >= 1 || down >= 1) return null;
    const at = (share, size) => Math.floor(share * size);
    return { position, number, px: at(across, columns), py: at(down, rows), x: at(across, w), y: at(down, h) };
  }

  hover(event) {
    const hit = event.pointerType === "touch" ? null : this.hit(event);
    if (!hit) return this.leave();
    this.show(hit);
    tellLinked(this, hit);
  }

  show(hit) {
    const { maps } = this;
    const level = maps.levels[(hit.number * maps.h + hit.y) * maps.w + hit.x];
    this.mark("hover", hit.position);
    this.canvas.dataset.hovered = hit.number;
    this.lens.show(this, hit, valueAt(maps, hit.number, hit.x, hit.y));
    this.needle.hidden = !maps.legend;
    this.needle.style.left = `${clamp((level - (maps.legend?.first ?? 0)) / 2.55, 0, 100)}%`;
  }

  leave() {
    this.clear();
    tellLinked(this, null);
  }

  clear() {
    this.mark("hover", -1);
    this.lens.hide();
    this.needle.hidden = true;
  }

  key(event) {
    const n = this.view.order.length;
    if (!n || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") this.pick({ position: this.cursor });
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

  pick(hit) {
    if (!hit) return;
    const { position, px, py } = hit, number = this.view.order[position];
    this.outline(number);
    this.moveCursor(position);
    this.send("pick", px === undefined ? [number] : [number, px, py]);
    reveal(this.view.reveals);
  }
}
