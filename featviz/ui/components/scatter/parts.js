// What payloads of a scatter hold, as it reads them. A part that was not sent is null.

import { textOf } from "../browser/payload.js";

export const SHOWN = 1; // bits of a point's flags
export const SELECTED = 2;
export const LEVELS = 65535; // a point's coordinates go from 0 to that, over the side of the box around all points

const READ = { points: pointsOf, shown: maskOf, selected: maskOf, captions: textsOf };

// Parts by their names, of payloads by the same names.
export function partsOf(payloads) {
  return Object.fromEntries(Object.entries(payloads).map(([name, payload]) => [name, payload ? (READ[name] ?? arrayOf)(payload) : null]));
}

function pointsOf({ values: { shape: [count, dims], values }, ...payload }) {
  return { ...payload, count, dims, levels: values };
}

function arrayOf({ token, values: { shape: [count, columns], values } }) {
  return { token, count, columns, values };
}

function maskOf({ token, values: { values } }) {
  return { token, has: (i) => (values[i >> 3] >> (i & 7)) & 1 };
}

function textsOf({ token, starts: { values: starts }, text: { values: text } }) {
  return { token, at: (i) => textOf(text.subarray(starts[i], starts[i + 1])) };
}
