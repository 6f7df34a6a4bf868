// A gallery of small pictures, each a button with its words below.

const galleries = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".gallery");
  const text = new TextDecoder().decode(data), pick = (number) => setTriggerValue("pick", number);
  if (galleries.get(root) !== text) draw(root, JSON.parse(text), pick);
  galleries.set(root, text);
  return () => galleries.delete(root);
}

function draw(root, { tiles, size, selected }, pick) {
  root.style.setProperty("--size", `${size}px`);
  root.replaceChildren(...tiles.map((tile) => button(tile, tile.number === selected, pick)));
}

function button({ number, address, title, note, mark, warning }, chosen, pick) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "tile" });
  made.dataset.number = number;
  made.title = [title, note, mark].filter(Boolean).join("\n");
  made.classList.toggle("chosen", chosen);
  made.classList.toggle("marked", Boolean(mark));
  made.classList.toggle("warning", warning);
  made.append(address ? picture(address, title) : plain());
  for (const [name, words] of [["title", title], ["note", note]]) {
    if (words) made.append(Object.assign(document.createElement("span"), { className: name, textContent: words }));
  }
  made.onclick = () => pick(number);
  return made;
}

function picture(address, title) {
  const made = Object.assign(document.createElement("img"), { src: address, alt: title, loading: "lazy" });
  made.onerror = () => made.replaceWith(plain());
  return made;
}

function plain() {
  return Object.assign(document.createElement("span"), { className: "plain" });
}
