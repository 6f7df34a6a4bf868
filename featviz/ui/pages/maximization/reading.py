"""What an image that was made is worth: what the network calls it, its score, and the real image that scores most."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.explain.maximization.config import OPTIMIZERS
from featviz.explain.maximization.naturalness import Naturalness, cross_predictions, naturalness
from featviz.explain.targets.units import Logit
from featviz.models.model import Model, Prediction
from featviz.ui.inputs.method import keep_option
from featviz.ui.inputs.target_text import class_count
from featviz.ui.pages.maximization.film import Film
from featviz.ui.pages.maximization.real_images import (
    image_count,
    responses_of,
    responses_task,
    strongest_image,
)
from featviz.ui.pages.maximization.request import MaximizationRequest
from featviz.ui.pages.maximization.warm_start import clear_warm_start
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.feedback import cached_compute, escape_markdown
from featviz.ui.state.live import Policy, explain_refusal, live
from featviz.ui.state.theme import scaled

__all__ = ["comparisons", "draw_predictions", "draw_strongest", "image_predictions"]

_FIGURE_BYTES = 1 << 14
_THUMBNAIL, _TEXT = 112, 180


def draw_predictions(request: MaximizationRequest, film: Film | None) -> None:
    """Draw what the network calls each image of a class, once a run has ended; where it errs, a way to try again."""
    unit = request.spec.unit
    if film is None or not isinstance(unit, Logit) or request.spec.down:
        return
    rows = image_predictions(request.model, request, film)
    for number, row in enumerate(rows):
        _draw_prediction(request.model, row, unit.index, f"Image {number + 1}: " * (len(rows) > 1))
    if any(row[0].index != unit.index for row in rows):
        seed = int(request.options.get("seed", 0)) + 1
        st.button(
            "Another seed", on_click=_choose_seed, args=(seed,), icon=":material/casino:", key="seed.next"
        )


def draw_strongest(request: MaximizationRequest, film: Film | None) -> None:
    """Draw the real image that scores most; real images are asked at once where that is quick, else if one wants it."""
    if film is None or isinstance(request.spec.unit, str):
        return
    live(
        responses_task(request),
        partial(_draw_strongest, request, film),
        policy=Policy(ask=not request.model.card.quick),
        offer=f"Compare with {image_count(request.model):,} real images",
        refuse=explain_refusal,
    )


def image_predictions(model: Model, request: MaximizationRequest, film: Film) -> list[list[Prediction]]:
    """What a network makes of each image of a run: all classes, the most probable first."""
    return cached_compute(
        FEATURES,
        ("opinion", model.fingerprint, *request.key, film.frame.step),
        lambda: cross_predictions(model, film.frame.image, top=class_count(model)),
        lambda _: _FIGURE_BYTES,
        doing="Running the network",
    )


def comparisons(
    request: MaximizationRequest, film: Film, responses: NDArray[np.float32]
) -> tuple[Naturalness, ...]:
    """Each image of a run beside real ones, whose responses (n, units) `responses_task` collects."""
    responses, images = responses_of(request, responses), film.frame.image

    def compare() -> tuple[Naturalness, ...]:
        objectives = [request.spec.objective] * len(images)
        return naturalness(
            request.model, objectives, images, np.repeat(responses[:, None], len(images), axis=1)
        )

    return cached_compute(
        FEATURES,
        ("naturalness", *request.key, film.frame.step, len(responses)),
        compare,
        lambda _: _FIGURE_BYTES,
        doing="Running the network",
    )


def _draw_prediction(model: Model, row: list[Prediction], index: int, number: str) -> None:
    first, requested = row[0], next(each for each in row if each.index == index)
    said = f"{number}prediction **{escape_markdown(first.label)}** {first.value_text()}"
    said = said[0].upper() + said[1:]
    if first.index == index:
        st.markdown(f":green[:material/check_circle:] {said}")
    else:
        name = escape_markdown(model.class_name(index))
        st.markdown(
            f":orange[:material/warning:] {said}; **{name}** {requested.value_text()}: the network does not call it "
            "its class."
        )


def _choose_seed(seed: int) -> None:
    keep_option(OPTIMIZERS["gradient_ascent"], "seed", seed)
    clear_warm_start()


def _draw_strongest(request: MaximizationRequest, film: Film, responses: NDArray[np.float32]) -> None:
    quantity, compared = request.spec.quantity, comparisons(request, film, responses)
    strongest = strongest_image(request.model, responses_of(request, responses))
    name = " · ".join(filter(None, (strongest.id, strongest.label)))
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="strongest"):
        st.image(strongest.image, width=_THUMBNAIL, output_format="PNG")
        with st.container(gap="xxsmall", width=scaled(_TEXT)):
            st.markdown(f"Strongest real image: {quantity} **{float(compared[0].images[-1]):.3g}**")
            scores = " · ".join(f"{each.response:.3g}" for each in compared)
            st.markdown(f"This image: {quantity} **{scores}**")
            st.caption(f"{escape_markdown(name)}, of {len(responses):,} images")
