"""How natural a picture is: what it does to its unit against what real pictures do, and what another network says."""

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
from featviz.ui.pages.maximization.request import Run
from featviz.ui.pages.maximization.spectrum import draw_spectrum, real_pictures
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.feedback import cached_compute, escape_markdown
from featviz.ui.state.live import explain_refusal, live
from featviz.ui.state.models import load
from featviz.ui.state.tasks import Task

__all__ = ["draw_naturalness"]

NATURAL = "naturalness"
_MOST = 1000
_FIGURE_BYTES = 1 << 14


def draw_naturalness(run: Run, film: Film | None) -> None:
    """Draw the comparison with real pictures, or a button that makes it, once a run has ended."""
    st.subheader("Activation vs. real images", anchor=False)
    if film is None or isinstance(run.aim.unit, str):
        st.caption("A unit's picture is compared with real ones once it is done.")
        return
    words, spectrum = st.columns(2, gap="large")
    with words:
        label = f"Compare with {_most(run)} pictures"
        live(_task(run), partial(_draw, run, film), offer=label, refuse=explain_refusal)
        if isinstance(run.aim.unit, Logit) and not run.aim.down:
            _draw_opinions(run, run.aim.unit, film)
    with spectrum:
        draw_spectrum(run.model, film)


def _compared_with(model: Model) -> str:
    """The set whose pictures are asked; there are only two photographs."""
    name = real_pictures(model)
    return "shapes" if name == "photos" else name


def _most(run: Run) -> int:
    return min(_MOST, len(ImageSet.bundled(_compared_with(run.model))))


def _task(run: Run) -> Task:
    """The work that asks the unit about real pictures; the same for every picture made for it."""
    images, most = _compared_with(run.model), _most(run)

    def work() -> Iterator[Progress[NDArray[np.float32]]]:
        parts: list[NDArray[np.float32]] = []
        stride = max(1, len(ImageSet.bundled(images)) // most)
        samples = (sample for place, sample in enumerate(ImageSet.bundled(images)) if place % stride == 0)
        for part in image_responses(run.model, [run.aim.objective], samples, max_images=most):
            parts.append(part)
            found = np.concatenate(parts)
            yield Progress(len(found), most, result=found)

    key = ("responses", run.model.fingerprint, str(run.model.device), run.aim.text, images, most)
    return Task(
        NATURAL,
        key,
        "Real pictures",
        work,
        lambda found: getattr(found, "nbytes", 0),
        most * run.seconds_a_pass,
    )


def _draw(run: Run, film: Film, responses: NDArray[np.float32]) -> None:
    found = cached_compute(
        FEATURES,
        ("naturalness", *run.key, film.frame.step, len(responses)),
        lambda: _compare(run, film, responses),
        lambda _: _FIGURE_BYTES,
        doing="Running the network",
    )
    first = found[0]
    places = st.columns(3)
    places[0].metric(
        "This picture" if len(found) == 1 else "The first picture", format_number(first.response)
    )
    places[1].metric("Strongest real picture", format_number(float(first.images[-1])))
    places[2].metric("Median real picture", format_number(float(np.median(first.images))))
    for number, each in enumerate(found):
        name = f"Picture {number + 1}" if len(found) > 1 else "This picture"
        st.markdown(
            f"{name} drives it {escape_markdown(each.sentence)} of the {_compared_with(run.model)} set."
        )


def _compare(run: Run, film: Film, responses: NDArray[np.float32]) -> tuple[Naturalness, ...]:
    pictures = film.frame.image
    many = [run.aim.objective] * len(pictures)
    return naturalness(run.model, many, pictures, np.repeat(responses, len(pictures), axis=1))


def _draw_opinions(run: Run, unit: Logit, film: Film) -> None:
    """What this network and others that know the same classes make of the picture."""
    for name in (run.model.name, *_others(run.model)):
        model = run.model if name == run.model.name else load(name, _trained(name), str(run.model.device))
        said = _opinion(model, run, film)
        right = said.index == unit.index
        sign = ":material/check_circle:" if right else ":material/cancel:"
        rather = "" if right else f", not {escape_markdown(run.model.class_name(unit.index))}"
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


def _opinion(model: Model, run: Run, film: Film) -> Prediction:
    return cached_compute(
        FEATURES,
        ("opinion", model.fingerprint, *run.key, film.frame.step),
        lambda: cross_predictions(model, film.frame.image)[0][0],
        lambda _: _FIGURE_BYTES,
        doing="Running the network",
    )
