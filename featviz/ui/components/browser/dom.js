// Elements of the page, from which every component builds its drawing.

const SVG = "http://www.w3.org/2000/svg";

// An element with its class, attributes and text, at the end of a parent if there is one.
export function element(parent, tag, className = "", attributes = {}, text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return placed(parent, made, attributes);
}

// The same for drawings.
export function svgElement(parent, tag, attributes = {}) {
  return placed(parent, document.createElementNS(SVG, tag), attributes);
}

function placed(parent, made, attributes) {
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  parent?.appendChild(made);
  return made;
}

// How many times their usual size letters have on this page: Streamlit's and ours are shares of the root's.
export const textScale = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;

// Long names break behind their dots and underscores.
export const breakable = (text) => text.replace(/[._]/g, "$&\u200b");

// The browser saves a blob under a name.
export function save(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// How often something has happened, told to whoever watches the element.
export function count(root, what) {
  root.dataset[what] = Number(root.dataset[what] ?? 0) + 1;
}
