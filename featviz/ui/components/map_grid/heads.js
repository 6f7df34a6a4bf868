// What stands above the columns, and what columns and rows of maps are.

import { breakable, element, textScale } from "../browser/dom.js";

const NARROW = 72; // CSS pixels from column to column, below which a head is its first line; a touch tells the rest

// Names above tiles of a width, `pitch` CSS pixels apart; a name may reach into the gap behind its column.
export function drawHeads(root, names, tile, pitch) {
  root.replaceChildren();
  for (const [column, name] of names.entries()) {
    const shown = pitch < NARROW * textScale() ? name.split("\n")[0] : name;
    const head = element(root, "span", "head", { title: name }, breakable(shown));
    const width = column === names.length - 1 ? tile : Math.max(tile, pitch - 8);
    Object.assign(head.style, { width: `${width}px`, marginRight: `${pitch - width}px` });
  }
}

// The name of the columns above the maps; that of the rows stands beside it and reads downwards.
export function drawAxes(root, axis, axes) {
  root.classList.toggle("with-axes", Boolean(axes));
  axis.hidden = !axes;
  axis.textContent = axes ? `${axes.across} →` : "";
  root.dataset.down = axes ? `${axes.down} →` : "";
}
