"""How a run goes: what is painted, what it must survive, where it begins. A change goes on from the present picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from featviz.explain.maximization.images import IMAGES
from featviz.explain.maximization.recipes import RECIPES
from featviz.explain.maximization.settings import ASCENTS
from featviz.models.model import Model
from featviz.ui.controls import choice, segments, show, whole_number
from featviz.ui.image_input import Picture, seen_by
from featviz.ui.maximization_aim import Aim
from featviz.ui.maximization_run import Begin, Run, begin_with, begun
from featviz.ui.maximization_work import present_pictures
from featviz.ui.method_controls import choose_options

__all__ = ["choose_run", "from_scratch", "go_on"]

BEGIN, ONWARD, COUNT = "begin", "onward", "pictures"
_IMAGE = "image"
_MOST_PICTURES = 4
_MAIN = ("steps", "seed")
_MORE = ("rate", "views", "patience", "cooling")
_REST = ("deviation",)
_ANEW = ("seed", "deviation")
_KINDS = {"fourier": "Fourier", "pixel": "Pixels", "maco": "MACO"}


def from_scratch() -> None:
    """Forget the present picture: the next run begins with noise, or with the image where that was chosen."""
    if st.session_state.get(BEGIN) != _IMAGE:
        st.session_state[BEGIN] = ""


def choose_run(model: Model, picture: Picture, aim: Aim) -> Run:
    """Draw the controls of a run and give the run they ask for."""
    kind = segments(
        "What is learned",
        [each.id for each in IMAGES],
        key="kind",
        default="fourier",
        name=lambda name: _KINDS.get(name, IMAGES[name].name),
        on_change=go_on,
        help="\n\n".join(f"**{each.name}**: {each.summary} ({each.reference})" for each in IMAGES),
    )
    look = [each.name for each in IMAGES[kind].parameters if each.name not in _REST]
    options = choose_options(IMAGES[kind], model=model, only=look, then=go_on)
    recipe = choice(
        "What it must survive",
        [each.id for each in RECIPES],
        key="recipe",
        default="lucid",
        name=lambda name: RECIPES[name].name,
        on_change=go_on,
        help="Each step shows the network a picture moved, turned and scaled by chance, so that what remains is "
        "what survives that. "
        + "\n\n".join(f"**{each.name}**: {each.summary} ({each.reference})" for each in RECIPES),
    )
    options |= choose_options(RECIPES[recipe], model=model, then=go_on)
    ascent = ASCENTS["gradient_ascent"]
    options |= choose_options(ascent, model=model, only=_MAIN, then=go_on)
    count, begin = _choose_start(model, picture)
    with st.expander("More", icon=":material/tune:"):
        options |= choose_options(IMAGES[kind], model=model, only=_REST, then=go_on)
        options |= choose_options(ascent, model=model, only=_MORE, then=go_on)
    return Run(model, aim, kind, recipe, count, begin, options)


def _choose_start(model: Model, picture: Picture) -> tuple[int, Begin | None]:
    """How many pictures, what they begin with, and whether a change goes on from them."""
    count = whole_number(COUNT, 1, _MOST_PICTURES, 1)
    begin = _begin(model, picture, count)
    kinds = {"": "Noise", _IMAGE: "The image", **({"run": "The picture before"} if _before() else {})}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        show("begin.kind", "run" if _before() else str(st.session_state.get(BEGIN, "")))
        segments(
            "It begins with",
            list(kinds),
            key="begin.kind",
            default="",
            name=kinds.__getitem__,
            on_change=_keep_begin,
        )
        show("pictures.chosen", count)
        st.number_input(
            "Pictures",
            1,
            _MOST_PICTURES,
            key="pictures.chosen",
            on_change=_keep_count,
            width=110,
            help="Several pictures of one unit, each from noise of its own.",
        )
    onward = st.session_state.get(ONWARD) != "0"
    show("onward.chosen", onward)
    st.toggle(
        "Changes go on from the present picture",
        key="onward.chosen",
        on_change=_keep_onward,
        help="Otherwise every change begins anew. Another unit or seed always does.",
    )
    if _before() and begin is None:
        st.caption("The picture this view began with is no longer kept here: it begins with noise.")
    return count, begin


def _before() -> bool:
    return str(st.session_state.get(BEGIN, "")).startswith("run/")


def _begin(model: Model, picture: Picture, count: int) -> Begin | None:
    """The pictures that the text under `begin` names; None is noise."""
    text = str(st.session_state.get(BEGIN, ""))
    if text == _IMAGE:
        return Begin(picture.id, np.asarray(seen_by(model, picture), np.float32) / 255)
    kept = begun(text)
    if kept is None or len(kept) not in (1, count):
        if not _before():
            st.session_state[BEGIN] = ""
        return None
    return Begin(text, kept)


def _keep_begin() -> None:
    chosen = str(st.session_state["begin.kind"])
    if chosen != "run":
        st.session_state[BEGIN] = chosen


def _keep_count() -> None:
    st.session_state[COUNT] = st.session_state["pictures.chosen"]
    from_scratch()


def _keep_onward() -> None:
    st.session_state[ONWARD] = "1" if st.session_state["onward.chosen"] else "0"


def go_on(changed: str = "") -> None:
    """What a change means for where the next run begins."""
    present: Any = None if changed in _ANEW or st.session_state.get(ONWARD) == "0" else present_pictures()
    if present is None:
        from_scratch()
    else:
        st.session_state[BEGIN] = begin_with(present)
