// What of the tiles is in sight: whole rows at the top of the window, and a visible end where there are more.

import { clamp } from "../browser/numbers.js";

// Scrolls as little as needed, by whole rows, until a row is seen from its top to its bottom; in CSS pixels.
export function scrollToRow(window, row, pitch) {
  const top = row * pitch, last = top + pitch - window.clientHeight + 12;
  if (top < window.scrollTop) window.scrollTop = top;
  else if (last > window.scrollTop) window.scrollTop = Math.ceil(last / pitch) * pitch;
}

// Marks where there is more than is seen, and tells how many tiles are seen in full, or "" where all are.
export function markEnds(window, { count, columns, pitch }) {
  const { scrollTop, clientHeight, scrollHeight } = window;
  window.classList.toggle("above", scrollTop > 1);
  window.classList.toggle("below", scrollTop + clientHeight < scrollHeight - 1);
  if (scrollHeight <= clientHeight + 1) return "";
  const first = Math.ceil((scrollTop - 12) / pitch), end = Math.floor((scrollTop + clientHeight - 6) / pitch);
  return `${clamp(end * columns, 0, count) - clamp(first * columns, 0, count)} of ${count} in view, scroll for more`;
}
