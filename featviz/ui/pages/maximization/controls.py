"""How a run goes: what is painted, what it must survive, where it begins. A change goes on from the present picture."""

from __future__ import annotations

import numpy as np
import streamlit as st

from featviz.explain.maximization.config import OPTIMIZERS
from featviz.explain.maximization.parameterizations import PARAMETERIZATIONS
from featviz.explain.maximization.transform_presets import TRANSFORM_PRESETS
from featviz.models.model import Model
from featviz.ui.inputs.controls import choice, segments, show, whole_number
from featviz.ui.inputs.method import choose_options
from featviz.ui.pages.maximization.early_stage import choose_early
from featviz.ui.pages.maximization.objective_text import Aim
from featviz.ui.pages.maximization.request import Begin, Run, begin_with, begun
from featviz.ui.pages.maximization.tasks import present_pictures
from featviz.ui.pages.maximization.view_state import DIVERSITIES, MOST_PICTURES, SIZES, STARTS, VIEW
from featviz.ui.state.chosen_image import ChosenImage, input_pixels

__all__ = ["choose_run", "from_scratch", "go_on"]

_MAIN = ("steps", "seed")
_MORE = ("rate", "views", "patience", "cooling")
_REST = ("deviation",)
_ANEW = ("seed", "deviation")
_KINDS = {"fourier": "Fourier", "pixel": "Pixels", "maco": "MACO"}


def from_scratch() -> None:
    """Forget the present picture: the next run begins with noise, or with the image where that was chosen."""
    VIEW["onto"].keep("")


def choose_run(model: Model, picture: ChosenImage, aim: Aim) -> Run:
    """Draw the controls of a run and give the run they ask for."""
    kind = segments(
        "Parameterization",
        [each.id for each in PARAMETERIZATIONS],
        key=VIEW["kind"],
        name=lambda name: _KINDS.get(name, PARAMETERIZATIONS[name].name),
        on_change=go_on,
        help="\n\n".join(f"**{each.name}**: {each.summary} ({each.reference})" for each in PARAMETERIZATIONS),
    )
    look = [each.name for each in PARAMETERIZATIONS[kind].parameters if each.name not in _REST]
    options = choose_options(PARAMETERIZATIONS[kind], model=model, only=look, then=go_on)
    recipe = choice(
        "Transformation robustness",
        [each.id for each in TRANSFORM_PRESETS],
        key=VIEW["recipe"],
        name=lambda name: TRANSFORM_PRESETS[name].name,
        on_change=go_on,
        help="Each step shows the network a picture moved, turned and scaled by chance, so that what remains is "
        "what survives that. "
        + "\n\n".join(f"**{each.name}**: {each.summary} ({each.reference})" for each in TRANSFORM_PRESETS),
    )
    options |= choose_options(TRANSFORM_PRESETS[recipe], model=model, then=go_on)
    early = choose_early(model, aim, from_scratch)
    ascent = OPTIMIZERS["gradient_ascent"]
    options |= choose_options(ascent, model=model, only=_MAIN, then=go_on)
    count, begin = _choose_start(model, picture)
    diversity = _choose_diversity(count)
    with st.expander("More", icon=":material/tune:"):
        size = _choose_size(model)
        options |= choose_options(PARAMETERIZATIONS[kind], model=model, only=_REST, then=go_on)
        options |= choose_options(ascent, model=model, only=_MORE, then=go_on)
    return Run(model, aim, kind, recipe, count, begin, diversity, size, options, early)


def _choose_start(model: Model, picture: ChosenImage) -> tuple[int, Begin | None]:
    """How many pictures, what they begin with, and whether a change goes on from them."""
    count = whole_number(VIEW["pictures"], 1, MOST_PICTURES, 1)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        base = segments(
            "Initialization",
            list(STARTS),
            key=VIEW["begin"],
            name=STARTS.__getitem__,
            on_change=from_scratch,
            help="The image is the one in the sidebar: what the network sees in it grows (DeepDream).",
        )
        show("pictures.chosen", count)
        st.number_input(
            "Number of images",
            1,
            MOST_PICTURES,
            key="pictures.chosen",
            on_change=_keep_count,
            width=110,
            help="Several pictures of one unit, each from noise of its own.",
        )
    show("onward.chosen", VIEW["onward"].text != "0")
    st.toggle(
        "Warm start",
        key="onward.chosen",
        on_change=_keep_onward,
        help="Otherwise every change begins anew. Another unit or seed always does.",
    )
    return count, _went_on(count) or _base(base, model, picture)


def _choose_diversity(count: int) -> float:
    """How much several pictures must differ."""
    chosen = segments(
        "Diversity",
        list(DIVERSITIES),
        key=VIEW["diversity"],
        name=DIVERSITIES.__getitem__,
        on_change=from_scratch,
        disabled=count == 1,
        help="Several pictures of one unit may be asked to be unlike: the channels that fire together in one "
        "should not in the others (Gram matrices of the unit's layer; Olah et al. 2017). What they then have "
        "in common is what the unit needs; what differs is what it does not mind. Needs two pictures at least.",
    )
    return float(chosen) if count > 1 else 0.0


def _choose_size(model: Model) -> int | None:
    """How large to paint; another size begins anew."""
    sides = {text: round(factor * model.input_size) for text, factor in SIZES.items()}
    chosen = choice(
        "Image size",
        list(sides),
        key=VIEW["painted"],
        name=lambda text: f"{sides[text]} x {sides[text]} pixels" + ("" if text else ", the network's own"),
        on_change=from_scratch,
        help="A larger picture shows more repetitions of the pattern, and takes longer in proportion to its area. "
        "A network of one fixed size is shown the picture at its own.",
    )
    return sides[chosen] if chosen else None


def _base(base: str, model: Model, picture: ChosenImage) -> Begin | None:
    """The sidebar's image, or None: noise."""
    if base != "image":
        return None
    return Begin(picture.id, np.asarray(input_pixels(model, picture), np.float32) / 255)


def _went_on(count: int) -> Begin | None:
    """The picture that a change went on from, which an address may name; said where there is one."""
    text = VIEW["onto"].text
    if not text:
        return None
    kept = begun(text)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if kept is None or len(kept) not in (1, count):
            st.caption("The picture this view went on from is no longer kept here: it begins anew.")
            return None
        st.caption("It went on from the picture before.")
        st.button("Begin anew", on_click=from_scratch, icon=":material/replay:", key="anew", type="tertiary")
    return Begin(text, kept)


def _keep_count() -> None:
    VIEW["pictures"].keep(st.session_state["pictures.chosen"])
    from_scratch()


def _keep_onward() -> None:
    VIEW["onward"].keep("1" if st.session_state["onward.chosen"] else "0")


def go_on(changed: str = "") -> None:
    """What a change means for where the next run begins; before its first picture, a run passes on its own start."""
    if changed in _ANEW or VIEW["onward"].text == "0":
        from_scratch()
        return
    present = present_pictures()
    if present is not None:
        VIEW["onto"].keep(begin_with(present))
