"""How a run goes: what is painted, what it must survive, where it begins. A change goes on from the present image."""

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
from featviz.ui.pages.maximization.objective_text import ObjectiveSpec
from featviz.ui.pages.maximization.request import (
    InitialImages,
    MaximizationRequest,
    find_warm_start,
    keep_warm_start,
)
from featviz.ui.pages.maximization.tasks import present_images
from featviz.ui.pages.maximization.view_state import DIVERSITIES, MAX_IMAGES, SIZES, STARTS, VIEW
from featviz.ui.state.chosen_image import ChosenImage, input_pixels

__all__ = ["choose_request", "clear_warm_start", "use_warm_start"]

_MAIN = ("steps", "seed")
_MORE = ("rate", "views", "patience", "cooling")
_REST = ("deviation",)
_ANEW = ("seed", "deviation")
_KINDS = {"fourier": "Fourier", "pixel": "Pixels", "maco": "MACO"}


def clear_warm_start() -> None:
    """Forget the present image: the next run begins with noise, or with the sidebar's image where that was chosen."""
    VIEW["onto"].keep("")


def choose_request(model: Model, image: ChosenImage, spec: ObjectiveSpec) -> MaximizationRequest:
    """Draw the controls of a run and give the run they ask for."""
    parameterization = segments(
        "Parameterization",
        [each.id for each in PARAMETERIZATIONS],
        key=VIEW["kind"],
        name=lambda name: _KINDS.get(name, PARAMETERIZATIONS[name].name),
        on_change=use_warm_start,
        help="\n\n".join(f"**{each.name}**: {each.summary} ({each.reference})" for each in PARAMETERIZATIONS),
    )
    look = [each.name for each in PARAMETERIZATIONS[parameterization].parameters if each.name not in _REST]
    options = choose_options(PARAMETERIZATIONS[parameterization], model=model, only=look, then=use_warm_start)
    transforms = choice(
        "Transformation robustness",
        [each.id for each in TRANSFORM_PRESETS],
        key=VIEW["recipe"],
        name=lambda name: TRANSFORM_PRESETS[name].name,
        on_change=use_warm_start,
        help="Each step shows the network an image moved, turned and scaled by chance, so that what remains is "
        "what survives that. "
        + "\n\n".join(f"**{each.name}**: {each.summary} ({each.reference})" for each in TRANSFORM_PRESETS),
    )
    options |= choose_options(TRANSFORM_PRESETS[transforms], model=model, then=use_warm_start)
    early = choose_early(model, spec, clear_warm_start)
    ascent = OPTIMIZERS["gradient_ascent"]
    options |= choose_options(ascent, model=model, only=_MAIN, then=use_warm_start)
    count, start = _choose_start(model, image)
    diversity = _choose_diversity(count)
    with st.expander("More", icon=":material/tune:"):
        size = _choose_size(model)
        options |= choose_options(
            PARAMETERIZATIONS[parameterization], model=model, only=_REST, then=use_warm_start
        )
        options |= choose_options(ascent, model=model, only=_MORE, then=use_warm_start)
    return MaximizationRequest(
        model, spec, parameterization, transforms, count, start, diversity, size, options, early
    )


def _choose_start(model: Model, image: ChosenImage) -> tuple[int, InitialImages | None]:
    """How many images, what they begin with, and whether a change goes on from them."""
    count = whole_number(VIEW["pictures"], 1, MAX_IMAGES, 1)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        base = segments(
            "Initialization",
            list(STARTS),
            key=VIEW["begin"],
            name=STARTS.__getitem__,
            on_change=clear_warm_start,
            help="The image is the one in the sidebar: what the network sees in it grows (DeepDream).",
        )
        show("pictures.chosen", count)
        st.number_input(
            "Number of images",
            1,
            MAX_IMAGES,
            key="pictures.chosen",
            on_change=_keep_count,
            width=160,
            help="Several images of one unit, each from noise of its own.",
        )
    show("onward.chosen", VIEW["onward"].text != "0")
    st.toggle(
        "Warm start",
        key="onward.chosen",
        on_change=_keep_onward,
        help="Otherwise every change begins anew. Another unit or seed always does.",
    )
    return count, _went_on(count) or _base(base, model, image)


def _choose_diversity(count: int) -> float:
    """How much several images must differ."""
    chosen = segments(
        "Diversity",
        list(DIVERSITIES),
        key=VIEW["diversity"],
        name=DIVERSITIES.__getitem__,
        on_change=clear_warm_start,
        disabled=count == 1,
        help="Several images of one unit may be asked to be unlike: the channels that fire together in one "
        "should not in the others (Gram matrices of the unit's layer; Olah et al. 2017). What they then have "
        "in common is what the unit needs; what differs is what it does not mind. Needs two images at least.",
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
        on_change=clear_warm_start,
        help="A larger image shows more repetitions of the pattern, and takes longer in proportion to its area. "
        "A network of one fixed size is shown the image at its own.",
    )
    return sides[chosen] if chosen else None


def _base(base: str, model: Model, image: ChosenImage) -> InitialImages | None:
    """The sidebar's image, or None: noise."""
    if base != "image":
        return None
    return InitialImages(image.id, np.asarray(input_pixels(model, image), np.float32) / 255)


def _went_on(count: int) -> InitialImages | None:
    """The image that a change went on from, which an address may name; said where there is one."""
    text = VIEW["onto"].text
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


def _keep_count() -> None:
    VIEW["pictures"].keep(st.session_state["pictures.chosen"])
    clear_warm_start()


def _keep_onward() -> None:
    VIEW["onward"].keep("1" if st.session_state["onward.chosen"] else "0")


def use_warm_start(changed: str = "") -> None:
    """What a change means for where the next run begins; before its first image, a run passes on its own start."""
    if changed in _ANEW or VIEW["onward"].text == "0":
        clear_warm_start()
        return
    present = present_images()
    if present is not None:
        VIEW["onto"].keep(keep_warm_start(present))
