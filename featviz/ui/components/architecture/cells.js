// The cells of a drawing: the image, the blocks of a network, opened ones as what is inside, and the classes.

import { COLORS } from "./slabs.js";
import { full } from "./words.js";

export function familiesOf(blocks) {
  const inside = new Set(blocks.flatMap((block) => [block.family, ...block.makeup.map(([family]) => family)]));
  return Object.keys(COLORS).filter((family) => inside.has(family));
}

export function cellsOf({ blocks, input, classes }, opened) {
  const cells = shownOf(blocks, opened);
  if (input) {
    const [channels, rows, columns] = input;
    const label = [`${channels}`, `${rows} × ${columns}`];
    cells.unshift({ title: "image", label, extent: [rows, columns], channels, values: channels * rows * columns, family: "image", makeup: [], repeats: 1 });
  }
  if (classes) cells.push({ title: classes === 1 ? "class" : "classes", label: [`${classes}`] });
  return cells;
}

// Blocks as they are, and in place of an opened one what is inside, named within it.
function shownOf(blocks, opened) {
  return blocks.flatMap((block) => (opened.has(block.name) ? shownOf(block.parts.map((part) => inside(part, block)), opened) : [{ ...block }]));
}

const inside = (part, { name }) => ({ ...part, title: part.title.replace(/^\d+\./, ""), within: name, holder: name });

// A number alone says little below a slab: its class goes before it.
export function titleOf({ title, kind }) {
  return /^[\d…]+$/.test(title) && kind ? `${kind.match(/[A-Za-z_]\w{2,}/)?.[0] ?? ""} ${title}` : title;
}

export function factsOf({ kind, settings, label, values, parameters, layers, bypassed, projects }) {
  const counted = (number, noun) => `${full(number)} ${noun}${number === 1 ? "" : "s"}`;
  const skips = [bypassed.length && "a skip connection leads around it", projects.length && "projection on a skip connection"];
  const facts = [kind, settings, `output ${label.join(" × ")} = ${counted(values, "value")}`, `${counted(parameters, "parameter")} in ${counted(layers, "layer")}`, ...skips];
  return facts.filter(Boolean);
}
