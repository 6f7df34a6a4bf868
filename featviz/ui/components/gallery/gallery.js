// A gallery of small images, each a button with its words below.

import { element } from "../browser/dom.js";
import { textOf } from "../browser/payload.js";

const drawn = new WeakMap(); // the text each gallery was drawn from

export default function mount({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".gallery");
  const text = textOf(data), pick = (number) => setTriggerValue("pick", number);
  if (drawn.get(root) !== text) draw(root, JSON.parse(text), pick);
  drawn.set(root, text);
  return () => drawn.delete(root);
}

function draw(root, { tiles, size, selected }, pick) {
  root.style.setProperty("--size", `${size / 16}rem`);
  root.replaceChildren(...tiles.map((tile) => button(tile, tile.number === selected, pick)));
}

function button({ number, address, title, note, mark, sign, warning }, chosen, pick) {
  const made = element(null, "button", "tile", { type: "button", title: [title, note, mark].filter(Boolean).join("\n") });
  made.dataset.number = number;
  made.classList.toggle("chosen", chosen);
  made.classList.toggle("marked", Boolean(mark));
  made.classList.toggle("warning", warning);
  made.append(address ? image(address, title) : plain());
  if (title) element(made, "span", "title", {}, title);
  if (note) element(made, "span", "note", mark ? { "data-sign": sign } : {}, note);
  made.onclick = () => pick(number);
  return made;
}

function image(address, title) {
  const made = element(null, "img", "", { loading: "lazy", alt: title, src: address });
  made.onerror = () => made.replaceWith(plain());
  return made;
}

const plain = () => element(null, "span", "plain");
