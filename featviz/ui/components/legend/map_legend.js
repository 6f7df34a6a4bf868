// The legend of a map: a switch for every category with its colour and count, or a colour bar.

const legends = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".map-legend");
  if (!legends.has(root)) legends.set(root, new Legend(root));
  legends.get(root).receive(JSON.parse(new TextDecoder().decode(data)), (hidden) =>
    setTriggerValue("hidden", hidden),
  );
  return () => legends.delete(root);
}

function element(parent, tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return parent.appendChild(made);
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
    element(head, "span", "title", title);
    this.switches = [];
    if (entries.length > 1) {
      this.tool(head, "All", () => this.hide([]));
      this.tool(head, "None", () => this.hide(entries.map((_, place) => place)));
    }
    if (bar) this.drawBar(bar);
    this.list = element(this.root, "div", "entries");
    this.list.hidden = !entries.length;
    entries.forEach((entry, place) => this.add(entry, place, entries.length));
    if (note) element(this.root, "div", "note", note);
    this.list.scrollTop = at;
  }

  tool(head, words, act) {
    const button = element(head, "button", "tool", words);
    button.type = "button";
    button.setAttribute("aria-label", `${words} categories`);
    button.onclick = act;
  }

  add({ name, count, colour }, place, many) {
    const row = element(this.list, "div", "entry");
    const box = element(row, "button", "switch");
    box.type = "button";
    box.setAttribute("role", "checkbox");
    box.setAttribute("aria-label", `${name}, ${count}`);
    box.title = name;
    const swatch = element(box, "span", "swatch");
    swatch.style.setProperty("--colour", colour);
    element(box, "span", "name", name);
    element(box, "span", "count", count.toLocaleString("en"));
    box.onclick = () => this.toggle(place);
    const only = element(row, "button", "only", "only");
    only.type = "button";
    only.setAttribute("aria-label", `only ${name}`);
    only.onclick = () => this.hide([...Array(many).keys()].filter((other) => other !== place));
    this.switches.push(box);
  }

  drawBar({ low, high, colours }) {
    const strip = element(this.root, "div", "strip");
    strip.style.background = `linear-gradient(90deg, ${colours.join(", ")})`;
    strip.setAttribute("role", "img");
    strip.setAttribute("aria-label", `colours from ${low} to ${high}`);
    const ends = element(this.root, "div", "ends");
    element(ends, "span", "", low);
    element(ends, "span", "", high);
  }

  toggle(place) {
    const hidden = new Set(this.hidden);
    if (!hidden.delete(place)) hidden.add(place);
    this.hide([...hidden]);
  }

  hide(hidden) {
    this.hidden = new Set(hidden);
    this.mark();
    this.send([...this.hidden].sort((one, other) => one - other));
  }

  mark() {
    this.switches.forEach((box, place) => box.setAttribute("aria-checked", String(!this.hidden.has(place))));
  }
}
