import assert from "node:assert/strict";
import test from "node:test";

import { contrasting, covered, fromHex, ground, paint, paste, toHex, way } from "../../featviz/ui/components/pad/strokes.js";

const blank = (width, height, color = [10, 20, 30]) => ({
  width,
  height,
  data: Uint8ClampedArray.from({ length: 4 * width * height }, (_, index) => [...color, 255][index % 4]),
});
const at = ({ width, data }, column, row) => {
  const start = 4 * (row * width + column);
  return Array.from(data.subarray(start, start + 3));
};

test("a brush leaves no gap on its way", () => {
  const points = way([0, 0], [9, 4]);
  assert.deepEqual([points[0], points.at(-1)], [[0, 0], [9, 4]]);
  for (let n = 1; n < points.length; n++) {
    assert.ok(Math.hypot(points[n][0] - points[n - 1][0], points[n][1] - points[n - 1][1]) <= 0.5);
  }
  assert.deepEqual(way([3, 3], [3, 3]).at(-1), [3, 3]);
});

test("a brush covers about the area of its circle, and nothing beyond the image", () => {
  const area = covered({ width: 40, height: 40 }, [20, 20], 6).reduce((sum, [, , share]) => sum + share, 0);
  assert.ok(Math.abs(area - Math.PI * 36) < 2);
  assert.ok(covered({ width: 4, height: 4 }, [0, 0], 6).every(([column, row]) => column < 4 && row < 4));
  assert.deepEqual(covered({ width: 4, height: 4 }, [50, 50], 6), []);
});

test("paint is what its color says within the brush and leaves the rest alone", () => {
  const image = blank(20, 20);
  paint(image, [10, 10], 3, [255, 0, 0]);
  assert.deepEqual(at(image, 10, 10), [255, 0, 0]);
  assert.deepEqual(at(image, 2, 2), [10, 20, 30]);
  assert.equal(image.data[4 * (10 * 20 + 10) + 3], 255);
});

test("what is pasted is the part that was copied", () => {
  const image = blank(30, 30);
  paint(image, [7, 7], 2, [0, 255, 0]);
  const copy = { ...image, data: image.data.slice() };
  paste(image, [20, 20], 4, copy, [7, 7]);
  for (let row = -3; row < 3; row++) {
    for (let column = -3; column < 3; column++) {
      if (Math.hypot(row + 0.5, column + 0.5) > 3.4) continue;
      assert.deepEqual(at(image, 20 + column, 20 + row), at(copy, 7 + column, 7 + row));
    }
  }
  assert.deepEqual(at(image, 7, 7), [0, 255, 0]);
});

test("the ground is the color of the border, whatever lies within", () => {
  const image = blank(12, 9, [200, 100, 50]);
  paint(image, [6, 4], 2, [0, 0, 0]);
  assert.deepEqual(ground(image), [200, 100, 50]);
  assert.deepEqual(contrasting([0, 0, 0]), [255, 255, 255]);
  assert.deepEqual(contrasting([250, 250, 240]), [0, 0, 0]);
});

test("a color is written and read", () => {
  assert.equal(toHex([0, 10, 255]), "#000aff");
  assert.deepEqual(fromHex("#000aff"), [0, 10, 255]);
});
