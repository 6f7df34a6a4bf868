import assert from "node:assert/strict";
import test from "node:test";

import { ticks } from "../../featviz/ui/components/scatter/axes.js";
import { Camera } from "../../featviz/ui/components/scatter/camera.js";
import { Index } from "../../featviz/ui/components/scatter/index.js";
import { neighborsOf } from "../../featviz/ui/components/scatter/marks.js";
import { drawNames } from "../../featviz/ui/components/scatter/names.js";
import { LEVELS, partsOf, SELECTED, SHOWN } from "../../featviz/ui/components/scatter/parts.js";
import { heightOf, radiusOf, strengthOf } from "../../featviz/ui/components/scatter/sizes.js";

// Numbers from 0 to 1, the same in every run.
function generator(seed) {
  let state = seed;
  return () => (state = (state * 16807) % 2147483647) / 2147483647;
}

const close = (a, b, within = 1e-9) => a.forEach((value, k) => assert.ok(Math.abs(value - b[k]) < within, `${a} is not ${b}`));
const dot = (a, b) => a.reduce((sum, value, k) => sum + value * b[k], 0);

function nearestByHand(plane, u, v, reach, [sx, sy], counts) {
  let best = null, least = reach;
  for (let i = 0; i < plane.length / 2; i++) {
    const distance = Math.hypot((plane[2 * i] - u) * sx, (plane[2 * i + 1] - v) * sy);
    if (counts(i) && distance < least) [best, least] = [i, distance];
  }
  return best;
}

test("the index gives the point that looking at all of them gives", () => {
  const random = generator(7), plane = Float32Array.from({ length: 2 * 3000 }, () => random() ** 2);
  const index = new Index(), scale = [640, 480], counts = (i) => i % 3;
  index.build(plane, "key");
  let some = 0;
  for (let turn = 0; turn < 500; turn++) {
    const [u, v] = [random() * 1.2 - 0.1, random() * 1.2 - 0.1];
    const expected = nearestByHand(plane, u, v, 9, scale, counts);
    assert.equal(index.nearest(u, v, 9, scale, counts), expected);
    some += expected === null ? 0 : 1;
  }
  assert.ok(some > 100 && some < 500, `${some} of 500 have a point near`);
});

test("points that all lie in one position have a nearest too", () => {
  const index = new Index();
  index.build(new Float32Array(20).fill(0.5), "same");
  assert.equal(index.nearest(0.5, 0.5, 1, [100, 100], (i) => i === 6), 6);
  assert.equal(index.nearest(0.9, 0.5, 1, [100, 100], () => true), null);
});

test("an index is built again for another key alone", () => {
  const index = new Index();
  index.build(Float32Array.of(0, 0, 1, 1), "a");
  index.build(Float32Array.of(1, 1, 0, 0), "a");
  assert.equal(index.nearest(0, 0, 5, [10, 10], () => true), 0);
  index.forget();
  index.build(Float32Array.of(1, 1, 0, 0), "a");
  assert.equal(index.nearest(0, 0, 5, [10, 10], () => true), 1);
});

function camera(options = {}, dims = 2) {
  const made = new Camera({ zoom: 1.7, x: 0.4, y: 0.6, ...options });
  made.fit(800, 600, [1, 0.5], true, dims);
  return made;
}

test("screen and plane undo each other, and up on the plane is up on the screen", () => {
  const seen = camera();
  close(seen.plane(...seen.screen(0.3, 0.8)), [0.3, 0.8]);
  assert.ok(seen.screen(0.5, 0.9)[1] < seen.screen(0.5, 0.1)[1]);
});

test("zooming keeps the point under the pointer and is limited", () => {
  const seen = camera(), before = seen.plane(123, 456);
  seen.zoomAt(123, 456, 3);
  close(seen.plane(123, 456), before);
  assert.ok(Math.abs(seen.zoom - 5.1) < 1e-9);
  seen.zoomAt(0, 0, 1e9);
  assert.equal(seen.zoom, 120);
});

test("all points fit into the view, at one scale for both axes where that is asked for", () => {
  const seen = new Camera();
  seen.fit(800, 600, [1, 0.5], true, 2);
  assert.equal(seen.scale[0], seen.scale[1]);
  for (const [u, v] of [[0, 0.25], [1, 0.75]]) {
    const [x, y] = seen.screen(u, v);
    assert.ok(x >= 25 && x <= 775 && y >= 25 && y <= 575, `${x}, ${y}`);
  }
  seen.fit(800, 600, [1, 0.5], false, 2);
  assert.deepEqual(seen.scale, [748, 548]);
});

test("however a cloud is turned its axes are three unit vectors at right angles, right-handed", () => {
  for (const [yaw, pitch] of [[0, 0], [0.6, 0.45], [-2, 1.2], [3, -1.5]]) {
    const [right, up, eye] = camera({ yaw, pitch }, 3).axes();
    for (const axis of [right, up, eye]) assert.ok(Math.abs(dot(axis, axis) - 1) < 1e-12);
    for (const [a, b] of [[right, up], [right, eye], [up, eye]]) assert.ok(Math.abs(dot(a, b)) < 1e-12);
    const cross = [0, 1, 2].map((k) => right[(k + 1) % 3] * up[(k + 2) % 3] - right[(k + 2) % 3] * up[(k + 1) % 3]);
    close(cross, eye);
  }
});

test("a corner of the plane is measured in the units of the points", () => {
  const flat = camera(), low = [-3, 10], side = [4, 2];
  close(flat.measured([0.25, 0.5], { low, side, dims: 2 }), [-2, 11]);
  const cloud = camera({}, 3), box = { low: [1, 2, 3], side: [4, 4, 4], dims: 3 };
  const levels = Uint16Array.of(10000, 60000, 30000);
  const plane = cloud.flatten({ levels, count: 1, dims: 3 });
  const point = [...levels].map((level, k) => box.low[k] + (level / LEVELS) * box.side[k]);
  const [right, up] = cloud.axes();
  close(cloud.measured([...plane], box), [dot(point, right), dot(point, up)], 1e-5);
});

test("an outline is told by its corners and its edges", () => {
  const points = { low: [-3, 10], side: [4, 2], dims: 2 }, triangle = [[0, 0.5], [1, 0.25], [0.5, 1]];
  const told = camera().measuredOutline(triangle, points);
  assert.deepEqual(told, { polygon: [[-3, 11], [1, 10.5], [-1, 12]], edges: [-3, 10.5, 1, 12], axes: null });
});

test("a flat cloud of points is read from its levels", () => {
  const plane = camera().flatten({ levels: Uint16Array.of(0, LEVELS, LEVELS, 0), count: 2, dims: 2 });
  assert.deepEqual([...plane], [0, 1, 1, 0]);
});

test("parts are read as masks, texts and arrays, and null where nothing was sent", () => {
  const text = new TextEncoder().encode("cätdog");
  const { shown, captions, neighbors, colors } = partsOf({
    shown: { token: "s", values: { shape: [2], values: Uint8Array.of(0b00000101, 0b10) } },
    captions: { token: "c", starts: { values: Uint32Array.of(0, 4, 4, 7) }, text: { values: text } },
    neighbors: { token: "n", values: { shape: [2, 3], values: Uint16Array.of(1, 2, 3, 4, 5, 6) } },
    colors: "",
  });
  assert.deepEqual(Array.from({ length: 10 }, (_, i) => Boolean(shown.has(i))), [true, false, true, ...Array(6).fill(false), true]);
  assert.deepEqual([0, 1, 2].map(captions.at), ["cät", "", "dog"]);
  assert.deepEqual([neighbors.count, neighbors.columns], [2, 3]);
  assert.equal(colors, null);
});

test("a true neighbor is near where it is among as many nearest on the map, equal distances counted in", () => {
  const levels = Uint16Array.from([0, 0, 10, 0, 900, 0, 20, 0, 20, 0, 30, 0, 40, 0]); // points in a row
  const scatter = {
    count: 7,
    flags: Uint8Array.of(SHOWN, SHOWN, SHOWN | SELECTED, SHOWN, SHOWN, SHOWN, SELECTED),
    parts: { points: { token: "a", levels, dims: 2 }, neighbors: { columns: 2, values: Uint16Array.of(1, 2, 0, 65535, 0, 1, 4, 5, 0, 6, 3, 4, 5, 4) } },
  };
  assert.deepEqual(neighborsOf(scatter, 0), { near: [1], far: [2] });
  assert.deepEqual(neighborsOf(scatter, 3), { near: [4, 5], far: [] }, "10 and 10 are equally near");
  assert.deepEqual(neighborsOf(scatter, 4), { near: [], far: [0] }, "what is hidden is not counted");
  assert.deepEqual(neighborsOf({ ...scatter, parts: { ...scatter.parts, neighbors: null } }, 0), { near: [], far: [] });
});

test("ticks are round, inside the ends and about as many as asked", () => {
  assert.deepEqual(ticks(-1.2, 1.3), [[-1, "-1.0"], [-0.5, "-0.5"], [0, "0.0"], [0.5, "0.5"], [1, "1.0"]]);
  for (const [low, high] of [[0, 1e-9], [-7, 4e8], [0.011, 0.013], [1e6, 1e6 + 2]]) {
    const values = ticks(low, high).map(([value]) => value);
    assert.ok(values.length >= 3 && values.length <= 8, `${values.length} from ${low} to ${high}`);
    assert.ok(values[0] >= low && values.at(-1) <= high);
  }
});

test("no name lies over another, over the names of the axes or outside, and the first ones stay", () => {
  const drawn = [], context = { save() {}, restore() {}, strokeText() {}, measureText: (words) => ({ width: 8 * words.length }), fillText: (words, x, y) => drawn.push([words, x, y]) };
  const at = [[100, 100], [104, 104], [300, 100], [2, 100], [350, 395], [100, 200]];
  Object.assign(globalThis, { document: {}, getComputedStyle: () => ({ fontFamily: "sans", fontSize: "16px" }) });
  const scatter = { view: { axes: ["x", "y"], names: ["first", "second", "third", "outside", "axis", "hidden"].map((words, i) => [words, i]) }, theme: {}, width: 400, height: 400 };
  Object.assign(scatter, { parts: { points: { dims: 2 } }, flags: Uint8Array.of(SHOWN, SHOWN, SHOWN, SHOWN, SHOWN, 0), screen: (i) => at[i], root: { dataset: {} } });
  drawNames(context, scatter);
  assert.deepEqual(drawn.map(([words]) => words), ["first", "third"]);
  assert.equal(scatter.root.dataset.names, 2);
});

test("more points are smaller and more transparent, nearer ones larger, all within limits", () => {
  const view = { width: 800, height: 600 };
  const radii = [10, 1e3, 1e4, 1e6].map((visible) => radiusOf({ ...view, visible }, 1));
  assert.deepEqual(radii, radii.toSorted((a, b) => b - a));
  assert.ok(radii[0] <= 5 && radii.at(-1) === 0.7);
  assert.ok(radiusOf({ ...view, visible: 1e3 }, 4) > radii[1]);
  assert.equal(strengthOf({ ...view, visible: 10 }, 1, 5), 0.92);
  assert.equal(strengthOf({ ...view, visible: 1e6 }, 1, 5), 0.35);
  assert.deepEqual([heightOf(640, 1200), heightOf(640, 400), heightOf(640, 100)], [640, 460, 280]);
});
