import assert from "node:assert/strict";
import test from "node:test";

import { arcPath, arcsOf, boundaryAt } from "../../featviz/ui/components/architecture/skips.js";
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

const chain = (...cells) => cells.map(([bypassed = [], projects = []] = []) => ({ bypassed, projects }));

test("a skip connection leads from before what it bypasses to behind it", () => {
  const { arcs, cut } = arcsOf(chain([], [[0]], [[0]], [], [[1]]));
  assert.deepEqual(arcs, [{ from: 1, to: 3, sum: true, above: 0 }, { from: 4, to: 5, sum: true, above: 0 }]);
  assert.equal(cut.size, 0);
});

test("several over the same block are one line, and a wider one lies above", () => {
  const { arcs } = arcsOf(chain([[0, 1, 2]], [[2]]));
  assert.deepEqual(arcs.map(({ from, to, above }) => [from, to, above]), [[0, 1, 0], [0, 2, 1]]);
});

test("a projection stands beside what it goes around, whichever runs first", () => {
  for (const cells of [chain([[0]], [[0]], [[], [0]], []), chain([[], [0]], [[0]], [[0]], [])]) {
    const { arcs, cut } = arcsOf(cells), middle = cells[0].projects.length ? 1 : 2;
    assert.deepEqual(arcs.map(({ from, to, sum }) => [from, to, sum]), [[0, middle, false], [middle, 3, true]]);
    assert.deepEqual([...cut], [middle]);
  }
});

test("a line over two rows ends at the edge of the one and begins at that of the next", () => {
  const arc = { from: 1, to: 4, sum: true }, at = { pitch: 50, axis: 80, level: 20 };
  assert.equal(arcPath(arc, { ...at, first: 0, end: 3 }), "M50 80V20H150");
  assert.equal(arcPath(arc, { ...at, first: 3, end: 6 }), "M0 20H50V80");
  assert.equal(arcPath(arc, { ...at, first: 4, end: 7 }), null);
  assert.equal(boundaryAt(4, { first: 0, end: 4, pitch: 50 }), 194, "the circle at the edge is whole");
});
