"""The frame of every page: its title, its one sentence, its folded lesson, and the code that makes it."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featviz.ui.app import address
from featviz.ui.state.feedback import reserve_status_slot
from featviz.ui.state.lost_choices import draw_losses
from featviz.ui.state.process import prepare_process
from featviz.ui.state.view_state import ViewState

__all__ = ["heading", "lesson", "navigation", "prepare", "python"]


_VIEW = "_view"
_LOGO = Path(__file__).parents[3] / "assets" / "logo.png"
# On the light primary color of the dark theme white text has a contrast of 2.2; the background's color has 8.4.
_READABLE = """<style>
[data-testid="stMultiSelectTagsContainer"] [data-tag], [data-testid="stMultiSelectTagsContainer"] [data-tag] *,
[data-testid="stBaseButton-primary"], [data-testid="stBaseButton-primary"] * {
    color: light-dark(#ffffff, #11161a);
}
</style>"""


def navigation(sections: Mapping[str, Mapping[str, st.Page]]) -> None:
    """Draw the list of pages, by section and icon.

    Drawn here and not by Streamlit, which would take a page's icon for the browser's tab and fetch it from
    the internet.
    """
    with st.sidebar:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.image(str(_LOGO), width=28)
            st.markdown("**featviz**")
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
    st.html(_READABLE)
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


def lesson(title: str, text: str) -> None:
    """Draw a folded explanation for students: Markdown with formulas and the paper."""
    with st.expander(title, icon=":material/school:"):
        st.markdown(text)


def python(code: str) -> None:
    """Draw the folded lines of Python that make the present view."""
    with st.expander("Python code", icon=":material/code:"):
        st.code(code, language="python")
