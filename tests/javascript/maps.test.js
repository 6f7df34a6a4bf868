import assert from "node:assert/strict";
import test from "node:test";

import { arrange, inColumns } from "../../featviz/ui/components/map_grid/layout.js";
import { linkedHit, shares } from "../../featviz/ui/components/map_grid/linked.js";
import { gridOf, highest, mapsOf, valueAt, valueText } from "../../featviz/ui/components/map_grid/values.js";
import { levelled, numberer, palette, weightsAt } from "../../featviz/ui/components/overlay_grid/values.js";

// --- the map grid -------------------------------------------------------------------------------------------------

const sizes = [];
for (const count of [1, 2, 7, 64, 512, 2048]) {
  for (const [w, h] of [[7, 7], [14, 9], [56, 56], [224, 224]]) {
    for (const width of [320, 1100, 2400]) sizes.push({ count, maps: { w, h }, width });
  }
}

test("tiles are whole multiples of their maps where the width allows it, and stand within the width", () => {
  for (const { count, maps, width } of sizes) {
    const { scale, tileW, tileH, columns, gap, bound } = arrange({ maps, count, width, height: 640, dpr: 1, tile: null, zoom: 1 });
    assert.ok(columns * (tileW + gap) - gap <= width, `${columns} of ${tileW} in ${width}`);
    assert.ok(scale <= bound);
    if (width >= maps.w) assert.deepEqual([tileW, tileH], [scale * maps.w, scale * maps.h], `${scale}`);
    if (width >= maps.w) assert.ok(Number.isInteger(scale));
  }
});

test("what is pointed at is shown at the same share of a linked map, whatever its size", () => {
  const small = { w: 8, h: 8 }, large = { w: 16, h: 16, grids: [[32, 32], [32, 32]] };
  const at = { number: 1, ...shares(small, { number: 1, px: 3, py: 6 }) };
  assert.deepEqual(linkedHit(large, [1, 0], at), { position: 0, number: 1, px: 14, py: 26, x: 7, y: 13 });
  for (let px = 0; px < 8; px++) {
    const hit = linkedHit(small, [0, 1], { number: 1, ...shares(small, { number: 1, px, py: 7 - px }) });
    assert.deepEqual(hit, { position: 1, number: 1, px, py: 7 - px, x: px, y: 7 - px });
  }
  assert.equal(linkedHit(small, [0], at), null, "a map that is left out is shown nowhere");
});

test("a grid does not end in a tile or two alone where fewer columns fill its last row", () => {
  for (const width of [390, 640, 800, 905, 1100, 1400, 1900]) {
    const { columns } = arrange({ maps: { w: 64, h: 64 }, count: 64, width, height: 4000, dpr: 1, tile: null, zoom: 1 });
    const last = 64 % columns || columns;
    assert.ok(last > 2 || columns < 4, `${last} of ${columns} in ${width}`);
  }
});

test("the canvas of many maps stays within what a browser can hold", () => {
  const { tileW, tileH } = arrange({ maps: { w: 56, h: 56 }, count: 512, width: 5000, height: 640, dpr: 3, tile: 900, zoom: 1 });
  assert.ok(512 * tileW * tileH <= 16e6);
});

test("a tile size that was asked for is kept to a whole multiple, and zooming enlarges", () => {
  const at = (zoom) => arrange({ maps: { w: 10, h: 10 }, count: 6, width: 1000, height: 640, dpr: 2, tile: 52, zoom });
  assert.equal(at(1).tileW, 100);
  assert.ok(at(2).tileW > at(1).tileW);
});

test("as many columns as headings fill the width", () => {
  for (const columns of [1, 3, 8]) {
    const layout = inColumns({ maps: { w: 14, h: 14 }, columns, width: 900, dpr: 1 });
    assert.equal(layout.columns, columns);
    const across = columns * layout.tileW + (columns - 1) * layout.gap;
    assert.ok(across <= 900);
    if (columns > 1) assert.ok(across > 900 - columns);
  }
});

test("levels stand for values with half a step of error", () => {
  const maps = mapsOf({ origin: [-1, 5], step: [0.01, 0], maps: { shape: [2, 1, 3], values: Uint8Array.of(0, 255, 100, 3, 1, 2) } });
  assert.deepEqual([maps.count, maps.h, maps.w, maps.channels], [2, 1, 3, 1]);
  assert.equal(valueText(maps, 0, 100), "0 ± 0.005");
  assert.equal(valueText(maps, 0, 255), "1.550 ± 0.005");
  assert.equal(valueText(maps, 1, 200), "5");
  assert.deepEqual([highest(maps, 0), highest(maps, 1)], [255, 3]);
});

test("a level of zero is at least zero where no value is less, and either side of it where some are", () => {
  assert.equal(valueText({ origin: [0], step: [0.0123] }, 0, 0), "0 to 0.006");
  assert.equal(valueText({ origin: [0], step: [0.0123] }, 0, 40), "0.492 ± 0.006");
  assert.equal(valueText({ origin: [-1.28], step: [0.01] }, 0, 128), "0 ± 0.005");
  assert.equal(valueText({ origin: [0], step: [300] }, 0, 100), "30000 ± 200");
});

test("a tile in colors tells its three weights, and an enlarged one the positions it has", () => {
  const rgb = mapsOf({ origin: [-1.28], step: [0.01], grids: null, maps: { shape: [1, 1, 2, 3], values: Uint8Array.of(0, 0, 0, 129, 127, 228) } });
  assert.equal(valueAt(rgb, 0, 1, 0), "R 0.010, G -0.010, B 1.000 (± 0.005)");
  assert.deepEqual(gridOf(rgb, 0), [1, 2]);
  const image = mapsOf({ origin: [], step: [], grids: [[8, 4]], maps: { shape: [1, 16, 16, 3], values: new Uint8Array(768) } });
  assert.equal(valueAt(image, 0, 5, 5), "");
  assert.deepEqual(gridOf(image, 0), [8, 4]);
});

// --- the overlay grid -----------------------------------------------------------------------------------------------

test("weights of each position sum to one and lie within the values", () => {
  for (const [n, size] of [[1, 5], [2, 7], [7, 224], [224, 7], [14, 14], [1000, 3]]) {
    const { first, counts, weights, most } = weightsAt(n, size);
    for (let i = 0; i < size; i++) {
      const own = weights.slice(i * most, i * most + counts[i]);
      assert.ok(Math.abs(own.reduce((sum, weight) => sum + weight, 0) - 1) < 1e-6);
      assert.ok(own.every((weight) => weight >= 0));
      assert.ok(first[i] >= 0 && first[i] + counts[i] <= n);
    }
  }
});

test("enlarging is bilinear interpolation of the values", () => {
  const map = { values: Int16Array.of(0, 100, 200, 300), factor: 1, h: 2, w: 2 };
  const scale = { origin: 0, step: 2, zero: 0 };
  assert.deepEqual([...levelled(map, scale, 2, 2)], [0, 50, 100, 150]);
  const wide = levelled(map, scale, 4, 2);
  assert.deepEqual([...wide], [0, 12, 38, 50, 100, 112, 138, 150]); // halves become even, as the array rounds them
});

test("a map seen smaller keeps its mean", () => {
  const values = Int16Array.from({ length: 64 * 64 }, (_, i) => (i * 7919) % 201);
  const small = levelled({ values, factor: 1, h: 64, w: 64 }, { origin: 0, step: 1, zero: 0 }, 8, 8);
  const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
  assert.ok(Math.abs(mean(small) - mean(values)) < 1.5);
});

test("symmetric scales have zero at level 128 and never the unused level 0", () => {
  const map = { values: Int16Array.of(-32767, 0, 32767), factor: 1 / 32767, h: 1, w: 3 };
  const levels = levelled(map, { origin: -128 / 127, step: 1 / 127, zero: 128 }, 3, 1);
  assert.deepEqual([...levels], [1, 128, 255]);
  const flat = levelled({ ...map, values: Int16Array.of(0, 0, 0), factor: 0 }, { origin: 0, step: 0, zero: 128 }, 3, 1);
  assert.deepEqual([...flat], [128, 128, 128]);
});

test("a value covers the share of the image that the docstring of overlay_grid gives", () => {
  const table = new Uint8Array(768), scale = { origin: -128 / 127, step: 1 / 127, limit: 1 };
  for (const opacity of [0, 0.3, 0.7, 1]) {
    const colors = palette(table, scale, opacity);
    for (const level of [1, 60, 128, 160, 255]) {
      const m = Math.min(1, 2 * Math.abs((level - 128) / 127));
      assert.equal(colors[level] >>> 24, Math.round(255 * opacity * (m + (1 - m) * opacity ** 5)));
    }
  }
});

test("values are told with as many digits as the largest one needs", () => {
  assert.equal(numberer(2)(1.23456), "1.235");
  assert.equal(numberer(250)(1.23456), "1.2");
  assert.equal(numberer(1e-7)(5e-8), "0.500e-7");
  assert.equal(numberer(2)(-1e-9), "0.000");
  assert.equal(numberer(0)(0), "0.000");
});
