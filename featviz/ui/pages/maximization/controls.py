"""How a run goes: what is painted, what it must survive, where it begins; at first only what a newcomer needs."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from featviz.explain.maximization.config import OPTIMIZERS
from featviz.explain.maximization.parameterizations import PARAMETERIZATIONS
from featviz.explain.maximization.preprocessing import color_channels
from featviz.explain.maximization.transform_presets import TRANSFORM_PRESETS
from featviz.models.model import Model
from featviz.registry import Method
from featviz.ui.inputs.controls import choice, segments, show, whole_number
from featviz.ui.inputs.level import choose_level
from featviz.ui.inputs.method import choose_options
from featviz.ui.pages.maximization.early_stage import choose_early
from featviz.ui.pages.maximization.objective_text import ObjectiveSpec
from featviz.ui.pages.maximization.request import Early, InitialImages, MaximizationRequest
from featviz.ui.pages.maximization.view_state import DIVERSITIES, MAX_IMAGES, SIZES, STARTS, VIEW, is_shown
from featviz.ui.pages.maximization.warm_start import (
    choose_warm_start,
    clear_warm_start,
    on_option,
    warm_start,
)
from featviz.ui.state.chosen_image import ChosenImage, input_pixels

__all__ = ["choose_request"]

_COLORS = "colors"
_KINDS = {"fourier": "Fourier", "pixel": "Pixels", "maco": "MACO"}


def choose_request(model: Model, image: ChosenImage, spec: ObjectiveSpec) -> MaximizationRequest:
    """Draw the controls of a run and give the run they ask for."""
    parameterization = _choose_parameterization()
    level = choose_level()
    options = _choose_options(PARAMETERIZATIONS[parameterization], model, level)
    transforms = _choose_transforms(level)
    options |= _choose_options(TRANSFORM_PRESETS[transforms], model, level)
    early = _choose_early(model, spec, level)
    options |= _choose_options(OPTIMIZERS["gradient_ascent"], model, level)
    count = _choose_count(level)
    start = _choose_start(model, image, count, level)
    diversity = _choose_diversity(count, level)
    size = _choose_size(model, level)
    return MaximizationRequest(
        model, spec, parameterization, transforms, count, start, diversity, size, options, early
    )


def _choose_options(method: Method, model: Model, level: str) -> dict[str, Any]:
    colored = color_channels(model) > 1
    only = [each.name for each in method.parameters if colored or each.name != _COLORS]
    return choose_options(method, model=model, only=only, level=level, stacked=True, then=on_option(method))


def _choose_parameterization() -> str:
    return segments(
        "Parameterization",
        [each.id for each in PARAMETERIZATIONS],
        key=VIEW["parameterization"],
        name=lambda name: _KINDS.get(name, PARAMETERIZATIONS[name].name),
        on_change=clear_warm_start,
        help="\n\n".join(f"**{each.name}**: {each.summary} ({each.reference})" for each in PARAMETERIZATIONS),
    )


def _choose_transforms(level: str) -> str:
    if not is_shown("transforms", level):
        return VIEW["transforms"].text
    return choice(
        "Transformation robustness",
        [each.id for each in TRANSFORM_PRESETS],
        key=VIEW["transforms"],
        name=lambda name: TRANSFORM_PRESETS[name].name,
        on_change=clear_warm_start,
        help="Each step shows the network an image moved, turned and scaled by chance, so that what remains is "
        "what survives that. "
        + "\n\n".join(f"**{each.name}**: {each.summary} ({each.reference})" for each in TRANSFORM_PRESETS),
    )


def _choose_early(model: Model, spec: ObjectiveSpec, level: str) -> Early | None:
    return choose_early(model, spec, clear_warm_start) if is_shown("early", level) else None


def _choose_count(level: str) -> int:
    count = whole_number(VIEW["count"], 1, MAX_IMAGES, 1)
    if is_shown("count", level):
        show("count.chosen", count)
        st.number_input(
            "Number of images",
            1,
            MAX_IMAGES,
            key="count.chosen",
            on_change=_keep_count,
            help="Several images of one unit, each from noise of its own.",
        )
    return count


def _choose_start(model: Model, image: ChosenImage, count: int, level: str) -> InitialImages | None:
    """What the images begin with, and whether a change goes on from them; None is noise."""
    if is_shown("start", level):
        segments(
            "Initialization",
            list(STARTS),
            key=VIEW["start"],
            name=STARTS.__getitem__,
            on_change=clear_warm_start,
            help="The image is the one in the sidebar: what the network sees in it grows (DeepDream).",
        )
    if is_shown("warm_start", level):
        choose_warm_start()
    present = warm_start(count)
    if present is not None or VIEW["start"].text != "image":
        return present
    return InitialImages(image.id, np.asarray(input_pixels(model, image), np.float32) / 255)


def _choose_diversity(count: int, level: str) -> float:
    """How much several images must differ."""
    if not is_shown("diversity", level) and count == 1:
        return 0.0
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


def _choose_size(model: Model, level: str) -> int | None:
    """How large to paint; another size begins anew."""
    sides = {text: round(factor * model.input_size) for text, factor in SIZES.items()}
    chosen = VIEW["image_size"].text
    if is_shown("image_size", level):
        chosen = choice(
            "Image size",
            list(sides),
            key=VIEW["image_size"],
            name=lambda text: (
                f"{sides[text]} × {sides[text]} pixels" + ("" if text else ", the network's own")
            ),
            on_change=clear_warm_start,
            help="A larger image shows more repetitions of the pattern, and takes longer in proportion to its area. "
            "A network of one fixed size is shown the image at its own.",
        )
    return sides[chosen] if chosen else None


def _keep_count() -> None:
    VIEW["count"].keep(st.session_state["count.chosen"])
    clear_warm_start()
