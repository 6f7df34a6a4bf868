const LENS = 200; // CSS pixels of the enlarged tile
const APART = 14; // CSS pixels between the tile and its lens
const HEADER = 64; // CSS pixels at the top of the page that Streamlit's own bar covers

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const digits = (value) => String(Number(value.toPrecision(3)));

function element(parent, tag, className, attributes = {}) {
  const made = document.createElement(tag);
  made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return parent.appendChild(made);
}

function opaque(bytes, from) {
  return (255 << 24) | (bytes[from + 2] << 16) | (bytes[from + 1] << 8) | bytes[from];
}

// The tile under the pointer, enlarged, with its name and the value of one pixel.
class Lens {
  constructor(root) {
    this.panel = element(root, "div", "lens", { hidden: "" });
    this.picture = element(this.panel, "div", "picture");
    this.canvas = element(this.picture, "canvas", "enlarged");
    this.pixel = element(this.picture, "div", "pixel");
    this.name = element(this.panel, "div", "name");
    this.detail = element(this.panel, "div", "detail");
  }

  show(grid, { number, px, py }, value) {
    const { w, h, labels } = grid.maps;
    const scale = LENS / Math.max(w, h);
    this.picture.hidden = Math.max(grid.tileW, grid.tileH) / grid.dpr > 0.8 * LENS;
    Object.assign(this.canvas, { width: w, height: h });
    Object.assign(this.canvas.style, { width: `${w * scale}px`, height: `${h * scale}px` });
    this.canvas.getContext("2d").drawImage(grid.atlas, ...grid.source(number), w, h, 0, 0, w, h);
    const [left, top, side] = [px, py, 1].map((pixels) => `${pixels * scale}px`);
    Object.assign(this.pixel.style, { left, top, width: side, height: side });
    this.name.textContent = labels[number];
    this.detail.textContent = `x ${px}, y ${py}${value && ` · ${value}`}`;
    this.panel.hidden = false;
    this.place(grid.marks.hover.getBoundingClientRect());
  }

  // Beside the tile, so that it stands still while the pointer moves within it.
  place(tile) {
    const { offsetWidth, offsetHeight } = this.panel;
    const right = tile.right + APART, left = tile.left - APART - offsetWidth;
    const x = right + offsetWidth > innerWidth ? left : right;
    const lowest = Math.max(HEADER, innerHeight - offsetHeight - 8);
    const y = clamp((tile.top + tile.bottom - offsetHeight) / 2, HEADER, lowest);
    Object.assign(this.panel.style, { left: `${Math.max(8, x)}px`, top: `${y}px` });
  }

  hide() {
    this.panel.hidden = true;
  }
}
