// Points as their images: all where few are in view, else one a cell, so that none hides another.
// Many images of one sheet come on the sheet, large or few ones one by one.

import { element } from "../browser/dom.js";
import { clamp } from "../browser/numbers.js";
import { SELECTED, SHOWN } from "./parts.js";

const MOST_DRAWN = 2000;
const MOST_IMAGES = 3000; // kept at once
const LARGEST = 64, SMALLEST = 14; // CSS pixels
const LEAST_OF_A_SHEET = 100; // images of one that are drawn: below, they come one by one

export class Thumbnails {
  images = new Map(); // address -> image, the one drawn last at the end
  sheets = true; // until one is not there
  drawn = []; // positions, the one on top at the end

  constructor(scatter) {
    this.scatter = scatter;
    this.canvas = element(scatter.stage, "canvas", "pictures", { "aria-hidden": "true" });
    this.context = this.canvas.getContext("2d");
  }

  receive({ thumbnails, asThumbnails, atlas }) {
    if (thumbnails !== this.address) Object.assign(this, { images: new Map(), sheets: true });
    Object.assign(this, { address: thumbnails, atlas, on: asThumbnails && thumbnails !== null });
  }

  // Returns whether most points have images over them; those still to come leave their dots.
  paint(density) {
    const { context, scatter } = this;
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, scatter.width, scatter.height);
    this.drawn = [];
    if (!this.on || scatter.glide) return false;
    const seen = this.inView(), side = this.side(seen.length);
    const drawn = seen.length > MOST_DRAWN ? this.spread(seen, side) : seen;
    const counts = this.countSheets(drawn);
    const fine = side * density > 1.5 * this.atlas.side && drawn.length < 400;
    context.imageSmoothingQuality = "high";
    this.drawn = drawn.filter((i) => this.thumbnail(context, i, side, counts, fine));
    Object.assign(this, { counts, edge: side });
    Object.assign(scatter.root.dataset, { pictures: drawn.length, missing: drawn.length - this.drawn.length });
    return this.drawn.length > drawn.length / 2;
  }

  // The image on top of those under the pointer; null where there is none.
  hit(x, y) {
    const half = this.edge / 2;
    return this.drawn.findLast((i) => this.scatter.screen(i).every((at, k) => Math.abs(at - [x, y][k]) <= half)) ?? null;
  }

  // One of the images again, over all others, larger and in a frame. Returns whether it is there.
  raise(context, i, color) {
    if (!this.drawn.length || !this.source(i, this.counts, true)) return false;
    const side = this.raised, [x, y] = this.scatter.screen(i);
    context.fillStyle = color;
    context.fillRect(x - side / 2 - 5, y - side / 2 - 5, side + 10, side + 10);
    return this.thumbnail(context, i, side, this.counts, true);
  }

  get raised() {
    return Math.max(this.edge * 1.3, 40);
  }

  inView() {
    const { scatter } = this, { camera } = scatter, plane = scatter.flat(), points = [];
    const [left, bottom] = camera.plane(0, scatter.height), [right, top] = camera.plane(scatter.width, 0);
    for (let i = 0; i < scatter.count; i++) {
      const u = plane[2 * i], v = plane[2 * i + 1];
      if (scatter.flags[i] & SHOWN && u >= left && u <= right && v >= bottom && v <= top) points.push(i);
    }
    return points;
  }

  side(count) {
    const room = Math.sqrt((this.scatter.width * this.scatter.height) / Math.max(1, count));
    return Math.round(clamp(room, count > MOST_DRAWN ? 24 : SMALLEST, LARGEST));
  }

  // The first point of each cell; cells are fixed to the plane, so that moving it changes none.
  spread(seen, side) {
    const { camera } = this.scatter, plane = this.scatter.flat(), [sx, sy] = camera.scale, taken = new Map();
    for (const i of seen) {
      const cell = Math.floor((plane[2 * i] * sx) / side) + 65536 * Math.floor((plane[2 * i + 1] * sy) / side);
      if (!taken.has(cell)) taken.set(cell, i);
    }
    return [...taken.values()].slice(0, MOST_DRAWN);
  }

  countSheets(drawn) {
    const counts = new Map();
    for (const i of drawn) {
      const page = this.page(i);
      counts.set(page, (counts.get(page) ?? 0) + 1);
    }
    return counts;
  }

  page(i) {
    return Math.floor(this.scatter.imageOf(i) / this.atlas.images);
  }

  // The image that shows a point's own, and the rectangle in it; null while it is still to come. One that will
  // come alone is shown from its sheet meanwhile.
  source(i, counts, fine) {
    const sheeted = this.sheets && counts.get(this.page(i)) >= LEAST_OF_A_SHEET;
    const single = !sheeted || fine ? this.image(`${this.scatter.imageOf(i)}`) : null;
    if (single?.naturalWidth) return [single, 0, 0, single.naturalWidth, single.naturalHeight];
    const sheet = sheeted ? this.image(`atlas/${this.page(i)}`) : null;
    if (!sheet?.naturalWidth) return null;
    const { columns, images, side } = this.atlas, at = this.scatter.imageOf(i) % images;
    // Half a pixel in from the edges: smoothing would mix in the image beside it.
    return [sheet, (at % columns) * side + 0.5, Math.floor(at / columns) * side + 0.5, side - 1, side - 1];
  }

  // Returns whether there was an image to draw.
  thumbnail(context, i, side, counts, fine) {
    const source = this.source(i, counts, fine);
    if (!source) return false;
    const [, , , width, height] = source;
    const { scatter } = this, [x, y] = scatter.screen(i), scale = side / Math.max(width, height);
    const [w, h, edge] = [width * scale, height * scale, side > 24 ? 2 : 1];
    context.globalAlpha = context === this.context && scatter.selects && !(scatter.flags[i] & SELECTED) ? 0.15 : 1;
    context.fillStyle = this.ink(i);
    context.fillRect(x - w / 2 - edge, y - h / 2 - edge, w + 2 * edge, h + 2 * edge);
    context.drawImage(...source, x - w / 2, y - h / 2, w, h);
    context.globalAlpha = 1;
    return true;
  }

  ink(i) {
    const { colors, palette } = this.scatter.parts;
    if (!palette) return this.scatter.theme.accent;
    const at = 3 * (colors?.values[i] ?? 0);
    return `rgb(${palette.values.subarray(at, at + 3).join(" ")})`;
  }

  image(name) {
    const image = this.images.get(name) ?? this.load(name);
    this.images.delete(name);
    this.images.set(name, image);
    if (this.images.size > MOST_IMAGES) this.images.delete(this.images.keys().next().value);
    return image;
  }

  load(name) {
    const image = new Image();
    image.onload = () => this.scatter.draw();
    if (name.startsWith("atlas/")) image.onerror = () => this.doWithout();
    image.src = `${this.address}${name}`;
    return image;
  }

  doWithout() {
    this.sheets = false;
    this.scatter.draw();
  }
}
