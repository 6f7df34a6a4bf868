// The line above the points, the tool bar beside it, and the image to save.

import { element, save, svgElement } from "../browser/dom.js";
import { captioned } from "./captioned.js";
import { SELECTED, SHOWN } from "./parts.js";

const SIGNS = {
  move: "M12 3v18M3 12h18M12 3l-3 3M12 3l3 3M12 21l-3-3M12 21l3-3M3 12l3-3M3 12l3 3M21 12l-3-3M21 12l-3 3",
  lasso: "M7 15c-5-3-4-10 5-10s11 7 5 9-9-1-10 1 2 3 1 6",
  box: "M5 5h3M11 5h3M17 5h2v2M19 10v3M19 16v3h-3M13 19h-3M7 19H5v-2M5 14v-3M5 8V5",
  larger: "M12 5v14M5 12h14",
  smaller: "M5 12h14",
  home: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  keep: "M12 4v11M7 11l5 5 5-5M5 20h14",
};

export class Tools {
  constructor(scatter, tool) {
    this.scatter = scatter;
    const head = element(scatter.root, "div", "head");
    scatter.stage.before(head); // above the points, of which it would cover the topmost
    this.foot = element(head, "div", "foot");
    this.bar = element(head, "div", "tools", { role: "toolbar", "aria-label": "Tools of the scatter" });
    this.choices = {
      move: this.button("move", "Move (M)", () => this.choose("move")),
      lasso: this.button("lasso", "Lasso (L, or shift and drag)", () => this.choose("lasso")),
      box: this.button("box", "Box (B)", () => this.choose("box")),
    };
    element(this.bar, "span", "gap");
    this.button("larger", "Zoom in (+)", () => this.zoom(1.6));
    this.button("smaller", "Zoom out (-)", () => this.zoom(1 / 1.6));
    this.button("home", "All points (0, or double click)", () => this.home());
    this.button("keep", "Save as PNG", () => this.keep());
    this.choose(tool);
  }

  button(name, words, act) {
    const made = element(this.bar, "button", name, { type: "button", title: words, "aria-label": words });
    svgElement(svgElement(made, "svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }), "path", { d: SIGNS[name] });
    made.onclick = act;
    return made;
  }

  choose(tool) {
    this.tool = tool;
    for (const [name, button] of Object.entries(this.choices)) button.setAttribute("aria-pressed", name === tool);
    this.refresh();
  }

  // One finger scrolls the page while there is nothing to move.
  refresh() {
    const { marks, camera, parts } = this.scatter;
    const scrolls = this.tool === "move" && camera && !camera.away && parts.points?.dims === 2;
    marks.canvas.style.touchAction = scrolls ? "pan-y" : "none";
    marks.canvas.dataset.tool = this.tool;
  }

  zoom(factor) {
    const { scatter } = this;
    scatter.camera.zoomAt(scatter.width / 2, scatter.height / 2, factor);
    scatter.draw();
  }

  home() {
    this.scatter.camera.home();
    this.scatter.draw();
  }

  describe() {
    const { count, visible, selects, flags, marks, parts } = this.scatter;
    const said = (number) => number.toLocaleString("en");
    let chosen = 0;
    if (selects) for (let i = 0; i < count; i++) chosen += flags[i] === (SHOWN | SELECTED) ? 1 : 0;
    const points = visible === count ? `${said(count)} points` : `${said(visible)} of ${said(count)} points`;
    this.counts = selects ? `${points}, ${said(chosen)} selected` : points;
    const drag = parts.points.dims === 3 ? "drag to turn" : "drag to move";
    this.foot.textContent = `${this.counts} · ${drag}, scroll to zoom, shift and drag to select`;
    marks.canvas.setAttribute("aria-label", `Map of ${this.counts}. Arrow keys go from point to point, Enter pins, Escape clears.`);
  }

  // What is seen now, with what it shows and what its colors mean.
  keep() {
    const { scatter } = this, { title, file, legend } = scatter.view;
    scatter.paint(); // a canvas of the graphics card can be read only right after it was drawn
    const layers = [scatter.canvas, scatter.thumbnails.canvas, scatter.marks.canvas];
    captioned(layers, { title, legend, theme: scatter.theme }).toBlob((blob) => save(blob, file));
  }
}
