// The index: points sorted into the cells of a grid, so that the nearest is looked for among a few.

import { clamp } from "../browser/numbers.js";

const MOST_CELLS = 512; // a side

export class Index {
  key = null;

  forget() {
    this.key = null;
  }

  build(plane, key) {
    if (this.key === key) return;
    const count = plane.length / 2;
    Object.assign(this, { key, plane, side: clamp(Math.ceil(Math.sqrt(count / 2)), 1, MOST_CELLS) });
    this.bound(count);
    const { side } = this, starts = new Uint32Array(side * side + 1), cells = new Uint32Array(count);
    for (let i = 0; i < count; i++) {
      cells[i] = this.cell(plane[2 * i], 0) + side * this.cell(plane[2 * i + 1], 1);
      starts[cells[i] + 1]++;
    }
    for (let k = 0; k < side * side; k++) starts[k + 1] += starts[k];
    const next = starts.slice(), order = new Uint32Array(count);
    for (let i = 0; i < count; i++) order[next[cells[i]]++] = i;
    Object.assign(this, { starts, order });
  }

  bound(count) {
    const low = [Infinity, Infinity], high = [-Infinity, -Infinity];
    for (let i = 0; i < 2 * count; i++) {
      const value = this.plane[i], k = i & 1;
      if (value < low[k]) low[k] = value;
      if (value > high[k]) high[k] = value;
    }
    this.low = low;
    this.cells = low.map((edge, k) => this.side / Math.max(1e-9, high[k] - edge));
  }

  cell(value, k) {
    return clamp(Math.floor((value - this.low[k]) * this.cells[k]), 0, this.side - 1);
  }

  // Calls `visit` with every point in the cells that a rectangle of the plane touches.
  among(left, bottom, right, top, visit) {
    const [x0, x1, y0, y1] = [this.cell(left, 0), this.cell(right, 0), this.cell(bottom, 1), this.cell(top, 1)];
    for (let y = y0; y <= y1; y++) {
      const end = this.starts[y * this.side + x1 + 1];
      for (let k = this.starts[y * this.side + x0]; k < end; k++) visit(this.order[k]);
    }
  }

  // The point nearest to (u, v) among those that count, within `reach` CSS pixels; null where there is none.
  nearest(u, v, reach, [sx, sy], counts) {
    const { plane } = this;
    let best = null, least = reach * reach;
    this.among(u - reach / sx, v - reach / sy, u + reach / sx, v + reach / sy, (i) => {
      const dx = (plane[2 * i] - u) * sx, dy = (plane[2 * i + 1] - v) * sy, distance = dx * dx + dy * dy;
      if (distance <= least && counts(i)) [best, least] = [i, distance];
    });
    return best;
  }
}
