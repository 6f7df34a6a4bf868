"""Components of the browser, made of modules, styles and an element to draw in."""

from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from featviz.ui.components.browser.modules import bundle

__all__ = ["component"]


def component(name: str, entry: Path, *, html: str = "") -> ComponentRenderer:
    """Declare a component; once for each name, when the file that mounts it is loaded.

    Args:
        name: under which Streamlit knows it.
        entry: the module whose default export draws it. Its styles, if it has any, lie beside it in a file of the same
            name.
        html: what stands in the component before the module is called.
    """
    styles = entry.with_suffix(".css")
    css = styles.read_text(encoding="utf-8") if styles.is_file() else None
    return st.components.v2.component(name, html=html or None, css=css, js=bundle(entry))
