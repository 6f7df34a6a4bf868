import assert from "node:assert/strict";
import test from "node:test";

import { clamp } from "../../featviz/ui/components/browser/numbers.js";
import { gradient, opaque, tableOf } from "../../featviz/ui/components/browser/pixels.js";
import { breakable } from "../../featviz/ui/components/browser/dom.js";

test("a number is kept between two others", () => {
  assert.deepEqual([-1, 0, 0.5, 1, 2].map((value) => clamp(value, 0, 1)), [0, 0, 0.5, 1, 1]);
});

test("pixels are opaque, with red in the lowest byte", () => {
  const bytes = new Uint8Array(new Uint32Array([opaque([9, 1, 2, 3], 1)]).buffer);
  assert.deepEqual([...bytes], [1, 2, 3, 255]);
});

test("a table comes from its digits, and its gradient starts at the first level that is used", () => {
  const digits = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0").repeat(3)).join("");
  const table = tableOf(digits);
  assert.equal(table.length, 768);
  assert.deepEqual(Array.from(table.slice(3 * 171, 3 * 172)), [171, 171, 171]);
  const colors = (first) => gradient(table, first).match(/rgb\((\d+) /g).map((text) => Number(text.slice(4, -1)));
  assert.deepEqual(colors(0).slice(0, 3), [0, 8, 16]);
  assert.equal(colors(1)[0], 1);
  assert.equal(colors(0).at(-1), 255);
});

test("names break behind dots and underscores alone", () => {
  assert.equal(breakable("layer1.0_conv"), "layer1.\u200b0_\u200bconv");
});
