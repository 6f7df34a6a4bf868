// The card beside the point that is pointed at, or else pinned: its image, its caption, what became of its neighbours.

import { element } from "../browser/dom.js";
import { clamp } from "../browser/numbers.js";
import { neighborsOf } from "./marks.js";

const MOST_PORTRAITS = 200;

export class Card {
  portraits = new Map(); // address -> image, the one used last at the end

  constructor(scatter) {
    this.scatter = scatter;
    this.root = element(scatter.stage, "div", "card", { hidden: "" });
    this.frame = element(this.root, "div", "portrait");
    this.caption = element(this.root, "div", "caption");
    this.note = element(this.root, "div", "torn");
  }

  get point() {
    return this.scatter.marks.hovered ?? this.scatter.pinned;
  }

  leave() {
    this.scatter.marks.hovered = null;
    this.scatter.root.dataset.hovered = "";
    this.portraits.clear();
  }

  refresh() {
    const { scatter, point } = this, { captions } = scatter.parts;
    this.root.hidden = point === null;
    this.root.dataset.point = point ?? "";
    if (point === null) return;
    const address = scatter.view.thumbnails === null ? null : `${scatter.view.thumbnails}${scatter.imageOf(point)}`;
    this.frame.hidden = address === null;
    // An image of its own for each point: one that is still loading never shows another's image.
    if (address !== this.address) this.frame.replaceChildren(...(address === null ? [] : [this.portrait(address)]));
    this.address = address;
    this.caption.textContent = captions ? captions.at(point) : scatter.view.thumbnails ? "" : `Point ${point}`;
    this.tell(point);
    this.stand();
  }

  portrait(address) {
    const image = this.portraits.get(address) ?? Object.assign(new Image(), { src: address, alt: "" });
    image.onerror = () => (image.className = "missing");
    this.portraits.delete(address);
    this.portraits.set(address, image);
    if (this.portraits.size > MOST_PORTRAITS) this.portraits.delete(this.portraits.keys().next().value);
    return image;
  }

  tell(point) {
    const { near, far } = neighborsOf(this.scatter, point), all = near.length + far.length;
    this.note.hidden = !all;
    this.note.classList.toggle("clean", !far.length);
    const k = this.scatter.parts.neighbors?.columns;
    this.note.textContent = `${far.length ? near.length : "All"} ${far.length ? "of " : ""}${all} nearest neighbors are among its ${k} nearest on the map`;
    this.note.style.setProperty("--far", this.scatter.theme?.far ?? "currentColor");
  }

  // Beside the point, on the side where there is room.
  stand() {
    const { scatter, point } = this;
    this.root.hidden = point === null || Boolean(scatter.glide) || Boolean(scatter.marks.drawing);
    if (this.root.hidden) return;
    const [x, y] = scatter.screen(point), { offsetWidth: w, offsetHeight: h } = this.root;
    const gap = scatter.thumbnails.drawn.length ? scatter.thumbnails.raised / 2 + 10 : 14;
    const left = x + gap + w <= scatter.width ? x + gap : x - gap - w;
    const top = y + gap + h <= scatter.height ? y + gap : y - gap - h;
    this.root.style.left = `${clamp(left, 4, Math.max(4, scatter.width - w - 4))}px`;
    this.root.style.top = `${clamp(top, 4, Math.max(4, scatter.height - h - 4))}px`;
    this.root.classList.toggle("off", x < 0 || y < 0 || x > scatter.width || y > scatter.height);
  }

  words() {
    return [this.caption.textContent, this.note.hidden ? "" : this.note.textContent].filter(Boolean).join(". ");
  }
}
