"""What the Attribution page asks: what is explained, by which methods, beside what, with which parameters."""

from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featviz.explain.attribution.registry import METHODS
from featviz.explain.features.spatial import has_positions
from featviz.explain.targets.units import Target
from featviz.models.model import Model, Prediction
from featviz.parameter import reaches
from featviz.ui.app.lessons import method_lesson, require_lessons
from featviz.ui.inputs.columns import Column, choose_columns
from featviz.ui.inputs.level import choose_level, has_control
from featviz.ui.inputs.method import choose_methods, choose_options, choose_preset
from featviz.ui.inputs.second_network import choose_second
from featviz.ui.inputs.target import choose_targets
from featviz.ui.inputs.target_text import target_name
from featviz.ui.pages.attribution.compared import compared_columns
from featviz.ui.pages.attribution.matrix import AttributionMatrix, build_matrix, compare_networks
from featviz.ui.pages.attribution.view_state import VIEW
from featviz.ui.state.chosen_image import ChosenImage
from featviz.ui.state.features import predictions
from featviz.ui.state.feedback import end_page
from featviz.ui.state.option_text import shown_parameters
from featviz.ui.state.theme import scaled
from featviz.ui.state.view_state import NONE

__all__ = ["choose_matrix", "draw_method_lessons"]

require_lessons(METHODS)
_AT_FIRST = ("integrated_gradients", "grad_cam", "occlusion", "edges")
_MIN_COLUMNS = 3
"""Of parameters: no control is wider than a third of the page."""


def choose_matrix(model: Model, image: ChosenImage) -> tuple[AttributionMatrix, str]:
    """Draw the controls; give the maps they ask for, and how many controls there are, one of `LEVELS`.

    Without a method there is no map, and the page ends.
    """
    answers = predictions(model, image)
    layers = [layer.name for layer in model.layers if has_positions(layer)]
    methods = choose_methods(_AT_FIRST)
    left, right = st.columns(2, gap="medium")
    row = right.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    with row:
        level = choose_level()
    second = _choose_second(model, row)
    with left:
        target = choose_targets(model, answers, here=VIEW.name, level=level)
    with right:
        columns = _choose_columns(model, target, answers, layers, level) if second is None else ()
    if not methods:
        st.info("Choose a method above.", icon=":material/touch_app:")
        end_page()
    options = _choose_parameters(methods, model, layers, level)
    if second is None:
        return build_matrix(image, methods, columns, options), level
    both = compared_columns(model, second, target, image)
    return compare_networks(image, methods, both, options), level


def _choose_second(model: Model, row: DeltaGenerator) -> Model | None:
    """Draw the choice of a second network; where the columns are networks already, these are chosen there."""
    if VIEW["columns"].text == "models" and VIEW["second"].text in ("", NONE):
        return None
    return choose_second(model, row.container(width=scaled(240)), optional=True)


def _choose_columns(
    model: Model, target: Target, answers: Sequence[Prediction], layers: Sequence[str], level: str
) -> Sequence[Column]:
    if has_control(VIEW["columns"], "more", level):
        return choose_columns(model, target, answers, layers).items
    return (Column(target_name(target, model), model, target),)


def _choose_parameters(
    methods: Sequence[str], model: Model, layers: Sequence[str], level: str
) -> dict[str, dict[str, Any]]:
    """Draw the parameters of the methods side by side, like their maps; give those that differ from the defaults."""
    shown = [name for name in methods if shown_parameters(METHODS[name], level, VIEW["options"].text)]
    if reaches(level, "more"):
        choose_preset()
    columns = st.columns(max(len(shown), _MIN_COLUMNS), gap="medium") if shown else []
    options = dict[str, dict[str, Any]]()
    for name, column in zip(shown, columns, strict=False):
        with column:
            st.markdown(
                f"**{METHODS[name].name}**", help=f"{METHODS[name].summary} {METHODS[name].reference}."
            )
            options[name] = choose_options(
                METHODS[name], model=model, layers=layers, level=level, stacked=True
            )
    return options


def draw_method_lessons(matrix: AttributionMatrix) -> None:
    """Draw the folded lessons on the methods of the page."""
    methods = list(dict.fromkeys(request.method for request in matrix.unique_requests))
    with st.expander("What do these methods do, and what can they not tell?", icon=":material/school:"):
        for tab, method in zip(st.tabs([METHODS[each].name for each in methods]), methods, strict=True):
            with tab:
                st.markdown(f"*{METHODS[method].summary}* ({METHODS[method].reference})")
                st.markdown(method_lesson(METHODS[method]))
