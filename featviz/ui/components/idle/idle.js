// Tells once that the browser has painted the page and has nothing left to fetch: what is heavy may come now.

const QUIET = 300; // milliseconds without anything fetched
const LONGEST = 5000; // and how long to wait for that

export default function mount({ setTriggerValue }) {
  const begun = performance.now();
  let waiting = 0;
  const idle = window.requestIdleCallback ?? ((act) => setTimeout(act, 100));
  const look = () => {
    const fetched = performance.getEntriesByType("resource").reduce((last, each) => Math.max(last, each.responseEnd), 0);
    const now = performance.now();
    if (now - fetched > QUIET || now - begun > LONGEST) setTriggerValue("idle", true);
    else wait();
  };
  const wait = () => {
    waiting = setTimeout(() => idle(look, { timeout: LONGEST }), QUIET / 2);
  };
  wait();
  return () => clearTimeout(waiting);
}
