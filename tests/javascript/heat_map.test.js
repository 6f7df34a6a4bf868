import assert from "node:assert/strict";
import test from "node:test";

import { stateOf } from "../../featviz/ui/components/heat_map/cells.js";
import { arrange, cellAt, isLight, moved, shortened, written } from "../../featviz/ui/components/heat_map/sizes.js";

const names = (count) => Array.from({ length: count }, (_, i) => `stage${i}.conv`);

test("cells fill the width, and stay between the smallest and the largest", () => {
  for (const [rows, columns] of [[1, 1], [7, 5], [17, 18], [62, 49]]) {
    for (const width of [320, 700, 1800]) {
      const layout = arrange({ rows: names(rows), columns: names(columns), width });
      assert.ok(layout.cell >= 9 && layout.cell <= 52);
      assert.ok(layout.cell === 9 || layout.left + layout.width <= width, `${rows} x ${columns} in ${width}`);
      assert.ok(layout.left <= width * 0.34);
      assert.deepEqual([layout.width, layout.height], [columns * layout.cell, rows * layout.cell]);
    }
  }
});

test("names that are written stand a line apart, the first one always among them", () => {
  for (const cell of [9, 12, 13, 40]) {
    const shown = [...written(50, cell).entries()].filter(([, each]) => each).map(([i]) => i);
    assert.equal(shown[0], 0);
    for (let i = 1; i < shown.length; i++) assert.ok((shown[i] - shown[i - 1]) * cell >= 13);
  }
  assert.ok(written(50, 13).every(Boolean));
});

test("a name that is too long keeps both ends", () => {
  assert.equal(shortened("stem.conv", 100), "stem.conv");
  const short = shortened("blocks.10.attention.project", 90);
  assert.match(short, /^blo.*….*ject$/);
  assert.ok(short.length * 6.1 <= 90);
});

test("a position is the cell it lies in, and none outside", () => {
  const matrix = { rows: names(3), columns: names(4) };
  assert.deepEqual(cellAt({ x: 0, y: 0 }, { cell: 10 }, matrix), [0, 0]);
  assert.deepEqual(cellAt({ x: 39, y: 29 }, { cell: 10 }, matrix), [2, 3]);
  for (const at of [{ x: 40, y: 0 }, { x: 0, y: 30 }, { x: -1, y: 0 }]) assert.equal(cellAt(at, { cell: 10 }, matrix), null);
});

test("keys move by one cell and stop at the edges", () => {
  const matrix = { rows: names(3), columns: names(4) };
  assert.deepEqual(moved([1, 1], "ArrowDown", matrix), [2, 1]);
  assert.deepEqual(moved([2, 3], "ArrowDown", matrix), [2, 3]);
  assert.deepEqual(moved([2, 3], "ArrowRight", matrix), [2, 3]);
  assert.deepEqual(moved([2, 3], "Home", matrix), [2, 0]);
  assert.deepEqual(moved([0, 0], "End", matrix), [0, 3]);
  assert.equal(moved([0, 0], "a", matrix), null);
});

test("letters are black on light colors and white on dark ones", () => {
  assert.ok(isLight([253, 231, 37]) && isLight([255, 255, 255]));
  assert.ok(!isLight([68, 1, 84]) && !isLight([0, 0, 0]));
});

test("flags say what a cell is", () => {
  assert.deepEqual([0, 1, 2, 3, 4].map(stateOf), [[], ["dimmed"], ["framed"], ["dimmed", "framed"], ["undefined"]]);
});

test("larger text takes more room beside the cells, and fewer names are written", () => {
  const matrix = { rows: Array.from({ length: 40 }, (_, i) => `stage${i}`), columns: ["stem.conv", "head"], width: 900 };
  const [usual, large] = [1, 1.4].map((text) => arrange({ ...matrix, text }));
  assert.equal(large.left, Math.round((usual.left - 10) * 1.4 + 10));
  assert.ok(large.top > usual.top);
  const nameCount = (text) => written(40, 14, text).filter(Boolean).length;
  assert.ok(nameCount(1.4) < nameCount(1));
  assert.ok(shortened("a.rather.long.name", 80, 1.4).length < shortened("a.rather.long.name", 80).length);
});
