// The camera: which part of the plane is seen, how large, and, for clouds, from which side.
// The plane is the box of the points, from 0 to 1 in both directions; y points up.

import { clamp } from "../browser/numbers.js";
import { LEVELS } from "./parts.js";

const MARGIN = 26; // CSS pixels around all points
const NEAREST = 120; // largest zoom: beyond, the 65,536 levels of a side would show

export class Camera {
  constructor(kept) {
    Object.assign(this, { x: 0.5, y: 0.5, zoom: 1, yaw: 0.6, pitch: 0.45, base: [1, 1], width: 1, height: 1 }, kept);
    this.dims = 2;
  }

  kept() {
    const { x, y, zoom, yaw, pitch } = this;
    return { x, y, zoom, yaw, pitch };
  }

  get away() {
    return this.zoom !== 1 || this.x !== 0.5 || this.y !== 0.5;
  }

  // CSS pixels for the whole side of the box.
  get scale() {
    return this.base.map((length) => length * this.zoom);
  }

  get turned() {
    return this.dims === 3 ? `${this.yaw},${this.pitch}` : "";
  }

  fit(width, height, extent, equal, dims) {
    Object.assign(this, { width, height, dims });
    const room = [width, height].map((side) => Math.max(40, side - 2 * MARGIN));
    const part = dims === 3 ? [1.25, 1.25] : extent.map((share) => Math.max(share, 1e-3));
    const each = room.map((side, k) => side / part[k]);
    // A flat row of points does not fill the height by growing without bound.
    this.base = equal ? [Math.min(...each), Math.min(...each)] : room;
  }

  screen(u, v) {
    const [sx, sy] = this.scale;
    return [this.width / 2 + (u - this.x) * sx, this.height / 2 - (v - this.y) * sy];
  }

  plane(px, py) {
    const [sx, sy] = this.scale;
    return [this.x + (px - this.width / 2) / sx, this.y - (py - this.height / 2) / sy];
  }

  pan(dx, dy) {
    const [sx, sy] = this.scale;
    this.x = clamp(this.x - dx / sx, -0.1, 1.1);
    this.y = clamp(this.y + dy / sy, -0.1, 1.1);
  }

  zoomAt(px, py, factor) {
    const [u, v] = this.plane(px, py);
    this.zoom = clamp(this.zoom * factor, 0.5, NEAREST);
    const [sx, sy] = this.scale;
    this.x = u - (px - this.width / 2) / sx;
    this.y = v + (py - this.height / 2) / sy;
  }

  home() {
    Object.assign(this, { x: 0.5, y: 0.5, zoom: 1 });
  }

  turn(dx, dy) {
    this.yaw = (this.yaw + dx * 0.008) % (2 * Math.PI);
    this.pitch = clamp(this.pitch + dy * 0.008, -Math.PI / 2, Math.PI / 2);
  }

  // Three unit vectors: to the right, up, and to the eye.
  axes() {
    if (this.dims === 2) return [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
    const [s, c, p, q] = [Math.sin(this.yaw), Math.cos(this.yaw), Math.sin(this.pitch), Math.cos(this.pitch)];
    return [[c, 0, -s], [-s * p, q, -c * p], [s * q, p, c * q]];
  }

  flatten({ levels, count, dims }) {
    const plane = new Float32Array(2 * count);
    if (dims === 2) {
      for (let i = 0; i < 2 * count; i++) plane[i] = levels[i] / LEVELS;
      return plane;
    }
    const [right, up] = this.axes();
    for (let i = 0; i < count; i++) {
      const [x, y, z] = [levels[3 * i] / LEVELS - 0.5, levels[3 * i + 1] / LEVELS - 0.5, levels[3 * i + 2] / LEVELS - 0.5];
      plane[2 * i] = 0.5 + right[0] * x + right[1] * y + right[2] * z;
      plane[2 * i + 1] = 0.5 + up[0] * x + up[1] * y + up[2] * z;
    }
    return plane;
  }

  // A corner of the plane in the units of the points: coordinates, or for clouds products with the axes.
  measured([u, v], { low, side, dims }) {
    if (dims === 2) return [low[0] + u * side[0], low[1] + v * side[1]];
    const middle = low.map((edge, k) => edge + side[k] / 2);
    return this.axes().slice(0, 2).map((axis, k) => ([u, v][k] - 0.5) * side[0] + axis.reduce((sum, part, j) => sum + part * middle[j], 0));
  }

  // The corners of an outline and its edges (left, bottom, right, top), and for clouds the axes they are products with.
  measuredOutline(corners, points) {
    const polygon = corners.map((corner) => this.measured(corner, points));
    const [xs, ys] = [0, 1].map((k) => polygon.map((corner) => corner[k]));
    const edges = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
    return { polygon, edges, axes: points.dims === 3 ? this.axes() : null };
  }
}
