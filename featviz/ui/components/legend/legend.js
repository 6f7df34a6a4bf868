// The legend of a map: a switch for every category with its colour and count, or a colour bar.

import { element } from "../browser/dom.js";
import { jsonOf } from "../browser/payload.js";

const legends = new WeakMap();

export default function mount({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".map-legend");
  if (!legends.has(root)) legends.set(root, new Legend(root));
  legends.get(root).receive(jsonOf(data), (hidden) => setTriggerValue("hidden", hidden));
  return () => legends.delete(root);
}

class Legend {
  told = "";

  constructor(root) {
    this.root = root;
  }

  receive(sent, send) {
    this.send = send;
    this.hidden = new Set(sent.hidden);
    const told = JSON.stringify({ ...sent, hidden: null });
    if (told !== this.told) this.build(sent);
    this.told = told;
    this.mark();
  }

  build({ title, note, entries, bar }) {
    const at = this.list?.scrollTop ?? 0;
    this.root.replaceChildren();
    const head = element(this.root, "div", "head");
    element(head, "span", "title", {}, title);
    this.switches = [];
    if (entries.length > 1) {
      this.tool(head, "All", () => this.hide([]));
      this.tool(head, "None", () => this.hide(entries.map((_, number) => number)));
    }
    if (bar) this.drawBar(bar);
    this.list = element(this.root, "div", "entries");
    this.list.hidden = !entries.length;
    entries.forEach((entry, number) => this.add(entry, number, entries.length));
    if (note) element(this.root, "div", "note", {}, note);
    this.list.scrollTop = at;
  }

  tool(head, words, act) {
    element(head, "button", "tool", { type: "button", "aria-label": `${words} categories` }, words).onclick = act;
  }

  add({ name, count, color }, number, total) {
    const row = element(this.list, "div", "entry");
    const label = `${name}, ${count}`;
    const box = element(row, "button", "switch", { type: "button", role: "checkbox", "aria-label": label, title: name });
    element(box, "span", "swatch").style.setProperty("--color", color);
    element(box, "span", "name", {}, name);
    element(box, "span", "count", {}, count.toLocaleString("en"));
    box.onclick = () => this.toggle(number);
    const only = element(row, "button", "only", { type: "button", "aria-label": `only ${name}` }, "only");
    only.onclick = () => this.hide([...Array(total).keys()].filter((other) => other !== number));
    this.switches.push(box);
  }

  drawBar({ low, high, colors }) {
    const strip = element(this.root, "div", "strip", { role: "img", "aria-label": `colours from ${low} to ${high}` });
    strip.style.background = `linear-gradient(90deg, ${colors.join(", ")})`;
    const ends = element(this.root, "div", "ends");
    element(ends, "span", "", {}, low);
    element(ends, "span", "", {}, high);
  }

  toggle(number) {
    const hidden = new Set(this.hidden);
    if (!hidden.delete(number)) hidden.add(number);
    this.hide([...hidden]);
  }

  hide(hidden) {
    this.hidden = new Set(hidden);
    this.mark();
    this.send([...this.hidden].toSorted((one, other) => one - other));
  }

  mark() {
    this.switches.forEach((box, number) => box.setAttribute("aria-checked", String(!this.hidden.has(number))));
  }
}
