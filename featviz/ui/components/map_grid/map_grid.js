// Draws the maps of a layer on one canvas. Two mounts share this module: one brings the maps, the other, which
// has an element to draw in, the view of them (order, colours, selection). The token in both says which maps the
// view is of. map_layout.js and map_lens.js are appended to this text.

const arrived = (globalThis[Symbol.for("featviz.maps")] ??= { maps: new Map(), owners: new Map(), grids: new Set() });
const grids = new WeakMap();

const TOKEN = 64; // characters
const MARGIN = 6; // CSS pixels around the tiles, as in map_grid.css: room for outlines
const KEYS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: "-row", ArrowDown: "+row", Home: "first", End: "last" };

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".map-grid");
  return root ? show(root, JSON.parse(new TextDecoder().decode(data)), setTriggerValue) : bring(parentElement, data);
}

function bring(owner, bytes) {
  const maps = { ...decode(bytes), received: performance.now() };
  if (arrived.owners.get(owner) !== maps.token) drop(owner);
  arrived.owners.set(owner, maps.token);
  if (!arrived.maps.has(maps.token)) arrived.maps.set(maps.token, maps);
  for (const grid of arrived.grids) grid.refresh();
  return () => drop(owner);
}

function drop(owner) {
  const token = arrived.owners.get(owner);
  arrived.owners.delete(owner);
  if (![...arrived.owners.values()].includes(token)) arrived.maps.delete(token);
}

function decode(bytes) {
  const text = (from, to) => new TextDecoder().decode(bytes.subarray(from, to));
  const start = TOKEN + 4, end = start + new DataView(bytes.buffer, bytes.byteOffset + TOKEN, 4).getUint32(0, true);
  const header = JSON.parse(text(start, end));
  const [count, h, w, channels = 1] = header.shape;
  return { ...header, token: text(0, TOKEN), count, h, w, channels, levels: bytes.subarray(end) };
}

function show(root, view, send) {
  if (!grids.has(root)) grids.set(root, new Grid(root));
  const grid = grids.get(root);
  grid.receive(view, send);
  return () => {
    grid.close();
    grids.delete(root);
  };
}

class Grid {
  zoom = 1;
  cursor = 0; // a place in the order, not the number of a map
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
    this.atlas = document.createElement("canvas");
    this.listen();
    arrived.grids.add(this);
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
    this.smaller = element(sizes, "button", "smaller", { type: "button", "aria-label": "Smaller tiles", title: "Smaller tiles" });
    this.larger = element(sizes, "button", "larger", { type: "button", "aria-label": "Larger tiles", title: "Larger tiles" });
    [this.smaller.textContent, this.larger.textContent] = ["−", "+"];
  }

  listen() {
    this.smaller.onclick = () => this.resize(Math.min(this.scale - 1, Math.round(this.scale / 1.3)));
    this.larger.onclick = () => this.resize(Math.max(this.scale + 1, Math.round(this.scale * 1.3)));
    this.canvas.onpointermove = (event) => this.hover(event);
    this.canvas.onpointerleave = () => this.leave();
    this.canvas.onclick = (event) => this.pick(this.hit(event)?.place);
    this.canvas.onkeydown = (event) => this.key(event);
    this.window.onscroll = () => this.leave();
    this.observer = new ResizeObserver(() => this.maps && this.root.clientWidth !== this.width && this.lay());
    this.observer.observe(this.root);
  }

  close() {
    this.observer.disconnect();
    arrived.grids.delete(this);
  }

  // --- what arrives -------------------------------------------------------------------------------------------

  receive(view, send) {
    Object.assign(this, { view, send, called: performance.now() });
    this.refresh();
  }

  refresh() {
    const { view } = this;
    const maps = this.maps?.token === view.token ? this.maps : arrived.maps.get(view.token);
    const drawn = JSON.stringify(view), order = String(view.order);
    if (!maps || (this.maps === maps && this.drawn === drawn && this.dpr === devicePixelRatio)) return;
    const since = this.maps === maps ? this.called : Math.max(this.called, maps.received);
    const moved = this.maps !== maps || this.order !== order;
    const colours = view.token + view.table;
    if (this.colours !== colours) this.colour(maps);
    Object.assign(this, { maps, drawn, order, colours });
    this.lay();
    this.describe();
    if (moved) this.window.scrollTop = 0;
    if (this.selected !== view.selected || moved) this.outline(view.selected, true);
    this.report(since);
  }

  report(since) {
    requestAnimationFrame(() => setTimeout(() => {
      this.canvas.dataset.paintMs = (performance.now() - since).toFixed(1);
      this.canvas.dataset.painted = Number(this.canvas.dataset.painted ?? 0) + 1;
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
    const stops = Array.from({ length: 33 }, (_, i) => this.table.subarray(3 * Math.max(maps.legend.first, Math.min(255, i * 8))).slice(0, 3));
    this.ramp.style.background = `linear-gradient(to right, ${stops.map((rgb) => `rgb(${rgb.join(" ")})`).join(", ")})`;
  }

  // --- drawing ------------------------------------------------------------------------------------------------

  colour({ count, h, w, channels, levels }) {
    this.table = Uint8Array.from(this.view.table.match(/../g), (byte) => parseInt(byte, 16));
    const colours = Uint32Array.from({ length: 256 }, (_, i) => opaque(this.table, 3 * i));
    this.across = Math.max(1, Math.ceil(Math.sqrt((count * h) / w)));
    this.atlas.width = this.across * w;
    this.atlas.height = Math.ceil(count / this.across) * h;
    const context = this.atlas.getContext("2d");
    const image = context.createImageData(this.atlas.width, this.atlas.height);
    const pixels = new Uint32Array(image.data.buffer);
    for (let row = 0, from = 0; row < count * h; row++) {
      const number = Math.floor(row / h);
      let to = (Math.floor(number / this.across) * h + (row % h)) * this.atlas.width + (number % this.across) * w;
      if (channels === 1) for (let x = 0; x < w; x++) pixels[to++] = colours[levels[from++]];
      else for (let x = 0; x < w; x++, from += 3) pixels[to++] = opaque(levels, from);
    }
    context.putImageData(image, 0, 0);
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
    this.headColumns();
    const [canvas, n] = [this.canvas, view.order.length];
    const rows = Math.ceil(n / this.columns);
    canvas.width = Math.max(1, Math.min(n, this.columns) * (this.tileW + this.gap) - this.gap);
    canvas.height = Math.max(1, rows * (this.tileH + this.gapY) - this.gapY);
    canvas.style.width = `${canvas.width / this.dpr}px`;
    canvas.style.height = `${canvas.height / this.dpr}px`;
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = this.scale < 1;
    view.order.forEach((number, place) => {
      const [left, top] = this.corner(place);
      context.drawImage(this.atlas, ...this.source(number), maps.w, maps.h, left, top, this.tileW, this.tileH);
    });
    this.leave();
    this.outline(this.selected);
    this.moveCursor(Math.min(this.cursor, Math.max(0, n - 1)), false);
    Object.assign(canvas.dataset, { columns: this.columns, tile: this.tileW, tileHeight: this.tileH, gap: this.gap, gapY: this.gapY });
    this.smaller.disabled = this.scale <= 1;
    this.larger.disabled = this.bound <= this.scale;
  }

  headColumns() {
    this.heads.replaceChildren();
    const pitch = (this.tileW + this.gap) / this.dpr;
    for (const [place, text] of this.view.heads.entries()) {
      const head = element(this.heads, "span", "head", { title: text });
      head.textContent = text.replace(/[._]/g, "$&\u200b"); // long names break there
      const tile = this.tileW / this.dpr, last = place === this.columns - 1;
      const width = last ? tile : Math.max(tile, pitch - 8); // a name may reach into the gap behind its column
      Object.assign(head.style, { width: `${width}px`, marginRight: `${pitch - width}px` });
    }
  }

  source(number) {
    return [(number % this.across) * this.maps.w, Math.floor(number / this.across) * this.maps.h];
  }

  corner(place) {
    return [(place % this.columns) * (this.tileW + this.gap), Math.floor(place / this.columns) * (this.tileH + this.gapY)];
  }

  resize(scale) {
    this.zoom = Math.max(1, scale) / this.natural;
    this.lay();
    this.report(performance.now());
  }

  mark(name, place) {
    const mark = this.marks[name];
    mark.hidden = place < 0;
    if (place < 0) return;
    const [left, top, width, height] = [...this.corner(place), this.tileW, this.tileH].map((n) => `${n / this.dpr}px`);
    Object.assign(mark.style, { left, top, width, height });
  }

  outline(number, reveal = false) {
    this.selected = number;
    const place = this.view.order.indexOf(number);
    this.mark("selected", place);
    if (place >= 0 && reveal) this.moveCursor(place);
  }

  moveCursor(place, reveal = true) {
    this.cursor = place;
    this.mark("cursor", this.view.order.length ? place : -1);
    if (!reveal) return;
    const top = this.corner(place)[1] / this.dpr, bottom = top + this.tileH / this.dpr + 12;
    if (top < this.window.scrollTop) this.window.scrollTop = top;
    else if (bottom > this.window.scrollTop + this.window.clientHeight) this.window.scrollTop = bottom - this.window.clientHeight;
  }

  // --- what a person does ---------------------------------------------------------------------------------------

  hit(event) {
    const [x, y] = [event.offsetX * this.dpr, event.offsetY * this.dpr];
    const [column, row] = [Math.floor(x / (this.tileW + this.gap)), Math.floor(y / (this.tileH + this.gapY))];
    const place = row * this.columns + column;
    const [left, top] = this.corner(place);
    const [px, py] = [Math.floor(((x - left) / this.tileW) * this.maps.w), Math.floor(((y - top) / this.tileH) * this.maps.h)];
    const inside = place < this.view.order.length && px >= 0 && py >= 0 && px < this.maps.w && py < this.maps.h;
    return inside ? { place, number: this.view.order[place], px, py } : null;
  }

  hover(event) {
    const hit = event.pointerType === "touch" ? null : this.hit(event);
    const { maps } = this;
    if (!hit) return this.leave();
    const level = maps.levels[(hit.number * maps.h + hit.py) * maps.w + hit.px];
    this.mark("hover", hit.place);
    this.canvas.dataset.hovered = hit.number;
    this.lens.show(this, hit, maps.legend ? this.value(hit.number, level) : "");
    this.needle.hidden = !maps.legend;
    this.needle.style.left = `${clamp((level - (maps.legend?.first ?? 0)) / 2.55, 0, 100)}%`;
  }

  // The value a level stands for, and how far the measured one may be from it.
  value(number, level) {
    const [origin, step] = [this.maps.origin[number], this.maps.step[number]];
    return step ? `${digits(origin + step * level)} ± ${Number((step / 2).toPrecision(1))}` : digits(origin);
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
    const place = this.cursor + (named[move] ?? move);
    const row = typeof move === "string" && move.endsWith("row");
    this.moveCursor(row && (place < 0 || place >= n) ? this.cursor : clamp(place, 0, n - 1));
    this.announce(this.view.order[this.cursor]);
  }

  announce(number) {
    const { maps } = this;
    const size = maps.h * maps.w;
    const highest = maps.levels.subarray(number * size, (number + 1) * size).reduce((a, b) => Math.max(a, b), 0);
    const value = maps.legend ? `, highest value ${this.value(number, highest)}` : "";
    this.live.textContent = `${maps.labels[number]}, ${this.cursor + 1} of ${this.view.order.length}${value}`;
  }

  pick(place) {
    if (place === undefined) return;
    const number = this.view.order[place];
    this.outline(number);
    this.moveCursor(place);
    this.send("pick", number);
  }
}
