// The foot: what the colors mean, the value under the pointer, how much of the image is covered.

import { element } from "../browser/dom.js";
import { clamp } from "../browser/numbers.js";
import { gradient } from "../browser/pixels.js";
import { JUDGED } from "./cell.js";

const touched = () => matchMedia("(hover: none)").matches; // by a finger, which cannot hover

export class Foot {
  constructor(grid) {
    this.grid = grid;
    this.root = element(grid.root, "div", "foot");
    this.legend = element(this.root, "div", "legend");
    this.low = element(this.legend, "span", "low");
    this.ramp = element(this.legend, "div", "ramp");
    this.needle = element(this.ramp, "div", "needle", { hidden: "" });
    this.high = element(this.legend, "span", "high");
    this.note = element(this.root, "span", "note");
    this.buildMix();
    this.buildMarks();
    this.readout = element(this.root, "div", "readout", { "aria-hidden": "true" });
  }

  buildMix() {
    this.mix = element(this.root, "div", "mix");
    this.bare = element(this.mix, "button", "bare", { type: "button", title: "The image alone" }, "Image");
    this.slider = element(this.mix, "input", "opacity", { type: "range", min: 0, max: 100, step: 1, "aria-label": "Opacity of the maps" });
    this.covered = element(this.mix, "button", "covered", { type: "button", title: "The map alone" }, "Map");
    this.percent = element(this.mix, "span", "percent", { "aria-hidden": "true" });
    this.slider.oninput = () => this.set(this.slider.value / 100);
    this.slider.onchange = () => this.report();
    this.slider.onpointerdown = () => (this.dragged = true);
    this.slider.onpointerup = this.slider.onpointercancel = () => (this.dragged = false);
    this.bare.onclick = () => this.jump(0);
    this.covered.onclick = () => this.jump(1);
  }

  // One line on what the marks of the checks mean.
  buildMarks() {
    this.marks = element(this.root, "div", "marks", { hidden: "" });
    for (const [level, words] of Object.entries(JUDGED)) {
      const entry = element(this.marks, "span", level);
      element(entry, "i", "mark", { "aria-hidden": "true" });
      entry.append(words);
    }
    element(this.marks, "span", "hint", {}, touched() ? "tap a map: its checks are explained below" : "hover a check for what it found");
  }

  // The opacity of the page counts where the page changed it: an older one, or an echo, does not move the slider back.
  receive(view, last) {
    this.view = view;
    this.mix.hidden = view.mapOnly || !view.legend;
    this.marks.hidden = !view.cells.flat().some(({ chips }) => chips.length);
    const news = last?.opacity !== view.opacity && view.opacity !== this.reported && !this.dragged;
    if (!last || news || last.mapOnly !== view.mapOnly) {
      this.reported = null;
      this.set(view.opacity);
    }
    this.describe();
    if (!this.grid.pointed) this.leave();
  }

  describe() {
    const { legend, mapOnly } = this.view;
    this.legend.hidden = !legend;
    this.note.hidden = !legend;
    if (!legend) return;
    [this.low.textContent, this.high.textContent] = [legend.low, legend.high];
    this.note.textContent = [legend.note, mapOnly ? "" : "weak values show the image in gray"].filter(Boolean).join(" · ");
    this.ramp.style.background = gradient(this.grid.table, legend.first);
  }

  set(opacity) {
    this.opacity = opacity;
    this.slider.value = Math.round(100 * opacity);
    this.slider.style.setProperty("--share", `${100 * opacity}%`);
    this.percent.textContent = `${Math.round(100 * opacity)}%`;
    this.slider.setAttribute("aria-valuetext", this.percent.textContent);
    this.grid.mix(opacity);
  }

  jump(opacity) {
    this.set(opacity);
    this.report();
  }

  report() {
    if (!this.view.reports || this.reported === this.opacity) return;
    this.reported = this.opacity;
    this.grid.send("opacity", this.opacity);
  }

  point(cell, across, down) {
    const [x, y] = cell.pixel(across, down), { h, w } = cell.map ?? cell.source;
    const value = cell.map ? ` · ${cell.said(cell.at(across, down))}` : "";
    this.readout.textContent = `${cell.cell.title} · row ${y}, column ${x} of ${h} × ${w}${value}`;
    this.needle.hidden = !cell.map;
    if (!cell.map) return;
    const { origin, step } = cell.cell.scale, first = this.view.legend.first;
    const level = step ? (cell.at(across, down) - origin) / step : cell.cell.scale.zero;
    this.needle.style.left = `${clamp((100 * (level - first)) / (255 - first), 0, 100)}%`;
  }

  leave() {
    this.needle.hidden = true;
    this.readout.textContent = this.view?.legend ? (touched() ? "Tap for values; hold to see the image without the map." : "Hover for values; press to see the image without the map.") : "";
  }
}
