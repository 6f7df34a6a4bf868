"""Where the next run begins after a change: a slider goes on from the present image, everything else begins anew."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from featviz.registry import Method
from featviz.ui.inputs.controls import show
from featviz.ui.inputs.number_option import has_slider
from featviz.ui.pages.maximization.request import InitialImages, find_warm_start, keep_warm_start
from featviz.ui.pages.maximization.tasks import present_images
from featviz.ui.pages.maximization.view_state import VIEW

__all__ = ["choose_warm_start", "clear_warm_start", "on_option", "use_warm_start", "warm_start"]

_OF_THE_START = {"deviation"}


def clear_warm_start() -> None:
    """Forget the present image: the next run begins with noise, or with the sidebar's image where that was chosen."""
    VIEW["start_from"].keep("")


def use_warm_start() -> None:
    """Go on from the present image; before its first image, a run passes on its own start."""
    present = present_images()
    if present is not None:
        VIEW["start_from"].keep(keep_warm_start(present))


def on_option(method: Method) -> Callable[[str], None]:
    """What a change of an option means, by its name: images made in unlike ways are compared from one start."""
    sliders = {parameter.name for parameter in method.parameters if has_slider(parameter)} - _OF_THE_START

    def changed(name: str) -> None:
        if name in sliders and VIEW["warm_start"].text != "0":
            use_warm_start()
        else:
            clear_warm_start()

    return changed


def choose_warm_start() -> None:
    """Draw the switch."""
    show("warm_start.chosen", VIEW["warm_start"].text != "0")
    st.toggle(
        "Warm start",
        key="warm_start.chosen",
        on_change=_keep_choice,
        help="While a slider moves, the image goes on from what it is, and one sees what the slider does. Another "
        "objective, parameterization, transformation or seed begins anew all the same, so that their images can be "
        "compared.",
    )


def warm_start(count: int) -> InitialImages | None:
    """The images that a change went on from, which an address may name; said where there are some.

    Args:
        count: how many images are made.
    """
    text = VIEW["start_from"].text
    if not text:
        return None
    images = find_warm_start(text)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if images is None or len(images) not in (1, count):
            st.caption("The image this view went on from is no longer kept here: it begins anew.")
            return None
        st.caption("It went on from the image before.")
        st.button(
            "Begin anew", on_click=clear_warm_start, icon=":material/replay:", key="anew", type="tertiary"
        )
    return InitialImages(text, images)


def _keep_choice() -> None:
    VIEW["warm_start"].keep("1" if st.session_state["warm_start.chosen"] else "0")
