// Keeps the address in step with the view, in place: a changed slider is no step in the history.
export default function mount({ data, parentElement }) {
  const button = parentElement.querySelector("button");
  const address = new URL(window.location.href);
  address.search = data.query;
  if (address.href !== window.location.href) {
    window.history.replaceState(window.history.state, "", address.href);
  }
  button.textContent = "Copy link";
  button.setAttribute("aria-label", "Copy a link that reopens this view");
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(address.href);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Copy it from the address bar";
    }
    window.setTimeout(() => (button.textContent = "Copy link"), 2000);
  };
}
