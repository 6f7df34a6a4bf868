"""The views of all pages: each page's folder declares its own in `view_state`, and no list is kept here."""

from importlib import import_module
from pathlib import Path

from featviz.ui import pages
from featviz.ui.state.view_state import ViewState

__all__ = ["views"]


def views() -> dict[str, ViewState]:
    """By page, what a link to it holds; an address of any page may ask for it."""
    declared = (path for folder in pages.__path__ for path in Path(folder).glob("*/view_state.py"))
    return {name: _view_of(name) for name in sorted({path.parent.name for path in declared})}


def _view_of(page: str) -> ViewState:
    view: ViewState = import_module(f"{pages.__name__}.{page}.view_state").VIEW
    return view
