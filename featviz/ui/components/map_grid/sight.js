// What of the tiles is in sight: whole rows at the top of the window, a visible end where there are more, and what a
// pick brings into view.

import { clamp } from "../browser/numbers.js";

const HEADER = "4.5rem"; // at the top of the page, which Streamlit's own bar covers

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

// Brings the container of a key into view, if it is not.
export function reveal(key) {
  const target = key && document.querySelector(`.st-key-${CSS.escape(key)}`);
  if (!target) return;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  target.style.scrollMarginTop = HEADER;
  target.scrollIntoView({ block: "nearest", behavior: still ? "auto" : "smooth" });
}
