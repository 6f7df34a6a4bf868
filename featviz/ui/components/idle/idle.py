"""An empty place that tells when the browser has painted the rest of the page and is idle."""

from collections.abc import Callable
from pathlib import Path

from featviz.ui.components.browser.component import component

__all__ = ["when_idle"]

_component = component("featviz_idle", Path(__file__).parent / "idle.js", html="<div></div>")


def when_idle(*, key: str, height: int, on_idle: Callable[[], None]) -> None:
    """Keep a place free, and run the page, or the fragment around it, again when the browser is idle.

    Args:
        key: names the place.
        height: of the place, in pixels.
        on_idle: called before the page runs again.
    """
    _component(key=key, height=height, on_idle_change=on_idle)
