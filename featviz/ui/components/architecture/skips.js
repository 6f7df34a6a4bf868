// Skip connections over a chain of cells, between boundaries: boundary n lies before cell n.

// The arcs to draw, and the boundaries that no arrow crosses. An arc that ends in a sum leads around cells; one that
// does not leads to a projection, which stands beside what it goes around and is no part of the chain.
export function arcsOf(cells) {
  const numbers = new Set(cells.flatMap((cell) => cell.bypassed ?? []));
  const arcs = new Map(), cut = new Set();
  const add = (from, to, sum) => arcs.set(`${from} ${to}`, { from, to, sum });
  for (const number of numbers) {
    const [from, to] = span(cells, (cell) => cell.bypassed?.includes(number));
    const [start, end] = span(cells, (cell) => cell.projects?.includes(number));
    if (start === to || end === from) {
      const middle = start === to ? to : from;
      add(Math.min(from, start), middle, false);
      add(middle, Math.max(to, end), true);
      cut.add(middle);
    } else add(from, to, true);
  }
  const all = [...arcs.values()];
  for (const arc of all) arc.above = all.filter((other) => other !== arc && arc.from <= other.from && other.to <= arc.to).length;
  return { arcs: all, cut };
}

function span(cells, holds) {
  const inside = cells.flatMap((cell, i) => (holds(cell) ? [i] : []));
  return inside.length ? [inside[0], inside.at(-1) + 1] : [NaN, NaN];
}

// The part of an arc over the cells `first` to `end`, in pixels from the first; null where it is elsewhere. Where no
// arrow crosses, it begins and ends at the slabs themselves: `behind` one, and `before` the next.
export function arcPath({ from, to, sum }, { first, end, pitch, axis, level, behind, before }) {
  if (to <= first || from >= end) return null;
  const aside = Math.min(4, pitch / 12), edge = (end - first) * pitch;
  const rise = behind === undefined ? `M${boundaryAt(from, { first, end, pitch })} ${axis}` : `M${behind} ${axis}H${(from - first) * pitch - aside}`;
  const begin = from < first ? `M0 ${level}` : `${rise}V${level}`;
  if (to > end) return `${begin}H${edge}`;
  return sum ? `${begin}H${boundaryAt(to, { first, end, pitch })}V${axis}` : `${begin}H${(to - first) * pitch + aside}V${axis}H${before}m-3.5 -3l3.5 3l-3.5 3`;
}

// Where a boundary lies; at the ends of a row with room for the circle of a sum.
export const boundaryAt = (boundary, { first, end, pitch }) => Math.min((end - first) * pitch - 6, Math.max(2, (boundary - first) * pitch));
