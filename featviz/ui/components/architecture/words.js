// Names and numbers in the width there is.

export const full = (number) => number.toLocaleString("en");

export function short(number) {
  const [unit, mark] = [[1e9, " G"], [1e6, " M"], [1e3, " k"]].find(([size]) => number >= size) ?? [1, ""];
  return Number((number / unit).toPrecision(3)) + mark;
}

// The end of a name tells it from its neighbours, so the beginning gives way.
export const fitted = (text, room) => (text.length <= room ? text : `…${text.slice(1 - Math.max(room, 4))}`);

// A name in one line, or in two.
export function broken(text, room) {
  return (text.length <= room ? [text] : halves(text)).map((line) => fitted(line, room));
}

// A name parted between the two of its words nearest to its middle.
export function halves(text) {
  const cuts = [...text.matchAll(/(?<=[._ ]|[a-z](?=[A-Z]))./g)].map((match) => match.index);
  if (!cuts.length) return [text];
  const cut = cuts.reduce((best, at) => (Math.abs(at - text.length / 2) < Math.abs(best - text.length / 2) ? at : best));
  return [text.slice(0, cut), text.slice(cut)];
}
