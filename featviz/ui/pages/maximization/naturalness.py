"""How natural an image is: what it does to its unit against what real images do, and what another network says."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.data.sets.image_set import ImageSet
from featviz.explain.maximization.naturalness import (
    Naturalness,
    cross_predictions,
    image_responses,
    naturalness,
)
from featviz.explain.targets.units import Logit
from featviz.models.model import Model, Prediction
from featviz.models.sources.load import list_models, model_card
from featviz.progress import Progress
from featviz.render.normalization import format_number
from featviz.ui.pages.maximization.film import Film
from featviz.ui.pages.maximization.request import MaximizationRequest
from featviz.ui.pages.maximization.spectrum import draw_spectrum, real_image_set
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.feedback import cached_compute, escape_markdown
from featviz.ui.state.live import explain_refusal, live
from featviz.ui.state.models import load
from featviz.ui.state.tasks import Task

__all__ = ["draw_naturalness"]

NATURAL = "naturalness"
_MAX_IMAGES = 1000
_FIGURE_BYTES = 1 << 14


def draw_naturalness(request: MaximizationRequest, film: Film | None) -> None:
    """Draw the comparison with real images, or a button that makes it, once a run has ended."""
    st.subheader("Activation vs. real images", anchor=False)
    if film is None or isinstance(request.spec.unit, str):
        st.caption("A unit's image is compared with real ones once it is done.")
        return
    words, spectrum = st.columns(2, gap="large")
    with words:
        label = f"Compare with {_image_count(request)} images"
        live(_task(request), partial(_draw, request, film), offer=label, refuse=explain_refusal)
        if isinstance(request.spec.unit, Logit) and not request.spec.down:
            _draw_opinions(request, request.spec.unit, film)
    with spectrum:
        draw_spectrum(request.model, film)


def _compared_with(model: Model) -> str:
    """The set whose images are asked; there are only two photographs."""
    name = real_image_set(model)
    return "shapes" if name == "photos" else name


def _image_count(request: MaximizationRequest) -> int:
    return min(_MAX_IMAGES, len(ImageSet.bundled(_compared_with(request.model))))


def _task(request: MaximizationRequest) -> Task:
    """The work that asks the unit about real images; the same for every image made for it."""
    image_set, count = _compared_with(request.model), _image_count(request)

    def work() -> Iterator[Progress[NDArray[np.float32]]]:
        parts: list[NDArray[np.float32]] = []
        stride = max(1, len(ImageSet.bundled(image_set)) // count)
        samples = (sample for index, sample in enumerate(ImageSet.bundled(image_set)) if index % stride == 0)
        for part in image_responses(request.model, [request.spec.objective], samples, max_images=count):
            parts.append(part)
            responses = np.concatenate(parts)
            yield Progress(len(responses), count, result=responses)

    key = (
        "responses",
        request.model.fingerprint,
        str(request.model.device),
        request.spec.text,
        image_set,
        count,
    )
    return Task(
        NATURAL,
        key,
        "Real images",
        work,
        lambda responses: getattr(responses, "nbytes", 0),
        count * request.seconds_a_pass,
    )


def _draw(request: MaximizationRequest, film: Film, responses: NDArray[np.float32]) -> None:
    comparisons = cached_compute(
        FEATURES,
        ("naturalness", *request.key, film.frame.step, len(responses)),
        lambda: _compare(request, film, responses),
        lambda _: _FIGURE_BYTES,
        doing="Running the network",
    )
    first = comparisons[0]
    columns = st.columns(3)
    columns[0].metric(
        "This image" if len(comparisons) == 1 else "The first image", format_number(first.response)
    )
    columns[1].metric("Strongest real image", format_number(float(first.images[-1])))
    columns[2].metric("Median real image", format_number(float(np.median(first.images))))
    for number, each in enumerate(comparisons):
        name = f"Image {number + 1}" if len(comparisons) > 1 else "This image"
        st.markdown(
            f"{name} drives it {escape_markdown(each.sentence)} of the {_compared_with(request.model)} set."
        )


def _compare(
    request: MaximizationRequest, film: Film, responses: NDArray[np.float32]
) -> tuple[Naturalness, ...]:
    images = film.frame.image
    objectives = [request.spec.objective] * len(images)
    return naturalness(request.model, objectives, images, np.repeat(responses, len(images), axis=1))


def _draw_opinions(request: MaximizationRequest, unit: Logit, film: Film) -> None:
    """What this network and others that know the same classes make of the image."""
    for name in (request.model.name, *_others(request.model)):
        model = (
            request.model
            if name == request.model.name
            else load(name, _trained(name), str(request.model.device))
        )
        said = _opinion(model, request, film)
        right = said.index == unit.index
        sign = ":material/check_circle:" if right else ":material/cancel:"
        rather = "" if right else f", not {escape_markdown(request.model.class_name(unit.index))}"
        st.markdown(
            f"{sign} **{escape_markdown(name)}** calls it {escape_markdown(said.label)} "
            f"({said.probability:.0%}){rather}."
        )


def _others(model: Model) -> list[str]:
    """Bundled networks that know the same classes."""
    cards = [card for card in list_models() if card.quick and card.name != model.name]
    return [card.name for card in cards if card.class_names == model.classes]


def _trained(name: str) -> str:
    return model_card(name).stages[-1]


def _opinion(model: Model, request: MaximizationRequest, film: Film) -> Prediction:
    return cached_compute(
        FEATURES,
        ("opinion", model.fingerprint, *request.key, film.frame.step),
        lambda: cross_predictions(model, film.frame.image)[0][0],
        lambda _: _FIGURE_BYTES,
        doing="Running the network",
    )
