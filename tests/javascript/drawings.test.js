import assert from "node:assert/strict";
import test from "node:test";

import { broken, fitted, full, halves, short } from "../../featviz/ui/components/architecture/words.js";
import { cellOf, cellsOf, edgesOf } from "../../featviz/ui/components/region/cells.js";

test("a box drawn from cell to cell is those cells again, whichever corner came first", () => {
  const grid = [7, 5];
  for (const [from, to] of [[[0, 0], [4, 6]], [[3, 1], [1, 4]], [[2, 2], [2, 2]]]) {
    const [first, last] = cellsOf(edgesOf(from, to, grid), grid);
    assert.deepEqual(first, [Math.min(from[0], to[0]), Math.min(from[1], to[1])]);
    assert.deepEqual(last, [Math.max(from[0], to[0]), Math.max(from[1], to[1])]);
  }
  assert.deepEqual(edgesOf([0, 0], [4, 6], grid), [0, 0, 1, 1]);
});

test("a point outside the image is in the nearest cell", () => {
  assert.deepEqual(cellOf(-0.2, 1.3, [7, 5]), [0, 6]);
  assert.deepEqual(cellOf(0.5, 0.5, [7, 5]), [2, 3]);
});

test("numbers are short to three digits", () => {
  assert.deepEqual([7, 999, 1234, 25_557_032, 7.2e9].map(short), ["7", "999", "1.23 k", "25.6 M", "7.2 G"]);
  assert.equal(full(1234567), "1,234,567");
});

test("long names keep their end, and part between words", () => {
  assert.equal(fitted("layer4.1.conv2", 8), "…1.conv2");
  assert.equal(fitted("conv", 8), "conv");
  assert.deepEqual(halves("AdaptiveAvgPool"), ["Adaptive", "AvgPool"]);
  assert.deepEqual(halves("features"), ["features"]);
  assert.deepEqual(broken("AdaptiveAvgPool", 20), ["AdaptiveAvgPool"]);
});
