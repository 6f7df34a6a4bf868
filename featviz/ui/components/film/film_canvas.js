// Draws a run of activation maximization: its newest pictures large, its film to scrub through, its score's curve.
// While the run goes on each message brings the newest pictures alone, and the film is what has been seen so far;
// at its end the whole film comes.

const films = new WeakMap();
const MOST = 48, THUMB = 48; // pictures of a film; CSS pixels of one in the strip

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".film");
  if (!films.has(root)) films.set(root, new Film(root));
  const film = films.get(root), sent = decode(data);
  if (sent.run !== film.run) setStateValue("shown", sent.run);
  film.receive(sent);
  return () => {
    films.get(root)?.close();
    films.delete(root);
  };
}

function decode(bytes) {
  const end = 4 + new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, end)));
  let at = end;
  const next = ([n, h, w]) =>
    Array.from({ length: n }, () => {
      const from = at;
      at += h * w * 3;
      return canvas(bytes.subarray(from, at), h, w);
    });
  const newest = next(header.newest), [count, ...shape] = header.film;
  const film = Array.from({ length: count }, (_, place) => ({ step: header.steps[place], pictures: next(shape) }));
  return { ...header, newest, film };
}

function canvas(rgb, h, w) {
  const made = Object.assign(document.createElement("canvas"), { width: w, height: h });
  const context = made.getContext("2d"), image = context.createImageData(w, h);
  const pixels = new Uint32Array(image.data.buffer);
  for (let from = 0, to = 0; from < rgb.length; from += 3) {
    pixels[to++] = (255 << 24) | (rgb[from + 2] << 16) | (rgb[from + 1] << 8) | rgb[from];
  }
  context.putImageData(image, 0, 0);
  return made;
}

class Film {
  seen = [];
  every = 1;
  place = null; // of the picture that is shown out of the film; null shows the newest

  constructor(root) {
    root.replaceChildren();
    this.root = root;
    this.pictures = element(root, "div", "pictures");
    const said = element(root, "div", "said");
    this.words = element(said, "span", "words");
    this.score = element(said, "span", "score");
    this.bar = element(element(root, "div", "bar"), "div");
    this.strip = element(root, "canvas", "strip");
    this.slider = element(root, "input", "slider");
    Object.assign(this.slider, { type: "range", min: 0, step: 1 });
    this.slider.setAttribute("aria-label", "Picture of the film");
    this.slider.oninput = () => this.scrub(Number(this.slider.value));
    this.strip.onclick = (event) =>
      this.scrub(Math.floor((event.offsetX / this.strip.clientWidth) * this.seen.length));
    this.curve = root.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "svg"));
    this.curve.setAttribute("viewBox", "0 0 100 100");
    this.curve.setAttribute("preserveAspectRatio", "none");
    this.curve.setAttribute("role", "img");
    this.ends = element(root, "div", "ends");
    this.watcher = new ResizeObserver(() => this.drawStrip());
    this.watcher.observe(root);
  }

  close() {
    this.watcher.disconnect();
  }

  receive(sent) {
    if (sent.run !== this.run) [this.run, this.seen, this.every, this.place] = [sent.run, [], 1, null];
    this.sent = sent;
    if (sent.film.length) {
      this.seen = sent.film;
      if (this.place !== null) this.place = Math.min(this.place, this.seen.length - 1);
    } else this.collect({ step: sent.curve.at(-1)?.[0] ?? 0, pictures: sent.newest });
    this.root.dataset.step = sent.curve.at(-1)?.[0] ?? 0;
    this.root.dataset.received = Number(this.root.dataset.received ?? 0) + 1;
    this.draw();
  }

  collect(frame) {
    if (this.seen.at(-1)?.step === frame.step) return;
    this.seen.push(frame);
    if (this.seen.length > MOST) this.seen = this.seen.filter((_, place) => place % 2 === 0);
  }

  scrub(place) {
    const last = this.seen.length - 1;
    this.place = place >= last ? null : Math.max(0, place);
    this.draw();
  }

  draw() {
    const shown = this.place === null ? null : this.seen[this.place];
    const pictures = shown?.pictures ?? this.sent.newest;
    this.pictures.replaceChildren(...pictures);
    const step = shown?.step ?? this.sent.curve.at(-1)?.[0] ?? 0;
    const words = this.place === null ? this.sent.words : `Step ${step} of the film`;
    this.words.textContent = words;
    const at = this.sent.curve.findLast(([place]) => place <= step);
    this.score.textContent = at ? `score ${at[1].toPrecision(3)}` : "";
    this.bar.style.width = `${(100 * step) / Math.max(1, this.sent.total)}%`;
    for (const made of pictures) {
      made.setAttribute("role", "img");
      made.setAttribute("aria-label", words);
    }
    const single = this.seen.length < 2;
    this.strip.hidden = this.slider.hidden = single;
    this.slider.max = Math.max(1, this.seen.length - 1);
    this.slider.value = this.place ?? this.seen.length - 1;
    this.drawStrip();
    this.drawCurve(step);
  }

  drawStrip() {
    const width = this.root.clientWidth, dpr = window.devicePixelRatio || 1;
    if (!width || this.seen.length < 2) return;
    const many = Math.max(2, Math.min(this.seen.length, Math.floor(width / THUMB)));
    const side = Math.min(width / many, 2 * THUMB);
    this.strip.style.width = `${side * many}px`;
    Object.assign(this.strip, { width: Math.round(side * many * dpr), height: Math.round(side * dpr) });
    const context = this.strip.getContext("2d");
    context.imageSmoothingQuality = "high";
    for (let n = 0; n < many; n++) {
      const frame = this.seen[Math.round((n * (this.seen.length - 1)) / (many - 1))];
      context.drawImage(frame.pictures[0], n * side * dpr, 0, (side - 2) * dpr, side * dpr);
    }
  }

  drawCurve(step) {
    const points = this.sent.curve;
    this.curve.toggleAttribute("hidden", points.length < 2);
    if (points.length < 2) return this.ends.replaceChildren();
    const scores = points.map(([, score]) => score), end = points.at(-1)[0];
    const low = Math.min(...scores), high = Math.max(...scores);
    const x = (place) => (100 * place) / Math.max(1, end);
    const y = (score) => 96 - (92 * (score - low)) / (high - low || 1);
    const line = points.map(([place, score]) => `${x(place).toFixed(2)},${y(score).toFixed(2)}`).join(" ");
    const mark = `<line x1="${x(step)}" x2="${x(step)}" y1="0" y2="100"></line>`;
    this.curve.innerHTML = `<polyline points="${line}"></polyline>${mark}`;
    const words = `Score from ${low.toPrecision(3)} to ${high.toPrecision(3)}, as the network sees the changed pictures`;
    this.curve.setAttribute("aria-label", words);
    this.ends.replaceChildren(...["step 0", words, `step ${end}`].map((text) => {
      return Object.assign(document.createElement("span"), { textContent: text });
    }));
  }
}

function element(parent, name, style) {
  const made = parent.appendChild(document.createElement(name));
  if (style) made.className = style;
  return made;
}
