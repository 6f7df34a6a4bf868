"""The line under every title: which network, with which weights, on what, and what it says of it."""

import streamlit as st

from featviz.models.cards import training_moment
from featviz.models.model import Model
from featviz.models.predictions import with_complement
from featviz.ui.inputs.images.ids import image_name
from featviz.ui.state.chosen_image import ChosenImage
from featviz.ui.state.features import predictions
from featviz.ui.state.feedback import escape_markdown, show_errors
from featviz.ui.state.image_sets import ChosenSet

__all__ = ["draw_subject"]


def draw_subject(
    model: Model, on: ChosenImage | ChosenSet | None = None, *, second: Model | None = None
) -> None:
    """Draw the line; on a phone, where the sidebar is closed, nothing else says what one looks at.

    Args:
        model: the network that was chosen.
        on: the image or the image set; the prediction of an image stands beside it.
        second: another network that is looked at beside it.
    """
    if second is None:
        parts = [_name(model), _weights(model)]
    else:
        parts = [f"{_name(each)}, {_weights(each)}" for each in (model, second)]
    if isinstance(on, ChosenSet):
        parts.append(escape_markdown(f"{on.name}, {len(on):,} images"))
    elif on is not None:
        parts.append(escape_markdown(image_name(on)))
        with show_errors():
            parts.append(_prediction(model, on))
    st.markdown(" · ".join(parts))


def _name(model: Model) -> str:
    return f"**{escape_markdown(model.card.short_name or model.name)}**"


def _weights(model: Model) -> str:
    if model.weights.startswith("random"):
        return ":orange[random weights]"
    return escape_markdown(training_moment(model.weights))


def _prediction(model: Model, image: ChosenImage) -> str:
    """What the network says, and whether it is right where that is known."""
    first = with_complement(predictions(model, image), model.reading)[0]
    function = model.reading.function
    how = f", {function}" if function and model.outputs != "logits" else ""
    said = f"prediction: {escape_markdown(first.label)} ({first.value_text()}{how})"
    if model.weights.startswith("random") or image.label not in model.classes:
        return said
    if first.label == image.label:
        return f"{said} :green[:material/check:]"
    return f"{said} :red[:material/close:] (true label: {escape_markdown(str(image.label))})"
