// Mouse, fingers and keys: moving, zooming, turning, pointing, pinning, circling.

import { clamp } from "../browser/numbers.js";
import { SHOWN } from "./parts.js";

const REACH = 9, REACH_OF_A_FINGER = 18; // CSS pixels around a point in which it is pointed at
const CLICK = 4; // CSS pixels a click may move
const TWICE = 350; // milliseconds within which two clicks are a double click
const STEP = 2.5; // CSS pixels between corners of a lasso
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Pointer {
  fingers = new Map();
  mode = null;

  constructor(scatter) {
    this.scatter = scatter;
    const surface = (this.surface = scatter.marks.canvas);
    surface.onpointerdown = (event) => this.down(event);
    surface.onpointermove = (event) => this.move(event);
    surface.onpointerup = (event) => this.up(event, true);
    surface.onpointercancel = (event) => this.up(event, false);
    surface.onpointerleave = (event) => event.pointerType === "mouse" && !this.mode && this.scatter.marks.hover(null);
    surface.ondblclick = () => this.scatter.tools.home();
    surface.onkeydown = (event) => this.key(event);
    surface.oncontextmenu = (event) => event.preventDefault();
    surface.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  at({ clientX, clientY }) {
    const box = this.surface.getBoundingClientRect();
    return [clientX - box.left, clientY - box.top];
  }

  down(event) {
    const position = this.at(event), { scatter } = this;
    if (!scatter.view || event.button === 1) return;
    this.surface.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, position);
    if (this.fingers.size === 2) return this.pinch();
    if (this.fingers.size > 2) return;
    const tool = event.shiftKey ? "lasso" : scatter.tools.tool;
    const turns = scatter.parts.points.dims === 3 && !event.button && !event.ctrlKey;
    Object.assign(this, { start: position, last: position, moved: false, mode: tool === "move" ? (turns ? "turn" : "pan") : tool });
  }

  pinch() {
    this.scatter.marks.drawing = null;
    Object.assign(this, { mode: "pinch", moved: true, spread: null });
  }

  move(event) {
    const position = this.at(event), { scatter } = this;
    if (!scatter.view) return;
    if (!this.mode) return event.pointerType === "mouse" && this.point(position, REACH);
    if (this.fingers.has(event.pointerId)) this.fingers.set(event.pointerId, position);
    if (this.mode === "pinch") return this.spreads();
    if (!this.moved && distance(position, this.start) < CLICK) return;
    if (!this.moved) this.begin();
    const [dx, dy] = [position[0] - this.last[0], position[1] - this.last[1]];
    if (this.mode === "pan") scatter.camera.pan(dx, dy);
    if (this.mode === "turn") scatter.camera.turn(dx, dy);
    if (this.mode === "lasso" && distance(position, this.last) >= STEP) scatter.marks.drawing.push(position);
    if (this.mode === "box") scatter.marks.drawing = cornered(this.start, position);
    if (this.mode !== "lasso" || distance(position, this.last) >= STEP) this.last = position;
    if (scatter.marks.drawing) scatter.drawMarks();
    else scatter.draw();
  }

  begin() {
    const { scatter, mode } = this;
    this.moved = true;
    scatter.marks.hover(null);
    this.surface.classList.toggle("dragging", mode === "pan" || mode === "turn");
    if (mode === "lasso" || mode === "box") Object.assign(scatter.marks, { drawing: [this.start] });
    if (mode === "lasso" || mode === "box") scatter.outline = null;
  }

  spreads() {
    if (this.fingers.size < 2) return;
    const [a, b] = this.fingers.values(), middle = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], spread = distance(a, b);
    if (this.spread) {
      this.scatter.camera.zoomAt(...this.middle, spread / this.spread);
      this.scatter.camera.pan(middle[0] - this.middle[0], middle[1] - this.middle[1]);
      this.scatter.draw();
    }
    Object.assign(this, { spread: Math.max(spread, 1), middle });
  }

  up(event, done) {
    const { scatter, mode, moved } = this;
    if (!this.fingers.delete(event.pointerId) || this.fingers.size) return;
    this.mode = null;
    this.surface.classList.remove("dragging");
    const drawn = scatter.marks.drawing;
    scatter.marks.drawing = null;
    if (done && drawn?.length > 2) scatter.circled(drawn.map(([x, y]) => scatter.camera.plane(x, y)), mode === "box");
    else if (done && !moved) this.click(event);
    scatter.draw();
  }

  // The second click of two goes home and pins nothing.
  click(event) {
    const { scatter } = this, finger = event.pointerType !== "mouse", position = this.at(event), now = performance.now();
    const again = this.clicked && now - this.clicked.at < TWICE && distance(position, this.clicked.position) < REACH_OF_A_FINGER;
    this.clicked = { at: now, position };
    if (again) return;
    const point = scatter.nearest(...position, finger ? REACH_OF_A_FINGER : REACH);
    scatter.pin(point === scatter.pinned ? null : point);
    scatter.marks.hover(finger ? null : point);
    scatter.card.refresh();
  }

  point(position, reach) {
    const { scatter } = this;
    if (scatter.glide) return;
    const started = performance.now();
    scatter.marks.hover(scatter.nearest(...position, reach));
    scatter.root.dataset.hoverMs = (performance.now() - started).toFixed(2);
    this.surface.classList.toggle("pointing", scatter.marks.hovered !== null);
  }

  wheel(event) {
    const { scatter } = this;
    if (!scatter.view) return;
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 20 : 1, pull = clamp(event.deltaY * lines, -240, 240);
    scatter.camera.zoomAt(...this.at(event), Math.exp(-pull * (event.ctrlKey ? 0.01 : 0.002)));
    scatter.marks.hover(null);
    scatter.draw();
  }

  // --- keys ---------------------------------------------------------------------------------------------------

  key(event) {
    const { scatter } = this, { tools } = scatter;
    if (!scatter.view || event.altKey || event.metaKey || event.ctrlKey) return;
    const does = {
      Escape: () => this.escape(),
      Enter: () => this.pinHovered(),
      " ": () => this.pinHovered(),
      "+": () => tools.zoom(1.5),
      "=": () => tools.zoom(1.5),
      "-": () => tools.zoom(1 / 1.5),
      0: () => tools.home(),
      l: () => tools.choose("lasso"),
      b: () => tools.choose("box"),
      m: () => tools.choose("move"),
    }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    const step = KEYS[event.key];
    if (!does && !step) return;
    event.preventDefault();
    event.stopPropagation();
    if (does) return does();
    if (event.shiftKey) this.shift(step);
    else this.walk(step);
  }

  escape() {
    const { scatter } = this;
    const under = scatter.marks.drawing;
    scatter.marks.drawing = null;
    scatter.marks.hover(null);
    if (under) {
      this.mode = null;
      this.fingers.clear();
    } else scatter.pin(null);
    scatter.card.refresh();
    scatter.draw();
  }

  pinHovered() {
    const { scatter } = this, { hovered } = scatter.marks;
    if (hovered !== null) scatter.pin(hovered === scatter.pinned ? null : hovered);
  }

  shift([dx, dy]) {
    const { scatter } = this;
    if (scatter.parts.points.dims === 3) scatter.camera.turn(dx * 20, dy * 20);
    else scatter.camera.pan(-dx * 60, -dy * 60);
    scatter.draw();
  }

  // From point to point: the nearest one in the direction of the arrow.
  walk([dx, dy]) {
    const { scatter } = this, { camera } = scatter, plane = scatter.flat();
    const here = scatter.marks.hovered ?? scatter.pinned;
    const [x, y] = here === null ? [scatter.width / 2, scatter.height / 2] : scatter.screen(here);
    let best = null, least = Infinity;
    for (let i = 0; i < scatter.count; i++) {
      if (i === here || !(scatter.flags[i] & SHOWN)) continue;
      const [px, py] = camera.screen(plane[2 * i], plane[2 * i + 1]);
      const along = (px - x) * dx + (py - y) * dy, aside = Math.abs((px - x) * dy - (py - y) * dx);
      // From nowhere the one nearest to the middle; else within 45 degrees of the direction.
      const cost = here === null ? Math.hypot(px - x, py - y) : along + 2 * aside;
      if (here !== null && (along <= 0.5 || aside > along)) continue;
      if (cost < least) [best, least] = [i, cost];
    }
    if (best === null) return;
    this.follow(best);
    scatter.marks.hover(best);
    scatter.live.textContent = scatter.card.words();
  }

  // A point outside the view is brought into it.
  follow(i) {
    const { scatter } = this, [x, y] = scatter.screen(i), edge = 40;
    const [dx, dy] = [x - clamp(x, edge, scatter.width - edge), y - clamp(y, edge, scatter.height - edge)];
    if (!dx && !dy) return;
    scatter.camera.pan(-dx, -dy);
    scatter.draw();
  }
}

const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);

const cornered = ([x0, y0], [x1, y1]) => [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];
