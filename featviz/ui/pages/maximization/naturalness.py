"""How natural an image is: what it does to its unit against what real images do, and what another network says."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.explain.targets.units import Logit
from featviz.models.model import Model
from featviz.models.sources.load import list_models, model_card
from featviz.render.normalization import format_number
from featviz.ui.pages.maximization.film import Film
from featviz.ui.pages.maximization.reading import comparisons, image_predictions
from featviz.ui.pages.maximization.real_images import compared_set, responses_task
from featviz.ui.pages.maximization.request import MaximizationRequest
from featviz.ui.pages.maximization.spectrum import draw_spectrum
from featviz.ui.state.feedback import escape_markdown
from featviz.ui.state.models import load
from featviz.ui.state.tasks import cached_result

__all__ = ["draw_naturalness"]


def draw_naturalness(request: MaximizationRequest, film: Film | None) -> None:
    """Draw the comparison with real images as far as it is known, once a run has ended."""
    st.subheader("Activation vs. real images", anchor=False)
    if film is None or isinstance(request.spec.unit, str):
        st.caption("A unit's image is compared with real ones once it is done.")
        return
    words, spectrum = st.columns(2, gap="large")
    with words:
        responses = cached_result(responses_task(request))
        if isinstance(responses, np.ndarray):
            _draw_figures(request, film, responses)
        if isinstance(request.spec.unit, Logit) and not request.spec.down:
            _draw_opinions(request, request.spec.unit, film)
    with spectrum:
        draw_spectrum(request.model, film)


def _draw_figures(request: MaximizationRequest, film: Film, responses: NDArray[np.float32]) -> None:
    compared = comparisons(request, film, responses)
    first = compared[0]
    st.markdown(f"**{request.spec.quantity.capitalize()}** of")
    figures = {
        "this image" if len(compared) == 1 else "the first image": first.response,
        "strongest real image": float(first.images[-1]),
        "median real image": float(np.median(first.images)),
    }
    with st.container(horizontal=True, gap="medium"):
        for name, value in figures.items():
            st.metric(name, format_number(value), width="content")
    for number, each in enumerate(compared):
        name = f"Image {number + 1}" if len(compared) > 1 else "This image"
        st.markdown(
            f"{name} drives it {escape_markdown(each.sentence)} of the {compared_set(request.model)} set."
        )


def _draw_opinions(request: MaximizationRequest, unit: Logit, film: Film) -> None:
    """What this network and others that know the same classes make of the image."""
    for name in (request.model.name, *_others(request.model)):
        is_same = name == request.model.name
        model = request.model if is_same else load(name, _trained(name), str(request.model.device))
        said = image_predictions(model, request, film)[0][0]
        right = said.index == unit.index
        sign = ":material/check_circle:" if right else ":material/cancel:"
        rather = "" if right else f", not {escape_markdown(request.model.class_name(unit.index))}"
        st.markdown(
            f"{sign} **{escape_markdown(name)}** calls it {escape_markdown(said.label)} "
            f"({said.value_text()}){rather}."
        )


def _others(model: Model) -> list[str]:
    """Bundled networks that know the same classes."""
    cards = [card for card in list_models() if card.quick and card.name != model.name]
    return [card.name for card in cards if card.class_names == model.classes]


def _trained(name: str) -> str:
    return model_card(name).stages[-1]
