// What a pick shows comes into view.

const HEADER = "4.5rem"; // at the top of the page, which Streamlit's own bar covers

// Brings the container of a key into view, if it is not.
export function reveal(key) {
  const target = key && document.querySelector(`.st-key-${CSS.escape(key)}`);
  if (!target) return;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  target.style.scrollMarginTop = HEADER;
  target.scrollIntoView({ block: "nearest", behavior: still ? "auto" : "smooth" });
}
