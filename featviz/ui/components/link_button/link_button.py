"""The button that copies a link to the present view, and keeps the browser's address in step with it."""

from pathlib import Path

from featviz.ui.components.browser.component import component

__all__ = ["link_button"]

_component = component(
    "featviz_link", Path(__file__).parent / "link_button.js", html="<button type='button'></button>"
)


def link_button(query: str) -> None:
    """Put the present view into the browser's address, in place, and draw the button that copies it.

    Args:
        query: what follows the question mark, percent-encoded.
    """
    _component(key="link", data={"query": query}, height="content")
