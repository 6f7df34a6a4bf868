// An image that a person paints on: a brush that paints, erases to the border's color, or pastes a part of the image.

import { element } from "../browser/dom.js";
import { clamp } from "../browser/numbers.js";
import { textOf } from "../browser/payload.js";
import { contrasting, fromHex, ground, paint, paste, toHex, way } from "./strokes.js";

const pads = new WeakMap();
const PATIENCE = 250; // ms after a stroke until the image is sent
const UNDONE = 20;
const TOOLS = { paint: "Paint", erase: "Erase", paste: "Paste" };
const WORDS = {
  paint: "Draw on the image.",
  erase: "Paints in the color of the border.",
  paste: "Press on what to copy, then where to paste it.",
};

export default function mount({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".pad");
  if (!pads.has(root)) pads.set(root, new Pad(root));
  const pad = pads.get(root);
  pad.send = (drawn) => setTriggerValue("drawn", drawn);
  pad.receive(textOf(data));
  return () => {
    clearTimeout(pad.waiting);
    pads.delete(root);
  };
}

class Pad {
  tool = "paint";
  undone = [];
  last = null; // where the brush was
  source = null; // where what is pasted lies, and the image as it was then

  constructor(root) {
    root.replaceChildren();
    this.root = root;
    this.canvas = element(root, "canvas", "canvas", { tabindex: "0", role: "img", "aria-label": "Pad to draw on" });
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    const tools = element(root, "div", "row", { role: "group", "aria-label": "Tool" });
    this.buttons = Object.entries(TOOLS).map(([tool, name]) => this.button(tools, name, () => this.choose(tool)));
    const brush = element(root, "div", "row");
    this.size = element(brush, "input", "size", { type: "range", min: 1, max: 12, "aria-label": "Brush size" });
    this.color = element(brush, "input", "color", { type: "color", "aria-label": "Color" });
    const steps = element(root, "div", "row");
    this.undo = this.button(steps, "Undo", () => this.back());
    this.button(steps, "Clear", () => this.clear());
    this.words = element(root, "div", "words", { "aria-live": "polite" });
    this.canvas.onpointerdown = (event) => this.begin(event);
    this.canvas.onpointermove = (event) => this.drag(event);
    this.canvas.onpointerup = this.canvas.onpointercancel = () => this.end();
    this.choose("paint");
  }

  button(parent, name, press) {
    const made = element(parent, "button", "", { type: "button" }, name);
    made.onclick = press;
    return made;
  }

  receive(text) {
    const { token, image } = JSON.parse(text);
    if (token === this.token) return;
    this.token = token;
    const picture = new Image();
    picture.onload = () => this.start(picture);
    picture.src = image;
  }

  start(picture) {
    Object.assign(this.canvas, { width: picture.naturalWidth, height: picture.naturalHeight });
    this.context.drawImage(picture, 0, 0);
    this.canvas.classList.toggle("coarse", Math.max(picture.naturalWidth, picture.naturalHeight) <= 128);
    this.ground = ground(this.pixels());
    this.color.value = toHex(contrasting(this.ground));
    this.size.value = clamp(Math.round(this.canvas.width / 20), 1, 12);
    this.undone = [];
    this.show();
  }

  pixels() {
    return this.context.getImageData(0, 0, this.canvas.width, this.canvas.height);
  }

  choose(tool) {
    this.tool = tool;
    this.source = null;
    this.show();
  }

  show() {
    Object.keys(TOOLS).forEach((tool, index) => this.buttons[index].setAttribute("aria-pressed", tool === this.tool));
    this.color.disabled = this.tool !== "paint";
    this.undo.disabled = !this.undone.length;
    this.words.textContent = this.tool === "paste" && this.source ? "Press where to paste it." : WORDS[this.tool];
  }

  at(event) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return [
      ((event.clientX - left) / width) * this.canvas.width,
      ((event.clientY - top) / height) * this.canvas.height,
    ];
  }

  begin(event) {
    if (event.button || !this.ground) return;
    event.preventDefault();
    clearTimeout(this.waiting);
    const point = this.at(event);
    if (this.tool === "paste" && !this.source) {
      this.source = { point, copy: this.pixels() };
      this.show();
      return;
    }
    this.canvas.setPointerCapture(event.pointerId);
    this.remember();
    this.anchor = point;
    this.last = point;
    this.stroke(point);
  }

  drag(event) {
    if (!this.last) return;
    const point = this.at(event);
    this.stroke(point);
    this.last = point;
  }

  end() {
    if (!this.last) return;
    this.last = null;
    this.commit();
  }

  stroke(point) {
    const image = this.pixels(), radius = Number(this.size.value);
    for (const center of way(this.last, point)) {
      if (this.tool === "paste") {
        const from = this.source.point.map((each, axis) => each + center[axis] - this.anchor[axis]);
        paste(image, center, radius, this.source.copy, from);
      } else paint(image, center, radius, this.tool === "erase" ? this.ground : fromHex(this.color.value));
    }
    this.context.putImageData(image, 0, 0);
  }

  remember() {
    this.undone = [...this.undone, this.pixels()].slice(-UNDONE);
  }

  back() {
    const before = this.undone.pop();
    if (!before) return;
    this.context.putImageData(before, 0, 0);
    this.commit();
  }

  clear() {
    if (!this.ground) return;
    this.remember();
    this.context.fillStyle = toHex(this.ground);
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    this.commit();
  }

  commit() {
    this.show();
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.send(this.canvas.toDataURL("image/png")), PATIENCE);
  }
}
