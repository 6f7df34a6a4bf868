// Draws a run of activation maximization: its newest images large, its film to scrub through, its score's curve.
// While the run goes on each message brings the newest images alone, and the film is what has been seen so far;
// at its end the whole film comes.

import { count, element, svgElement } from "../browser/dom.js";
import { decode } from "../browser/payload.js";
import { canvasOf } from "../browser/pixels.js";

const films = new WeakMap();
const MOST = 48, THUMB = 48; // frames of a film; CSS pixels of one in the strip

export default function mount({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".film");
  if (!films.has(root)) films.set(root, new Film(root));
  const film = films.get(root), sent = received(data);
  if (sent.run !== film.run) setStateValue("shown", sent.run);
  film.receive(sent);
  return () => {
    films.get(root)?.close();
    films.delete(root);
  };
}

function received(data) {
  const { newest, film, steps, ...sent } = decode(data);
  const frames = film ? canvasesOf(film.values, film.shape.slice(1)) : [];
  const images = film?.shape[1];
  return {
    ...sent,
    newest: canvasesOf(newest.values, newest.shape),
    film: steps.map((step, number) => ({ step, images: frames.slice(number * images, (number + 1) * images) })),
  };
}

function canvasesOf(bytes, [, h, w]) {
  const size = 3 * h * w;
  return Array.from({ length: bytes.length / size }, (_, number) => canvasOf(bytes.subarray(number * size, (number + 1) * size), h, w));
}

class Film {
  seen = [];
  position = null; // of the frame that is shown out of the film; null shows the newest

  constructor(root) {
    root.replaceChildren();
    this.root = root;
    this.images = element(root, "div", "pictures");
    const said = element(root, "div", "said");
    this.words = element(said, "span", "words");
    this.score = element(said, "span", "score");
    this.bar = element(element(root, "div", "bar"), "div");
    this.strip = element(root, "canvas", "strip");
    this.slider = element(root, "input", "slider", { type: "range", min: 0, step: 1, "aria-label": "Picture of the film" });
    this.slider.oninput = () => this.scrub(Number(this.slider.value));
    this.strip.onclick = (event) =>
      this.scrub(Math.floor((event.offsetX / this.strip.clientWidth) * this.seen.length));
    this.curve = svgElement(root, "svg", { viewBox: "0 0 100 100", preserveAspectRatio: "none", role: "img" });
    this.ends = element(root, "div", "ends");
    this.watcher = new ResizeObserver(() => this.drawStrip());
    this.watcher.observe(root);
  }

  close() {
    this.watcher.disconnect();
  }

  receive(sent) {
    if (sent.run !== this.run) [this.run, this.seen, this.position] = [sent.run, [], null];
    this.sent = sent;
    if (sent.film.length) {
      this.seen = sent.film;
      if (this.position !== null) this.position = Math.min(this.position, this.seen.length - 1);
    } else this.collect({ step: sent.curve.at(-1)?.[0] ?? 0, images: sent.newest });
    this.root.dataset.step = sent.curve.at(-1)?.[0] ?? 0;
    count(this.root, "received");
    this.draw();
  }

  collect(frame) {
    if (this.seen.at(-1)?.step === frame.step) return;
    this.seen.push(frame);
    if (this.seen.length > MOST) this.seen = this.seen.filter((_, number) => number % 2 === 0);
  }

  scrub(position) {
    const last = this.seen.length - 1;
    this.position = position >= last ? null : Math.max(0, position);
    this.draw();
  }

  draw() {
    const shown = this.position === null ? null : this.seen[this.position];
    const images = shown?.images ?? this.sent.newest;
    this.images.replaceChildren(...images);
    const step = shown?.step ?? this.sent.curve.at(-1)?.[0] ?? 0;
    const words = this.position === null ? this.sent.words : `${capitalized(this.sent.unit)} ${step} of the film`;
    this.words.textContent = words;
    const last = this.sent.curve.findLast(([at]) => at <= step);
    this.score.textContent = last ? `${this.sent.quantity} ${last[1].toPrecision(3)}` : "";
    this.bar.style.width = `${(100 * step) / Math.max(1, this.sent.total)}%`;
    for (const image of images) {
      image.setAttribute("role", "img");
      image.setAttribute("aria-label", words);
    }
    const single = this.seen.length < 2;
    this.strip.hidden = this.slider.hidden = single;
    this.slider.max = Math.max(1, this.seen.length - 1);
    this.slider.value = this.position ?? this.seen.length - 1;
    this.drawStrip();
    this.drawCurve(step);
  }

  drawStrip() {
    const width = this.root.clientWidth, dpr = window.devicePixelRatio || 1;
    if (!width || this.seen.length < 2) return;
    const shown = Math.max(2, Math.min(this.seen.length, Math.floor(width / THUMB)));
    const side = Math.min(width / shown, 2 * THUMB);
    this.strip.style.width = `${side * shown}px`;
    Object.assign(this.strip, { width: Math.round(side * shown * dpr), height: Math.round(side * dpr) });
    const context = this.strip.getContext("2d");
    context.imageSmoothingQuality = "high";
    for (let n = 0; n < shown; n++) {
      const frame = this.seen[Math.round((n * (this.seen.length - 1)) / (shown - 1))];
      context.drawImage(frame.images[0], n * side * dpr, 0, (side - 2) * dpr, side * dpr);
    }
  }

  drawCurve(step) {
    const points = this.sent.curve;
    this.curve.toggleAttribute("hidden", points.length < 2);
    if (points.length < 2) return this.ends.replaceChildren();
    const scores = points.map(([, score]) => score), end = points.at(-1)[0];
    const low = Math.min(...scores), high = Math.max(...scores);
    const x = (at) => (100 * at) / Math.max(1, end);
    const y = (score) => 96 - (92 * (score - low)) / (high - low || 1);
    const line = points.map(([at, score]) => `${x(at).toFixed(2)},${y(score).toFixed(2)}`).join(" ");
    const mark = `<line x1="${x(step)}" x2="${x(step)}" y1="0" y2="100"></line>`;
    this.curve.innerHTML = `<polyline points="${line}"></polyline>${mark}`;
    const { unit, note } = this.sent, behind = note ? `, ${note}` : "";
    const words = `${capitalized(this.sent.quantity)} from ${low.toPrecision(3)} to ${high.toPrecision(3)}${behind}`;
    this.curve.setAttribute("aria-label", words);
    this.ends.replaceChildren(...[`${unit} 0`, words, `${unit} ${end}`].map((text) => element(null, "span", "", {}, text)));
  }
}

function capitalized(words) {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
