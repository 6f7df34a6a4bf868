// The cells of a heat map on a canvas.

import { isLight, ROOM_FOR_TEXT } from "./sizes.js";

const DIMMED = 1, FRAMED = 2, UNDEFINED = 4;
const NAMES = [[DIMMED, "dimmed"], [FRAMED, "framed"], [UNDEFINED, "undefined"]];

// What is said of a cell by its flags, as words for tests and styles.
export const stateOf = (flags) => NAMES.filter(([flag]) => flags & flag).map(([, name]) => name);

export function drawCells(canvas, { matrix, layout, table, ink, dpr }) {
  const { cell } = layout, size = cell * dpr;
  canvas.width = Math.round(layout.width * dpr);
  canvas.height = Math.round(layout.height * dpr);
  Object.assign(canvas.style, { width: `${layout.width}px`, height: `${layout.height}px` });
  const pen = canvas.getContext("2d"), columns = matrix.columns.length;
  pen.font = `${Math.round(10.5 * layout.text * dpr)}px ${getComputedStyle(canvas).fontFamily}`;
  Object.assign(pen, { textAlign: "center", textBaseline: "middle", lineWidth: dpr });
  const gap = cell > 14 ? dpr : 0;
  for (const [number, level] of matrix.levels.values.entries()) {
    const left = (number % columns) * size, top = Math.floor(number / columns) * size;
    const color = table.slice(3 * level, 3 * level + 3), flags = matrix.flags.values[number];
    const box = [left, top, size - gap, size - gap];
    if (flags & UNDEFINED) cross(pen, box, ink);
    else if (flags & DIMMED) hatch(pen, box, ink);
    else fill(pen, box, `rgb(${color.join(" ")})`);
    const plain = flags & (DIMMED | UNDEFINED), letters = plain ? ink : isLight(color) ? "#000" : "#fff";
    if (flags & FRAMED) frame(pen, box, dpr, letters);
    if (cell >= ROOM_FOR_TEXT * layout.text) write(pen, box, matrix.texts[number], letters, plain ? 0.6 : 0.9);
  }
}

function fill(pen, box, color) {
  pen.fillStyle = color;
  pen.fillRect(...box);
}

// Without a color, and hatched, so that it is told apart from the end of any colormap.
function hatch(pen, [left, top, width, height], ink) {
  pen.save();
  pen.beginPath();
  pen.rect(left, top, width, height);
  pen.clip();
  pen.globalAlpha = 0.07;
  fill(pen, [left, top, width, height], ink);
  Object.assign(pen, { globalAlpha: 0.22, strokeStyle: ink });
  pen.beginPath();
  const step = Math.max(5, width / 6);
  for (let x = left - height; x < left + width; x += step) {
    pen.moveTo(x, top + height);
    pen.lineTo(x + height, top);
  }
  pen.stroke();
  pen.restore();
}

function cross(pen, [left, top, width, height], ink) {
  pen.save();
  Object.assign(pen, { globalAlpha: 0.35, strokeStyle: ink });
  pen.strokeRect(left + 1, top + 1, width - 2, height - 2);
  pen.restore();
}

function frame(pen, [left, top, width, height], dpr, color) {
  const line = Math.max(1, Math.round((width > 14 * dpr ? 2 : 1) * dpr));
  pen.save();
  Object.assign(pen, { strokeStyle: color, lineWidth: line });
  pen.strokeRect(left + 1.5 * line, top + 1.5 * line, width - 3 * line, height - 3 * line);
  pen.restore();
}

function write(pen, [left, top, width, height], text, color, alpha) {
  pen.save();
  Object.assign(pen, { fillStyle: color, globalAlpha: alpha });
  pen.fillText(text, left + width / 2, top + height / 2 + 1);
  pen.restore();
}
