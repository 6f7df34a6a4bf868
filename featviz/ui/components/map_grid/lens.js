// The tile under the pointer, enlarged, with its name and the value of one pixel.

import { element } from "../browser/dom.js";
import { clamp } from "../browser/numbers.js";
import { gridOf } from "./values.js";

const LENS = 200; // CSS pixels of the enlarged tile
const DISTANCE = 14; // CSS pixels between the tile and its lens
const HEADER = 64; // CSS pixels at the top of the page that Streamlit's own bar covers

export class Lens {
  constructor(root) {
    this.panel = element(root, "div", "lens", { hidden: "" });
    this.image = element(this.panel, "div", "picture");
    this.canvas = element(this.image, "canvas", "enlarged");
    this.pixel = element(this.image, "div", "pixel");
    this.name = element(this.panel, "div", "name");
    this.detail = element(this.panel, "div", "detail");
  }

  show(grid, { number, px, py }, value) {
    const { w, h, labels } = grid.maps, [rows, columns] = gridOf(grid.maps, number);
    const scale = LENS / Math.max(w, h);
    this.image.hidden = Math.max(grid.tileW, grid.tileH) / grid.dpr > 0.8 * LENS;
    Object.assign(this.canvas, { width: w, height: h });
    Object.assign(this.canvas.style, { width: `${w * scale}px`, height: `${h * scale}px` });
    grid.atlas.draw(this.canvas.getContext("2d"), number, 0, 0, w, h);
    const [across, down] = [(w * scale) / columns, (h * scale) / rows];
    const [left, top, width, height] = [px * across, py * down, across, down].map((pixels) => `${pixels}px`);
    Object.assign(this.pixel.style, { left, top, width, height });
    this.name.textContent = labels[number];
    this.detail.textContent = [placeText(grid.view.axes, px, py), value].filter(Boolean).join(" · ");
    this.panel.hidden = false;
    this.stand(grid.marks.hover.getBoundingClientRect());
  }

  // Beside the tile, so that it stands still while the pointer moves within it.
  stand(tile) {
    const { offsetWidth, offsetHeight } = this.panel;
    const right = tile.right + DISTANCE, left = tile.left - DISTANCE - offsetWidth;
    const x = right + offsetWidth > innerWidth ? left : right;
    const lowest = Math.max(HEADER, innerHeight - offsetHeight - 8);
    const y = clamp((tile.top + tile.bottom - offsetHeight) / 2, HEADER, lowest);
    Object.assign(this.panel.style, { left: `${Math.max(8, x)}px`, top: `${y}px` });
  }

  hide() {
    this.panel.hidden = true;
  }
}

const placeText = (axes, px, py) =>
  axes ? `${axes.down} ${axes.names[py]}, ${axes.across} ${axes.names[px]}` : `x ${px}, y ${py}`;
