// The colors of the theme, as the browser and as the graphics card want them.

const TORN = { light: "#d1495b", dark: "#ffb454" }; // of lines to neighbours that the map puts far away

const known = new Map();
const probe = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });

export function themed(root) {
  const style = getComputedStyle(root), said = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
  const background = said("--st-background-color", "#ffffff"), text = said("--st-text-color", "#202020");
  const accent = said("--st-primary-color", "#0f7f8c");
  const [r, g, b] = rgb(background), dark = 0.2126 * r + 0.7152 * g + 0.0722 * b < 0.5;
  const parts = { background: rgb(background), text: rgb(text), accent: rgb(accent) };
  return { background, text, accent, dark, far: dark ? TORN.dark : TORN.light, rgb: parts };
}

// Red, green and blue from 0 to 1 of a color in any of CSS' notations.
function rgb(color) {
  if (!known.has(color)) {
    probe.fillStyle = color;
    probe.fillRect(0, 0, 1, 1);
    known.set(color, Array.from(probe.getImageData(0, 0, 1, 1).data.slice(0, 3), (byte) => byte / 255));
  }
  return known.get(color);
}
