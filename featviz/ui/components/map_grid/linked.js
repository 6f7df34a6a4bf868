// Grids of the same maps of two networks: what is pointed at in one is shown in the others of its name.

import { gridOf } from "./values.js";

const HOVER = "featviz-linked-hover";

// Tell the other grids what is pointed at in this one; null after that.
export function tellLinked(grid, hit) {
  const name = grid.view?.linked;
  if (!name) return;
  const at = hit && { number: hit.number, ...shares(grid.maps, hit) };
  document.dispatchEvent(new CustomEvent(HOVER, { detail: { name, from: grid, at } }));
}

// Hear what is pointed at in others, as this grid shows it, or null; the function that is returned ends that.
export function onLinked(grid, react) {
  const hear = ({ detail: { name, from, at } }) => {
    if (from === grid || !grid.maps || name !== grid.view.linked) return;
    react(at && linkedHit(grid.maps, grid.view.order, at));
  };
  document.addEventListener(HOVER, hear);
  return () => document.removeEventListener(HOVER, hear);
}

// How far across and down a map a position lies, 0 to 1.
export function shares(maps, { number, px, py }) {
  const [rows, columns] = gridOf(maps, number);
  return { across: (px + 0.5) / columns, down: (py + 0.5) / rows };
}

// The same map at the same share of its size in a grid whose maps may have other sizes; null where it is not shown.
export function linkedHit(maps, order, { number, across, down }) {
  const position = order.indexOf(number);
  if (position < 0) return null;
  const { w, h } = maps, [rows, columns] = gridOf(maps, number);
  const [px, py, x, y] = [across * columns, down * rows, across * w, down * h].map(Math.floor);
  return { position, number, px, py, x, y };
}
