// Points as pictures: all where few are in view, else one a place, so that none hides another.

const MOST_DRAWN = 2000;
const MOST_IMAGES = 3000; // kept at once
const LARGEST_PICTURE = 64, SMALLEST_PICTURE = 16; // CSS pixels

class Pictures {
  images = new Map(); // position -> image, the one drawn last at the end

  constructor(scatter) {
    this.scatter = scatter;
    this.canvas = element(scatter.stage, "canvas", "pictures", { "aria-hidden": "true" });
    this.context = this.canvas.getContext("2d");
  }

  receive({ thumbnails, asThumbnails }) {
    if (thumbnails !== this.address) this.images.clear();
    this.address = thumbnails;
    this.on = asThumbnails && thumbnails !== null;
  }

  // Returns whether pictures stand over the points.
  paint(density) {
    const { context, scatter } = this;
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, scatter.width, scatter.height);
    if (!this.on || scatter.glide) return false;
    const seen = this.inView(), side = this.side(seen.length);
    const drawn = seen.length > MOST_DRAWN ? this.spread(seen, side) : seen;
    context.imageSmoothingQuality = "high";
    for (const i of drawn) this.picture(i, side);
    scatter.root.dataset.pictures = drawn.length;
    return true;
  }

  inView() {
    const { scatter } = this, { camera } = scatter, plane = scatter.flat(), found = [];
    const [left, bottom] = camera.plane(0, scatter.height), [right, top] = camera.plane(scatter.width, 0);
    for (let i = 0; i < scatter.count; i++) {
      if (!(scatter.flags[i] & SHOWN)) continue;
      const u = plane[2 * i], v = plane[2 * i + 1];
      if (u >= left && u <= right && v >= bottom && v <= top) found.push(i);
    }
    return found;
  }

  side(count) {
    const room = Math.sqrt((this.scatter.width * this.scatter.height) / Math.max(1, count));
    return Math.round(clamp(room * 1.1, count > MOST_DRAWN ? 28 : SMALLEST_PICTURE, LARGEST_PICTURE));
  }

  // The first point of each cell; cells are fixed to the plane, so that moving it changes none.
  spread(seen, side) {
    const { camera } = this.scatter, plane = this.scatter.flat(), [sx, sy] = camera.scale, taken = new Map();
    for (const i of seen) {
      const cell = `${Math.floor((plane[2 * i] * sx) / side)},${Math.floor((plane[2 * i + 1] * sy) / side)}`;
      if (!taken.has(cell)) taken.set(cell, i);
    }
    return [...taken.values()].slice(0, MOST_DRAWN);
  }

  picture(i, side) {
    const { context, scatter } = this, image = this.image(i);
    if (!image.complete || !image.naturalWidth) return;
    const [x, y] = scatter.screen(i), scale = side / Math.max(image.naturalWidth, image.naturalHeight);
    const [w, h] = [image.naturalWidth * scale, image.naturalHeight * scale], edge = side > 24 ? 2 : 1;
    context.globalAlpha = scatter.selects && !(scatter.flags[i] & SELECTED) ? 0.15 : 1;
    context.fillStyle = this.edge(i);
    context.fillRect(x - w / 2 - edge, y - h / 2 - edge, w + 2 * edge, h + 2 * edge);
    context.drawImage(image, x - w / 2, y - h / 2, w, h);
    context.globalAlpha = 1;
  }

  edge(i) {
    const { colours, palette } = this.scatter.parts;
    if (!palette) return this.scatter.theme.accent;
    const at = 3 * (colours?.values[i] ?? 0);
    return `rgb(${palette.values.subarray(at, at + 3).join(" ")})`;
  }

  image(i) {
    const image = this.images.get(i) ?? this.load(i);
    this.images.delete(i);
    this.images.set(i, image);
    if (this.images.size > MOST_IMAGES) this.images.delete(this.images.keys().next().value);
    return image;
  }

  load(i) {
    const image = new Image();
    image.onload = () => this.scatter.draw();
    image.src = `${this.address}${i}`;
    return image;
  }
}

