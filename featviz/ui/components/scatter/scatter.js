// The scatter: keeps what arrived, where the points are, and when to draw. scatter_parts.js stands before this text;
// the camera, the index, the painters and all that answers a person are appended.

const scatters = new WeakMap();

const LOWEST = 280, TALLEST = 1.15; // CSS pixels; of the width
const GLIDE = 420; // milliseconds in which points go to new places
const SHOWN = 1, SELECTED = 2; // bits of a point's flags

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".scatter");
  if (!scatters.has(root)) scatters.set(root, new Scatter(root, new TextDecoder().decode(data)));
  const scatter = scatters.get(root);
  scatter.answer = (event) => setStateValue("event", event);
  scatter.refresh();
  return () => {
    scatter.close();
    scatters.delete(root);
  };
}

function element(parent, tag, className, attributes = {}) {
  const made = document.createElement(tag);
  made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return parent.appendChild(made);
}

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

class Scatter {
  parts = {};
  count = 0;
  pinned = null;
  outline = null; // corners of the last lasso or box, in the plane
  serial = 0;
  glide = null;
  selects = false;

  constructor(root, name) {
    Object.assign(this, { root, name });
    root.scatter = this;
    root.replaceChildren();
    this.stage = element(root, "div", "stage");
    this.canvas = element(this.stage, "canvas", "points", { "aria-hidden": "true" });
    this.pictures = new Pictures(this);
    this.marks = new Marks(this);
    this.card = new Card(this);
    const { camera, tool, serial } = arrived.kept.get(name) ?? {};
    this.serial = serial ?? 0;
    this.camera = new Camera(camera);
    this.index = new Index();
    this.tools = new Tools(this, tool ?? "move");
    this.pointer = new Pointer(this);
    this.live = element(root, "p", "live", { "aria-live": "polite" });
    this.start();
    this.watch();
    arrived.scatters.add(this);
  }

  // The canvas answers for one kind of context only: a painter that fails leaves its canvas to nobody else.
  start() {
    this.painter = WebGLPainter.on(this.canvas);
    if (!this.painter) {
      const fresh = this.canvas.cloneNode();
      this.canvas.replaceWith(fresh);
      this.canvas = fresh;
      this.painter = new CanvasPainter(fresh);
    }
    this.root.dataset.painter = this.painter.name;
  }

  watch() {
    this.observer = new ResizeObserver(() => this.view && this.lay());
    this.observer.observe(this.root);
    this.canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    this.canvas.addEventListener("webglcontextrestored", () => {
      this.painter = WebGLPainter.on(this.canvas);
      this.load();
    });
    // Colours of the theme are not told: a transition on an element that has them tells of their change.
    this.probe = element(this.root, "i", "probe", { "aria-hidden": "true" });
    this.probe.ontransitionend = () => this.draw();
  }

  close() {
    const { camera, tools, pinned, outline, identity, parts, serial } = this;
    arrived.kept.set(this.name, { camera: camera.kept(), tool: tools.tool, pinned, outline, identity, points: parts.points?.token, serial });
    arrived.scatters.delete(this);
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
    cancelAnimationFrame(this.marking);
    this.painter.close();
  }

  // --- what arrives -------------------------------------------------------------------------------------------

  // Parts come one by one: they are looked through once, after all that came together.
  awaitMore() {
    if (this.waiting) return;
    this.waiting = true;
    queueMicrotask(() => {
      this.waiting = false;
      this.refresh();
    });
  }

  refresh() {
    const views = [...arrived.parts.values()].filter(({ kind, name }) => kind === "view" && name === this.name);
    const view = views.find(({ parts }) => Object.values(parts).every((token) => !token || arrived.parts.has(token)));
    if (!view || view.token === this.view?.token) return;
    const before = this.view;
    this.view = view;
    const parts = Object.fromEntries(Object.entries(view.parts).map(([name, token]) => [name, token ? arrived.parts.get(token) : null]));
    const changed = (...names) => names.some((name) => parts[name]?.token !== this.parts[name]?.token);
    const moved = changed("points"), marked = moved || changed("shown", "selected"), inked = moved || changed("colours", "palette");
    const last = this.parts;
    this.parts = parts;
    const identity = `${parts.points.count}|${parts.points.dims}|${view.thumbnails}`;
    const same = before && identity === this.identity;
    if (!same) this.other(identity);
    if (moved) this.move(same ? last.points : null);
    if (marked) this.mark();
    if (inked) this.ink();
    if (!before || before.height !== view.height) this.lay();
    this.pictures.receive(view);
    this.tools.describe();
    this.card.refresh();
    this.draw();
    this.root.dataset.views = Number(this.root.dataset.views ?? 0) + 1;
  }

  // Another set of points: nothing that was pinned or circled is of it.
  other(identity) {
    const last = this.identity ? null : arrived.kept.get(this.name), same = last?.identity === identity;
    const { points } = this.parts, still = same && last.points === points.token;
    Object.assign(this, { identity, glide: null, count: points.count });
    Object.assign(this, { pinned: same ? last.pinned : null, outline: still ? last.outline : null });
    this.card.leave();
  }

  move(last) {
    const next = this.parts.points, still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const from = last && !still ? this.places(last) : next.whole;
    this.glide = last && !still ? { since: performance.now(), extent: this.extent } : null;
    if (last) this.outline = null;
    this.extent = next.extent;
    this.from = from;
    this.painter.move(from, next.whole, next.dims);
    this.index.forget();
  }

  // Where the points stand now, on their way from one place to the next.
  places(points) {
    const t = this.progress();
    if (t >= 1) return points.whole;
    return points.whole.map((to, i) => this.from[i] + (to - this.from[i]) * t);
  }

  progress() {
    if (!this.glide) return 1;
    const t = clamp((performance.now() - this.glide.since) / GLIDE, 0, 1);
    return t * (2 - t);
  }

  mark() {
    const { shown, selected } = this.parts, flags = new Uint8Array(this.count);
    this.selects = Boolean(selected);
    this.visible = 0;
    for (let i = 0; i < this.count; i++) {
      const on = !shown || shown.has(i);
      flags[i] = (on ? SHOWN : 0) | (selected?.has(i) ? SELECTED : 0);
      if (on) this.visible++;
    }
    this.flags = flags;
    this.painter.flag(flags);
    const gone = (i) => i !== null && !(flags[i] & SHOWN);
    if (gone(this.pinned)) this.pinned = null;
    if (gone(this.marks.hovered)) this.marks.hovered = null;
  }

  ink() {
    const { colours, palette } = this.parts;
    this.painter.colour(colours?.values ?? new Uint8Array(this.count), palette?.values ?? null);
  }

  // All of it anew, for a painter that has nothing yet.
  load() {
    this.painter.move(this.parts.points.whole, this.parts.points.whole, this.parts.points.dims);
    this.painter.flag(this.flags);
    this.ink();
    this.draw();
  }

  // --- drawing ------------------------------------------------------------------------------------------------

  lay() {
    const width = this.root.clientWidth;
    if (!width) return;
    // On a phone no taller than the screen can show beside what belongs to it.
    const height = Math.min(this.view.height, Math.max(LOWEST, Math.round(TALLEST * width)));
    Object.assign(this, { width, height });
    this.stage.style.height = `${height}px`;
    this.root.classList.toggle("narrow", width < 560);
    this.draw();
  }

  draw() {
    if (!this.view || this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.paint();
    });
  }

  paint() {
    if (!this.width) return this.lay();
    const started = performance.now(), t = this.progress();
    const { camera, parts, view } = this, density = (this.density = Math.min(3, devicePixelRatio || 1));
    const extent = this.glide ? this.extent.map((to, i) => this.glide.extent[i] + (to - this.glide.extent[i]) * t) : this.extent;
    camera.fit(this.width, this.height, extent, view.equal, parts.points.dims);
    this.theme = themed(this.root);
    const radius = this.radius();
    for (const canvas of [this.canvas, this.marks.canvas, this.pictures.canvas]) sized(canvas, this.width, this.height, density);
    const strength = this.strength(radius) * (this.pictures.paint(density) ? 0.5 : 1);
    this.painter.paint({ camera, t, density, radius, theme: this.theme, marking: this.selects, strength });
    this.marks.paint(density);
    this.card.place();
    this.tools.refresh();
    if (t < 1) this.draw();
    else if (this.glide) this.settle();
    this.root.dataset.painted = Number(this.root.dataset.painted ?? 0) + 1;
    this.root.dataset.paintMs = (performance.now() - started).toFixed(1);
  }

  // Lines and rings alone: what lies below is as it was.
  drawMarks() {
    if (!this.theme || this.frame || this.marking) return;
    this.marking = requestAnimationFrame(() => {
      this.marking = 0;
      if (!this.frame) this.marks.paint(this.density);
    });
  }

  settle() {
    this.glide = null;
    this.root.dataset.glides = Number(this.root.dataset.glides ?? 0) + 1;
    this.draw();
  }

  // Half a point in CSS pixels: many points are small, and grow slowly while zooming in.
  radius() {
    const room = Math.cbrt((this.width * this.height) / Math.max(1, this.visible));
    return clamp(clamp(0.62 * room, 0.7, 5) * this.camera.zoom ** 0.4, 0.7, 9);
  }

  // The opacity of a point: where many lie over each other, it lets the dense places show.
  strength(radius) {
    const layers = (this.visible * Math.PI * radius ** 2) / (0.3 * this.width * this.height * this.camera.zoom ** 2);
    return clamp(0.92 / Math.max(1, layers) ** 0.4, 0.35, 0.92);
  }

  // --- where a point is ---------------------------------------------------------------------------------------

  // The number of a point's picture.
  pictureOf(i) {
    return this.parts.pictures?.values[i] ?? i;
  }

  // Places in the plane that the camera looks at: as they came, or turned.
  flat() {
    const { token } = this.parts.points, key = token + this.camera.turned;
    if (this.flatted !== key) [this.flatted, this.plane] = [key, this.camera.flatten(this.parts.points)];
    return this.plane;
  }

  screen(i) {
    const plane = this.flat();
    return this.camera.screen(plane[2 * i], plane[2 * i + 1]);
  }

  nearest(x, y, reach) {
    const picture = this.pictures.hit(x, y);
    if (picture !== null) return picture;
    const plane = this.flat();
    this.index.build(plane, this.flatted);
    const [u, v] = this.camera.plane(x, y);
    return this.index.nearest(u, v, reach, this.camera.scale, (i) => this.flags[i] & SHOWN);
  }

  // --- what a person does -------------------------------------------------------------------------------------

  pin(i) {
    if (i === null && this.pinned === null && !this.outline) return;
    Object.assign(this, { pinned: i, outline: null });
    this.send(i === null ? {} : { pinned: i });
    this.draw();
  }

  clear() {
    this.pin(null);
  }

  circled(corners, box) {
    Object.assign(this, { outline: corners, pinned: null });
    const points = this.parts.points, { camera } = this;
    const placed = corners.map((corner) => camera.measured(corner, points));
    const axes = points.dims === 3 ? camera.axes() : null;
    const [xs, ys] = [0, 1].map((k) => placed.map((corner) => corner[k]));
    const edges = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
    this.send(box ? { box: edges, axes } : { polygon: placed, axes });
    this.draw();
  }

  send(event) {
    this.serial = Math.max(Date.now(), this.serial + 1);
    this.root.dataset.sent = this.serial;
    this.answer({ serial: this.serial, ...event });
  }
}

function sized(canvas, width, height, density) {
  const [w, h] = [Math.round(width * density), Math.round(height * density)];
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
}

