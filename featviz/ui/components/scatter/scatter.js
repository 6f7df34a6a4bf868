// The scatter: keeps what arrived, where the points are, and when to draw. Everything comes as payloads: points, colors,
// masks and the like, and a view that names by their tokens those that belong together.

import { count, element } from "../browser/dom.js";
import { clamp } from "../browser/numbers.js";
import { onPayloads, payload, payloads, textOf } from "../browser/payload.js";
import { Camera } from "./camera.js";
import { CanvasPainter } from "./canvas_painter.js";
import { Card } from "./card.js";
import { Index } from "./index.js";
import { Marks } from "./marks.js";
import { partsOf, SELECTED, SHOWN } from "./parts.js";
import { Pointer } from "./pointer.js";
import { fitCanvas, heightOf, radiusOf, strengthOf } from "./sizes.js";
import { themed } from "./theme.js";
import { Thumbnails } from "./thumbnails.js";
import { Tools } from "./tools.js";
import { WebGLPainter } from "./webgl_painter.js";

const scatters = new WeakMap();
const left = (globalThis[Symbol.for("featviz.scatters")] ??= new Map()); // name -> where a person left one that is off the page

const GLIDE = 420; // milliseconds in which points move to a new map

export default function mount({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".scatter");
  if (!scatters.has(root)) scatters.set(root, new Scatter(root, textOf(data)));
  const scatter = scatters.get(root);
  scatter.answer = (event) => setStateValue("event", event);
  scatter.refresh();
  return () => {
    scatter.close();
    scatters.delete(root);
  };
}

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
    this.thumbnails = new Thumbnails(this);
    this.marks = new Marks(this);
    this.card = new Card(this);
    const { camera, tool, serial } = left.get(name) ?? {};
    this.serial = serial ?? 0;
    this.camera = new Camera(camera);
    this.index = new Index();
    this.tools = new Tools(this, tool ?? "move");
    this.pointer = new Pointer(this);
    this.live = element(root, "p", "live", { "aria-live": "polite" });
    this.start();
    this.watch();
    this.forget = onPayloads(() => this.refresh());
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
    left.set(this.name, { camera: camera.kept(), tool: tools.tool, pinned, outline, identity, points: parts.points?.token, serial });
    this.forget();
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
    cancelAnimationFrame(this.marking);
    this.painter.close();
  }

  // --- what arrives -------------------------------------------------------------------------------------------

  refresh() {
    const views = payloads().filter(({ scatter }) => scatter === this.name);
    const view = views.find(({ parts }) => Object.values(parts).every((token) => !token || payload(token)));
    if (!view || view.token === this.view?.token) return;
    const before = this.view;
    this.view = view;
    const parts = partsOf(Object.fromEntries(Object.entries(view.parts).map(([name, token]) => [name, token && payload(token)])));
    const changed = (...names) => names.some((name) => parts[name]?.token !== this.parts[name]?.token);
    const moved = changed("points"), marked = moved || changed("shown", "selected"), inked = moved || changed("colors", "palette");
    const last = this.parts;
    this.parts = parts;
    const identity = `${parts.points.count}|${parts.points.dims}|${view.thumbnails}`;
    const same = before && identity === this.identity;
    if (!same) this.other(identity);
    if (moved) this.move(same ? last.points : null);
    if (marked) this.mark();
    if (inked) this.ink();
    if (!before || before.height !== view.height) this.lay();
    this.thumbnails.receive(view);
    this.tools.describe();
    this.card.refresh();
    this.draw();
    count(this.root, "views");
  }

  // Another set of points: nothing that was pinned or circled is of it.
  other(identity) {
    const last = this.identity ? null : left.get(this.name), same = last?.identity === identity;
    const { points } = this.parts, still = same && last.points === points.token;
    Object.assign(this, { identity, glide: null, count: points.count });
    Object.assign(this, { pinned: same ? last.pinned : null, outline: still ? last.outline : null });
    this.card.leave();
  }

  move(last) {
    const next = this.parts.points, still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const from = last && !still ? this.between(last) : next.levels;
    this.glide = last && !still ? { since: performance.now(), extent: this.extent } : null;
    if (last) this.outline = null;
    this.extent = next.extent;
    this.from = from;
    this.painter.move(from, next.levels, next.dims);
    this.index.forget();
  }

  // Where the points stand now, between one map and the next.
  between(points) {
    const t = this.progress();
    if (t >= 1) return points.levels;
    return points.levels.map((to, i) => this.from[i] + (to - this.from[i]) * t);
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
    const { colors, palette } = this.parts;
    this.painter.color(colors?.values ?? new Uint8Array(this.count), palette?.values ?? null);
  }

  // All of it anew, for a painter that has nothing yet.
  load() {
    this.painter.move(this.parts.points.levels, this.parts.points.levels, this.parts.points.dims);
    this.painter.flag(this.flags);
    this.ink();
    this.draw();
  }

  // --- drawing ------------------------------------------------------------------------------------------------

  lay() {
    const width = this.root.clientWidth;
    if (!width) return;
    const height = heightOf(this.view.height, width);
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
    for (const canvas of [this.canvas, this.marks.canvas, this.thumbnails.canvas]) fitCanvas(canvas, this.width, this.height, density);
    const strength = strengthOf(this, camera.zoom, radius) * (this.thumbnails.paint(density) ? 0.5 : 1);
    this.painter.paint({ camera, t, density, radius, theme: this.theme, marking: this.selects, strength });
    this.marks.paint(density);
    this.card.stand();
    this.tools.refresh();
    if (t < 1) this.draw();
    else if (this.glide) this.settle();
    count(this.root, "painted");
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
    count(this.root, "glides");
    this.draw();
  }

  radius() {
    return radiusOf(this, this.camera.zoom);
  }

  // --- where a point is ---------------------------------------------------------------------------------------

  // The number of a point's image.
  imageOf(i) {
    return this.parts.images?.values[i] ?? i;
  }

  // Positions in the plane that the camera looks at: as they came, or turned.
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
    const thumbnail = this.thumbnails.hit(x, y);
    if (thumbnail !== null) return thumbnail;
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

  circled(corners, box) {
    Object.assign(this, { outline: corners, pinned: null });
    const { polygon, edges, axes } = this.camera.measuredOutline(corners, this.parts.points);
    this.send(box ? { box: edges, axes } : { polygon, axes });
    this.draw();
  }

  send(event) {
    this.serial = Math.max(Date.now(), this.serial + 1);
    this.root.dataset.sent = this.serial;
    this.answer({ serial: this.serial, ...event });
  }
}
