"""A network on the screen: its card, its predictions, its drawing and the table of its layers."""

import pandas as pd
import streamlit as st

from featviz.explain.architecture.blocks import blocks, parameters_outside
from featviz.models.model import Model, Prediction
from featviz.models.outputs import Outputs
from featviz.models.predictions import with_complement
from featviz.models.sources.registry import SOURCES
from featviz.render.charts.bars import probability_bars
from featviz.ui.components.architecture.architecture import architecture_drawing
from featviz.ui.components.chart import chart, chart_theme
from featviz.ui.inputs.layer import describe_shape
from featviz.ui.inputs.page_links import page_script
from featviz.ui.pages.network.view_state import VIEW
from featviz.ui.state.current_unit import announce_unit
from featviz.ui.state.feedback import escape_markdown

__all__ = ["draw_architecture", "draw_card", "draw_layers", "draw_predictions"]

_JUMPS = "_layers_jumps"
_OUTPUT_NOTES: dict[Outputs, str] = {
    "probabilities": "The network ends in a softmax: its outputs are probabilities already.",
    "log_probabilities": "The network outputs logarithms of probabilities.",
    "one_logit": "The network has one output: a logit of yes against no.",
    "multi_label": "Each label has a probability of its own; they need not sum to 1.",
    "embedding": "The network outputs an embedding: its numbers are no classes.",
    "maps": "The network outputs maps: one number for each position, here their mean.",
    "reconstruction": "The network outputs an image.",
}


def draw_card(model: Model) -> None:
    """Draw what is known of the network, and what was noted while its weights were read."""
    card = model.card
    facts = {
        "Parameters": _count(model.parameter_count),
        "Layers": str(sum(not layer.container for layer in model.layers)),
        "Input": f"{model.input_size} × {model.input_size}",
        **_output_count(model),
        "Weights": model.weights,
    }
    accuracy = _accuracy(model)
    if accuracy is not None:
        facts["Accuracy"] = f"{accuracy:.1%}"
    with st.container(horizontal=True, gap="medium"):
        for name, value in facts.items():
            st.metric(name, value, width="content", help=card.accuracy_of if name == "Accuracy" else None)
    for note in model.notes:
        st.caption(f":material/info: {escape_markdown(note)}")
    told = [card.description, card.data, card.command and f"Trained by `{card.command}`", card.licence]
    with st.expander("About this network", icon=":material/badge:"):
        st.markdown("  \n".join(text for text in told if text))
        st.caption(f"Fingerprint of the weights: {model.fingerprint[:16]}")


def _output_count(model: Model) -> dict[str, str]:
    """How many classes there are, or of a network without any how many numbers it outputs."""
    classes = len(model.classes) or model.card.classes
    return {"Classes": f"{classes}"} if classes else {"Outputs": f"{model.layers[-1].channels}"}


def draw_predictions(model: Model, predictions: list[Prediction], label: str | None) -> None:
    """Draw the most probable classes as bars; of one logit its yes and its no."""
    predictions = with_complement(predictions, model.reading)
    st.markdown(
        f"**Prediction: {escape_markdown(predictions[0].label)}**"
        + (f" · True label: {label}" if label else "")
    )
    labels, values = [each.label for each in predictions], [each.value for each in predictions]
    told = ", ".join(f"{each.label} {each.value_text(1)}" for each in predictions)
    quantity = model.reading.quantity
    chart(
        probability_bars(labels, values, quantity=quantity, theme=chart_theme()), alt=told, key="predictions"
    )
    if note := _output_note(model, predictions):
        st.caption(note)
    if model.weights.startswith("random"):
        st.caption("These weights are random: the probabilities mean nothing yet.")


def _output_note(model: Model, predictions: list[Prediction]) -> str:
    """What a reader of the bars should know beside the axis's title; "" for the logits of a classifier."""
    if len(predictions) > 1 and len({each.score for each in predictions}) == 1:
        return "All these outputs are equal: the network prefers none, and they stand in the order of its outputs."
    return _OUTPUT_NOTES.get(model.outputs, "")


def draw_architecture(model: Model) -> None:
    """Draw the blocks of the network; a click opens a block's feature maps."""
    st.subheader("Architecture", anchor=False)
    drawn = blocks(model.layers)
    size = model.input_size
    architecture_drawing(
        drawn,
        selected=VIEW["layer"].text or None,
        key="architecture",
        on_select=_choose_layer,
        input_shape=(model.input_channels, size, size),
        classes=len(model.classes) or model.card.classes or None,
        outside=parameters_outside(drawn, model.parameter_count),
        title=model.name,
    )
    _go_to_feature_maps()


def draw_layers(model: Model) -> None:
    """Draw the table of all layers, which can be searched and sorted; choosing one opens its feature maps."""
    st.subheader("Layers", anchor=False)
    st.caption(
        "In the order in which the network runs them. Tick a row to see its feature maps; the magnifier above "
        "the table searches, a click on a heading sorts."
    )
    table = pd.DataFrame(
        {
            "Layer": [layer.name for layer in model.layers],
            "Kind": [layer.kind for layer in model.layers],
            "Output": [describe_shape(layer) for layer in model.layers],
            "Parameters": [layer.parameters for layer in model.layers],
            "Forward calls": [layer.calls for layer in model.layers],
        }
    )
    event = st.dataframe(
        table,
        hide_index=True,
        height=360,
        on_select="rerun",
        selection_mode="single-row",
        key=f"layers.{model.fingerprint[:8]}.{st.session_state.get(_JUMPS, 0)}",
        column_config={
            "Output": st.column_config.Column(help="Channels × rows × columns, or how many numbers."),
            "Forward calls": st.column_config.Column(
                help="How often the network runs the layer for one image."
            ),
            "Parameters": st.column_config.ProgressColumn(
                format="localized", min_value=0, max_value=int(table["Parameters"].max() or 1)
            ),
        },
    )
    for row in event.selection.rows:
        VIEW["layer"].keep(str(table["Layer"][row]))
        announce_unit("feature_maps")
        # The tick is used up by the jump: whoever comes back finds a table without one.
        st.session_state[_JUMPS] = st.session_state.get(_JUMPS, 0) + 1
        st.switch_page(page_script("feature_maps"))


def _choose_layer(name: str) -> None:
    VIEW["layer"].keep(name)
    announce_unit("feature_maps")
    st.session_state["open_layer"] = True


def _go_to_feature_maps() -> None:
    if st.session_state.pop("open_layer", False):
        st.switch_page(page_script("feature_maps"))


def _accuracy(model: Model) -> float | None:
    """The accuracy measured with the very weights that are loaded."""
    offer = SOURCES.of(model.card).weights(model.name)
    return {each.id: each.accuracy for each in offer.options}.get(model.weights)


def _count(number: int) -> str:
    return f"{number / 1e6:.2f} M" if number >= 1e6 else f"{number / 1e3:.0f} k"
