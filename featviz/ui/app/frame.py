"""The frame of every page: its title, its one sentence, its folded lesson, and the code that makes it."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featviz.ui.app import address
from featviz.ui.inputs.controls import show
from featviz.ui.state.feedback import reserve_status_slot
from featviz.ui.state.lost_choices import draw_losses
from featviz.ui.state.process import prepare_process
from featviz.ui.state.shared_view import SHARED
from featviz.ui.state.theme import text_scale
from featviz.ui.state.view_state import ViewState

__all__ = ["heading", "lesson", "navigation", "prepare", "python"]


_VIEW = "_view"
_LOGO = Path(__file__).parents[3] / "assets" / "logo.png"
# On the light primary color of the dark theme white text has a contrast of 2.2; the background's color has 8.4.
# Buttons of a choice are made as high as lists, so that labels over both stand on one line.
# Under a finger a chart's own buttons would not go away again, and they lie over its upper right corner.
_READABLE = """<style>
[data-testid="stButtonGroup"] button[data-variant="segmented_control"] { min-height: 2.5rem; }
[data-testid="stMultiSelectTagsContainer"] [data-tag], [data-testid="stMultiSelectTagsContainer"] [data-tag] *,
[data-testid="stBaseButton-primary"], [data-testid="stBaseButton-primary"] * {
    color: light-dark(#ffffff, #11161a);
}
@media (hover: none) { [data-testid="stPlotlyChart"] .modebar-container { display: none; } }
</style>"""
# The sidebar is so many pixels wide as somebody left it, and the margins of the page would grow with its letters.
_LARGER = """<style>
html { font-size: SCALE; }
@media (min-width: 900px) {
    [data-testid="stSidebar"][data-collapsed="false"] { min-width: 16rem; }
    [data-testid="stMainBlockContainer"] { padding-inline: 2.5rem; }
}
</style>"""
_LARGE = "text.large"


def navigation(sections: Mapping[str, Mapping[str, st.Page]]) -> None:
    """Draw the list of pages, by section and icon.

    Drawn here and not by Streamlit, which would take a page's icon for the browser's tab and fetch it from
    the internet.
    """
    st.html(_READABLE + _sized(text_scale()))
    with st.sidebar:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.image(str(_LOGO), width=28)
            st.markdown("**featviz**", width="stretch")
            _choose_text_size()
        for name, pages in sections.items():
            if name:
                st.caption(name)
            with st.container(gap="xxsmall"):
                for icon, page in pages.items():
                    st.page_link(page, icon=icon, width="stretch")


def prepare(title: str, views: Iterable[ViewState] = (), view: ViewState | None = None) -> None:
    """Set up the process and the page, and take over what the address asks for.

    Args:
        title: of the page, for the browser's tab.
        views: of all pages: what an address may ask for beside the network and the image.
        view: the page's own, which its address holds also where it ends early.
    """
    st.session_state[_VIEW] = view
    prepare_process()
    st.set_page_config(page_title=f"{title} · featviz", page_icon=str(_LOGO), layout="wide")
    address.open_link(views, title)


def heading(title: str, sentence: str) -> DeltaGenerator:
    """Draw a page's title and one sentence on what one is looking at; the place for the button of its link."""
    with st.container(horizontal=True, wrap=False, vertical_alignment="center"):
        st.title(title, anchor=False, width="stretch")
        slot = st.container(width="content")
    view = st.session_state.get(_VIEW)
    if view is not None:
        address.publish_if_ended(slot, view)
    st.caption(sentence)
    draw_losses()
    reserve_status_slot()
    return slot


def _sized(scale: float) -> str:
    """What enlarges a page's text: Streamlit and our components give sizes in rem, shares of this element's."""
    return _LARGER.replace("SCALE", f"{scale:.0%}") if scale != 1 else ""


def _choose_text_size() -> None:
    show(_LARGE, text_scale() > 1)
    st.toggle(
        "Presenter size",
        key=_LARGE,
        on_change=_keep_text_size,
        help="Text, labels and charts as large as a hall can read; images keep their size. The link keeps it too.",
    )


def _keep_text_size() -> None:
    SHARED["text"].keep("large") if st.session_state[_LARGE] else SHARED["text"].forget()


def lesson(title: str, text: str) -> None:
    """Draw a folded explanation for students: Markdown with formulas and the paper."""
    with st.expander(title, icon=":material/school:"):
        st.markdown(text)


def python(code: str) -> None:
    """Draw the folded lines of Python that make the present view."""
    with st.expander("Python code", icon=":material/code:"):
        st.code(code, language="python")
