// Brings one payload to the page. It draws nothing.

import { keep } from "./payload.js";

export default function carry({ data, parentElement }) {
  return keep(parentElement, data);
}
