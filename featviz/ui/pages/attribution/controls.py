"""What the Attribution page asks: what is explained, by which methods, beside what, with which parameters."""

import streamlit as st

from featviz.explain.attribution.registry import METHODS
from featviz.explain.features.spatial import has_positions
from featviz.models.model import Model
from featviz.ui.app.lessons import method_lesson, require_lessons
from featviz.ui.inputs.columns import choose_columns
from featviz.ui.inputs.method import choose_methods, choose_options, choose_preset
from featviz.ui.inputs.target import choose_targets
from featviz.ui.pages.attribution.matrix import AttributionMatrix, build_matrix
from featviz.ui.pages.attribution.view_state import VIEW
from featviz.ui.state.chosen_image import ChosenImage
from featviz.ui.state.features import predictions
from featviz.ui.state.feedback import end_page

__all__ = ["choose_matrix", "draw_method_lessons"]

require_lessons(METHODS)
_AT_FIRST = ("integrated_gradients", "grad_cam", "occlusion", "edges")


def choose_matrix(model: Model, image: ChosenImage) -> AttributionMatrix:
    """Draw the controls and give the maps they ask for; without a method there is none, and the page ends."""
    answers = predictions(model, image)
    layers = [layer.name for layer in model.layers if has_positions(model, layer)]
    left, right = st.columns(2, gap="medium")
    with left:
        target = choose_targets(model, answers, here=VIEW.name)
    with right:
        columns = choose_columns(model, target, answers, layers)
    methods = choose_methods(_AT_FIRST)
    if not methods:
        st.info("Choose a method above.", icon=":material/touch_app:")
        end_page()
    with st.expander("Parameters of the methods", icon=":material/tune:"):
        choose_preset()
        options = {method: _options(method, model, layers) for method in methods}
    return build_matrix(image, methods, columns.items, options)


def draw_method_lessons(matrix: AttributionMatrix) -> None:
    """Draw the folded lessons on the methods of the page."""
    methods = list(dict.fromkeys(request.method for request in matrix.unique_requests))
    with st.expander("What do these methods do, and what can they not tell?", icon=":material/school:"):
        for tab, method in zip(st.tabs([METHODS[each].name for each in methods]), methods, strict=True):
            with tab:
                st.markdown(f"*{METHODS[method].summary}* ({METHODS[method].reference})")
                st.markdown(method_lesson(METHODS[method]))


def _options(method: str, model: Model, layers: list[str]) -> dict[str, object]:
    declared = METHODS[method]
    st.markdown(f"**{declared.name}**")
    st.caption(f"{declared.summary} {declared.reference}.")
    return choose_options(declared, model=model, layers=layers)
